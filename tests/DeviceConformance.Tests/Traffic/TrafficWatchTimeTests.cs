using System.Net;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Traffic;
using NUnit.Framework;

namespace DeviceConformance.Tests.Traffic;

/// <summary>How long was watched, and whether somebody counted what was lost, over several captures.</summary>
[Parallelizable]
public sealed class TrafficWatchTimeTests
{
    private const long Second = 1_000_000_000;
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("dct-watch-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, true);

    [TestCase(0, 10, 3600, 3610, ExpectedResult = 20)]
    [TestCase(0, 10, 4, 12, ExpectedResult = 12)]
    [TestCase(0, 10, 2, 8, ExpectedResult = 10)]
    public double Time_between_captures_does_not_count(int from, int to, int from2, int to2)
    {
        var seen = Analyse(Write("a.pcapng", from, to, 0), Write("b.pcapng", from2, to2, 0));

        return seen.WatchedFor.TotalSeconds;
    }

    [TestCase(0, 0, ExpectedResult = 0L)]
    [TestCase(0, null, ExpectedResult = null)]
    [TestCase(3, null, ExpectedResult = 3L)]
    [TestCase(null, null, ExpectedResult = null)]
    public long? Capture_without_count_of_losses_leaves_them_unknown(int? lost, int? lost2) =>
        Analyse(Write("a.pcapng", 0, 1, lost), Write("b.pcapng", 2, 3, lost2)).Tally.Dropped;

    private static TrafficSeen Analyse(params string[] files) =>
        TrafficAnalysis.Analyse(files, new TrafficSubject([], [IPAddress.Parse("192.0.2.7")]), CancellationToken.None);

    private string Write(string name, int from, int to, int? lost)
    {
        var path = Path.Combine(_folder, name);
        using var writer = CaptureWriter.Create(path, new CaptureOrigin("eth0", LinkType.Ethernet));
        foreach (var second in new[] { from, to })
        {
            writer.Write((1_800_000_000 + second) * Second, 60, new byte[60]);
        }

        if (lost is { } count)
        {
            writer.Complete(new CaptureCounts(2, count, 0));
        }

        return path;
    }
}
