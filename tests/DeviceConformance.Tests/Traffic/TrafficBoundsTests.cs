using DeviceConformance.Probing.Packets;
using DeviceConformance.Probing.Traffic;
using DeviceConformance.Tests.Packets;
using NUnit.Framework;
using static DeviceConformance.Tests.Traffic.TrafficScript;

namespace DeviceConformance.Tests.Traffic;

/// <summary>Tables stay bounded whatever comes, and say what they gave up.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TrafficBoundsTests
{
    [Test]
    public void Open_connections_beyond_the_bound_are_given_up_and_counted()
    {
        var script = new TrafficScript();
        for (var count = 0; count < FlowTable.MostFlows + 100; count++)
        {
            script.Connect(Dut, 10_000 + count, Server, 80);
        }

        var seen = Analyse(script);
        Assert.That((seen.Tally.Evicted, seen.Conversations.Single().Connections), Is.EqualTo((100L, FlowTable.MostFlows + 100L)));
        Assert.That(seen.Coverage.Statement, Does.Contain("100 connections, datagrams, addresses or names did not fit"));
    }

    [Test]
    public void A_sweep_of_the_harness_and_connections_nobody_answers_give_up_nothing()
    {
        var script = new TrafficScript();
        var talk = script.Connect(Dut, 9999, Server, 80);
        for (var count = 0; count < FlowTable.MostFlows + 500; count++)
        {
            script.Packet(Laboratory, Dut, 6, Frames.Tcp(40_000, 1 + count, 7, 0, 2, []));
            script.Packet(Dut, Server, 6, Frames.Tcp(10_000 + count, 8080, 7, 0, 2, []));
        }

        talk.Client("GET / HTTP/1.0\r\n\r\n");
        var seen = Analyse(script);
        Assert.That((seen.Tally.Evicted, seen.Tally.HarnessFrames), Is.EqualTo((0L, FlowTable.MostFlows + 500L)));
        Assert.That(seen.Conversations.Single(row => row.Port == 80).BytesFromDut, Is.EqualTo(18));
        Assert.That(seen.Conversations.Single(row => row.Port == 8080).Established, Is.Zero);
    }

    [Test]
    public void Peers_without_end_are_bounded_and_counted()
    {
        var script = new TrafficScript();
        for (var count = 0; count < FlowTable.MostConversations + 50; count++)
        {
            script.Udp(Dut, 5000, $"203.{count >> 16}.{count >> 8 & 255}.{count & 255}", 4000, [1]);
        }

        var seen = Analyse(script);
        Assert.That((seen.Conversations.Length, seen.Tally.Evicted, seen.Coverage.IsComplete), Is.EqualTo((FlowTable.MostConversations, 50L, false)));
    }

    [Test]
    public void A_long_capture_holds_no_more_than_a_short_one()
    {
        // What is alive afterwards grows with what was seen, so the flows that are followed tell the bound.
        var identity = new DutIdentity(Subject());
        var table = new FlowTable(identity, new TrafficLedger(["a.pcap"]), new ContentSettings([]));
        var most = 0;
        var body = Frames.Ethernet(0x0800, Frames.IPv4(Dut, Server, 17, Frames.Udp(1, 4000, [1])));
        for (var count = 0L; count < 300_000; count++)
        {
            body[34] = (byte)(count >> 8);
            body[35] = (byte)count;
            PacketDecoder.Decode(Probing.CaptureFiles.LinkType.Ethernet, body, body.Length, out var packet);
            table.Accept(packet, fromDut: true, count + 1, count * 50_000_000, null);
            most = Math.Max(most, table.Count);
        }

        Assert.That(most, Is.LessThanOrEqualTo(FlowTable.MostFlows).And.GreaterThan(1000));
        table.Finish();
        Assert.That((table.Count, table.Evicted), Is.EqualTo((0, 0L)));
    }
}
