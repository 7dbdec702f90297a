using System.Text.Json;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Model.Declared;
using NUnit.Framework;

namespace DeviceConformance.Tests.Declarations;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class ComplaintTests
{
    [Test]
    public void Text_groups_by_file_and_counts()
    {
        var book = new ComplaintBook();
        book.Warn("unknown-field", new("ixit/01-AuthMech.yaml", 4, 3), "There is a column.", "Did you mean ID?", "1-AuthMech", "Id");
        book.Error("missing-row", new("ics.yaml", 9), "There is no row.", "Add one.", "ICS");
        book.Error("bad-choice", new("ics.yaml", 2, 7), "It is 'maybe'.", "Known are: y, n.");

        Assert.That(ComplaintText.Render(book.InOrder()), Is.EqualTo("""
            ics.yaml:2:7: error bad-choice: It is 'maybe'.
                Known are: y, n.
            ics.yaml:9:1: error missing-row (ICS): There is no row.
                Add one.

            ixit/01-AuthMech.yaml:4:3: warning unknown-field (1-AuthMech, Id): There is a column.
                Did you mean ID?

            2 errors, 1 warning.
            """));
    }

    [Test]
    public void Text_can_not_steer_a_terminal()
    {
        var book = new ComplaintBook();
        book.Error("rule", new("a\u001b[2Jb.yaml", 1), "One\nTwo\u001b]0;x\u0007.", "Turn\u202Earound.", "T", "f\u001b[31m");

        var text = ComplaintText.Render(book.InOrder());

        Assert.That(text.Where(character => character != '\n' && Quotation.IsUnsafe(character)), Is.Empty);
        Assert.That(text.Split('\n'), Has.Length.EqualTo(4));
    }

    [Test]
    public void Json_is_flat_and_counted()
    {
        var book = new ComplaintBook();
        book.Error("bad-choice", new("ics.yaml", 2, 7), "It is 'maybe'.", "Known are: y, n.", "ICS", "support");

        using var json = JsonDocument.Parse(ComplaintJson.Render(book.InOrder()));

        Assert.That(json.RootElement.EnumerateObject().Select(property => property.Name), Is.EqualTo(new[] { "schemaVersion", "errors", "warnings", "complaints" }));
        var only = json.RootElement.GetProperty("complaints").EnumerateArray().Single();
        Assert.That(only.EnumerateObject().Select(property => $"{property.Name}={property.Value}"), Is.EqualTo(new[]
        {
            "file=ics.yaml", "line=2", "column=7", "severity=error", "rule=bad-choice", "table=ICS", "field=support", "message=It is 'maybe'.", "remedy=Known are: y, n.",
        }));
        Assert.That((json.RootElement.GetProperty("errors").GetInt32(), json.RootElement.GetProperty("warnings").GetInt32()), Is.EqualTo((1, 0)));
    }

    [Test]
    public void A_flood_of_complaints_is_cut_and_counted()
    {
        var book = new ComplaintBook();
        for (var line = 1; line <= ComplaintBook.Limit + 5; line++)
        {
            book.Reject("unknown-key", new("dut.yaml", line), "A key is unknown.", "Remove it.");
        }

        var complaints = book.InOrder();

        Assert.That(complaints, Has.Length.EqualTo(ComplaintBook.Limit + 1));
        Assert.That((complaints[^1].Rule, complaints[^1].Message), Is.EqualTo(("too-many-complaints", "There are 5 more complaints, which are not shown.")));
        Assert.That(book.IsUsable, Is.False);
    }

    [Test]
    public void Only_a_rejection_makes_a_declaration_unusable()
    {
        var book = new ComplaintBook();
        book.Error("a", new SourceSpan("f", 1), "A.", "B.");
        book.Warn("a", new SourceSpan("f", 2), "A.", "B.");

        Assert.That(book.IsUsable);
    }

    [TestCase("fimware", "firmware")]
    [TestCase("Firmware", "firmware")]
    [TestCase("user_name", "user-name")]
    [TestCase("ohter-key", "other-key")]
    public void A_slip_finds_the_word_that_was_meant(string slip, string meant) =>
        Assert.That(Nearest.Of(slip, ["maker", "firmware", "user-name", "other-key"]), Is.EqualTo(meant));

    [TestCase("")]
    [TestCase("colour")]
    [TestCase("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void A_strange_word_finds_none(string word) => Assert.That(Nearest.Of(word, ["maker", "firmware", "user-name", "other-key"]), Is.Null);

    [FsCheck.NUnit.Property]
    public bool A_quotation_is_short_and_safe(string? text) =>
        Quotation.Of(text ?? "") is var quoted && quoted.Length <= 64 && !quoted.Any(Quotation.IsUnsafe);
}
