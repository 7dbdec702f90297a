using System.Text;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;

namespace DeviceConformance.Reporting.Plan;

/// <summary>A test plan as plain text for a terminal of 100 columns.</summary>
public static class PlanText
{
    /// <summary>Longest line; only a word that is longer itself makes a longer one.</summary>
    public const int Width = 100;

    /// <summary>
    /// Totals; for each provision why it is tested or not and, with <paramref name="withUnits"/>, its cases and units, how each is
    /// decided, what it asks and needs; last what to add so that more can be decided.
    /// </summary>
    public static string Render(TestPlan plan, bool withUnits = true)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var text = new StringBuilder();
        Totals(text, plan);
        foreach (var clause in plan.Groups.GroupBy(group => Clauses.Number(group.Provision.Id)))
        {
            text.Append('\n');
            Wrapped(text, 0, "", $"{clause.Key} {Clauses.Name(clause.First().Provision.Id)}".TrimEnd());
            foreach (var group in clause)
            {
                Group(text, group, withUnits);
            }
        }

        var gaps = PlanGap.Of(plan);
        if (gaps.Length > 0)
        {
            text.Append("\nTo add before everything can be decided\n");
        }

        foreach (var gap in gaps)
        {
            Wrapped(text, 2, "- ", $"{gap.Add} ({string.Join(", ", gap.Units)})");
        }

        return text.ToString();
    }

    private static void Totals(StringBuilder text, TestPlan plan)
    {
        var units = plan.Units.ToList();
        var requests = units.SelectMany(unit => unit.Requests).Where(request => request is not OperatorQuestion).Distinct().ToList();
        var questions = units.SelectMany(unit => unit.Questions).Distinct().Count();
        Wrapped(text, 0, "", $"Test plan against {plan.Edition.Requirements} by {plan.Edition.Assessment}");
        text.Append('\n');
        var cases = plan.Groups.Sum(group => group.Cases.Length);
        Wrapped(text, 0, "Tested    ", $"{plan.Groups.Count(group => group.Applicability.IsTested)} of {Words.Count(plan.Groups.Length, "provision")}: {Words.Count(cases, "test case")}, {Words.Count(units.Count, "test unit")}");
        Wrapped(text, 0, "Decided   ", string.Join(", ", units
            .GroupBy(unit => unit.Definition.DecidedBy)
            .OrderBy(by => by.Key)
            .Select(by => $"{by.Count()} by {Words.Of(by.Key)}")
            .DefaultIfEmpty("nothing")));
        Wrapped(text, 0, "Device    ", requests.Count == 0
            ? "nothing is asked at first"
            : $"{Words.Count(requests.Count, "question")} at first ({string.Join(", ", requests.GroupBy(request => request.Impact).OrderBy(by => by.Key).Select(by => $"{by.Count()} {Words.Of(by.Key)}"))}); more may follow from the answers");
        Wrapped(text, 0, "Operator  ", Words.Count(questions, "question"));
        Wrapped(text, 0, "Gaps      ", PlanGap.Of(plan).Length is var gaps and > 0 ? $"{Words.Count(gaps, "thing")} to add, listed at the end" : "none");
    }

    private static void Group(StringBuilder text, PlannedGroup group, bool withUnits)
    {
        var provision = group.Provision;
        var number = $"{provision.Id}  ";
        Wrapped(text, 2, number, provision.Title + (group.Applicability.IsTested ? "" : " [not tested]"));
        Wrapped(text, 2 + number.Length, "", $"Status {provision.Status.Text}, support {Words.Of(group.Support)}. {group.Applicability.Reason}");
        foreach (var testCase in withUnits ? group.Cases : [])
        {
            Wrapped(text, 4, $"{testCase.Definition.Id}  ", $"{Words.Of(testCase.Definition.Kind)}: {testCase.Definition.Purpose}");
            foreach (var unit in testCase.Units)
            {
                Unit(text, unit);
            }
        }
    }

    private static void Unit(StringBuilder text, PlannedUnit unit)
    {
        const int Indent = 9;
        Wrapped(text, 6, $"{unit.Definition.Id.Letter}  ", unit.Definition.Check);
        var per = unit.Definition.Per is { } role ? $", for each entry of IXIT table {(int)role}" : "";
        Wrapped(text, Indent, "by     ", Words.Of(unit.Definition.DecidedBy) + per);
        foreach (var request in unit.Requests.Where(request => request is not OperatorQuestion))
        {
            Wrapped(text, Indent, "asks   ", $"{request.Title} ({Words.Of(request.Impact)})");
        }

        // A need says more than a question or request that it names in full.
        if (unit.Questions.Any(question => !unit.Needs.Any(need => need.What.Contains(question.Subject, StringComparison.Ordinal))))
        {
            Wrapped(text, Indent, "person ", $"{Words.Count(unit.Questions.Length, "question")} on {Words.List([.. unit.Questions.Select(question => question.Subject)])}");
        }

        foreach (var need in unit.Needs.Where(need => unit.Requests.All(request => request.Title != need.What)))
        {
            Wrapped(text, Indent, "needs  ", need.What + (need.Impact is { } impact and not ProbeImpact.Passive ? $" ({Words.Of(impact)})" : ""));
        }

        foreach (var gap in unit.Gaps)
        {
            Wrapped(text, Indent, "gap    ", gap);
        }
    }

    /// <summary>A paragraph after a label; further lines start below the first word after the label.</summary>
    private static void Wrapped(StringBuilder text, int indent, string label, string paragraph) =>
        text.AppendJoin('\n', TextLines.Broken(paragraph, Width, new string(' ', indent) + label)).Append('\n');
}
