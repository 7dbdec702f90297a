using System.Net;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.UdpSweep;
using DeviceConformance.Tests.Lab;
using NUnit.Framework;

namespace DeviceConformance.Tests.UdpSweep;

/// <summary>The link's datagrams and the whole probe, on loopback and against devices in a network of their own.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class UdpPortSweepProbeTests
{
    private static readonly TimeSpan _wait = TimeSpan.FromMilliseconds(500);

    [Test]
    public async Task Answer_error_and_silence_of_a_port_are_told_apart()
    {
        using var talks = new UdpPort();
        using var listens = new UdpPort();
        using var gone = new UdpPort();
        gone.Dispose();
        _ = talks.AnswerAsync(talks, "pong"u8.ToArray());

        Assert.That((await AskAsync(talks.Port)).Answer, Is.EqualTo(PortAnswer.Open));
        Assert.That((await AskAsync(listens.Port)).Answer, Is.EqualTo(PortAnswer.Silent));
        Assert.That((await AskAsync(gone.Port)).Answer, Is.EqualTo(PortAnswer.Closed));
    }

    [Test]
    public async Task Answer_from_another_port_is_received_with_its_port_and_only_when_it_is_taken()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("answers from other ports are received on Linux only");
        }

        using var asked = new UdpPort();
        using var other = new UdpPort();
        _ = asked.AnswerAsync(other, "stranger"u8.ToArray(), "right"u8.ToArray());

        var answer = await AskAsync(asked.Port, answer => answer.Bytes.Span.SequenceEqual("right"u8));

        Assert.That(answer.FromPort, Is.EqualTo(other.Port));
    }

    [Test]
    public void Nothing_is_sent_to_an_address_that_is_not_declared()
    {
        using var stranger = new UdpPort();
        using var link = new DutLink(LabSetup.Default, [DutAddress.Parse("127.0.0.2")], TimeProvider.System);

        Assert.That(
            async () => await link.AskUdpAsync(new Endpoint(DutAddress.Parse("127.0.0.1"), stranger.Port, Transport.Udp), "x"u8.ToArray(), _ => true, _wait, CancellationToken.None),
            Throws.TypeOf<OutsideTargetException>());
        Assert.That(() => link.LocalAddressTowards(DutAddress.Parse("127.0.0.1")), Throws.TypeOf<OutsideTargetException>());
        Assert.That(stranger.Available, Is.Zero);
    }

    [Test]
    public async Task A_port_that_is_gone_is_not_swept()
    {
        using var bench = new DutBench(IPAddress.Loopback, [1]);

        var outcome = await bench.AskAsync(new UdpPortSweepProbe(), new UdpPortSweep(bench.Address));

        Assert.That(outcome, Is.InstanceOf<ProbeOutcome.Unanswered>());
        Assert.That(((ProbeOutcome.Unanswered)outcome).Silence, Is.EqualTo(Silence.DutGone));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Limited_errors_are_recognised_and_no_silent_port_is_called_closed(CancellationToken cancellationToken)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        using var sign = device.Listen(80);
        await device.WaitForPortAsync(80);

        var seen = await SweepAsync(device.DeviceAddress, seconds: 10);

        Assert.That(seen.Open, Is.Empty);
        Assert.That(seen.Closed.Count, Is.InRange(4, 40), seen.Coverage.Statement);
        Assert.That(seen.UnreachablesPerSecond, Is.InRange(0.2, 3), seen.Coverage.Statement);
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("limits ICMP port unreachable").And.Contain($"{seen.Closed.Count} proven closed"));
        Assert.That(seen.Silent.Count + seen.NotTried.Count, Is.EqualTo(65535 - seen.Closed.Count));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Device_without_a_limit_proves_every_closed_port_and_shows_the_open_one_wherever_it_is(CancellationToken cancellationToken)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        // The second limit is the host's on older systems, and then stays.
        device.Run("sh", "-c", "sysctl -q -w net.ipv4.icmp_ratelimit=0; sysctl -q -w net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=10000 || true");
        using var sign = device.Listen(80);
        await device.WaitForPortAsync(80);
        using var console = device.InDeviceNetwork(() => new UdpPort(IPAddress.Any, 47001));
        _ = console.AnswerAsync(console, "dbg> secret"u8.ToArray());

        var seen = await SweepAsync(device.DeviceAddress, seconds: 50);

        Assert.That(seen.Open.Select(open => open.Port), Is.EqualTo(new[] { 47001 }), seen.Coverage.Statement);
        Assert.That(seen.Open[0].Protocol, Is.EqualTo(ServiceProtocol.Unknown));
        Assert.That(seen.Open[0].Answer, Is.EqualTo("dbg> secret"));
        Assert.That(seen.Closed.Contains(47001), Is.False);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Link_local_address_with_its_zone_is_swept(CancellationToken cancellationToken)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        if (!device.HasIPv6)
        {
            Assert.Ignore("this host has no IPv6: sysctl net.ipv6.conf.all.disable_ipv6=0");
        }

        using var sign = device.Listen(80, ipv6: true);
        await device.WaitForPortAsync(80, ipv6: true);
        device.Run("ip", "addr", "add", "fe80::d/64", "dev", "eth0", "nodad");
        // The device has a second link-local address, from which it might answer otherwise.
        var ownZone = long.Parse(device.Run("cat", "/sys/class/net/eth0/ifindex"), System.Globalization.CultureInfo.InvariantCulture);
        using var console = device.InDeviceNetwork(() => new UdpPort(new IPAddress(IPAddress.Parse("fe80::d").GetAddressBytes(), ownZone), 5683));
        _ = console.AnswerAsync(console, "? "u8.ToArray());
        var zone = System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
            .Single(link => link.GetIPProperties().UnicastAddresses.Any(address => address.Address.Equals(device.HostAddressV6))).GetIPProperties().GetIPv6Properties().Index;

        var seen = await SweepAsync(new IPAddress(IPAddress.Parse("fe80::d").GetAddressBytes(), zone), seconds: 3);

        Assert.That(seen.Open.Select(open => open.Port), Is.EqualTo(new[] { 5683 }), seen.Coverage.Statement);
    }

    private static async Task<UdpAnswer> AskAsync(int port, Func<UdpAnswer, bool>? takes = null)
    {
        var address = DutAddress.Parse("127.0.0.1");
        using var link = new DutLink(LabSetup.Default, [address], TimeProvider.System);
        var answer = await link.AskUdpAsync(new Endpoint(address, port, Transport.Udp), "ping"u8.ToArray(), takes ?? (_ => true), _wait, CancellationToken.None);
        Assert.That(link.RequestsTo(address, Transport.Udp), Is.EqualTo(1));
        return answer;
    }

    private static async Task<UdpPortsSeen> SweepAsync(IPAddress address, int seconds)
    {
        using var bench = new DutBench(address, [80], LabLimits.Default with { UdpSeconds = seconds });
        var seen = await bench.SeeAsync(new UdpPortSweepProbe(), new UdpPortSweep(bench.Address));
        TestContext.Out.WriteLine(seen.Coverage.Statement);
        return seen;
    }
}
