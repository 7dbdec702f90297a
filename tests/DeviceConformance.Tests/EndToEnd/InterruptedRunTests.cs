using System.Diagnostics;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Dns;
using DeviceConformance.Tests.Traffic;
using NUnit.Framework;

namespace DeviceConformance.Tests.EndToEnd;

/// <summary>What remains of a run when the device or the tool goes away in the middle of it.</summary>
[Category("Daemon")]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
[Parallelizable(ParallelScope.All)]
public sealed class InterruptedRunTests
{
    // Units that only a look at the whole network can pass.
    private static readonly string[] _ofTheNetwork = ["5.1-1-2 a", "5.1-3-2 a", "5.1-5-2 a", "5.5-1-2 a", "5.5-4-2 a", "5.5-5-2 b", "5.6-1-2 a", "5.6-1-2 c", "5.6-2-2 a"];

    // Units that a capture opens in which the declared servers of the maker do not show.
    private static readonly string[] _ofTraffic = ["5.3-10-1 c", "5.5-1-2 a", "5.5-6-2 a", "5.5-7-2 a", "5.8-1-2 a", "5.8-2-2 a"];

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [TestCase(true)]
    [TestCase(false)]
    public async Task Device_that_goes_in_the_sweep_passes_nothing_that_depends_on_it(bool byCable)
    {
        using var device = await ServerDevice.StartAsync(StandardEdition.V3);
        WaitLessForSilence(device);
        using var dct = Dct.Start("run", device.Declaration, "--out", device.Run());
        await UntilAsync(() => ReceivedPackets(device) > 20_000, "the sweep reaches the device");
        if (byCable)
        {
            device.Network.SetLink(up: false);
        }
        else
        {
            device.Network.Filter("table inet gone { chain inbound { type filter hook prerouting priority -300; policy drop; }; }");
        }

        var ended = await dct.EndAsync();

        var assessment = Dct.Assessment(device.Run());
        Assert.Multiple(() =>
        {
            Assert.That(ended.Code, Is.EqualTo(2), ended.Text);
            AssertOpen(assessment);
            Assert.That(assessment.Run.Health.Problems.Select(problem => problem.Kind), Has.Some.EqualTo(HealthKind.DutGone));
            Assert.That(File.ReadAllText(Path.Combine(device.Run(), "report.md")), Does.Contain("The DUT gives no sign of life"));
        });
    }

    [Test]
    public async Task Device_that_never_was_there_passes_nothing_that_depends_on_it()
    {
        using var device = await ServerDevice.StartAsync(StandardEdition.V3);
        WaitLessForSilence(device);
        device.Network.SetLink(up: false);

        var ended = await Dct.RunAsync("run", device.Declaration, "--out", device.Run());

        Assert.Multiple(() =>
        {
            Assert.That(ended.Code, Is.EqualTo(2), ended.Text);
            AssertOpen(Dct.Assessment(device.Run()));
            Assert.That(ended.Output, Does.Contain("The DUT gives no sign of life"));
        });
    }

    [Test]
    public async Task Killed_run_is_judged_and_finished()
    {
        using var device = await ServerDevice.StartAsync(StandardEdition.V3);
        var capture = Capture(device);
        ServerDeclaration.Edit(device.Declaration, "lab.yaml", text => text.Replace("captured-addresses: [127.0.1.1]", "", StringComparison.Ordinal));
        using (var dct = Dct.Start("run", device.Declaration, "--out", device.Run(), "--pcap", capture))
        {
            await UntilAsync(() => Journal(device).Contains("\"tls-server\"", StringComparison.Ordinal), "a first TLS server is recorded");
            dct.Signal("KILL");
            Assert.That((await dct.EndAsync()).Code, Is.EqualTo(128 + 9));
        }

        // The run has looked at it and kept it.
        File.Delete(capture);

        var judged = await Dct.RunAsync("judge", device.Run());

        var partly = Dct.Assessment(device.Run());
        Assert.Multiple(() =>
        {
            Assert.That(judged.Code, Is.EqualTo(2), judged.Text);
            AssertOpen(partly);
            Assert.That(partly.Run.Health.Problems.Select(problem => problem.Kind), Is.EqualTo([HealthKind.Interrupted]));
        });

        var resumed = await Dct.RunAsync("run", "--resume", device.Run());

        var whole = Dct.Assessment(device.Run());
        Assert.Multiple(() =>
        {
            Assert.That(resumed.Code, Is.EqualTo(2), resumed.Text);
            Assert.That(whole.Run.Health.Problems, Is.Empty);
            Assert.That(whole.Units.Where(unit => unit.Verdict == Verdict.Fail), Is.Empty);
            Assert.That(Open(whole), Is.EquivalentTo([.. ServerDeclaration.OpenForServers(StandardEdition.V3), .. ServerDeclaration.OpenForExaminer(StandardEdition.V3), .. _ofTraffic]));
            Assert.That(Dct.RequestsAskedTwice(device.Run()), Is.Empty);
            Assert.That(whole.Traffic.Single().Conversations.Select(row => row.Seen.Protocol), Is.EqualTo(new[] { DeviceConformance.Model.Network.ServiceProtocol.Dns }), "a device and a capture together");
        });
    }

    [TestCase("INT")]
    [TestCase("TERM")]
    public async Task Stopped_run_says_how_to_go_on_and_can_be_judged(string signal)
    {
        using var device = await ServerDevice.StartAsync(StandardEdition.V3);
        SweepForMinutes(device);
        using var dct = Dct.Start("run", device.Declaration, "--out", device.Run());
        await UntilAsync(() => ReceivedPackets(device) > 1_000, "the sweep reaches the device");
        var second = await Dct.RunAsync("run", "--resume", device.Run());
        var signalled = Stopwatch.StartNew();
        dct.Signal(signal);
        var ended = await dct.EndAsync();
        signalled.Stop();
        var judged = await Dct.RunAsync("judge", device.Run());
        ServerDeclaration.Edit(device.Declaration, "dut.yaml", text => text.Replace("rev C", "rev D", StringComparison.Ordinal));
        var changed = await Dct.RunAsync("run", "--resume", device.Run());

        Assert.Multiple(() =>
        {
            Assert.That(ended.Code, Is.EqualTo(3), ended.Text);
            Assert.That(ended.Errors, Does.Contain("dct run --resume"));
            Assert.That(signalled.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
            Assert.That(judged.Code, Is.EqualTo(2), judged.Text);
            AssertOpen(Dct.Assessment(device.Run()));
            Assert.That(second.Code, Is.EqualTo(3), second.Text);
            Assert.That(second.Errors, Does.Contain("If another dct writes to it"));
            Assert.That(changed.Code, Is.EqualTo(65), changed.Text);
            Assert.That(changed.Errors, Does.Contain("dut.yaml"));
        });
    }

    // The device asks for a name, as any does: nothing that the declaration would have to explain.
    private static string Capture(ServerDevice device)
    {
        var script = new TrafficScript();
        var address = $"{device.Network.DeviceAddress}";
        script.Macs[address] = TrafficScript.DutMac;
        script.Udp(address, 40000, TrafficScript.Router, 53, DnsMessage.Query(1, true, [("pool.example", DnsType.A)]));
        var file = device.Run("day.pcap");
        File.WriteAllBytes(file, script.ToPcap());
        return file;
    }

    private static void WaitLessForSilence(ServerDevice device) =>
        ServerDeclaration.Edit(device.Declaration, "lab.yaml", text => text.Replace("connect-timeout-milliseconds: 1000", "connect-timeout-milliseconds: 250", StringComparison.Ordinal));

    // However slow this host is, the run is not over before it is told to stop.
    private static void SweepForMinutes(ServerDevice device) =>
        ServerDeclaration.Edit(device.Declaration, "lab.yaml", text => text.Replace("connections-per-second: 40000", "connections-per-second: 500", StringComparison.Ordinal));

    private static void AssertOpen(Assessment assessment)
    {
        Assert.That(assessment.Units.Where(unit => unit.Verdict == Verdict.Fail), Is.Empty);
        Assert.That(Open(assessment), Is.SupersetOf(_ofTheNetwork));
    }

    private static IEnumerable<string> Open(Assessment assessment) =>
        assessment.Units.Where(unit => unit.Verdict == Verdict.Inconclusive).Select(unit => unit.Id.ToString());

    private static string Journal(ServerDevice device)
    {
        var file = Path.Combine(device.Run(), RunFolder.JournalName);
        return File.Exists(file) ? File.ReadAllText(file) : "";
    }

    private static long ReceivedPackets(ServerDevice device) =>
        long.Parse(device.Network.Run("cat", "/sys/class/net/eth0/statistics/rx_packets"), System.Globalization.CultureInfo.InvariantCulture);

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!condition())
        {
            Assert.That(Stopwatch.GetElapsedTime(started), Is.LessThan(_patience), $"{what} in time");
            await tick.WaitForNextTickAsync();
        }
    }
}
