using System.Net;
using System.Net.Sockets;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.PortSweep;
using DeviceConformance.Probing.RawPackets;
using DeviceConformance.Tests.Lab;
using NUnit.Framework;

namespace DeviceConformance.Tests.PortSweep;

/// <summary>What only a sweep by SYN does, against devices in a network of their own.</summary>
[Category("Daemon")]
[Parallelizable(ParallelScope.All)]
public sealed class SynSweepTests
{
    private static readonly TcpPortSweepProbe _probe = new();
    private static readonly TimeSpan _soon = TimeSpan.FromMilliseconds(300);

    [Test]
    public async Task Link_local_address_is_swept_through_its_zone()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        if (!device.HasIPv6)
        {
            Assert.Ignore("this host has no IPv6");
        }

        var address = device.AddLinkLocal();
        device.Listen(80, ipv6: true);
        device.Listen(5683, ipv6: true);
        using var bench = new DutBench(address, [80], LabLimits.Fast, sweepMethod: SweepMethod.Syn);

        var seen = await bench.SeeAsync(_probe, new TcpPortSweep(bench.Address));

        Assert.That(seen.Open, Is.EqualTo(new[] { 80, 5683 }), seen.Coverage.Statement);
        Assert.That(seen.Closed, Is.EqualTo(65533));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [Test]
    public async Task Firewall_that_drops_is_swept_completely_and_in_a_few_seconds()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        int[] ports = [22, 80, 443, 1883, 8080, 31337, 65000];
        device.Filter($"table inet dut {{ chain input {{ type filter hook input priority 0; tcp dport != {{ {string.Join(", ", ports)} }} drop; }}; }}");
        foreach (var port in ports)
        {
            device.Listen(port);
        }

        using var bench = new DutBench(device.DeviceAddress, [80], LabLimits.Fast, sweepMethod: SweepMethod.Syn);

        var seen = await bench.SeeAsync(_probe, new TcpPortSweep(bench.Address));

        Assert.That(seen.Open, Is.EqualTo(ports), seen.Coverage.Statement);
        Assert.That(seen.Silent, Is.EqualTo(65535 - ports.Length));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        Assert.That(seen.Coverage.Statement, Does.StartWith("SYN sweep of 65535 TCP ports").And.Contain("missed with a probability of"));
        Assert.That(seen.Seconds, Is.LessThan(60), "one by one and a second each it would be hours");
    }

    [Test]
    public async Task Delay_and_loss_on_the_way_hide_no_port()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        using var line = new DelayLine(device, TimeSpan.FromMilliseconds(5), 0.02);
        int[] ports = [21, 80, 443, 1883, 5000, 18080, 33333, 50505, 65000];
        foreach (var port in ports)
        {
            device.Listen(port);
        }

        await device.WaitForPortAsync(80);
        using var bench = new DutBench(device.DeviceAddress, [80], sweepMethod: SweepMethod.Syn);

        var seen = await bench.SeeAsync(_probe, new TcpPortSweep(bench.Address));

        Assert.That(seen.Open, Is.EqualTo(ports), seen.Coverage.Statement);
        Assert.That(seen.Silent, Is.LessThanOrEqualTo(2), seen.Coverage.Statement);
    }

    [Test]
    public async Task Defence_that_resets_what_comes_too_fast_does_not_make_open_ports_closed()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        device.Filter("""
            table inet dut {
              chain input {
                type filter hook input priority 0;
                tcp flags & (syn | ack) == syn limit rate over 8000/second burst 500 packets reject with tcp reset
              }
            }
            """);
        int[] ports = [21, 80, 443, 1883, 5000, 18080, 33333, 50505, 65000];
        foreach (var port in ports)
        {
            device.Listen(port);
        }

        using var bench = new DutBench(device.DeviceAddress, [80], sweepMethod: SweepMethod.Syn);

        var seen = await bench.SeeAsync(_probe, new TcpPortSweep(bench.Address));

        Assert.That(seen.Coverage.IsComplete && !seen.Open.SequenceEqual(ports), Is.False, seen.Coverage.Statement);
    }

    [Test]
    public async Task Answers_to_packets_that_were_never_sent_do_not_count()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        device.Filter("table inet dut { chain input { type filter hook input priority 0; tcp dport 4444 drop; }; }");
        using var socket = RawTcpSocket.TryOpen(device.DeviceAddress, out var why);
        Assert.That(socket, Is.Not.Null, why);
        using var knocker = new SynKnocker(socket!, device.DeviceAddress, TimeProvider.System, _ => { });
        using var forger = device.InDeviceNetwork(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Tcp));
        byte[] forged = [0x11, 0x5c, (byte)(socket!.SourcePort >> 8), (byte)socket.SourcePort, 0, 0, 0, 1, 1, 2, 3, 4, 0x50, 0x12, 0xff, 0xff, 0, 0, 0, 0];

        var knock = knocker.KnockAsync(4444, _soon, CancellationToken.None);
        forger.SendTo(forged, new IPEndPoint(device.HostAddress, 0));

        Assert.That((await knock).Answer, Is.EqualTo(PortAnswer.Silent));
        Assert.That((await knocker.KnockAsync(4445, _soon, CancellationToken.None)).Answer, Is.EqualTo(PortAnswer.Closed));
    }

    [TestCase("admin-prohibited")]
    [TestCase("port-unreachable")]
    public async Task Message_that_quotes_our_packet_is_told_from_silence_and_from_a_refusal(string type)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        device.Filter($"table inet dut {{ chain input {{ type filter hook input priority 0; tcp dport 4444 reject with icmpx type {type}; }}; }}");
        foreach (var address in device.HasIPv6 ? new[] { device.DeviceAddress, device.DeviceAddressV6 } : [device.DeviceAddress])
        {
            using var socket = RawTcpSocket.TryOpen(address, out var why);
            Assert.That(socket, Is.Not.Null, why);
            using var knocker = new SynKnocker(socket!, address, TimeProvider.System, _ => { });

            Assert.That((await knocker.KnockAsync(4444, _soon, CancellationToken.None)).Answer, Is.EqualTo(PortAnswer.Unreachable), $"{address}");
            Assert.That((await knocker.KnockAsync(4445, _soon, CancellationToken.None)).Answer, Is.EqualTo(PortAnswer.Closed), $"{address}");
        }
    }

    [Test]
    public async Task Two_who_ask_the_same_port_at_once_share_the_answer()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        var sent = 0;
        using var socket = RawTcpSocket.TryOpen(device.DeviceAddress, out var why);
        Assert.That(socket, Is.Not.Null, why);
        device.Filter("table inet dut { chain input { type filter hook input priority 0; tcp dport 4444 drop; }; }");
        using var knocker = new SynKnocker(socket!, device.DeviceAddress, TimeProvider.System, _ => sent++);

        var first = knocker.KnockAsync(4444, _soon, CancellationToken.None).AsTask();
        var second = knocker.KnockAsync(4444, _soon, CancellationToken.None).AsTask();

        Assert.That((await Task.WhenAll(first, second)).Select(knock => knock.Answer), Is.All.EqualTo(PortAnswer.Silent));
        Assert.That(sent, Is.EqualTo(1));
    }

    [Test]
    public void Host_that_can_not_send_raw_packets_there_says_so_when_they_were_asked_for()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        using var bench = new DutBench(device.HostAddress, [], sweepMethod: SweepMethod.Syn);

        Assert.That(
            async () => await bench.AskAsync(_probe, new TcpPortSweep(bench.Address)),
            Throws.TypeOf<LabFaultException>().With.Message.Contain("is an address of this host").And.Message.Contain("setcap cap_net_raw"));
    }

    [Test]
    public void Address_that_is_not_declared_is_never_asked()
    {
        using var link = new DutLink(LabSetup.Default, [DutAddress.Parse("192.0.2.1")], TimeProvider.System);

        Assert.That(() => link.OpenSyn(DutAddress.Parse("192.0.2.2"), out _), Throws.TypeOf<OutsideTargetException>());
    }

    [Test]
    public async Task Device_on_loopback_is_asked_by_connecting()
    {
        var address = OperatingSystem.IsLinux() ? "127.0.0.79" : "127.0.0.1";
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        listener.Listen();
        using var bench = new DutBench(IPAddress.Parse(address), [((IPEndPoint)listener.LocalEndPoint!).Port]);

        var seen = await bench.SeeAsync(_probe, new TcpPortSweep(bench.Address));

        Assert.That(seen.Method, Is.EqualTo("connect"));
    }
}
