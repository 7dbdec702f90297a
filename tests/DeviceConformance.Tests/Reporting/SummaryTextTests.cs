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

    [Test]
    public void Captured_traffic_is_a_line_of_the_summary()
    {
        Assert.That(
            SummaryText.Render(TrafficSamples.EveryKind),
            Does.Contain("\nCaptured traffic: 2 captures, incomplete; 11 conversations with 11 addresses, 4 not declared; 2 readable secrets or personal data\n"));
        Assert.That(SummaryText.Render(TrafficSamples.TenSeconds), Does.Contain("1 capture, complete; 1 conversation with 1 address, 0 not declared; 0 readable"));
        Assert.That(SummaryText.Render(Samples.Passing), Does.Not.Contain("Captured traffic"));
    }

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
