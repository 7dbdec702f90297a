using System.Collections.Immutable;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Reporting.Markdown;
using NUnit.Framework;

namespace DeviceConformance.Tests.Reporting;

[Parallelizable(ParallelScope.All)]
public sealed partial class MarkdownReportTests
{
    private static readonly ImmutableArray<string> PlainStructure = [.. Structure(MarkdownReport.Render(Samples.WithText("x")))];

    [Test]
    public void Report_of_every_kind_of_result_is_as_in_the_golden_file() =>
        Golden.Verify("reports/sample/report.md", MarkdownReport.Render(Samples.EveryKind));

    [Test]
    public void Report_of_an_empty_run_is_inconclusive()
    {
        var report = MarkdownReport.Render(Samples.Empty);
        Assert.That(report, Does.StartWith("# ? INCONCLUSIVE: unnamed device").And.Contain("0 of 0 observations complete"));
        Assert.That(report, Does.Not.Contain("## Failures").And.Not.Contain("## Provisions"));
    }

    [TestCaseSource(typeof(Hostile), nameof(Hostile.Cases))]
    public void Texts_from_outside_stay_texts(string text)
    {
        var report = MarkdownReport.Render(Samples.WithText(text));
        Assert.Multiple(() =>
        {
            Assert.That(Structure(report), Is.EqualTo(PlainStructure));
            Assert.That(report, Does.Not.Match("[<>]"), "HTML");
            Assert.That(report, Does.Not.Match("@[A-Za-z0-9]"), "a mention");
            Assert.That(Regex.Replace(report, "(?m)^#+ |&#8203;", "\u200b"), Does.Not.Match("#[A-Za-z0-9]"), "a reference");
            Assert.That(report, Does.Not.Contain("://").And.Not.Match("(?i)www\\.[a-z]"), "an address");
            Assert.That(report, Does.Not.Match(@"(?<!\\)\]\("), "a link");
            Assert.That(report.Where(character => char.IsControl(character) && character != '\n'), Is.Empty);
            Assert.That(report, Has.Length.LessThanOrEqualTo(MarkdownReport.Limit));
        });
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public bool Any_text_stays_text(FsCheck.NonNull<string> text)
    {
        var report = MarkdownReport.Render(Samples.WithText(text.Get + "|`<"));
        return Structure(report).SequenceEqual(PlainStructure) && !report.Contains('<', StringComparison.Ordinal);
    }

    [Test]
    public void Too_long_a_report_is_cut_and_says_what_was_cut()
    {
        var report = MarkdownReport.Render(Samples.Huge());
        Assert.That(report, Has.Length.InRange(MarkdownReport.Limit / 2, MarkdownReport.Limit));
        Assert.That(Cut().Matches(report).Select(match => int.Parse(match.Groups[1].Value)), Is.All.Positive);
        foreach (var section in new[] { "Failures", "What is missing" })
        {
            var text = report[report.IndexOf($"## {section}", StringComparison.Ordinal)..];
            text = text.IndexOf("\n## ", StringComparison.Ordinal) is var end and > 0 ? text[..end] : text;
            var cut = Cut().Match(text);
            Assert.That(cut.Success, Is.True, section);
            var shown = text.Split('\n').Count(line => line.StartsWith("- ", StringComparison.Ordinal) || line.StartsWith("**", StringComparison.Ordinal));
            Assert.That(shown + int.Parse(cut.Groups[1].Value), Is.EqualTo(int.Parse(cut.Groups[2].Value)), section);
        }

        Assert.That(report, Does.Contain("| 5.6-10 |"), "the provisions are still there");
    }

    [Test]
    public void Failures_come_before_what_is_missing_and_that_before_the_table()
    {
        var report = MarkdownReport.Render(Samples.EveryKind);
        Assert.That(
            new[] { "## Run health", "## Failures", "## Verification of the ICS", "## What is missing", "## Provisions" }.Select(heading => report.IndexOf(heading, StringComparison.Ordinal)),
            Is.Ordered.Ascending.And.All.Positive);
    }

    [Test]
    public void Every_failing_finding_is_named()
    {
        var report = MarkdownReport.Render(Samples.EveryKind);
        var failing = Samples.EveryKind.Units.SelectMany(unit => unit.Findings)
            .Concat(Samples.EveryKind.IcsVerification.Findings)
            .Where(finding => finding.Verdict == Verdict.Fail)
            .Select(finding => finding.Statement);
        Assert.That(failing.Where(statement => !report.Contains(statement, StringComparison.Ordinal)), Is.Empty);
    }

    /// <summary>What Markdown makes of each line: heading, list entry, table row with its number of cells, text.</summary>
    private static IEnumerable<string> Structure(string report) => report.Split('\n').Select(line =>
        line.StartsWith('|') ? $"row of {Regex.Count(line, @"(?<!\\)\|")}" : Block().Match(line).Value);

    [GeneratedRegex(@"^(#+ |- \[ \] |- (?![-+>#=]|\d+[.)])|\*|\d+[.)] |\s+$|)")]
    private static partial Regex Block();

    [GeneratedRegex(@"\*(\d+) of (\d+) lines of this section were cut")]
    private static partial Regex Cut();
}
