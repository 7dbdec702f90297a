using System.Net;
using System.Net.Sockets;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.PortSweep;
using DeviceConformance.Tests.Lab;
using NUnit.Framework;

namespace DeviceConformance.Tests.PortSweep;

/// <summary>Whole sweeps, over sockets. Those of loopback run alone: they need the processor for seconds, and meet the listeners of other tests.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TcpPortSweepProbeTests
{
    private static readonly TcpPortSweepProbe _probe = new();

    [Test]
    [NonParallelizable]
    public async Task Device_on_loopback_is_swept_in_seconds()
    {
        var address = IPAddress.Parse(OperatingSystem.IsLinux() ? "127.0.0.77" : "127.0.0.1");
        using var first = Listen(address);
        using var second = Listen(address);
        using var bench = new DutBench(address, [PortOf(first)]);

        var seen = await bench.SeeAsync(_probe, new TcpPortSweep(bench.Address));

        // Other programs of this host may listen on all addresses, and come and go.
        Assert.That(seen.Open, Is.SupersetOf(new[] { PortOf(first), PortOf(second) }));
        Assert.That(seen.Open.Length + seen.Closed, Is.EqualTo(65535), seen.Coverage.Statement);
        Assert.That(seen.Closed, Is.GreaterThan(65000));
        Assert.That(seen.Connections, Is.InRange(65535, 67000));
    }

    [Test]
    [NonParallelizable]
    public async Task Device_on_loopback_that_dies_in_the_middle_is_not_taken_for_one_with_closed_ports()
    {
        var address = IPAddress.Parse(OperatingSystem.IsLinux() ? "127.0.0.77" : "127.0.0.1");
        using var listener = Listen(address);
        using var bench = new DutBench(address, [PortOf(listener)], progress: fraction =>
        {
            if (fraction > 0.3)
            {
                listener.Dispose();
            }
        });

        var seen = await bench.SeeAsync(_probe, new TcpPortSweep(bench.Address));

        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("no sign of life"));
        Assert.That(seen.NotTried, Is.GreaterThan(10000));
        Assert.That(seen.Connections, Is.LessThan(60000), "the sweep ends early");
    }

    [Test]
    public async Task Address_without_a_sign_of_life_is_not_swept()
    {
        var address = IPAddress.Parse(OperatingSystem.IsLinux() ? "127.0.0.78" : "127.0.0.1");
        int gone;
        using (var listener = Listen(address))
        {
            gone = PortOf(listener);
        }

        using var bench = new DutBench(address, [gone]);

        var outcome = await bench.AskAsync(_probe, new TcpPortSweep(bench.Address));

        Assert.That(outcome, Is.TypeOf<ProbeOutcome.Unanswered>().With.Property("Silence").EqualTo(Silence.DutGone));
        Assert.That(bench.Connections, Is.LessThan(10));
    }

    [Test]
    public async Task Device_on_the_network_is_swept_completely_over_both_address_families([Values] bool ipv6, [Values(SweepMethod.Connect, SweepMethod.Syn)] SweepMethod method)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        if (ipv6 && !device.HasIPv6)
        {
            Assert.Ignore("this host has no IPv6");
        }

        int[] ports = [1, 22, 80, 8080, 40000, 65535];
        foreach (var port in ports)
        {
            device.Listen(port, ipv6);
        }

        using var bench = new DutBench(ipv6 ? device.DeviceAddressV6 : device.DeviceAddress, [80], sweepMethod: method);

        var seen = await bench.SeeAsync(_probe, new TcpPortSweep(bench.Address));

        Assert.That(seen.Open, Is.EqualTo(ports), seen.Coverage.Statement);
        Assert.That(seen.Closed, Is.EqualTo(65535 - ports.Length));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [Test]
    public async Task Port_open_over_one_address_family_only_is_found_there_only()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        if (!device.HasIPv6)
        {
            Assert.Ignore("this host has no IPv6");
        }

        device.Listen(80);
        using var debug = device.InDeviceNetwork(() => ListenV6Only(14444));
        using var bench = new DutBench(device.DeviceAddressV6, []);

        var seen = await bench.SeeAsync(_probe, new TcpPortSweep(bench.Address));

        Assert.That(seen.Open, Is.EqualTo(new[] { 14444 }), seen.Coverage.Statement);
    }

    [Test]
    public async Task Filtered_ports_are_silent_and_rejected_ones_are_told_from_closed_ones([Values(SweepMethod.Connect, SweepMethod.Syn)] SweepMethod method)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        device.Filter("""
            table inet dut {
              chain input {
                type filter hook input priority 0;
                tcp dport 20000-21999 drop
                tcp dport 22000-22099 reject with icmpx type admin-prohibited
              }
            }
            """);
        device.Listen(80);
        device.Listen(20500);
        using var bench = new DutBench(device.DeviceAddress, [80], sweepMethod: method);

        var seen = await bench.SeeAsync(_probe, new TcpPortSweep(bench.Address));

        Assert.That(seen.Open, Is.EqualTo(new[] { 80 }), "a firewall that drops hides the listener behind it");
        Assert.That(seen.Silent, Is.EqualTo(2100), seen.Coverage.Statement);
        Assert.That(seen.Coverage.Statement, Does.Match(@"[1-9]\d* of them unreachable"), "the device's kernel limits its ICMP messages");
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [Test]
    public async Task Loss_on_the_way_hides_no_port([Values(SweepMethod.Connect, SweepMethod.Syn)] SweepMethod method)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        device.Filter("""
            table netdev dut {
              chain ingress {
                type filter hook ingress device "eth0" priority 0;
                numgen random mod 100 < 2 drop
              }
            }
            """);
        int[] ports = [21, 80, 443, 1883, 5000, 18080, 33333, 50505, 65000];
        foreach (var port in ports)
        {
            device.Listen(port);
        }

        using var bench = new DutBench(device.DeviceAddress, [80], sweepMethod: method);

        var seen = await bench.SeeAsync(_probe, new TcpPortSweep(bench.Address));

        Assert.That(seen.Open, Is.EqualTo(ports), seen.Coverage.Statement);
        Assert.That(seen.Silent, Is.LessThanOrEqualTo(2), seen.Coverage.Statement);
    }

    [Test]
    public async Task Device_that_refuses_at_a_limited_rate_is_asked_more_slowly_and_swept_completely([Values(SweepMethod.Connect, SweepMethod.Syn)] SweepMethod method)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        device.Filter("""
            table inet dut {
              chain output {
                type filter hook output priority 0;
                tcp flags & (rst | ack) == rst | ack limit rate over 6000/second burst 300 packets drop
              }
            }
            """);
        device.Listen(80);
        using var bench = new DutBench(device.DeviceAddress, [80], sweepMethod: method);

        var seen = await bench.SeeAsync(_probe, new TcpPortSweep(bench.Address));

        Assert.That(seen.Closed, Is.EqualTo(65534), seen.Coverage.Statement);
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [Test]
    public async Task Device_that_stops_refusing_in_the_middle_is_not_swept_completely([Values(SweepMethod.Connect, SweepMethod.Syn)] SweepMethod method)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        device.Filter("""
            table inet dut {
              chain input {
                type filter hook input priority 0;
                tcp dport != 80 tcp flags & (syn | ack) == syn limit rate over 1/day burst 60000 packets drop
              }
            }
            """);
        device.Listen(80);
        using var bench = new DutBench(device.DeviceAddress, [80], sweepMethod: method);

        var seen = await bench.SeeAsync(_probe, new TcpPortSweep(bench.Address));

        Assert.That(seen.Silent, Is.GreaterThan(1000), seen.Coverage.Statement);
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("stopped answering"));
    }

    [Test]
    public async Task Device_whose_cable_is_pulled_in_the_middle_is_gone([Values(SweepMethod.Connect, SweepMethod.Syn)] SweepMethod method)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        device.Listen(80);
        var isUp = true;
        using var bench = new DutBench(device.DeviceAddress, [80], progress: fraction =>
        {
            if (isUp && fraction > 0.3)
            {
                isUp = false;
                device.SetLink(up: false);
            }
        }, sweepMethod: method);

        var seen = await bench.SeeAsync(_probe, new TcpPortSweep(bench.Address));

        Assert.That(seen.NotTried, Is.GreaterThan(10000));
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("no sign of life any more"));
    }

    private static Socket Listen(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        socket.Listen();
        return socket;
    }

    private static Socket ListenV6Only(int port)
    {
        var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = false };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        socket.Listen();
        return socket;
    }

    private static int PortOf(Socket listener) => listener.LocalEndPoint is IPEndPoint local ? local.Port : 0;
}
