using DeviceConformance.Model.Declared;
using NUnit.Framework;

namespace DeviceConformance.Tests.Declarations;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class ProseTests
{
    [TestCase("none", true)]
    [TestCase("None: it stays inside.", true)]
    [TestCase("No, a contract is the basis", true)]
    [TestCase("n/a", true)]
    [TestCase("Not applicable (no radio)", true)]
    [TestCase("—", true)]
    [TestCase("Nonetheless encrypted", false)]
    [TestCase("Nothing.", true)]
    [TestCase("Nothing but TLS", false)]
    [TestCase("No more than five attempts a minute", false)]
    [TestCase("None of the attempts after the fifth is looked at", false)]
    [TestCase("None is needed", true)]
    [TestCase("Normal", false)]
    [TestCase("", false)]
    public void A_text_that_begins_so_says_that_there_is_nothing(string text, bool expected) => Assert.That(Prose.SaysNone(text), Is.EqualTo(expected));

    [TestCase("The processor has no memory protection.", true)]
    [TestCase("None, since it stays inside", true)]
    [TestCase("n/a", false)]
    [TestCase("Not applicable.", false)]
    [TestCase("not supported", false)]
    [TestCase("none", false)]
    [TestCase("-", false)]
    [TestCase("", false)]
    [TestCase("Because TBD", false)]
    [TestCase("see above", false)]
    public void A_reason_is_more_than_a_bare_refusal(string text, bool expected) => Assert.That(Prose.GivesReason(text), Is.EqualTo(expected));

    [TestCase("Yes", true)]
    [TestCase("yes, daily means", true)]
    [TestCase("true", true)]
    [TestCase("No.", false)]
    [TestCase("none", false)]
    [TestCase("n/a", false)]
    public void Yes_and_no_are_read_from_the_first_word(string text, bool expected) => Assert.That(Prose.YesOrNo(Declared(text)).Is(expected));

    [TestCase("partly")]
    [TestCase("Notification by mail")]
    [TestCase("Yesterday")]
    public void Other_words_answer_nothing(string text) => Assert.That(Prose.YesOrNo(Declared(text)).IsDeclared, Is.False);

    [TestCase("Enabled by default", InterfaceStatus.Enabled)]
    [TestCase("Permanently disabled", InterfaceStatus.Disabled)]
    [TestCase("disabled: fused", InterfaceStatus.Disabled)]
    public void The_status_is_read_from_the_first_word(string text, InterfaceStatus expected) => Assert.That(Prose.Status(Declared(text)).Is(expected));

    [TestCase("Disabled in factory default, enabled afterwards")]
    [TestCase("On")]
    public void A_status_that_is_not_plain_is_not_read(string text) => Assert.That(Prose.Status(Declared(text)).IsDeclared, Is.False);

    private static Fact<string> Declared(string text) => Fact<string>.Declared(text, new SourceSpan("f", 1));
}
