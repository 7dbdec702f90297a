using System.Text.Json;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Credentials;
using DeviceConformance.Tests.TestCases;
using NUnit.Framework;

namespace DeviceConformance.Tests.Credentials;

[Parallelizable(ParallelScope.All)]
public sealed class PresetPasswordTests
{
    [TestCase("q7TzB2mK9xWd", "Hc4vN8sRy3Lp", new PresetPasswordFlaw[0])]
    [TestCase("q7TzB2mK9xWd", "q7TzB2mK9xWd", new[] { PresetPasswordFlaw.SameOnSamples })]
    [TestCase("q7TzB2mK9xWd", "q7TzB2mK9xWe", new[] { PresetPasswordFlaw.Regular })]
    [TestCase("q7TzB2mK9xW", "Hc4vN8sRy3Lp", new[] { PresetPasswordFlaw.OtherLength })]
    [TestCase("q7TzB2mK9x-d", "Hc4vN8sRy3Lp", new[] { PresetPasswordFlaw.OutsideAlphabet })]
    [TestCase("xx5E1000q7Tz", "Hc4vN8sRy3Lp", new[] { PresetPasswordFlaw.FromMacAddress })]
    [TestCase("q7Tz4711K9xW", "Hc4vN8sRy3Lp", new[] { PresetPasswordFlaw.FromSerialNumber })]
    [TestCase("q7Tz1174K9xW", "Hc4vN8sRy3Lp", new[] { PresetPasswordFlaw.FromSerialNumber })]
    public void Flaws_of_label_passwords_are_found(string first, string second, PresetPasswordFlaw[] flaws)
    {
        var seen = Inspect(("A", first), ("B", second));
        Assert.That(seen.Flaws.Select(flaw => flaw.Flaw), Is.EquivalentTo(flaws));
        Assert.That(seen.Coverage.IsComplete);
    }

    [Test]
    public void A_default_on_the_label_is_found() =>
        Assert.That(Inspect(("A", "admin"), ("B", "Hc4vN8sRy3Lp")).Flaws.Select(flaw => flaw.Flaw), Is.EquivalentTo(new[] { PresetPasswordFlaw.InDictionary, PresetPasswordFlaw.OtherLength }));

    [Test]
    public void One_sample_proves_no_uniqueness() => Assert.That(Inspect(("A", "q7TzB2mK9xWd")).Coverage.IsComplete, Is.False);

    [Test]
    public void Without_a_note_nothing_is_inspected() =>
        Assert.That(PresetPasswordInspectionProbe.Inspect("AuthMech-2", Declared()), Is.InstanceOf<ProbeOutcome.NotRun>());

    [Test]
    public void Passwords_are_not_recorded()
    {
        var text = JsonSerializer.Serialize(Inspect(("A", "q7TzB2mK9xWd"), ("B", "q7TzB2mK9xWd")));
        Assert.That(text, Does.Not.Contain("q7TzB2mK9xWd").And.Contain("AuthMech-2"));
    }

    private static PresetPasswordsSeen Inspect(params (string Sample, string Password)[] notes) =>
        (PresetPasswordsSeen)((ProbeOutcome.Observed)PresetPasswordInspectionProbe.Inspect("AuthMech-2", Declared(notes))).Observation;

    private static Declaration Declared(params (string Sample, string Password)[] notes)
    {
        var bench = new Bench(StandardEdition.V3);
        bench.Facts<AuthMechFacts>("AuthMech-2", facts => facts with { PasswordLength = Bench.Fact(12), PasswordAlphabet = Bench.Fact("A-Za-z0-9") });
        var declared = bench.Declaration();
        return declared with
        {
            Dut = declared.Dut with
            {
                Samples = [new DutSample("A", "GW24-004711", ["02:00:5e:10:00:01"], []), new DutSample("B", "GW24-004835", ["02:00:5e:10:00:02"], [])],
            },
            Lab = declared.Lab with { Credentials = [.. notes.Select(note => new TestCredential("AuthMech-2", note.Sample, CredentialKind.Preset, "panel", new Secret(note.Password)))] },
        };
    }
}
