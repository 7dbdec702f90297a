using System.Text;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Yaml;
using NUnit.Framework;

namespace DeviceConformance.Tests.Declarations;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class YamlTextTests
{
    [Test]
    public void Nodes_know_their_line_and_column()
    {
        var (root, complaints) = Parse("maker: Nordwarm\nsamples:\n- {name: A}\n");

        Assert.That(complaints, Is.Empty);
        var pairs = ((YamlNode.Map)root!).Pairs;
        Assert.That(pairs.Select(pair => (pair.Key, pair.KeyAt.ToString())), Is.EqualTo(new[] { ("maker", "f.yaml:1"), ("samples", "f.yaml:2") }));
        var sample = (YamlNode.Map)((YamlNode.List)pairs[1].Value).Items.Single();
        Assert.That(sample.Pairs.Single().Value, Is.EqualTo(new YamlNode.Text("A", new("f.yaml", 3, 10))));
    }

    [Test]
    public void Null_is_a_blank_text_but_a_quoted_null_is_a_word()
    {
        var (root, _) = Parse("a: ~\nb: null\nc:\nd: 'null'\n");

        Assert.That(((YamlNode.Map)root!).Pairs.Select(pair => ((YamlNode.Text)pair.Value).Value), Is.EqualTo(new[] { "", "", "", "null" }));
    }

    [Test]
    public void A_byte_order_mark_is_no_part_of_the_text()
    {
        var (root, complaints) = Parse([0xEF, 0xBB, 0xBF, .. "a: b"u8]);

        Assert.That(complaints, Is.Empty);
        Assert.That(((YamlNode.Map)root!).Pairs[0].Key, Is.EqualTo("a"));
    }

    [Test]
    public void A_tab_inside_a_block_text_is_a_tab()
    {
        var (root, complaints) = Parse("a: |\n  one\n  \ttwo\n");

        Assert.That(complaints, Is.Empty);
        Assert.That(((YamlNode.Text)((YamlNode.Map)root!).Pairs[0].Value).Value, Is.EqualTo("one\n\ttwo\n"));
    }

    [TestCase("", "file-empty", 1)]
    [TestCase("# nothing but a comment\n", "file-empty", 1)]
    [TestCase("a: b\n---\nc: d\n", "yaml-documents", 2)]
    [TestCase("a: b\na: c\n", "duplicate-key", 2)]
    [TestCase("x:\n  b: 1\n  c: 2\n  b: 3\n", "duplicate-key", 4)]
    [TestCase("a: &x 1\n", "yaml-anchor", 1)]
    [TestCase("a: &x 1\nb: *x\n", "yaml-alias", 2)]
    [TestCase("a: !!int 1\n", "yaml-tag", 1)]
    [TestCase("a: !u 1\n", "yaml-tag", 1)]
    [TestCase("[a, b]: c\n", "yaml-key", 1)]
    [TestCase("{}: c\n", "yaml-key", 1)]
    [TestCase("'': c\n", "yaml-key", 1)]
    [TestCase("a: b\n\tc: d\n", "yaml-tab", 2)]
    [TestCase("a: [b\nc: d\n", "yaml-syntax", 1)]
    [TestCase("a: 'b\n", "yaml-syntax", 1)]
    [TestCase("a: b: c\n", "yaml-syntax", 1)]
    [TestCase("a: *nowhere\n", "yaml-alias", 1)]
    [TestCase("a: \"\\e[2J\"\n", "control-character", 1)]
    [TestCase("a: \"\\0\"\n", "control-character", 1)]
    [TestCase("a: \"\\u202e\"\n", "control-character", 1)]
    [TestCase("%YAML 9999999999999999.1\n---\na: b\n", "yaml-syntax", 1)]
    public void What_the_forms_do_not_use_is_a_complaint_at_its_line(string text, string rule, int line)
    {
        var (_, complaints) = Parse(text);

        Assert.That(complaints.Select(complaint => (complaint.Rule, complaint.At.Line)), Does.Contain((rule, line)));
        Assert.That(complaints, Has.All.Matches<Complaint>(complaint => complaint!.Remedy.Length > 0 && complaint.Message.EndsWith('.')));
    }

    [Test]
    public void An_alias_bomb_is_refused_without_being_blown_up()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (var i = 1; i < 60; i++)
        {
            bomb.Append($"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n");
        }

        var (root, complaints) = Parse(bomb.ToString());

        Assert.That(root, Is.InstanceOf<YamlNode.Map>());
        Assert.That(complaints.Count(complaint => complaint.Rule == "yaml-alias"), Is.EqualTo(118));
    }

    [TestCase("[")]
    [TestCase("{a: ")]
    [TestCase("- ")]
    [TestCase("? ")]
    public void Deep_nesting_is_refused(string opening)
    {
        var (root, complaints) = Parse(string.Concat(Enumerable.Repeat(opening, 100_000)));

        Assert.That(root, Is.Null);
        Assert.That(complaints.Single().Rule, Is.EqualTo("yaml-too-deep").Or.EqualTo("yaml-syntax"));
    }

    [Test]
    public void The_allowed_depth_is_read()
    {
        var (root, complaints) = Parse(new string('[', YamlText.MaxDepth) + "x" + new string(']', YamlText.MaxDepth));

        Assert.That(complaints, Is.Empty);
        Assert.That(root, Is.Not.Null);
    }

    [Test]
    public void Too_many_values_are_refused()
    {
        var (root, complaints) = Parse(string.Concat(Enumerable.Repeat("- \n", YamlText.MaxNodes + 1)));

        Assert.That(root, Is.Null);
        Assert.That(complaints.Single().Rule, Is.EqualTo("yaml-too-many-nodes"));
    }

    [Test]
    public void A_huge_file_is_refused_by_its_size()
    {
        var (root, complaints) = Parse(new byte[YamlText.MaxBytes + 1]);

        Assert.That(root, Is.Null);
        Assert.That(complaints.Single().Rule, Is.EqualTo("file-too-large"));
    }

    [TestCase(new byte[] { 0x61, 0x3A, 0x20, 0x0A, 0x62, 0xFF, 0x0A }, "file-encoding", 2, 2)]
    [TestCase(new byte[] { 0x61, 0x0A, 0x62, 0x00, 0x0A }, "file-binary", 2, 2)]
    [TestCase(new byte[] { 0xFF, 0xFE, 0x61, 0x00 }, "file-encoding", 1, 1)]
    [TestCase(new byte[] { 0x61, 0xC3 }, "file-encoding", 1, 2)]
    public void What_is_no_UTF8_text_is_refused_at_the_first_wrong_byte(byte[] bytes, string rule, int line, int column)
    {
        var (root, complaints) = Parse(bytes);

        Assert.That(root, Is.Null);
        Assert.That(complaints.Select(complaint => (complaint.Rule, complaint.At.Line, complaint.At.Column)), Is.EqualTo(new[] { (rule, line, column) }));
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool Any_bytes_give_nodes_or_a_complaint(byte[] bytes) => Parse(bytes) is var (root, complaints) && (root is not null || complaints.Count > 0);

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public bool Any_YAML_like_text_gives_nodes_or_a_complaint(int[] picks)
    {
        string[] pieces = ["a", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ",", "'", "\"", "|", ">", "&x", "*x", "!t", "%YAML", "---", "...", "?", "#", "\t", "\\", "0", "~", "@", "`", "\u2028", "é"];
        var text = string.Concat(picks.Select(pick => pieces[(int)((uint)pick % pieces.Length)]));
        var (root, complaints) = Parse(text);
        return root is not null || complaints.Count > 0;
    }

    private static (YamlNode? Root, IReadOnlyList<Complaint> Complaints) Parse(string text) => Parse(Encoding.UTF8.GetBytes(text));

    private static (YamlNode? Root, IReadOnlyList<Complaint> Complaints) Parse(byte[] bytes)
    {
        var book = new ComplaintBook();
        return (YamlText.Parse(bytes, "f.yaml", book), book.InOrder());
    }
}
