using DeviceConformance.Probing.Logins;
using NUnit.Framework;

namespace DeviceConformance.Tests.Logins;

[Parallelizable]
public sealed class HtmlFormTests
{
    [Test]
    public void Hidden_fields_of_the_form_that_asks_for_a_password_are_found()
    {
        const string page = """
            <html><!-- <form><input type=password name=old></form> --><script>var x = "<input type='password' name='js'>";</script>
            <form action="/search"><input name=q><input type=hidden name=scope value=all></form>
            <FORM method=post ACTION='/login?next=%2F&amp;x=1'>
              <input type="hidden" name="csrf" value="a&amp;b&quot;c"><INPUT NAME=user>
              <input disabled type = 'password' name = pw /><input type=submit value=Go>
            </FORM></html>
            """;

        Assert.That(HtmlForm.TryFind(page, "", out var form), Is.True);
        Assert.Multiple(() =>
        {
            Assert.That(form.Action, Is.EqualTo("/login?next=%2F&x=1"));
            Assert.That(form.Hidden, Is.EqualTo([KeyValuePair.Create("csrf", "a&b\"c")]));
            Assert.That(form.Fields, Is.EqualTo(["csrf", "user", "pw"]));
        });
    }

    [TestCase("<input type=password name=pw>")]
    [TestCase("<form><input type=password name=pw")]
    [TestCase("<form><div><input name='pw' type='PASSWORD'>")]
    public void A_careless_page_still_shows_its_form(string page) => Assert.That(HtmlForm.TryFind(page, "pw", out _), Is.True);

    [TestCase("")]
    [TestCase("<")]
    [TestCase("<form><input type=text name=q></form>")]
    [TestCase("<form><input type=password name=other></form>")]
    [TestCase("<script><input type=password name=pw>")]
    public void A_page_without_the_field_has_no_form(string page) => Assert.That(HtmlForm.TryFind(page, "pw", out _), Is.False);

    [FsCheck.NUnit.Property]
    public void Any_text_is_read_without_harm(string? text) => _ = HtmlForm.TryFind($"<form><input {text}", "pw", out _);

    [Test]
    [CancelAfter(10_000)]
    public void A_hostile_page_costs_no_more_than_its_length()
    {
        foreach (var piece in (string[])["<", "<input ", "<input a=\"", "<!--", "<script>", "<form>", "<input type=hidden name=a value=b>", "='", "<a b c d e f "])
        {
            var page = string.Concat(Enumerable.Repeat(piece, 512 * 1024 / piece.Length));

            Assert.That(HtmlForm.TryFind(page, "pw", out var form), Is.False);
            Assert.That(form.Fields, Has.Length.LessThanOrEqualTo(64));
        }
    }
}
