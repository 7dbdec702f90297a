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

    // Room for the units behind a sentence.
    private const int WhereLength = 60;

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
            [.. items.Take(MissingShown).Select(item => $"? {VisibleText.Clip(VisibleText.Line(item.Missing), LineLength - WhereLength)} ({Where([.. item.Places.Select(place => place.Where).Distinct()])})")]);
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
        foreach (var traffic in assessment.Traffic)
        {
            Line(text, $"Captured traffic: {Captured(traffic)}");
        }

        Line(text, $"ICS verification: {Words.Of(assessment.IcsVerification.Verdict)}");
    }

    private static string Captured(AssessedTraffic traffic)
    {
        var conversations = traffic.Conversations.Length + traffic.LeftOut.Conversations;
        var undeclared = traffic.Conversations.Count(conversation => conversation.Standing == TrafficStanding.Undeclared);
        var peers = traffic.Conversations.Select(conversation => conversation.Seen.Peer).Distinct(StringComparer.Ordinal).Count();
        return $"{Words.Count(traffic.Captures.Length, "capture")}, {(traffic.Coverage.IsComplete ? "complete" : "incomplete")}; {Words.Count(conversations, "conversation")} with {(traffic.LeftOut.Conversations > 0 ? "more than " : "")}{Words.Count(peers, "address", "addresses")}, "
            // Undeclared ones come first, so that others are among those left out only when all shown are undeclared.
            + $"{(traffic.LeftOut.Conversations > 0 && undeclared == traffic.Conversations.Length ? "at least " : "")}{Words.Number(undeclared)} not declared; {Words.Count(traffic.ClearItems.Length, "readable secret or personal datum", "readable secrets or personal data")}";
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

    /// <summary>A line for each failing sentence, with all units that it fails: one fault of the device often fails many.</summary>
    private static IEnumerable<string> Failures(Assessment assessment)
    {
        var ics =
            from finding in assessment.IcsVerification.Findings
            where finding.Verdict == Verdict.Fail
            select (Sentence: Words.Sentence(finding), Where: "ICS");
        var units =
            from testCase in assessment.Groups.SelectMany(tested => tested.Cases)
            where testCase.Verdict == Verdict.Fail
            from failing in testCase.Units
                .SelectMany(unit => unit.Findings.Where(finding => finding.Verdict == Verdict.Fail).Select(finding => (Sentence: Words.Sentence(finding), Where: unit.Id.ToString())))
                .DefaultIfEmpty((Sentence: $"Test case {testCase.Id} fails as a whole.", Where: testCase.Id.ToString()))
            select failing;
        return ics.Concat(units)
            .GroupBy(failing => failing.Sentence, failing => failing.Where)
            .Select(failing => $"✗ {VisibleText.Clip(VisibleText.Line(failing.Key), LineLength - WhereLength)} ({Where([.. failing.Distinct()])})");
    }

    private static string Where(List<string> places)
    {
        const int Shown = 3;
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
