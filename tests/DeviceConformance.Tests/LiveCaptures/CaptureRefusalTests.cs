using DeviceConformance.Probing.Capture;
using DeviceConformance.Tests.Lab;
using NUnit.Framework;

namespace DeviceConformance.Tests.LiveCaptures;

/// <summary>What can not begin says why and what helps; filters work in the kernel.</summary>
public sealed class CaptureRefusalTests
{
    private const int Port = 9;
    private const int OtherPort = 10;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    [Test]
    public void An_unknown_interface_is_refused_with_those_that_exist()
    {
        var refused = Assert.Throws<CaptureRefusedException>(() => CaptureRecorder.Start(new CaptureSettings("nosuch0"), Path.GetTempFileName()));
        Assert.That(refused!.Refusal, Is.EqualTo(CaptureRefusal.Interface));
        Assert.That(refused.Message, Does.StartWith("this host has no interface 'nosuch0'; it has: ").And.Contain(OperatingSystem.IsLinux() ? "lo, any." : "lo"));
    }

    [Test]
    public void What_is_no_filter_is_refused_and_leaves_no_file()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        var file = Path.Combine(Path.GetTempPath(), $"dct-refused-{Guid.NewGuid():N}.pcapng");
        var refused = Assert.Throws<CaptureRefusedException>(() => CaptureRecorder.Start(new CaptureSettings(device.HostLink, "host nonsense (("), file));
        Assert.That((refused!.Refusal, refused.Message.Contains("'host nonsense ((' is no filter", StringComparison.Ordinal), File.Exists(file)), Is.EqualTo((CaptureRefusal.Filter, true, false)));
    }

    [Test]
    public void Without_libpcap_a_filter_is_refused_with_the_package_that_helps()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        var refused = Assert.Throws<CaptureRefusedException>(() => PacketSocketCapture.Open(new CaptureSettings(device.HostLink, "udp")));
        Assert.That((refused!.Refusal, refused.Message.Contains("apt-get install libpcap0.8", StringComparison.Ordinal)), Is.EqualTo((CaptureRefusal.Filter, true)));
    }

    [Test]
    public void An_interface_that_is_down_is_refused_with_the_command_that_helps()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        NetworkNamespace.RunOnHost("ip", "link", "set", device.HostLink, "down");
        var refused = Assert.Throws<CaptureRefusedException>(() => LibpcapCapture.Open(new CaptureSettings(device.HostLink)));
        Assert.That((refused!.Refusal, refused.Message.Contains($"ip link set {device.HostLink} up", StringComparison.Ordinal)), Is.EqualTo((CaptureRefusal.Interface, true)));
    }

    [Test]
    public async Task The_kernel_passes_only_what_the_filter_names()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        var file = Path.Combine(Path.GetTempPath(), $"dct-filter-{Guid.NewGuid():N}.pcapng");
        try
        {
            using var recorder = CaptureRecorder.Start(new CaptureSettings(device.HostLink, $"udp dst port {Port} and src host {device.DeviceAddress}"), file);
            RecordedFrames.Send(device, OtherPort, 500);
            RecordedFrames.Send(device, Port, 500);
            await RecordedFrames.AwaitAsync(recorder, () => (int)recorder.Frames, 500);
            var summary = await recorder.StopAsync().WaitAsync(_patience);

            // What the kernel counts is what came through to this process.
            Assert.That((summary.Frames, summary.Counts.Received, summary.Counts.Lost), Is.EqualTo((500L, 500L, 0L)));
            Assert.That(RecordedFrames.Read(file, Port), Is.EqualTo(Enumerable.Range(0, 500)));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
