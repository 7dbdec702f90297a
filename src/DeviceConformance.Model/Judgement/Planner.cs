using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement;

/// <summary>Derives from a declaration which test groups run and how each unit is decided (TS 103 701, clause 4.5).</summary>
/// <param name="catalogue">The edition as data.</param>
/// <param name="registry">The code of test cases.</param>
public sealed class Planner(Catalogue catalogue, IReadOnlyList<TestCase> registry)
{
    private readonly ImmutableDictionary<TestUnitId, TestUnit> _code = registry
        .SelectMany(testCase => testCase.Units(catalogue.Edition), (testCase, unit) => (Id: new TestUnitId(testCase.Id, unit.Letter), Unit: unit))
        .ToImmutableDictionary(pair => pair.Id, pair => pair.Unit);

    /// <summary>The plan for a declaration.</summary>
    public TestPlan Plan(Declaration declared) =>
        new(catalogue.Edition, [.. catalogue.Provisions.Select(provision => PlanGroup(provision, declared))]);

    /// <summary>What the operator is asked for a unit: one question for each entry it is done for, or one about the DUT.</summary>
    public static ImmutableArray<OperatorQuestion> QuestionsFor(TestUnitDefinition unit, Declaration declared)
    {
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(declared);
        if (!unit.DecidedBy.HasFlag(Deciders.Operator))
        {
            return [];
        }

        ImmutableArray<OperatorQuestion> each = unit.Per is { } role
            ? [.. declared.Ixit.Entries(role).Select(entry => new OperatorQuestion(unit.Id, entry.Id))]
            : [];
        return each.IsEmpty ? [new OperatorQuestion(unit.Id, OperatorQuestion.WholeDut)] : each;
    }

    private PlannedGroup PlanGroup(Provision provision, Declaration declared)
    {
        var applicability = ApplicabilityRules.Decide(provision, declared);
        return new PlannedGroup(
            provision,
            declared.Ics.Find(provision.Id)?.Support,
            applicability,
            applicability.IsTested ? [.. provision.Cases.Select(testCase => new PlannedCase(testCase, [.. testCase.Units.Select(unit => PlanUnit(unit, declared))]))] : []);
    }

    private PlannedUnit PlanUnit(TestUnitDefinition unit, Declaration declared)
    {
        var code = _code.GetValueOrDefault(unit.Id);
        ImmutableArray<ProbeRequest> requests = code is null ? [] : [.. code.Ask(declared, new ObservationSet()).Distinct()];
        var questions = QuestionsFor(unit, declared);
        return new PlannedUnit(unit, code, requests, questions, [.. Needs(unit, requests, questions, declared)], [.. Gaps(unit, code, requests, declared)]);
    }

    private static IEnumerable<PlanNeed> Needs(TestUnitDefinition unit, ImmutableArray<ProbeRequest> requests, ImmutableArray<OperatorQuestion> questions, Declaration declared)
    {
        foreach (var request in requests)
        {
            yield return new PlanNeed(request.Title, request.Impact);
        }

        foreach (var update in requests.OfType<UpdateIntegrityTrial>().Select(trial => trial.UpdMech).Distinct())
        {
            yield return new PlanNeed($"the update images that {update} declares", null);
        }

        if (requests.OfType<PresetPasswordInspection>().Any() && declared.Dut.Samples.Length < 2)
        {
            yield return new PlanNeed("a second sample: uniqueness needs two", null);
        }

        if (questions.Length > 0)
        {
            yield return new PlanNeed($"the examiner's answer for {(questions is [{ IsAboutDut: true }] ? "the DUT" : string.Join(", ", questions.Select(question => question.Subject)))}", null);
        }
    }

    private static IEnumerable<string> Gaps(TestUnitDefinition unit, TestUnit? code, ImmutableArray<ProbeRequest> requests, Declaration declared)
    {
        var tooHarsh = requests.Where(request => request.Impact > declared.Lab.AllowedImpact).ToList();
        if (tooHarsh.Count > 0)
        {
            yield return $"{string.Join("; ", tooHarsh.Select(request => request.Title))}: lab.yaml does not allow it; set 'allowed-impact: {Words(tooHarsh.Max(request => request.Impact))}'.";
        }

        if (unit.DecidedBy.HasFlag(Deciders.Probe) && code is not null && requests.IsEmpty)
        {
            yield return declared.Addresses.IsEmpty
                ? "dut.yaml gives the first sample no address, so no probe can reach the DUT."
                : "The declaration gives no typed facts that tell the probe what to ask; add 'facts' to the entries concerned.";
        }
    }

    private static string Words(ProbeImpact impact) => impact == ProbeImpact.StateChanging ? "state-changing" : impact == ProbeImpact.Disruptive ? "disruptive" : "read-only";
}
