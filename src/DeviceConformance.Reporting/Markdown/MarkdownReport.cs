using System.Text;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;
using static DeviceConformance.Reporting.Markdown.MarkdownText;

namespace DeviceConformance.Reporting.Markdown;

/// <summary>Writes <c>report.md</c>, the summary for a pull request: what is wrong first, then what is missing, then the provisions.</summary>
/// <remarks>GitHub refuses a comment of more than 65,536 characters; what does not fit is left out, and the text says how much.</remarks>
public static class MarkdownReport
{
    /// <summary>Longest report in characters.</summary>
    public const int Limit = 60_000;

    // Up to where a section may fill the report; what one leaves free the next may use.
    private const int HealthEnd = 12_000;
    private const int FailuresEnd = 28_000;
    private const int IcsEnd = 34_000;
    private const int MissingEnd = 47_000;
    private const int ProvisionsEnd = Limit - 500;

    // Room for the line that says what was cut, and for the next section's heading.
    private const int CutNote = 200;

    private const int NameLength = 100;

    /// <summary>The report; the same assessment always gives the same text.</summary>
    public static string Render(Assessment assessment)
    {
        ArgumentNullException.ThrowIfNull(assessment);
        var report = new StringBuilder();
        Head(report, assessment);
        Section(report, "Run health", HealthEnd, [.. assessment.Run.Health.Problems.Select(problem =>
            $"- **{Words.Of(problem.Kind)}**, {Words.Time(problem.At)}: {Quote(problem.Text)}")]);
        Section(report, "Failures", FailuresEnd, [.. Failures(assessment)]);
        Section(report, "Verification of the ICS", IcsEnd, [.. Ics(assessment.IcsVerification)]);
        Section(report, "What is missing", MissingEnd, [.. OpenItem.Of(assessment).Select(item =>
            $"- [ ] {Quote(item.Missing)} ({Where(item)})")]);
        Section(
            report,
            "Provisions",
            ProvisionsEnd,
            [.. assessment.Groups.Select(group =>
                $"| {group.Provision} | {Quote(group.Title, NameLength)} | {Quote(group.Status.Text, NameLength)} | {Words.Of(group.Support)} | {Words.Symbol(group.Verdict)} {Words.Of(group.Verdict)} |")],
            "| Provision | Title | Status | Support | Verdict |\n| --- | --- | --- | --- | --- |\n");
        return report.ToString();
    }

    private static void Head(StringBuilder report, Assessment assessment)
    {
        var counts = AssessmentCounts.Of(assessment);
        var verdict = assessment.Overall.Verdict;
        var problems = assessment.Run.Health.Problems.Length;
        var complete = assessment.Scope.Count(line => line.IsComplete);
        report.Append(
            $"""
            # {Words.Symbol(verdict)} {Words.Of(verdict)}: {Quote(Words.Name(assessment.Dut), NameLength)} {Quote(assessment.Dut.Firmware, NameLength)}

            Assessed against {assessment.Edition.Requirements} by {assessment.Edition.Assessment}, run {Quote(assessment.Run.Id, NameLength)}, {Words.Time(assessment.Run.Finished)}.

            **Run:** {(problems == 0 ? "sound" : $"not sound, {Words.Count(problems, "problem")}")}; {complete} of {Words.Count(assessment.Scope.Length, "observation")} complete{Requests(assessment)}.

            **Overall:** {Words.Of(verdict)}. {Quote(assessment.Overall.Reason)}

            | | ✗ FAIL | ? INCONCLUSIVE | ✓ PASS | – not tested |
            | --- | ---: | ---: | ---: | ---: |
            {Row("Provisions", counts.Groups, $"{counts.UntestedGroups}")}
            {Row("Test cases", counts.Cases, "")}
            {Row("Test units", counts.Units, "")}

            """.ReplaceLineEndings("\n"));
    }

    private static string Requests(Assessment assessment) => assessment.Run.Requests.IsEmpty
        ? ""
        : $"; requests to the device: {string.Join(", ", RequestCount.Of(assessment.Run.Requests).Select(count => $"{Words.Number(count.Total)} to {Quote(count.Way, NameLength)}"))}";

    private static string Row(string level, VerdictCounts counts, string untested) =>
        $"| {level} | {counts.Fail} | {counts.Inconclusive} | {counts.Pass} | {untested} |";

    private static IEnumerable<string> Failures(Assessment assessment)
    {
        var gap = "";
        foreach (var group in assessment.Groups.Where(group => group.Verdict == Verdict.Fail))
        {
            yield return $"{gap}**{group.Provision} {Quote(group.Title, NameLength)}** ({Quote(group.Status.Text, NameLength)})\n";
            foreach (var testCase in group.Cases.Where(testCase => testCase.Verdict == Verdict.Fail))
            {
                var findings =
                    from unit in testCase.Units
                    from finding in unit.Findings
                    where finding.Verdict == Verdict.Fail
                    select $"- ✗ **{unit.Id}** {Text(finding)}";
                foreach (var line in findings.DefaultIfEmpty($"- ✗ **{testCase.Id}** fails as a whole."))
                {
                    yield return line;
                }
            }

            gap = "\n";
        }

        var outweighed = OutweighedFinding.Of(assessment);
        if (outweighed.Length > 0)
        {
            yield return $"{gap}Failing findings that do not decide their case:\n";
        }

        foreach (var item in outweighed)
        {
            yield return $"- {item.Unit.Id} {Text(item.Finding)}";
        }
    }

    private static IEnumerable<string> Ics(IcsVerification verification) =>
        verification.Findings
            .Where(finding => finding.Verdict != Verdict.Pass)
            .OrderBy(finding => finding.Verdict == Verdict.Fail ? 0 : 1)
            .Select(finding => $"- {Words.Symbol(finding.Verdict)} {Words.Of(finding.Verdict)} {Text(finding)}")
            .Prepend($"{Words.Symbol(verification.Verdict)} {Words.Of(verification.Verdict)}\n");

    private static string Text(Finding finding) =>
        $"{Quote(Words.Sentence(finding))}{(finding.Evidence.IsEmpty ? "" : $" ({Quote(string.Join(", ", finding.Evidence), NameLength)})")}";

    private static string Where(OpenItem item)
    {
        const int Shown = 6;
        var places = item.Places.Select(place => place.Where).Distinct().ToList();
        return string.Join(", ", places.Take(Shown)) + (places.Count > Shown ? $" and {places.Count - Shown} more" : "");
    }

    private static void Section(StringBuilder report, string heading, int end, List<string> lines, string table = "")
    {
        if (lines.Count == 0)
        {
            return;
        }

        report.Append('\n').Append("## ").Append(heading).Append("\n\n").Append(table);
        var shown = 0;
        while (shown < lines.Count && report.Length + lines[shown].Length + CutNote < end)
        {
            report.Append(lines[shown++]).Append('\n');
        }

        if (shown < lines.Count)
        {
            report.Append($"\n*{lines.Count - shown} of {lines.Count} lines of this section were cut to keep the text short; report.html has all.*\n");
        }
    }
}
