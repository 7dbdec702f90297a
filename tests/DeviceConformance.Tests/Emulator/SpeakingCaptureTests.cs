using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using DeviceConformance.Emulator.Cloud;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Emulator.Outgoing;
using DeviceConformance.Probing.Capture;
using DeviceConformance.Probing.CaptureFiles;
using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

/// <summary>What the device says, as tshark reads it from a recording of the loopback interface.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Capture")]
public sealed class SpeakingCaptureTests
{
    private const int DiscardPort = 9;

    // Many tests record side by side.
    private const int Buffer = 4 << 20;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Test]
    public async Task Recording_of_the_sound_device_shows_names_and_encryption_and_no_clear_content()
    {
        using var recording = await RecordAsync(DeviceFaults.None);
        Assert.Multiple(() =>
        {
            Assert.That(
                recording.Read("dns.flags.response == 0", "dns.qry.name").Distinct(),
                Is.EquivalentTo(new[] { CloudNames.Time, CloudNames.Api, CloudNames.Telemetry, CloudNames.Updates }));
            Assert.That(
                recording.Read("tls.handshake.type == 1", "tls.handshake.extensions_server_name").Distinct(),
                Is.EquivalentTo(new[] { CloudNames.Api, CloudNames.Telemetry, CloudNames.Updates }));
            Assert.That(recording.Read("ntp.flags.mode == 3", "ip.dst"), Has.Length.EqualTo(1));
            Assert.That(recording.Read("tls.handshake.type == 2", "tls.handshake.version"), Has.Length.EqualTo(5), "four exchanges and the telemetry; what is refused has no ServerHello");
            Assert.That(recording.Read("tls.alert_message.desc == 80", "ip.dst"), Is.EqualTo(new[] { $"{recording.Device}" }));
            Assert.That(Clear(recording), Is.Empty);
        });
    }

    [TestCase(DeviceFaults.TelemetryClear, "mqtt.msgtype == 3", "mqtt.topic", "gw24/GW24-004711/telemetry")]
    [TestCase(DeviceFaults.UnencryptedFallback, "mqtt.msgtype == 3", "mqtt.topic", "gw24/GW24-004711/telemetry")]
    [TestCase(DeviceFaults.ClearLogin, "http.authbasic", "http.request.uri", "/v1/login")]
    [TestCase(DeviceFaults.PersonalDataClear, "http.request", "http.request.uri", "/v1/profile?email=" + DeviceOwner.Email + "&place=" + DeviceOwner.Place)]
    [TestCase(DeviceFaults.PersonalDataBase64, "http.request", "http.request.uri", "/v1/usage")]
    [TestCase(DeviceFaults.UpdateCheckClear, "http.request", "http.request.uri", "/version.json")]
    [TestCase(DeviceFaults.FixedTelemetrySecret, "http.request", "http.request.uri", "/v1/alive?token=tok-6e1f0c2b9d")]
    [TestCase(DeviceFaults.UndeclaredServer, "tls.handshake.type == 1", "tls.handshake.extensions_server_name", CloudNames.Tracker)]
    [TestCase(DeviceFaults.OldTlsClient, "tls.handshake.type == 2 && tls.handshake.ciphersuite == 0x002f", "tls.handshake.version", "0x0302")]
    [TestCase(DeviceFaults.BroadcastDisclosure, "ip.dst == 127.255.255.255 && udp contains \"GW24-004711\"", "ip.dst", "127.255.255.255")]
    public async Task Recording_shows_the_fault_it_is_named_after(DeviceFaults fault, string filter, string field, string expected)
    {
        using var recording = await RecordAsync(fault);
        Assert.That(recording.Read(filter, field), Does.Contain(expected));
    }

    [Test]
    public async Task Recording_shows_questions_to_a_foreign_resolver_and_none_to_the_given_one()
    {
        using var recording = await RecordAsync(DeviceFaults.ForeignDns);
        Assert.That(recording.Read("dns.flags.response == 0", "ip.dst").Distinct(), Is.EqualTo(new[] { $"{recording.Cloud.ForeignResolver.Address}" }));
    }

    [Test]
    public async Task Records_of_the_old_version_follow_its_handshake_to_the_end()
    {
        using var recording = await RecordAsync(DeviceFaults.OldTlsClient);
        var types = recording.Read("tls.record.version == 0x0302", "tls.record.content_type").SelectMany(text => text.Split(',')).ToArray();
        Assert.That(types.Count(type => type == "20"), Is.EqualTo(2), "both sides change to the keys");
        Assert.That(types.Count(type => type == "23"), Is.GreaterThanOrEqualTo(2), "request and answer");
    }

    [Test]
    public async Task Recording_tells_the_phases_of_the_cycle()
    {
        using var recording = await RecordAsync(DeviceFaults.None);
        using var reader = CaptureReader.Open(recording.File);
        while (reader.TryRead(out _))
        {
        }

        Assert.That(reader.Phases.Select(phase => phase.Name), Is.EqualTo(SpeakingDevice.Phases));
    }

    private static string[] Clear(Recording recording) => [.. recording.Read("http || mqtt", "frame.protocols").Where(protocols => !protocols.Contains(":tls", StringComparison.Ordinal))];

    private static async Task<Recording> RecordAsync(DeviceFaults fault)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !File.Exists("/usr/bin/tshark"))
        {
            Assert.Ignore("needs Linux, root and tshark");
        }

        await using var device = await TestDevice.StartAsync(fault);
        var cloud = await VendorCloud.StartAsync(new VendorCloudOptions { Network = SpeakingTests.NextNetwork() });
        await using var ended = cloud;
        var file = Path.Combine(Path.GetTempPath(), $"dct-speaking-{Guid.NewGuid():N}.pcapng");
        using var deadline = new CancellationTokenSource(_patience);
        using var recorder = CaptureRecorder.Start(new CaptureSettings("lo", $"host {device.Address}") { BufferBytes = Buffer }, file);
        var speaking = new SpeakingOptions
        {
            TelemetryInterval = TimeSpan.Zero,
            PhaseBegins = phase =>
            {
                recorder.BeginPhase(phase);
                return Task.CompletedTask;
            },
        };
        await new SpeakingDevice(device.Device, cloud, speaking).RunCycleAsync(deadline.Token);
        await AwaitEverythingAsync(recorder, file, device.Address, deadline.Token);
        Assert.That(await recorder.StopAsync() is { Fault: "", Counts.Lost: 0 }, Is.True);
        return new Recording(file, device.Address, cloud);
    }

    // The last datagram is one that we know: when it is recorded, everything before is. It goes to the port for discarding
    // (RFC 863): at a server's port tshark would take its random bytes for a question.
    private static async Task AwaitEverythingAsync(CaptureRecorder recorder, string file, IPAddress device, CancellationToken cancellationToken)
    {
        var mark = RandomNumberGenerator.GetBytes(11);
        using (var socket = new UdpClient(new IPEndPoint(device, 0)))
        {
            await socket.SendAsync(mark, new IPEndPoint(device, DiscardPort), cancellationToken);
        }

        for (recorder.Flush(); File.ReadAllBytes(file).AsSpan().IndexOf(mark) < 0; recorder.Flush())
        {
            await Task.Delay(20, cancellationToken);
        }
    }

    private static Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private sealed record Recording(string File, IPAddress Device, VendorCloud Cloud) : IDisposable
    {
        /// <summary>Values of a field in the frames that a display filter shows.</summary>
        public string[] Read(string filter, string field)
        {
            string[] rules =
            [
                $"tcp.port=={Cloud.Place(CloudNames.Api, CloudPorts.Http).Port},http",
                $"tcp.port=={Cloud.Place(CloudNames.Updates, CloudPorts.Http).Port},http",
                $"tcp.port=={Cloud.Place(CloudNames.Telemetry, CloudPorts.Mqtt).Port},mqtt",
                .. new[] { CloudNames.Api, CloudNames.Updates, CloudNames.Tracker }.Select(name => $"tcp.port=={Cloud.Place(name, CloudPorts.Https).Port},tls"),
                $"tcp.port=={Cloud.Place(CloudNames.Telemetry, CloudPorts.MqttTls).Port},tls",
                $"udp.port=={Cloud.Place(CloudNames.Time, CloudPorts.Time).Port},ntp",
                $"udp.port=={Cloud.Resolver.Port},dns",
                $"udp.port=={Cloud.ForeignResolver.Port},dns",
            ];
            var decodes = rules.SelectMany(rule => new[] { "-d", rule });
            using var tshark = Start("tshark", ["-n", "-r", File, .. decodes, "-Y", filter, "-T", "fields", "-e", field]);
            var lines = tshark.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            tshark.WaitForExit();
            Assert.That(tshark.ExitCode, Is.Zero);
            return lines;
        }

        public void Dispose() => System.IO.File.Delete(File);
    }
}
