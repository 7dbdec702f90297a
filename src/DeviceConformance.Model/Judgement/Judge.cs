using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement;

/// <summary>What the judge concludes from a plan and a record.</summary>
/// <param name="IcsVerification">Verification of the ICS.</param>
/// <param name="Overall">Overall verdict.</param>
/// <param name="Groups">All groups, tested or not.</param>
/// <param name="Faults">Units whose code failed; they are inconclusive, and the run's health says so.</param>
public sealed record Judgement(IcsVerification IcsVerification, OverallResult Overall, ImmutableArray<GroupResult> Groups, ImmutableArray<string> Faults);

/// <summary>Compiles findings into verdicts: unit, case, group, overall (TS 103 701, clause 4). The same input gives the same output.</summary>
public static class Judge
{
    /// <summary>Judges a record by a plan.</summary>
    public static Judgement Decide(Catalogue catalogue, TestPlan plan, Declaration declared, ObservationSet seen)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var faults = ImmutableArray.CreateBuilder<string>();
        ImmutableArray<GroupResult> groups = [.. plan.Groups.Select(group => DecideGroup(group, declared, seen, faults))];
        var ics = IcsVerifier.Verify(catalogue, declared);
        return new Judgement(ics, Overall(ics, groups), groups, faults.ToImmutable());
    }

    /// <summary>The overall verdict: a Fail of the ICS or of a group fails; else anything undecided leaves it open; else it passes.</summary>
    public static OverallResult Overall(IcsVerification ics, IReadOnlyCollection<GroupResult> groups)
    {
        ArgumentNullException.ThrowIfNull(ics);
        var tested = groups.Where(group => group.Verdict is not null).ToList();
        var failed = tested.Where(group => group.Verdict == Verdict.Fail).Select(group => group.Provision).ToList();
        if (ics.Verdict == Verdict.Fail)
        {
            return new OverallResult(Verdict.Fail, failed.Count == 0
                ? "The ICS is not valid."
                : $"The ICS is not valid, and {Count(failed.Count, "test group")} failed: {string.Join(", ", failed)}.");
        }

        if (failed.Count > 0)
        {
            return new OverallResult(Verdict.Fail, $"{Count(failed.Count, "test group")} of {tested.Count} failed: {string.Join(", ", failed)}.");
        }

        var open = tested.Where(group => group.Verdict == Verdict.Inconclusive).Select(group => group.Provision).ToList();
        if (ics.Verdict == Verdict.Inconclusive || open.Count > 0 || tested.Count == 0)
        {
            return new OverallResult(Verdict.Inconclusive, tested.Count == 0
                ? "No test group was run."
                : $"No test group failed; {Count(open.Count, "test group")} of {tested.Count} could not be decided{(ics.Verdict == Verdict.Inconclusive ? ", nor could the ICS" : "")}.");
        }

        return new OverallResult(Verdict.Pass, $"The ICS is valid and all {tested.Count} test groups passed.");
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    private static GroupResult DecideGroup(PlannedGroup group, Declaration declared, ObservationSet seen, ImmutableArray<string>.Builder faults)
    {
        ImmutableArray<CaseResult> cases = [.. group.Cases.Select(testCase => DecideCase(testCase, declared, seen, faults))];
        return new GroupResult(
            group.Provision.Id,
            group.Provision.Title,
            group.Provision.Status,
            group.Support,
            group.Applicability,
            group.Applicability.IsTested ? Verdicts.AllOf(cases.Select(testCase => testCase.Verdict)) : null,
            cases);
    }

    private static CaseResult DecideCase(PlannedCase testCase, Declaration declared, ObservationSet seen, ImmutableArray<string>.Builder faults)
    {
        ImmutableArray<UnitResult> units = [.. testCase.Units.Select(unit => DecideUnit(unit, declared, seen, faults))];
        var verdict = testCase.Definition.Fold == Fold.AnyEntry && AnyEntryVerdict(units) is { } any ? any : Verdicts.AllOf(units.Select(unit => unit.Verdict));
        return new CaseResult(testCase.Definition.Id, testCase.Definition.Kind, testCase.Definition.Purpose, verdict, units);
    }

    /// <summary>One safe entry is enough, where every unit speaks of entries; null when none does.</summary>
    private static Verdict? AnyEntryVerdict(ImmutableArray<UnitResult> units)
    {
        var subjects = units.SelectMany(unit => unit.Findings).Select(finding => finding.Subject).Where(subject => subject != OperatorQuestion.WholeDut).Distinct().ToList();
        return subjects.Count == 0
            ? null
            : Verdicts.AnyOf(subjects.Select(subject => Verdicts.AllOf(units.Select(unit => VerdictFor(unit, subject)))));
    }

    // A finding about the DUT as a whole holds for every entry.
    private static Verdict VerdictFor(UnitResult unit, string subject) =>
        Verdicts.AllOf(unit.Findings.Where(finding => finding.Subject == subject || finding.Subject == OperatorQuestion.WholeDut).Select(finding => finding.Verdict));

    private static UnitResult DecideUnit(PlannedUnit unit, Declaration declared, ObservationSet seen, ImmutableArray<string>.Builder faults)
    {
        var findings = CodeFindings(unit, declared, seen, faults)
            .Select(finding => ResolvedByExaminer(unit.Definition, finding, seen))
            .Concat(unit.Questions.Select(question => Answer(unit.Definition, question, seen)))
            .ToImmutableArray();
        if (findings.IsEmpty)
        {
            findings =
            [
                Finding.Inconclusive(
                    OperatorQuestion.WholeDut,
                    "There is nothing in the declaration that this unit could be done for.",
                    unit.Gaps.IsEmpty ? "Complete the IXIT tables that the unit reads." : string.Join(" ", unit.Gaps)),
            ];
        }

        return new UnitResult(unit.Definition.Id, unit.Definition.Check, Verdicts.AllOf(findings.Select(finding => finding.Verdict)), unit.Definition.DecidedBy, findings);
    }

    private static IEnumerable<Finding> CodeFindings(PlannedUnit unit, Declaration declared, ObservationSet seen, ImmutableArray<string>.Builder faults)
    {
        if (unit.Code is null)
        {
            return [];
        }

        try
        {
            return [.. unit.Code.Judge(declared, seen)];
        }
        // A bug in one unit must neither end the assessment nor pass for a verdict.
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            faults.Add($"The code of unit {unit.Definition.Id} failed: {fault.GetType().Name}: {fault.Message}");
            return [Finding.Inconclusive(OperatorQuestion.WholeDut, "The harness failed while it judged this unit.", "Report the fault of the harness; judge the recording again with a mended version.")];
        }
    }

    /// <summary>
    /// What probes and rules leave open an examiner may decide, with a name and reason; what they decided stays decided.
    /// </summary>
    private static Finding ResolvedByExaminer(TestUnitDefinition unit, Finding finding, ObservationSet seen) =>
        finding.Verdict == Verdict.Inconclusive
        && seen.Ask(OperatorQuestion.ForOpenPoint(unit.Id, finding.Subject)).TryGet(out var answer, out var evidence)
        && answer.Verdict != Verdict.Inconclusive
            ? Found(finding.Subject, answer.Verdict, $"{finding.Statement} Decided by the examiner: {Words(answer)}", [evidence, .. answer.Files, .. finding.Evidence])
            : finding;

    private static Finding Answer(TestUnitDefinition unit, OperatorQuestion question, ObservationSet seen)
    {
        if (!seen.Ask(question).TryGet(out var answer, out var evidence))
        {
            return Finding.Inconclusive(question.Subject, $"The examiner has not answered: {unit.Question}", $"Answer unit {unit.Id} for {question.Subject} with 'dct answer' or in answers.yaml.");
        }

        ImmutableArray<EvidenceRef> all = [evidence, .. answer.Files];
        return answer.Verdict == Verdict.Inconclusive
            ? Finding.Inconclusive(question.Subject, Words(answer), $"Obtain what the examiner names as missing, then answer unit {unit.Id} for {question.Subject} again.", all)
            : Found(question.Subject, answer.Verdict, Words(answer), all);
    }

    private static Finding Found(string subject, Verdict verdict, string statement, ImmutableArray<EvidenceRef> evidence) =>
        verdict == Verdict.Pass ? Finding.Pass(subject, statement, evidence) : Finding.Fail(subject, statement, evidence);

    private static string Words(OperatorAnswer answer) => $"{answer.By} on {answer.Date:yyyy-MM-dd}: {answer.Reason}";
}
