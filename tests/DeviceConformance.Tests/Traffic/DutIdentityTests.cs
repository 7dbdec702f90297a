using System.Net;
using DeviceConformance.Tests.Packets;
using NUnit.Framework;
using static DeviceConformance.Tests.Traffic.TrafficScript;

namespace DeviceConformance.Tests.Traffic;

[Parallelizable(ParallelScope.All)]
public sealed class DutIdentityTests
{
    private static readonly byte[] _otherMac = [0x02, 0, 0x5e, 0x10, 0, 0x63];

    [Test]
    public void Given_by_mac_its_addresses_are_learned_from_arp_discovery_dhcp_and_its_packets()
    {
        var script = new TrafficScript();
        script.Macs["192.0.2.8"] = script.Macs["192.0.2.9"] = script.Macs["0.0.0.0"] = script.Macs["::"] = DutMac;
        script.Udp(Router, 67, "255.255.255.255", 68, DhcpAck(DutMac, Dut, Router));
        script.Arp("192.0.2.8", Router, DutMac, isReply: false);
        script.Packet("::", "ff02::1:ff00:7", 58, [135, 0, 0, 0, 0, 0, 0, 0, .. IPAddress.Parse("fe80::7").GetAddressBytes()], hopLimit: 255);
        script.Udp("192.0.2.9", 5000, Server, 123, new byte[48]);
        script.Udp(Dut, 5000, Server, 123, new byte[48]);
        script.Udp("192.0.2.8", 5000, Server, 123, new byte[48]);
        script.Udp("fe80::7", 5353, "ff02::fb", 5353, new byte[12]);
        var seen = Analyse(script, Subject(byAddress: false));
        Assert.That(seen.Addresses.Select(address => $"{address.Address} {address.From} {address.Kind}"), Is.EquivalentTo(new[]
        {
            "00:00:5e:10:00:07 declared UniversalMac", "192.0.2.7 DHCP IPv4", "192.0.2.8 ARP IPv4", "192.0.2.9 its packets IPv4", "fe80::7 neighbour discovery IPv6Other",
        }));
        Assert.That(seen.Tally.OtherFrames, Is.Zero);
    }

    [Test]
    public void Given_by_address_its_mac_is_learned_beforehand_so_that_its_start_counts()
    {
        var script = new TrafficScript();
        script.Macs["0.0.0.0"] = DutMac;
        script.Udp("0.0.0.0", 68, "255.255.255.255", 67, DhcpDiscover(DutMac, "heater"));
        script.Udp("2001:db8::7", 5000, "2001:db8::99", 123, new byte[48]);
        script.Udp(Router, 67, "255.255.255.255", 68, DhcpAck(DutMac, Dut, Router));
        script.Udp(Dut, 5000, Server, 123, new byte[48]);
        var seen = Analyse(script, Subject(byMac: false));
        Assert.That(seen.Addresses.Select(address => $"{address.Address} {address.From}"), Is.EquivalentTo(new[] { "00:00:5e:10:00:07 DHCP", "192.0.2.7 declared", "2001:db8::7 its packets" }));
        Assert.That((seen.Tally.DutFrames, seen.Announcements.Single().Text), Is.EqualTo((4L, "heater")));
    }

    [Test]
    public void Router_that_answers_arp_for_the_dut_is_not_taken_for_it()
    {
        var script = new TrafficScript();
        script.Arp(Dut, Laboratory, RouterMac);
        script.Packet("192.0.2.88", "192.0.2.2", 17, Frames.Udp(4000, 4001, [1]), hopLimit: 63, source: RouterMac);
        script.Connect("198.51.100.9", 50000, "192.0.2.88", 443).Client("x");
        script.Packet(Dut, Server, 17, Frames.Udp(5000, 123, new byte[48]), hopLimit: 63, source: RouterMac);
        var seen = Analyse(script, Subject(byMac: false));
        Assert.That(seen.Conversations.Select(row => row.Peer), Is.EqualTo(new[] { Server }));
        Assert.That(seen.Addresses.Select(address => address.Address), Is.EqualTo(new[] { Dut }));
        Assert.That(seen.Coverage.ToString(), Does.Contain("02:00:5e:10:00:01 was taken for the DUT's MAC address until it sent packets of others"));
    }

    [Test]
    public void Repeater_that_answers_arp_for_all_teaches_no_further_address()
    {
        var script = new TrafficScript();
        script.Arp(Dut, Laboratory, _otherMac);
        script.Arp("192.0.2.60", Laboratory, _otherMac);
        script.Packet("192.0.2.60", Server, 17, Frames.Udp(5000, 123, new byte[48]), source: _otherMac);
        script.Packet(Dut, Server, 17, Frames.Udp(5000, 123, new byte[48]), source: _otherMac);
        var seen = Analyse(script, Subject(byMac: false));
        Assert.That(seen.Conversations.Single().BytesFromDut, Is.EqualTo(48));
        Assert.That(seen.Addresses.Select(address => address.Address), Is.EqualTo(new[] { Dut }));
    }

    [Test]
    public void What_the_dut_passes_on_for_others_is_left_out_and_said()
    {
        var script = new TrafficScript();
        script.Udp(Dut, 5000, Server, 123, new byte[48]);
        script.Packet("192.0.2.60", Server, 17, Frames.Udp(5000, 123, new byte[48]), hopLimit: 63, source: DutMac);
        script.Macs[Server] = DutMac;
        script.Packet("192.0.2.60", Server, 17, Frames.Udp(5000, 123, new byte[48]));
        var seen = Analyse(script);
        Assert.That((seen.Conversations.Single().BytesFromDut, seen.Tally.DutFrames, seen.Tally.OtherFrames), Is.EqualTo((48L, 1L, 2L)));
        Assert.That(seen.Coverage.ToString(), Does.Contain("2 frames that the DUT's MAC address passed on for others"));
    }

    [Test]
    public void Public_address_of_its_mac_is_learned_from_arp_only()
    {
        var script = new TrafficScript();
        script.Macs["8.8.4.4"] = script.Macs["9.9.9.9"] = DutMac;
        script.Arp("8.8.4.4", Router, DutMac, isReply: false);
        script.Udp("8.8.4.4", 5000, Server, 123, new byte[48]);
        script.Udp("9.9.9.9", 5000, Server, 123, new byte[48]);
        var seen = Analyse(script, Subject(byAddress: false));
        Assert.That(seen.Addresses.Select(address => address.Address), Is.EqualTo(new[] { "00:00:5e:10:00:07", "8.8.4.4" }));
    }

    [Test]
    public void Addresses_without_end_are_bounded_and_counted()
    {
        var script = new TrafficScript();
        for (var count = 0; count < 400; count++)
        {
            script.Packet($"2001:db8::{count + 1:x}", "ff02::fb", 17, Frames.Udp(5353, 5353, new byte[12]), source: DutMac);
        }

        var seen = Analyse(script);
        Assert.That(seen.Addresses, Has.Length.LessThanOrEqualTo(257));
        Assert.That(seen.Tally.Evicted, Is.GreaterThan(100));
        Assert.That(seen.Coverage.IsComplete, Is.False);
    }
}
