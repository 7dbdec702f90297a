using System.Net;
using System.Net.Sockets;
using DeviceConformance.Probing.Capture;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Tests.Lab;
using NUnit.Framework;

namespace DeviceConformance.Tests.LiveCaptures;

/// <summary>What passes an interface is recorded, by libpcap and by a packet socket.</summary>
[TestFixture(Libpcap)]
[TestFixture(PacketSocket)]
public sealed class LiveCaptureTests(string method)
{
    private const string Libpcap = "libpcap";
    private const string PacketSocket = "packet socket";
    private const int Port = 9;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("dct-live-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, true);

    [Test]
    public async Task Every_frame_between_start_and_stop_is_recorded()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        var before = DateTimeOffset.UtcNow;
        using var recorder = Start(new CaptureSettings(device.HostLink));
        RecordedFrames.Send(device, Port, 3000);
        await RecordedFrames.AwaitAsync(recorder, () => RecordedFrames.Read(File, Port).Count, 3000);
        var summary = await recorder.StopAsync().WaitAsync(_patience);

        Assert.That(RecordedFrames.Read(File, Port), Is.EqualTo(Enumerable.Range(0, 3000)));
        Assert.That((summary.Interface, summary.Method, summary.Fault, summary.Counts.Lost), Is.EqualTo((device.HostLink, method, "", 0L)));
        using var reader = CaptureReader.Open(File);
        var moments = new List<DateTimeOffset>();
        var fine = 0;
        while (reader.TryRead(out var frame))
        {
            moments.Add(DateTimeOffset.UnixEpoch.AddTicks(frame.Nanoseconds / 100));
            fine += frame.Nanoseconds % 1000 != 0 ? 1 : 0;
        }

        Assert.That((moments.Count, reader.Dropped), Is.EqualTo(((int)summary.Frames, 0L)));
        Assert.That(moments, Is.All.InRange(before, DateTimeOffset.UtcNow));
        Assert.That(fine, Is.GreaterThan(2500), "times are nanoseconds");
    }

    [Test]
    public async Task What_a_full_buffer_loses_is_counted()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        var settings = new CaptureSettings(device.HostLink) { BufferBytes = 64 << 10 };
        var capture = Open(settings);
        // Nobody reads meanwhile.
        RecordedFrames.Send(device, Port, 20_000);
        using var recorder = CaptureRecorder.Start(capture, settings, File);
        var summary = await recorder.StopAsync().WaitAsync(_patience);

        Assert.That(summary.Counts.Dropped, Is.InRange(10_000, 20_000));
        // Whatever else passed after the stop is counted and not recorded.
        Assert.That(summary.Counts.Received - summary.Counts.Dropped - summary.Frames, Is.InRange(0, 50));
        using var reader = CaptureReader.Open(File);
        while (reader.TryRead(out _))
        {
        }

        Assert.That((reader.Frames, reader.Dropped), Is.EqualTo((summary.Frames, (long?)summary.Counts.Lost)));
    }

    [Test]
    public async Task An_interface_that_goes_down_ends_the_recording_and_the_file_says_so()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        using var recorder = Start(new CaptureSettings(device.HostLink));
        RecordedFrames.Send(device, Port, 10);
        await RecordedFrames.AwaitAsync(recorder, () => RecordedFrames.Read(File, Port).Count, 10);
        NetworkNamespace.RunOnHost("ip", "link", "set", device.HostLink, "down");
        var summary = await recorder.Ended.WaitAsync(_patience);

        Assert.That(summary.Fault, Is.EqualTo($"the interface '{device.HostLink}' went down"));
        Assert.That(RecordedFrames.Read(File, Port), Is.EqualTo(Enumerable.Range(0, 10)));
        Assert.That(System.IO.File.ReadAllBytes(File).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes($"recording ended: {summary.Fault}")), Is.Positive);
    }

    [Test]
    public async Task Loopback_shows_each_frame_once()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var sink = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        sink.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)sink.LocalEndPoint!).Port;
        SkipWithoutRoot();
        using var recorder = Start(new CaptureSettings("lo"));
        RecordedFrames.Send(socket, new IPEndPoint(IPAddress.Loopback, port), 100);
        await RecordedFrames.AwaitAsync(recorder, () => RecordedFrames.Read(File, port).Count, 100);
        await recorder.StopAsync().WaitAsync(_patience);

        Assert.That(RecordedFrames.Read(File, port), Is.EqualTo(Enumerable.Range(0, 100)));
    }

    [Test]
    public async Task All_interfaces_together_are_recorded_with_a_cooked_header()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        using var recorder = Start(new CaptureSettings("any"));
        RecordedFrames.Send(device, 40_009, 100);
        await RecordedFrames.AwaitAsync(recorder, Cooked, 100);
        await recorder.StopAsync().WaitAsync(_patience);
        Assert.That(Cooked(), Is.EqualTo(100));
    }

    private int Cooked()
    {
        using var reader = CaptureReader.Open(File);
        var seen = 0;
        while (reader.TryRead(out var frame))
        {
            Assert.That(frame.Link, Is.EqualTo(LinkType.LinuxCooked).Or.EqualTo(LinkType.LinuxCooked2));
            var header = frame.Link == LinkType.LinuxCooked ? 16 : 20;
            var packet = frame.Bytes[header..];
            seen += packet.Length > 24 && packet[0] == 0x45 && packet[9] == 17 && packet[22] == 40_009 >> 8 && packet[23] == (40_009 & 0xff) ? 1 : 0;
        }

        return seen;
    }

    [Test]
    public async Task Tags_of_a_virtual_network_are_in_the_frames()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        // Addresses, tag of network 5, then a protocol that nobody here speaks.
        var frame = new byte[60];
        frame.AsSpan(0, 6).Fill(0xff);
        frame[6] = 2;
        (frame[12], frame[13], frame[15], frame[16], frame[17]) = (0x81, 0, 5, 0x88, 0xb5);
        using var recorder = Start(new CaptureSettings(device.HostLink));
        var index = int.Parse(device.Run("ip", "-o", "link", "show", "eth0").Split(':')[0]);
        using (var socket = device.InDeviceNetwork(() => new Socket(AddressFamily.Packet, SocketType.Raw, 0)))
        {
            for (byte number = 0; number < 20; number++)
            {
                frame[18] = number;
                socket.SendTo(frame, SocketFlags.None, new LinkEndPoint(index, 0).Serialize());
            }
        }

        await RecordedFrames.AwaitAsync(recorder, () => Tagged().Count, 20);
        await recorder.StopAsync().WaitAsync(_patience);
        Assert.That(Tagged(), Is.EqualTo(Enumerable.Range(0, 20)));
    }

    private List<int> Tagged()
    {
        using var reader = CaptureReader.Open(File);
        var numbers = new List<int>();
        while (reader.TryRead(out var frame))
        {
            if (frame.Bytes[..18].EndsWith<byte>([0x81, 0, 0, 5, 0x88, 0xb5]))
            {
                Assert.That((frame.Length, frame.Bytes.Length), Is.EqualTo((60, 60)));
                numbers.Add(frame.Bytes[18]);
            }
        }

        return numbers;
    }

    [Test]
    public void Reading_does_not_allocate_for_a_frame()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        using var capture = Open(new CaptureSettings(device.HostLink));
        RecordedFrames.Send(device, Port, 3000);
        capture.Wait();
        Assert.That(capture.TryRead(out _), Is.True);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var frames = 0;
        while (capture.TryRead(out _))
        {
            frames++;
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(2000));
        Assert.That(frames, Is.GreaterThan(1000));
    }

    [Test]
    public async Task Long_frames_are_cut_and_their_length_is_kept()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        using var recorder = Start(new CaptureSettings(device.HostLink) { SnapLength = 60 });
        RecordedFrames.Send(device, Port, 5, 500);
        await RecordedFrames.AwaitAsync(recorder, () => RecordedFrames.Read(File, Port).Count, 5);
        await recorder.StopAsync().WaitAsync(_patience);

        Assert.That(RecordedFrames.Read(File, Port), Is.EqualTo(Enumerable.Range(0, 5)));
        using var reader = CaptureReader.Open(File);
        var lengths = new List<(int, int)>();
        while (reader.TryRead(out var frame))
        {
            lengths.Add((frame.Length, frame.Bytes.Length));
        }

        Assert.That(lengths, Does.Contain((542, 60)));
        Assert.That(lengths.Select(one => one.Item2), Is.All.LessThanOrEqualTo(60));
    }

    private string File => Path.Combine(_folder, "a.pcapng");

    private CaptureRecorder Start(CaptureSettings settings) => CaptureRecorder.Start(Open(settings), settings, File);

    private LiveCapture Open(CaptureSettings settings) => method == Libpcap ? LibpcapCapture.Open(settings) : PacketSocketCapture.Open(settings);

    private static void SkipWithoutRoot()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("needs root on Linux to capture: sudo dotnet test tests/DeviceConformance.Tests");
        }
    }
}
