using DeviceConformance.Reporting.Summary;
using NUnit.Framework;

namespace DeviceConformance.Tests.Reporting;

[Parallelizable(ParallelScope.All)]
public sealed class SummaryTextTests
{
    [Test]
    public void Summary_of_every_kind_of_result_is_as_in_the_golden_file() =>
        Golden.Verify("tests/DeviceConformance.Tests/Reporting/golden/every-kind.summary.txt", SummaryText.Render(Samples.EveryKind));

    [Test]
    public void Summary_of_a_passing_run_is_as_in_the_golden_file() =>
        Golden.Verify("tests/DeviceConformance.Tests/Reporting/golden/passing.summary.txt", SummaryText.Render(Samples.Passing));

    [TestCaseSource(typeof(Hostile), nameof(Hostile.Cases))]
    public void A_device_can_not_drive_the_terminal(string text)
    {
        var summary = SummaryText.Render(Samples.WithText(text));
        Assert.That(summary.Where(character => char.IsControl(character) && character != '\n'), Is.Empty);
        Assert.That(summary.Split('\n'), Has.Length.EqualTo(SummaryText.Render(Samples.WithText("x")).Split('\n').Length));
    }

    [Test]
    public void Only_the_first_missing_things_are_named_and_their_number_is_said()
    {
        var summary = SummaryText.Render(Samples.Huge(10, 3));
        Assert.That(summary, Does.Contain("Missing (first 10 of 50)"));
        Assert.That(summary.Split('\n').Count(line => line.StartsWith("  ? ", StringComparison.Ordinal)), Is.EqualTo(SummaryText.MissingShown));
    }
}
