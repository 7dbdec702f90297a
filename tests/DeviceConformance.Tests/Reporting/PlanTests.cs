using System.Collections.Immutable;
using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;
using DeviceConformance.Reporting.Plan;
using NUnit.Framework;

namespace DeviceConformance.Tests.Reporting;

[Parallelizable(ParallelScope.All)]
public sealed class PlanTests
{
    private static readonly TcpPortSweep Sweep = new(DutAddress.Parse("127.0.0.1", null));

    private static readonly TestPlan Plan = Planned("Compare what answers on the network with the table, entry by entry, and note every login that the table does not name.");

    [Test]
    public void Plan_is_as_in_the_golden_file() => Golden.Verify("tests/DeviceConformance.Tests/Reporting/golden/plan.txt", PlanText.Render(Plan));

    [Test]
    public void Plan_without_units_is_as_in_the_golden_file() => Golden.Verify("tests/DeviceConformance.Tests/Reporting/golden/plan-short.txt", PlanText.Render(Plan, withUnits: false));

    [Test]
    public void Plan_as_json_is_as_in_the_golden_file()
    {
        using var stream = new MemoryStream();
        PlanJson.Write(stream, Plan);
        Golden.Verify("tests/DeviceConformance.Tests/Reporting/golden/plan.json", Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Test]
    public void An_empty_plan_says_that_nothing_is_tested() =>
        Assert.That(PlanText.Render(new TestPlan(StandardEdition.V2, [])), Does.Contain("0 of 0 provisions").And.Contain("nothing is asked"));

    [Test]
    public void No_line_is_longer_than_the_terminal()
    {
        Assert.That(PlanText.Render(Plan).Split('\n').Select(line => line.Length), Is.All.LessThanOrEqualTo(PlanText.Width));
        Assert.That(PlanText.Render(Planned(string.Join(' ', Enumerable.Repeat("word", 300)))).Split('\n').Select(line => line.Length), Is.All.LessThanOrEqualTo(PlanText.Width));
    }

    [TestCaseSource(typeof(Hostile), nameof(Hostile.Cases))]
    public void A_declaration_can_not_drive_the_terminal(string text) =>
        Assert.That(PlanText.Render(Planned(text)).Where(character => char.IsControl(character) && character != '\n'), Is.Empty);

    [Test]
    public void A_request_that_several_units_ask_counts_once() =>
        Assert.That(PlanText.Render(Plan), Does.Contain("2 questions at first (1 read-only, 1 state-changing)"));

    private static TestPlan Planned(string text) => new(
        StandardEdition.V3,
        [
            new PlannedGroup(
                Provision("5.1-1", "Passwords unique per unit or chosen by the user", "M F (a)", true, "a"),
                Support.Yes,
                new Applicability(true, "The ICS claims support and condition (a) holds: AuthMech-1 uses a password."),
                [
                    new PlannedCase(
                        Case("5.1-1-1", TestKind.Conceptual, text),
                        [Unit("5.1-1-1 a", Deciders.Rule | Deciders.Operator, IxitRole.AuthMech, text, [], ["AuthMech-1", "AuthMech-2"], [], [])]),
                    new PlannedCase(
                        Case("5.1-1-2", TestKind.Functional, text),
                        [
                            Unit("5.1-1-2 a", Deciders.Probe | Deciders.Operator, null, text, [Sweep], ["DUT"], [new PlanNeed("a person who reads the user information", null)], []),
                            Unit("5.1-1-2 b", Deciders.Probe, IxitRole.AuthMech, text, [Sweep, new UpdateIntegrityTrial("UpdMech-1", DutAddress.Parse("::1", null))], [], [new PlanNeed("a second sample", ProbeImpact.Passive), new PlanNeed("credentials for AuthMech-1 that the trial may lock", ProbeImpact.StateChanging)], ["Name sample B in dut.yaml and give its label password in lab.yaml.", "Allow state-changing probes in lab.yaml."]),
                        ]),
                ]),
            new PlannedGroup(
                Provision("5.3-2", "Secure installation of updates", "M C (12)", true, "12"),
                Support.Yes,
                new Applicability(true, "The ICS claims support."),
                [new PlannedCase(Case("5.3-2-2", TestKind.Functional, text), [Unit("5.3-2-2 a", Deciders.Probe, IxitRole.UpdMech, text, [], [], [], ["Allow state-changing probes in lab.yaml."])])]),
            new PlannedGroup(Provision("5.5-8", "Secure management of critical parameters", "M F (m)", true, "m"), Support.NotApplicable, new Applicability(false, "The ICS answers N/A, and condition (m) does not hold."), []),
            new PlannedGroup(Provision("6-5", "Information on telemetry", "R", false), null, new Applicability(false, text), []),
        ]);

    private static Provision Provision(string id, string title, string status, bool isMandatory, params string[] conditions) =>
        new(ProvisionId.Parse(id), title, new ProvisionStatus(status, isMandatory, [.. conditions]), "", [], [], "high");

    private static TestCaseDefinition Case(string id, TestKind kind, string purpose) => new(TestCaseId.Parse(id), kind, purpose, Fold.AllOf, [], "", "");

    private static PlannedUnit Unit(
        string id,
        Deciders by,
        IxitRole? per,
        string check,
        ImmutableArray<ProbeRequest> requests,
        ImmutableArray<string> subjects,
        ImmutableArray<PlanNeed> needs,
        ImmutableArray<string> gaps)
    {
        var unit = TestUnitId.Parse(id);
        return new PlannedUnit(
            new TestUnitDefinition(unit, TestKind.Functional, check, [], by, per, check, null),
            null,
            requests,
            [.. subjects.Select(subject => new OperatorQuestion(unit, subject))],
            needs,
            gaps);
    }
}
