using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases;
using NUnit.Framework;

namespace DeviceConformance.Tests.TestCases;

[Parallelizable(ParallelScope.All)]
public sealed class UnitVerdictTests
{
    // A unit that has nothing to judge yields no finding; on the sound bench that is right for these.
    private static readonly string[] _nothingToJudge = ["5.1-2A-2 b"];

    // 5.3-2-2 a devises the attacks: that none could be devised is open, never a fault of the device. 5.5-4-2 b needs a valid credential: when
    // it is refused, the laboratory's note of it may be wrong.
    private static readonly string[] _neverFail = ["5.3-2-2 a", "5.5-4-2 b"];

    private static IEnumerable<StandardEdition> Editions => StandardEdition.All;

    private static IEnumerable<TestCaseData> Failing =>
        from edition in StandardEdition.All
        from spoiling in Spoilings.Failing
        select new TestCaseData(edition, spoiling.Name).SetArgDisplayNames(edition.Id, spoiling.Name);

    private static IEnumerable<TestCaseData> Opening =>
        from edition in StandardEdition.All
        from spoiling in Spoilings.Opening
        select new TestCaseData(edition, spoiling.Name).SetArgDisplayNames(edition.Id, spoiling.Name);

    [TestCaseSource(nameof(Editions))]
    public void Every_unit_passes_on_the_sound_bench(StandardEdition edition)
    {
        var open = new Bench(edition).Findings()
            .Where(pair => Verdicts.AllOf(pair.Value.Select(finding => finding.Verdict)) != Verdict.Pass && !_nothingToJudge.Contains(pair.Key.ToString()))
            .Select(pair => $"{pair.Key}: {string.Join(" | ", pair.Value.Where(finding => finding.Verdict != Verdict.Pass).Select(finding => finding.Statement))}");
        Assert.That(open, Is.Empty);
    }

    [TestCaseSource(nameof(Failing))]
    public void Exactly_the_expected_units_fail(StandardEdition edition, string name)
    {
        var spoiling = Spoilings.Failing.Single(item => item.Name == name);
        Assert.That(FailingUnits(edition, spoiling), Is.EquivalentTo(spoiling.FailsIn(edition)));
    }

    [TestCaseSource(nameof(Opening))]
    public void What_was_not_seen_opens_units_and_fails_none_without_cause(StandardEdition edition, string name)
    {
        var spoiling = Spoilings.Opening.Single(item => item.Name == name);
        var sound = new Bench(edition).Verdicts();
        var bench = new Bench(edition);
        spoiling.Spoil(bench);
        var verdicts = bench.Verdicts();
        Assert.Multiple(() =>
        {
            Assert.That(FailingUnits(edition, spoiling), Is.EquivalentTo(spoiling.FailsIn(edition)));
            Assert.That(
                verdicts.Where(pair => pair.Value == Verdict.Inconclusive && sound[pair.Key] == Verdict.Pass).Select(pair => pair.Key),
                Is.Not.Empty.Or.Matches<IEnumerable<TestUnitId>>(_ => edition == StandardEdition.V2 && OnlyInV3(spoiling)));
        });
    }

    [TestCaseSource(nameof(Editions))]
    public void Disabled_UDP_interface_passes_only_when_its_port_is_proven_closed(StandardEdition edition)
    {
        var bench = new Bench(edition);
        var unit = TestUnitId.Parse("5.6-1-2 a");
        bench.DeclareUdp(60001, ServiceProtocol.Coap, InterfaceStatus.Disabled);
        Assert.That(bench.Verdicts()[unit], Is.EqualTo(Verdict.Pass), "proven closed on the bench");
        bench.DeclareUdp(60001, ServiceProtocol.Ssdp, InterfaceStatus.Disabled);
        Assert.That(bench.Verdicts()[unit], Is.EqualTo(Verdict.Inconclusive), "it may listen to its group");
        bench.DeclareUdp(50001, ServiceProtocol.Coap, InterfaceStatus.Disabled);
        Assert.That(bench.Verdicts()[unit], Is.EqualTo(Verdict.Inconclusive), "silent on the bench");
    }

    [TestCaseSource(nameof(Editions))]
    public void UDP_listener_of_the_host_is_not_the_device_s(StandardEdition edition)
    {
        var bench = new Bench(edition);
        bench.AnswerUdp(5353, ServiceProtocol.Mdns);
        bench.Lab = bench.Lab with { HostListeners = [new HostListener(new Endpoint(Bench.Address, 5353, Transport.Udp), "host")] };
        Assert.That(bench.Verdicts().Values, Has.None.EqualTo(Verdict.Fail));
    }

    [TestCaseSource(nameof(Editions))]
    public void Every_unit_is_shown_failing_and_inconclusive(StandardEdition edition)
    {
        var units = new Bench(edition).Verdicts().Keys.ToHashSet();
        var failing = Spoilings.Failing.SelectMany(spoiling => spoiling.FailsIn(edition)).ToHashSet();
        var opened = Spoilings.Opening.SelectMany(spoiling =>
        {
            var bench = new Bench(edition);
            spoiling.Spoil(bench);
            return bench.Verdicts().Where(pair => pair.Value == Verdict.Inconclusive).Select(pair => pair.Key);
        }).ToHashSet();
        Assert.Multiple(() =>
        {
            Assert.That(units.Except(failing).Select(unit => unit.ToString()), Is.EquivalentTo(_neverFail));
            Assert.That(units.Except(opened), Is.Empty);
        });
    }

    [TestCaseSource(nameof(Editions))]
    public void Every_open_finding_says_what_is_missing_and_every_other_has_evidence(StandardEdition edition)
    {
        foreach (var spoiling in Spoilings.Failing.Concat(Spoilings.Opening))
        {
            var bench = new Bench(edition);
            spoiling.Spoil(bench);
            foreach (var finding in bench.Findings().SelectMany(pair => pair.Value))
            {
                Assert.That(finding.Verdict == Verdict.Inconclusive ? finding.Missing.Length > 0 : !finding.Evidence.IsEmpty, $"{spoiling.Name}: {finding.Statement}");
            }
        }
    }

    [TestCaseSource(nameof(Editions))]
    public void Catalogue_and_code_decide_the_same_units(StandardEdition edition)
    {
        var catalogue = new Bench(edition).Catalogue;
        var code = Registry.For(catalogue)
            .SelectMany(testCase => testCase.Units(edition), (testCase, unit) => (Unit: new TestUnitId(testCase.Id, unit.Letter), By: unit.CanDecide))
            .Select(pair => $"{pair.Unit} by {pair.By}");
        var data = catalogue.Units.Where(unit => (unit.DecidedBy & (Deciders.Probe | Deciders.Rule)) != 0)
            .Select(unit => $"{unit.Id} by {unit.DecidedBy & (Deciders.Probe | Deciders.Rule)}");
        Assert.That(code, Is.EquivalentTo(data));
    }

    [TestCaseSource(nameof(Editions))]
    public void Asking_ends_and_offline_asking_changes_nothing(StandardEdition edition)
    {
        var bench = new Bench(edition);
        var declared = bench.Declaration();
        var seen = bench.Observations();
        var asked = Registry.For(bench.Catalogue).SelectMany(testCase => testCase.Units(edition)).SelectMany(unit => unit.Ask(declared, seen)).Distinct().ToList();
        Assert.That(asked.Where(request => !seen.Contains(request)), Is.Empty);
        Assert.That(asked.OfType<TcpPortSweep>().Count(), Is.EqualTo(1));
        Assert.That(asked.OfType<UdpPortSweep>().Count(), Is.EqualTo(1));
    }

    private static bool OnlyInV3(Spoiling spoiling)
    {
        var bench = new Bench(StandardEdition.V3);
        spoiling.Spoil(bench);
        return bench.Verdicts().Where(pair => pair.Value == Verdict.Inconclusive).All(pair => pair.Key.Case.Provision.Suffix == "A");
    }

    private static IEnumerable<TestUnitId> FailingUnits(StandardEdition edition, Spoiling spoiling)
    {
        var bench = new Bench(edition);
        spoiling.Spoil(bench);
        return bench.Verdicts().Where(pair => pair.Value == Verdict.Fail).Select(pair => pair.Key);
    }
}
