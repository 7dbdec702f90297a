using System.Text.Json;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Core;

[Parallelizable(ParallelScope.All)]
public sealed class VerdictTests
{
    private static readonly EvidenceRef _evidence = new("obs/0001", "00");

    private static Arbitrary<Verdict[]> Lists => Gen.Elements(Enum.GetValues<Verdict>()).ArrayOf().ToArbitrary();

    [Test]
    public void A_further_finding_never_lifts_a_fail()
    {
        var further = Gen.Elements(Enum.GetValues<Verdict>()).ToArbitrary();
        Prop.ForAll(Lists, further, (verdicts, more) => Verdicts.AllOf(verdicts) != Verdict.Fail || Verdicts.AllOf([.. verdicts, more]) == Verdict.Fail).QuickCheckThrowOnFailure();
    }

    [Test]
    public void All_of_passes_only_when_there_is_something_and_all_of_it_passes() =>
        Prop.ForAll(Lists, verdicts => (Verdicts.AllOf(verdicts) == Verdict.Pass) == (verdicts.Length > 0 && verdicts.All(verdict => verdict == Verdict.Pass))).QuickCheckThrowOnFailure();

    [Test]
    public void Folding_does_not_depend_on_order() =>
        Prop.ForAll(Lists, verdicts => Verdicts.AllOf(verdicts) == Verdicts.AllOf(verdicts.Reverse()) && Verdicts.AnyOf(verdicts) == Verdicts.AnyOf(verdicts.Reverse())).QuickCheckThrowOnFailure();

    [Test]
    public void Any_of_fails_only_when_there_is_something_and_all_of_it_fails() =>
        Prop.ForAll(Lists, verdicts => (Verdicts.AnyOf(verdicts) == Verdict.Fail) == (verdicts.Length > 0 && verdicts.All(verdict => verdict == Verdict.Fail))).QuickCheckThrowOnFailure();

    [Test]
    public void A_pass_or_fail_needs_evidence()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => Finding.Pass("DUT", "It is fine."), Throws.ArgumentException);
            Assert.That(() => Finding.Fail("DUT", "It is not."), Throws.ArgumentException);
            Assert.That(() => Finding.Inconclusive("DUT", "Unknown.", " "), Throws.ArgumentException);
            Assert.That(Finding.Pass("DUT", "It is fine.", _evidence).Evidence, Is.EqualTo(new[] { _evidence }));
        });
    }

    [Test]
    public void A_secret_never_shows()
    {
        var credential = new TestCredential("AuthMech-1", "A", CredentialKind.Current, "admin", new Secret("hunter2"));
        Assert.Multiple(() =>
        {
            Assert.That(credential.ToString(), Does.Not.Contain("hunter2").And.Contain(Secret.Mask));
            Assert.That(JsonSerializer.Serialize(credential), Does.Not.Contain("hunter2"));
            Assert.That(credential.Password.Reveal(), Is.EqualTo("hunter2"));
        });
    }
}
