using System.Text;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;

namespace DeviceConformance.Reporting.Summary;

/// <summary>The result of a run in a screenful of plain text, for the console.</summary>
public static class SummaryText
{
    /// <summary>How many missing things are named.</summary>
    public const int MissingShown = 10;

    private const int LineLength = 300;

    /// <summary>
    /// Run health, overall verdict, counts, one line for each failure and the first missing things. Control characters of devices
    /// are spelled out, so that they do not drive the terminal.
    /// </summary>
    public static string Render(Assessment assessment)
    {
        ArgumentNullException.ThrowIfNull(assessment);
        var text = new StringBuilder();
        Line(text, $"{Words.Name(assessment.Dut)} {assessment.Dut.Firmware} against EN 303 645 {assessment.Edition}, run {assessment.Run.Id}");
        text.Append('\n');
        Health(text, assessment);
        Line(text, $"Overall: {Words.Of(assessment.Overall.Verdict)}. {assessment.Overall.Reason}");
        text.Append('\n');
        Counts(text, AssessmentCounts.Of(assessment));
        Block(text, "Failures", [.. Failures(assessment)]);
        var items = OpenItem.Of(assessment);
        Block(
            text,
            items.Length > MissingShown ? $"Missing (first {MissingShown} of {items.Length})" : "Missing",
            [.. items.Take(MissingShown).Select(item => $"? {VisibleText.Clip(VisibleText.Line(item.Missing), LineLength - 60)} ({Where(item)})")]);
        return text.ToString();
    }

    private static void Health(StringBuilder text, Assessment assessment)
    {
        var problems = assessment.Run.Health.Problems;
        Line(text, problems.IsEmpty ? "Run health: sound" : $"Run health: NOT SOUND, {Words.Count(problems.Length, "problem")}");
        foreach (var problem in problems)
        {
            Line(text, $"  ! {Words.Of(problem.Kind)}, {Words.Time(problem.At)}: {problem.Text}");
        }

        var incomplete = assessment.Scope.Count(line => !line.IsComplete);
        Line(text, $"Scope: {Words.Count(assessment.Scope.Length, "observation")}, {(incomplete == 0 ? "all complete" : $"{incomplete} incomplete")}");
        Line(text, $"ICS verification: {Words.Of(assessment.IcsVerification.Verdict)}");
    }

    private static void Counts(StringBuilder text, AssessmentCounts counts)
    {
        text.Append("               FAIL  INCONCLUSIVE   PASS  not tested\n");
        Row("provisions", counts.Groups, $"{counts.UntestedGroups}");
        Row("test cases", counts.Cases, "");
        Row("test units", counts.Units, "");

        void Row(string level, VerdictCounts row, string untested) =>
            text.Append($"  {level,-11}{row.Fail,6}{row.Inconclusive,14}{row.Pass,7}{untested,12}".TrimEnd()).Append('\n');
    }

    private static IEnumerable<string> Failures(Assessment assessment)
    {
        foreach (var finding in assessment.IcsVerification.Findings.Where(finding => finding.Verdict == Verdict.Fail))
        {
            yield return $"✗ ICS {finding.Subject}: {finding.Statement}";
        }

        foreach (var testCase in assessment.Groups.SelectMany(group => group.Cases).Where(testCase => testCase.Verdict == Verdict.Fail))
        {
            var lines =
                from unit in testCase.Units
                from finding in unit.Findings
                where finding.Verdict == Verdict.Fail
                select $"✗ {unit.Id} {finding.Subject}: {finding.Statement}";
            foreach (var line in lines.DefaultIfEmpty($"✗ {testCase.Id} fails as a whole."))
            {
                yield return line;
            }
        }
    }

    private static string Where(OpenItem item)
    {
        const int Shown = 3;
        var places = item.Places.Select(place => place.Where).Distinct().ToList();
        return string.Join(", ", places.Take(Shown)) + (places.Count > Shown ? $" and {places.Count - Shown} more" : "");
    }

    private static void Block(StringBuilder text, string heading, List<string> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        text.Append('\n').Append(heading).Append('\n');
        foreach (var line in lines)
        {
            Line(text, "  " + VisibleText.Line(line));
        }
    }

    private static void Line(StringBuilder text, string line)
    {
        var indent = line.Length - line.TrimStart(' ').Length;
        text.Append(' ', indent).Append(VisibleText.Clip(VisibleText.Line(line), LineLength)).Append('\n');
    }
}
