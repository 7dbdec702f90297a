using System.Net;
using System.Net.Sockets;
using DeviceConformance.Cli.Commands;
using DeviceConformance.Emulator.Outgoing;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Tests.Emulator;
using DeviceConformance.Tests.LiveCaptures;
using NUnit.Framework;

namespace DeviceConformance.Tests.EndToEnd;

/// <summary>Recording as a laboratory does it.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class CaptureCommandTests
{
    [Test]
    public async Task Recording_until_it_is_told_to_end_marks_the_phases_that_were_typed()
    {
        SkipWithoutRoot();
        var file = FreeFile();
        using var sink = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        sink.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)sink.LocalEndPoint!).Port;
        using var dct = Dct.Start("capture", "--interface", "lo", "--out", file, "--filter", $"udp port {port}", "--phase", "start-up");
        await dct.AwaitAsync("Recording lo by libpcap, phase start-up.");
        RecordedFrames.Send(sink, (IPEndPoint)sink.LocalEndPoint!, 5);
        dct.Type("in use");
        await dct.AwaitAsync("phase: in use");
        RecordedFrames.Send(sink, (IPEndPoint)sink.LocalEndPoint!, 5);
        await AwaitFramesAsync(file, 10);
        dct.Signal("TERM");
        var result = await dct.EndAsync();

        Assert.That((result.Code, result.Errors), Is.EqualTo((0, "")));
        Assert.That(result.Output, Does.Contain("Recorded 10 frames, 1060 bytes; lost 0.").And.Contain($"dct observe traffic {file}"));
        using (var reader = CaptureReader.Open(file))
        {
            while (reader.TryRead(out _))
            {
            }

            Assert.That((reader.Fault, reader.Dropped, string.Join(',', reader.Phases.Select(phase => phase.Name))), Is.EqualTo(("", 0L, "start-up,in use")));
        }

        File.Delete(file);
    }

    [Test]
    public async Task A_recording_that_is_killed_keeps_what_passed()
    {
        SkipWithoutRoot();
        var file = FreeFile();
        using var sink = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        sink.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var dct = Dct.Start("capture", "-i", "lo", "-o", file, "-f", $"udp port {((IPEndPoint)sink.LocalEndPoint!).Port}");
        await dct.AwaitAsync("Recording lo");
        RecordedFrames.Send(sink, (IPEndPoint)sink.LocalEndPoint!, 7);
        await AwaitFramesAsync(file, 7);
        dct.Signal("KILL");
        await dct.EndAsync();

        using (var reader = CaptureReader.Open(file))
        {
            while (reader.TryRead(out _))
            {
            }

            Assert.That((reader.Frames, reader.Fault, reader.Dropped), Is.EqualTo((7L, "", (long?)null)));
        }

        File.Delete(file);
    }

    [Test]
    public async Task Without_the_right_to_capture_the_remedy_is_said()
    {
        SkipWithoutRoot();
        var file = FreeFile();
        using var dct = Dct.StartInShell($"setpriv --bounding-set=-net_raw,-net_admin $dct capture -i lo -o {file}");
        var result = await dct.EndAsync();
        Assert.That((result.Code, result.Output, File.Exists(file)), Is.EqualTo((3, "", false)));
        Assert.That(result.Errors, Does.StartWith("dct: this process may not capture on 'lo': ").And.Contain("sudo setcap cap_net_raw,cap_net_admin=eip"));
    }

    [TestCase("this host has no interface 'nosuch0'; it has: ", "capture", "-i", "nosuch0", "-o", "x.pcapng")]
    [TestCase("'5' is no ring; ", "capture", "-i", "lo", "-o", "x.pcapng", "--ring", "5")]
    [TestCase("--seconds takes a number above 0", "capture", "-i", "lo", "-o", "x.pcapng", "--seconds", "0")]
    [TestCase("--phase needs a name.", "capture", "-i", "lo", "-o", "x.pcapng", "--phase", " ")]
    [TestCase("--record needs --cycle", "emulate", "--record", "x.pcapng")]
    [TestCase("the fault 'clear-login' shows only when the device speaks by itself: dct emulate --cycle --fault clear-login", "emulate", "--fault", "clear-login")]
    [TestCase("the fault 'foreign-dns' shows only when the device speaks by itself: dct emulate --cycle --fault foreign-dns", "demo", "--fault", "telnet-open", "foreign-dns")]
    public async Task Arguments_that_make_no_sense_are_refused(string message, params string[] arguments)
    {
        var result = await Dct.RunAsync(arguments);
        Assert.That((result.Code, result.Output), Is.EqualTo((64, "")));
        Assert.That(result.Errors, Does.StartWith($"dct: {message}"));
    }

    [Test]
    public async Task An_address_that_is_not_this_machine_s_is_refused_in_plain_words()
    {
        var result = await Dct.RunAsync("emulate", "--cycle", "--address", "192.0.2.8");
        Assert.That((result.Code, result.Errors), Is.EqualTo((3, "dct: This machine can not listen on address 192.0.2.8 (AddressNotAvailable).\n")));
    }

    [Test]
    public async Task The_emulated_device_s_round_is_recorded_with_its_phases_and_nothing_else()
    {
        SkipWithoutRoot();
        var file = FreeFile();
        // An address of its own, as every test that listens; the cloud is where it always is, at other ports than in other runs.
        var address = TestDevice.NextAddress();
        var result = await Dct.RunAsync("emulate", "--cycle", "--hurry", "--fault", "all", "--address", $"{address}", "--port-offset", $"{Random.Shared.Next(1000, 40_000)}", "--record", file);
        Assert.That((result.Code, result.Errors), Is.EqualTo((0, "")));
        Assert.That(result.Output, Does.Contain($"Read it: dct observe traffic {file} --dut {address}"));
        using (var reader = CaptureReader.Open(file))
        {
            while (reader.TryRead(out var frame))
            {
                Assert.That(frame.Bytes[26..34].IndexOf(address.GetAddressBytes()), Is.AnyOf(0, 4));
            }

            Assert.That(reader.Frames, Is.GreaterThan(90));
            Assert.That(reader.Phases.Select(phase => phase.Name), Is.EqualTo(SpeakingDevice.Phases));
        }

        File.Delete(file);
    }

    [TestCase("4KBx1", 4096L, 1)]
    [TestCase("100MBx20", 100L << 20, 20)]
    [TestCase("2gbx3", 2L << 30, 3)]
    [TestCase("5000x2", 5000L, 2)]
    public void Rings_are_read(string text, long bytes, int files) => Assert.That(CaptureCommand.ParseRing(text), Is.EqualTo(new CaptureRing(bytes, files)));

    [TestCase("")]
    [TestCase("100MB")]
    [TestCase("4095x2")]
    [TestCase("4KBx0")]
    [TestCase("-4KBx1")]
    [TestCase("999999999999999GBx1")]
    public void What_is_no_ring_is_refused(string text) => Assert.That(() => CaptureCommand.ParseRing(text), Throws.TypeOf<UsageException>());

    private static async Task AwaitFramesAsync(string file, int count)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            using (var reader = CaptureReader.Open(file))
            {
                while (reader.TryRead(out _))
                {
                }

                if (reader.Frames == count)
                {
                    return;
                }
            }

            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }

    private static string FreeFile() => Path.Combine(Path.GetTempPath(), $"dct-capture-{Guid.NewGuid():N}.pcapng");

    private static void SkipWithoutRoot()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("needs root on Linux to capture: sudo dotnet test tests/DeviceConformance.Tests");
        }
    }
}
