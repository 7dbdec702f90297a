using System.Net;
using DeviceConformance.Cli;
using DeviceConformance.Cli.Emulation;
using DeviceConformance.Declarations;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.TestCases;
using DeviceConformance.Tests.Lab;
using NUnit.Framework;

namespace DeviceConformance.Tests.Scenarios;

/// <summary>
/// The emulated device, sound and with each fault alone, assessed by the whole chain in both editions: exactly the expected units fail, and none on the sound device.
/// </summary>
/// <remarks>
/// Not parallel to other tests: on loopback every listener of another test would count as the device's. Three devices run at a time, each at
/// an address of its own: while one installs updates, another is swept.
/// </remarks>
[NonParallelizable]
[Category("Scenario")]
public sealed class EmulatedDeviceTests
{
    private const int AtATime = 3;

    private static readonly string[] _protection = ["5.1-3-2 a", "5.5-4-2 c", "5.5-5-2 a"];

    // What 5.5-1-2 finds, the units that re-run it find too.
    private static readonly string[] _mechanism = ["5.5-1-2 a", "5.5-6-2 a", "5.5-7-2 a"];

    private static readonly string[] _update = ["5.3-1-2 a", "5.3-2-2 b"];

    // Together, since each alone would take as long; the test below tells them apart.
    private const string _undeclaredServices = "rtsp-open modbus-open snmp-public coap-open tftp-open upnp-port-mapping adb-open";

    private static IEnumerable<TestCaseData> Faults()
    {
        TestCaseData Case(string fault, string[] both, string[]? v2 = null, string[]? v3 = null) =>
            new TestCaseData(fault, both.Concat(v2 ?? []).ToArray(), both.Concat(v3 ?? []).ToArray()).SetArgDisplayNames(fault);

        string[] undeclaredV2 = ["5.6-1-2 b"];
        string[] undeclaredV3 = ["5.6-1-2 c"];
        yield return Case("none", []);
        // It takes longest, so that others run beside it.
        yield return Case(_undeclaredServices, ["5.5-5-2 a", "5.5-5-2 b", "5.6-2-2 a"], [.. undeclaredV2, "5.13-1-2 c"], [.. undeclaredV3, "5.6-4A-2 b"]);
        yield return Case("universal-password", ["5.1-1-2 b"]);
        yield return Case("telnet-open", ["5.1-1-2 a", "5.1-5-2 a", "5.5-5-2 b"], undeclaredV2, undeclaredV3);
        yield return Case("ftp-anonymous", ["5.1-1-2 a", "5.1-5-2 a", "5.5-5-2 b", "5.6-2-2 a"], undeclaredV2, undeclaredV3);
        yield return Case("no-lock-out", ["5.1-5-2 b"]);
        yield return Case("obsolete-tls", [.. _protection, .. _mechanism, "5.8-1-2 a"]);
        yield return Case("http-login", ["5.1-1-2 a", "5.1-5-2 a", .. _protection]);
        yield return Case("open-status", ["5.5-4-2 a", "5.5-5-2 a", "5.6-2-2 a"]);
        yield return Case("open-settings", ["5.5-4-2 a", "5.5-5-2 a"]);
        yield return Case("verbose-banner", ["5.6-2-2 a"]);
        yield return Case("debug-page", ["5.6-2-2 a"]);
        yield return Case("open-mqtt", ["5.5-4-2 a", "5.6-2-2 a"]);
        yield return Case("plain-mqtt", ["5.1-1-2 a", "5.1-3-2 a", "5.1-5-2 a", "5.5-4-2 c", "5.5-5-2 b"], [.. undeclaredV2, "5.13-1-2 c"], undeclaredV3);
        yield return Case("shared-label-password", ["5.1-1-2 c", "5.1-2-2 a"]);
        yield return Case("update-unsigned", _update, [], ["5.3-9-2 a"]);
        yield return Case("update-bit-flip", _update, [], ["5.3-9-2 b"]);
        yield return Case("update-foreign-key", _update, [], ["5.3-9-2 a"]);
        yield return Case("update-downgrade", _update);
        yield return Case("udp-debug", [], undeclaredV2, [.. undeclaredV3, "5.6-4A-2 b"]);
        yield return Case("ipv6-debug-port", ["5.6-2-2 a"], undeclaredV2, [.. undeclaredV3, "5.6-4A-2 b"]);
    }

    private static readonly string[] _names = [.. Faults().Select(data => (string)data.Arguments[0]!)];
    private static readonly CancellationTokenSource _end = new();
    private static readonly Dictionary<string, Task<(Declaration[] Declarations, ObservationSet Seen)>> _runs = [];

    [OneTimeTearDown]
    public async Task EndWhatNobodyWaitsFor()
    {
        await _end.CancelAsync();
        await ((Task)Task.WhenAll(_runs.Values)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    [TestCaseSource(nameof(Faults))]
    [CancelAfter(120_000)]
    public async Task Each_fault_fails_exactly_the_expected_units_and_a_sound_device_none(string fault, string[] v2, string[] v3, CancellationToken cancellationToken)
    {
        if (!System.Net.Sockets.Socket.OSSupportsIPv6)
        {
            Assert.Ignore("needs IPv6 on loopback: sysctl net.ipv6.conf.lo.disable_ipv6=0");
        }

        var run = Begin(fault);
        foreach (var next in _names.Skip(Array.IndexOf(_names, fault) + 1).Take(AtATime - 1))
        {
            _ = Begin(next);
        }

        var (declarations, seen) = await run.WaitAsync(cancellationToken);
        var failing = declarations.ToDictionary(declared => declared.Edition, declared => Failing(declared, seen));
        TestContext.Out.WriteLine(string.Join("\n", failing.SelectMany(pair => pair.Value, (pair, unit) => $"{pair.Key} {unit.Key}: {unit.Value}")));
        TestContext.Out.WriteLine(string.Join("\n", seen.Records.Select(entry => entry.Record.Outcome.Summary)));
        Assert.Multiple(() =>
        {
            Assert.That(failing[StandardEdition.V2].Keys, Is.EquivalentTo(v2));
            Assert.That(failing[StandardEdition.V3].Keys, Is.EquivalentTo(v3));
        });
        if (fault == "none")
        {
            foreach (var declared in declarations)
            {
                AssertNothingIsOpenForWantOfCode(declared, seen);
            }
        }
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Of_several_undeclared_services_each_fails_its_units(CancellationToken cancellationToken)
    {
        var (declarations, seen) = await Begin(_undeclaredServices).WaitAsync(cancellationToken);
        foreach (var declared in declarations)
        {
            var offset = declared.Ixit.LogicalInterfaces(declared.Edition).SelectMany(pair => pair.Facts.Ports).Max() - DevicePorts.MqttTls;
            var failing = Failing(declared, seen);
            var address = declared.Addresses[0].Address;
            string[] Shown(string unit) => [.. new (string Name, string At)[]
            {
                ("RTSP", $"tcp/{address}:{DevicePorts.Rtsp + offset} "), ("Modbus", $"tcp/{address}:{DevicePorts.Modbus + offset} "), ("SNMP", $"udp/{address}:{DevicePorts.Snmp} "),
                ("CoAP", $"udp/{address}:{DevicePorts.Coap} "), ("TFTP", $"udp/{address}:{DevicePorts.Tftp} "), ("SSDP", $"udp/{address}:{DevicePorts.Ssdp} "), ("UPnP", $"tcp/{address}:{DevicePorts.Upnp + offset} "),
                ("ADB", $"tcp/{address}:{DevicePorts.Adb + offset} "),
            }.Where(service => failing[unit].Contains(service.At, StringComparison.Ordinal)).Select(service => service.Name)];
            Assert.Multiple(() =>
            {
                Assert.That(Shown(declared.Edition == StandardEdition.V2 ? "5.6-1-2 b" : "5.6-1-2 c"), Is.EqualTo(new[] { "RTSP", "Modbus", "SNMP", "CoAP", "TFTP", "SSDP", "UPnP", "ADB" }));
                Assert.That(Shown("5.5-5-2 a"), Is.EqualTo(new[] { "SNMP", "SSDP" }), "what anybody changes");
                Assert.That(Shown("5.5-5-2 b"), Is.EqualTo(new[] { "RTSP", "Modbus", "SNMP", "CoAP", "TFTP", "UPnP", "ADB" }));
                Assert.That(Shown("5.6-2-2 a"), Is.EqualTo(new[] { "RTSP", "Modbus", "SNMP", "CoAP", "TFTP", "SSDP", "UPnP", "ADB" }));
                if (declared.Edition == StandardEdition.V3)
                {
                    Assert.That(Shown("5.6-4A-2 b"), Is.EqualTo(new[] { "ADB" }));
                }
            });
        }
    }

    private static Task<(Declaration[] Declarations, ObservationSet Seen)> Begin(string fault)
    {
        if (!_runs.TryGetValue(fault, out var run))
        {
            run = _runs[fault] = Task.Run(() => RunAsync(fault, _end.Token));
        }

        return run;
    }

    private static async Task<(Declaration[] Declarations, ObservationSet Seen)> RunAsync(string fault, CancellationToken cancellationToken)
    {
        var faults = DeviceFaults.None;
        Assert.That(fault == "none" || DeviceFault.TryParse(fault.Split(' '), out faults, out _));
        var offset = DemoDeclaration.FreeOffset();
        // The sound device and the fault of IPv6 are seen over both; one address each is enough for the others.
        var own = faults is DeviceFaults.None or DeviceFaults.Ipv6DebugPort ? null : IPAddress.Parse($"127.0.1.{1 + Array.IndexOf(_names, fault)}");
        using var folderV2 = new TemporaryDeclaration(StandardEdition.V2, offset, faults, own);
        using var folderV3 = new TemporaryDeclaration(StandardEdition.V3, offset, faults, own);
        var options = new EmulatedDeviceOptions { PortOffset = offset, Faults = faults, UpdateServer = DemoDeclaration.UpdateServer(offset) };
        await using var device = await EmulatedDevice.StartAsync(
            own is null ? options : options with { Addresses = [own], UpdateServer = new UriBuilder(options.UpdateServer) { Host = own.ToString() }.Uri },
            cancellationToken);
        Declaration[] declarations = [folderV2.Read(), folderV3.Read()];
        return (declarations, await AskAsync(declarations, cancellationToken));
    }

    /// <summary>One campaign for both editions: their declarations describe the same device, so that most requests are the same.</summary>
    private static async Task<ObservationSet> AskAsync(Declaration[] declarations, CancellationToken cancellationToken)
    {
        var seen = new ObservationSet();
        var log = new MemoryLog();
        using var link = new DutLink(declarations[^1].Lab, declarations[^1].Addresses, TimeProvider.System);
        var campaign = new Campaign(declarations[^1], Harness.Probes(), link, log, TimeProvider.System);
        await campaign.RunAsync(
            known => declarations.SelectMany(declared => Units(declared).SelectMany(unit => unit.Ask(declared, known))),
            seen,
            cancellationToken);
        Assert.That(log.Problems, Is.Empty);
        Assert.That(seen.Records.Select(entry => entry.Record.Outcome).OfType<ProbeOutcome.NotRun>().Select(outcome => outcome.Text), Is.Empty);
        return seen;
    }

    private static IEnumerable<TestUnit> Units(Declaration declared)
    {
        var catalogue = Harness.Catalogue(declared.Edition);
        return new Planner(catalogue, Registry.For(catalogue)).Plan(declared).Units.Select(unit => unit.Code).OfType<TestUnit>();
    }

    private static Dictionary<string, string> Failing(Declaration declared, ObservationSet seen)
    {
        var catalogue = Harness.Catalogue(declared.Edition);
        var judgement = Judge.Decide(catalogue, new Planner(catalogue, Registry.For(catalogue)).Plan(declared), declared, seen);
        Assert.That(judgement.Faults, Is.Empty);
        Assert.That(judgement.IcsVerification.Verdict, Is.EqualTo(Verdict.Pass), string.Join(" ", judgement.IcsVerification.Findings.Where(finding => finding.Verdict != Verdict.Pass).Select(finding => finding.Statement)));
        return judgement.Groups.SelectMany(group => group.Cases).SelectMany(testCase => testCase.Units)
            .Where(unit => unit.Verdict == Verdict.Fail)
            .ToDictionary(unit => unit.Id.ToString(), unit => string.Join(" | ", unit.Findings.Where(finding => finding.Verdict == Verdict.Fail).Select(finding => finding.Statement)));
    }

    /// <summary>On the sound device every unit that code decides passes its part; only the examiner's part is open.</summary>
    private static void AssertNothingIsOpenForWantOfCode(Declaration declared, ObservationSet seen)
    {
        var open = Registry.For(Harness.Catalogue(declared.Edition))
            .SelectMany(testCase => testCase.Units(declared.Edition), (testCase, unit) => (testCase.Id, unit.Letter, Findings: unit.Judge(declared, seen)))
            .SelectMany(unit => unit.Findings.Where(finding => finding.Verdict == Verdict.Inconclusive), (unit, finding) => $"{declared.Edition} {unit.Id} {unit.Letter}: {finding.Statement}");
        Assert.That(open, Is.Empty);
    }

    private sealed class TemporaryDeclaration : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dct-scenario-");

        public TemporaryDeclaration(StandardEdition edition, int offset, DeviceFaults faults, IPAddress? own)
        {
            DemoDeclaration.Write(_folder.FullName, edition, offset, faults);
            // The example is in a hurry. All faults but one are of TCP; a second of UDP shows that it does no harm.
            var seconds = faults is DeviceFaults.None or DeviceFaults.UdpDebug ? 60 : 1;
            var lab = Path.Combine(_folder.FullName, "lab.yaml");
            File.WriteAllText(lab, File.ReadAllText(lab).Replace("udp-seconds: 1,", $"udp-seconds: {seconds},", StringComparison.Ordinal));
            if (own is not null)
            {
                foreach (var file in new[] { lab, Path.Combine(_folder.FullName, "dut.yaml") })
                {
                    var lines = File.ReadAllLines(file).Where(line => !line.Contains("[::1]:", StringComparison.Ordinal));
                    File.WriteAllLines(file, lines.Select(line => line.Replace("127.0.0.1", $"{own}", StringComparison.Ordinal).Replace(", '::1'", "", StringComparison.Ordinal)));
                }
            }
        }

        public Declaration Read()
        {
            var reading = DeclarationReader.Read(_folder.FullName, Harness.Catalogue);
            Assert.That(reading.Complaints, Is.Empty);
            return reading.Declaration!;
        }

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
