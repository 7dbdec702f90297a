using System.Net;
using DeviceConformance.Cli;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Emulator.Outgoing;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.TestCases;
using DeviceConformance.Tests.Lab;
using NUnit.Framework;

namespace DeviceConformance.Tests.EndToEnd;

/// <summary>From the wire to the verdict: the speaking device is recorded with each of its faults, and the captures alone fail exactly the expected units.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Capture")]
public sealed class SpeakingVerdictTests
{
    // What 5.5-1-2 finds, the units that apply it to what travels there find too.
    private static readonly string[] _api = ["5.5-1-2 a", "5.5-6-2 a", "5.5-7-2 a", "5.8-1-2 a", "5.8-2-2 a"];
    private static readonly string[] _telemetry = ["5.5-1-2 a", "5.5-6-2 a", "5.5-7-2 a", "5.8-1-2 a"];

    [TestCase(DeviceFaults.None, new string[0])]
    [TestCase(DeviceFaults.TelemetryClear, null, "telemetry")]
    [TestCase(DeviceFaults.ClearLogin, null, "api")]
    [TestCase(DeviceFaults.PersonalDataClear, null, "api")]
    [TestCase(DeviceFaults.PersonalDataBase64, null, "api")]
    [TestCase(DeviceFaults.UndeclaredServer, new string[0], "", 10)]
    [TestCase(DeviceFaults.UpdateCheckClear, new[] { "5.5-1-2 a" })]
    [TestCase(DeviceFaults.ForeignDns, new string[0], "", 9)]
    [TestCase(DeviceFaults.OldTlsClient, null, "api")]
    [TestCase(DeviceFaults.UnencryptedFallback, null, "telemetry")]
    [TestCase(DeviceFaults.BroadcastDisclosure, new[] { "5.6-2-2 a" }, "", 255)]
    [TestCase(DeviceFaults.FixedTelemetrySecret, null, "api")]
    public async Task Capture_of_a_fault_fails_exactly_the_expected_units_and_opens_what_nobody_declared(DeviceFaults fault, string[]? fails, string mechanism = "", int opens = 0)
    {
        using var recorded = await SpeakingRecording.MakeAsync(fault);
        var declared = recorded.Declaration.Read();
        var seen = await AskAsync(declared with { Lab = declared.Lab with { Captures = [recorded.File] } });
        var units = Decide(declared, seen);
        var older = Decide(recorded.Older.Read(), seen);

        var failing = units.Where(unit => unit.Verdict == Verdict.Fail).ToList();
        TestContext.Out.WriteLine(string.Join("\n", units.SelectMany(unit => unit.Findings, (unit, finding) => (unit, finding)).Where(pair => pair.finding.Subject.Contains("traffic", StringComparison.Ordinal)).Select(pair => $"{pair.unit.Id} {pair.finding.Verdict} {pair.finding.Subject}: {pair.finding.Statement}")));
        Assert.Multiple(() =>
        {
            Assert.That(failing.Select(unit => unit.Id.ToString()), Is.EquivalentTo(fails ?? (mechanism == "api" ? _api : _telemetry)));
            Assert.That(older.Where(unit => unit.Verdict == Verdict.Fail).Select(unit => unit.Id.ToString()), Is.EquivalentTo(failing.Select(unit => unit.Id.ToString())), "V2.1.1");
            Assert.That(failing.SelectMany(unit => unit.Findings.Where(finding => finding.Verdict == Verdict.Fail)).Select(finding => finding.Statement), Has.All.Contains(Path.GetFileName(recorded.File)));
            Assert.That(
                units.Single(unit => unit.Id.ToString() == "5.5-1-2 a").Findings.Select(finding => finding.Subject).Where(subject => subject.StartsWith("traffic/", StringComparison.Ordinal)).Distinct(),
                opens == 0 ? Is.Empty : Is.EqualTo(new[] { $"traffic/{(opens == 255 ? "127.255.255.255" : Host(recorded.Network, opens))}" }));
            Assert.That(units.Single(unit => unit.Id.ToString() == "5.6-2-2 a").Findings.Any(finding => finding.Subject == "traffic/127.255.255.255"), Is.EqualTo(fault == DeviceFaults.BroadcastDisclosure));
            Assert.That(units.SelectMany(unit => unit.Findings).Select(finding => finding.Statement + finding.Missing), Has.None.Contains(DeviceOwner.Email));
        });
    }

    [Test]
    public async Task Run_without_the_device_keeps_the_capture_and_leaves_open_what_needs_the_device()
    {
        using var recorded = await SpeakingRecording.MakeAsync(DeviceFaults.TelemetryClear);
        var run = Path.Combine(recorded.Declaration.Folder, "run");

        var ended = await Dct.RunAsync("run", recorded.Declaration.Folder, "--out", run, "--pcap", recorded.File, "--offline");
        var judged = await Dct.RunAsync("judge", run);

        var assessment = Dct.Assessment(run);
        Assert.Multiple(() =>
        {
            Assert.That(ended.Code, Is.EqualTo(1), ended.Text);
            Assert.That(judged.Code, Is.EqualTo(1), judged.Text);
            Assert.That(judged.Output, Does.Contain("No verdict of a unit changed"));
            Assert.That(assessment.Units.Where(unit => unit.Verdict == Verdict.Fail).Select(unit => unit.Id.ToString()), Is.EquivalentTo(_telemetry));
            Assert.That(assessment.Run.Health.Problems, Is.Empty);
            Assert.That(assessment.Run.Requests, Is.Empty, "the device was asked nothing");
            var sweep = assessment.Units.Single(unit => unit.Id.ToString() == "5.6-1-2 c");
            Assert.That(sweep.Verdict, Is.EqualTo(Verdict.Inconclusive));
            Assert.That(sweep.Findings.Select(finding => finding.Statement), Has.Some.Contains("the run was offline"));
            var copy = Directory.GetFiles(Path.Combine(run, "artefacts"), "*.pcapng").Single();
            Assert.That(File.ReadAllBytes(copy), Is.EqualTo(File.ReadAllBytes(recorded.File)));
            Assert.That(File.ReadAllText(Path.Combine(run, "declaration", "lab.yaml")), Does.Not.Contain(DeviceOwner.Email));
        });
    }

    [TestCase("gone.pcapng", null, "does not exist")]
    [TestCase("empty.pcapng", "", "no pcap or pcapng file")]
    [TestCase("text.pcapng", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "no pcap or pcapng file")]
    public async Task Capture_that_can_not_be_read_ends_the_run_before_it_begins(string name, string? content, string says)
    {
        var folder = Directory.CreateTempSubdirectory("dct-captures-");
        try
        {
            DeviceConformance.Cli.Emulation.ExampleDevice.Write(Path.Combine(folder.FullName, "device"), DeviceConformance.Model.Standard.StandardEdition.V3);
            var file = Path.Combine(folder.FullName, name);
            if (content is not null)
            {
                await File.WriteAllTextAsync(file, content);
            }

            var run = Path.Combine(folder.FullName, "run");
            var ended = await Dct.RunAsync("run", Path.Combine(folder.FullName, "device"), "--out", run, "--pcap", file, "--offline");
            Assert.That(ended.Code, Is.EqualTo(64), ended.Text);
            Assert.That(ended.Errors, Does.Contain(name).And.Contain(says));
            Assert.That(Directory.Exists(run), Is.False);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What captures show, asked as a run without the device does.</summary>
    internal static async Task<ObservationSet> AskAsync(Declaration declared)
    {
        var seen = new ObservationSet();
        var log = new MemoryLog();
        using var link = new DutLink(declared.Lab, [], TimeProvider.System);
        await new Campaign(declared, Harness.Probes(), link, log, TimeProvider.System, isOffline: true).RunAsync(_ => [new TrafficWatch()], seen, default);
        Assert.That(log.Problems, Is.Empty);
        return seen;
    }

    /// <summary>All units, without the examiner's answers.</summary>
    internal static List<UnitResult> Decide(Declaration declared, ObservationSet seen)
    {
        var catalogue = Harness.Catalogue(declared.Edition);
        var judgement = Judge.Decide(catalogue, new Planner(catalogue, Registry.For(catalogue)).Plan(declared), declared, seen);
        Assert.That(judgement.Faults, Is.Empty);
        Assert.That(judgement.IcsVerification.Verdict, Is.EqualTo(Verdict.Pass), string.Join(" ", judgement.IcsVerification.Findings.Select(finding => finding.Statement)));
        return [.. judgement.Groups.SelectMany(group => group.Cases).SelectMany(testCase => testCase.Units)];
    }

    private static IPAddress Host(IPAddress network, int host) => SpeakingRecording.Host(network, host);
}
