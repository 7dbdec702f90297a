using System.Diagnostics;
using DeviceConformance.Probing.Disclosure;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class HtmlPageTests
{
    private static readonly string[] _pieces =
    [
        "<", ">", "</", "<!--", "-->", "<!", "<?", "\"", "'", "=", " ", "\n", "\0", "&amp;", "&#x41;", "&", "a", "<a href=", "<a href=\"/x\">", "</a>", "<form", "<form method=post action='/y'>", "</form>", "<input", "<input name=p type=password>",
        "<script>", "</script>", "<script src=a.js>", "<style>", "<title>", "</title>", "<meta http-equiv=refresh content='0;url=/z'>", "<pre>", "</pre>", "<td>", "<tr>", "\u00e4", "\ud83d",
    ];

    [Test]
    public void Page_is_read_as_a_browser_would()
    {
        var page = HtmlPage.Read("""
            <!DOCTYPE html><html><head><title>A &amp; B</title><meta name=generator content="Hugo 0.1"><link href='/s.css'>
            <META HTTP-EQUIV=refresh content="3; URL='/next'"></head>
            <body><!-- built by ci --><script src="/app.js">var a = "<a href='/no'>";</script><style>p { }</style>
            <A HREF=/one>1</A><frame src="/two"><p>Flow:&nbsp;12<table><tr><td>Up</td><td>3&nbsp;d</td></tr></table>
            <form action="/login" METHOD="Post"><input name=u value='x'><input type="PASSWORD" name="p"/><select name=s><option>o</select>
            <form action=/second><input type=file name=f></form><input type=password id=loose></body>
            """);

        Assert.Multiple(() =>
        {
            Assert.That(page.Title, Is.EqualTo("A & B"));
            Assert.That(page.Generator, Is.EqualTo("Hugo 0.1"));
            Assert.That(page.Refresh, Is.EqualTo("/next"));
            Assert.That(page.Comments, Does.Contain("built by ci"));
            Assert.That(page.Links, Is.EqualTo(new[] { "/s.css", "/app.js", "/one", "/two" }));
            Assert.That(page.Text, Does.Contain("Up\t3").And.Not.Contain("no").And.Not.Contain("{"));
            Assert.That(page.Scripts, Does.Contain("/no"));
            Assert.That(page.Forms, Has.Length.EqualTo(3));
            Assert.That(page.Forms[0].Post, Is.True);
            Assert.That(page.Forms[0].Fields, Is.EqualTo(new[] { new HtmlField("u", "text", "x"), new HtmlField("p", "password", ""), new HtmlField("s", "select", "", IsSent: false) }));
            Assert.That(page.Forms[1], Has.Property("Action").EqualTo("/second").And.Property("Post").False);
            Assert.That(page.Forms[2].IsForm, Is.False);
        });
    }

    [Test]
    public void Page_without_end_is_bounded()
    {
        var page = HtmlPage.Read(string.Concat(Enumerable.Repeat("<form><input name=a><a href=/x>", 30_000)));

        Assert.Multiple(() =>
        {
            Assert.That(page.Links, Has.Length.EqualTo(HtmlPage.MaxLinks));
            Assert.That(page.Forms, Has.Length.EqualTo(HtmlPage.MaxForms));
        });
    }

    [TestCase("<")]
    [TestCase("<a href=\"")]
    [TestCase("<!--")]
    [TestCase("<script>")]
    [TestCase("<a b='")]
    [TestCase("<a a a a a ")]
    public void Half_megabyte_of_one_piece_takes_a_moment(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, HtmlPage.MaxLength / piece.Length));
        var started = Stopwatch.GetTimestamp();

        HtmlPage.Read(text);

        Assert.That(Stopwatch.GetElapsedTime(started), Is.LessThan(TimeSpan.FromSeconds(5)));
    }

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public Property Any_text_gives_a_page() => Prop.ForAll(Gen.Elements(_pieces).ListOf().Select(string.Concat).ToArbitrary(), text =>
    {
        var page = HtmlPage.Read(text);
        // Entities only get shorter, so nothing can come out that did not go in.
        return page.Text.Length <= text.Length + 1 && page.Links.All(link => link.Length <= text.Length) && page.Forms.All(form => form.Fields.Length <= text.Length);
    });
}
