using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Packets;
using DeviceConformance.Probing.Traffic;
using DeviceConformance.Tests.EndToEnd;
using DeviceConformance.Tests.Packets;
using DeviceConformance.Tests.Tls;
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

    [Test]
    public void Content_that_is_never_whole_has_a_common_bound_and_what_is_given_up_for_it_is_counted()
    {
        var ledger = new TrafficLedger(["a.pcap"]);
        var table = new FlowTable(new DutIdentity(Subject()), ledger, new ContentSettings([]));
        void Accept(byte[] frame, int number)
        {
            PacketDecoder.Decode(Probing.CaptureFiles.LinkType.Ethernet, frame, frame.Length, out var packet);
            table.Accept(packet, fromDut: true, number, number, null);
        }

        var most = 0L;
        for (var count = 0; count < 2 * ContentBudget.Most / HostileTraffic.Begun; count++)
        {
            var (opening, message) = HostileTraffic.Connection(10_000 + count);
            Accept(opening, 2 * count + 1);
            Accept(message, 2 * count + 2);
            most = Math.Max(most, ledger.Content.Bytes);
        }

        Assert.That(most, Is.InRange(ContentBudget.Rest, ContentBudget.Most));
        // Those silent for longest, and no more of them than needed: of twice as much as fits about half is left.
        Assert.That(table.Evicted, Is.EqualTo(table.Crowded));
        Assert.That(table.Count, Is.EqualTo(2 * ContentBudget.Most / HostileTraffic.Begun - table.Crowded));
        Assert.That(table.Crowded * HostileTraffic.Begun, Is.InRange(ContentBudget.Most / 2, ContentBudget.Most / 8 * 10));
        table.Finish();
        Assert.That(ledger.Content.Bytes, Is.Zero);
    }

    [Test]
    public void Texts_that_do_not_fit_any_more_are_counted_and_protection_is_still_told()
    {
        var ledger = new TrafficLedger(["a.pcap"]);
        var table = new FlowTable(new DutIdentity(Subject()), ledger, new ContentSettings([]));
        ledger.Keep(TrafficLedger.MostTextBytes);
        var body = Frames.Ethernet(0x0800, Frames.IPv4(Dut, Server, 6, Frames.Tcp(40_000, 80, 1, 1, 0x18, [.. "GET /secret HTTP/1.1\r\nHost: updates.example\r\n\r\n"u8])));
        PacketDecoder.Decode(Probing.CaptureFiles.LinkType.Ethernet, body, body.Length, out var packet);
        table.Accept(packet, fromDut: true, 1, 1, null);
        table.Finish();
        var seen = table.Conversations.Single().ToSeen(["a.pcap"], _ => []);
        Assert.That((table.Crowded, table.Evicted, seen.Protection, seen.Requests.Length), Is.EqualTo((1L, 1L, ContentProtection.Clear, 0)));
        Assert.That((ledger.Names.Length, ledger.GivenUp), Is.EqualTo((0, 1L)));
    }

    [Test]
    public async Task A_capture_made_to_fill_memory_is_read_in_a_small_heap_and_proves_no_absence()
    {
        using var folder = new TemporaryFolder();
        // Together 120 MB that wait for their end, in a heap of 96 MiB.
        HostileTraffic.Write(folder.File("hostile.pcap.gz"), 2000);
        using var dct = Dct.StartInShell($"DOTNET_GCHeapHardLimit=0x6000000 $dct observe traffic {folder.File("hostile.pcap.gz")} --dut {Convert.ToHexString(DutMac)}");
        var ended = await dct.EndAsync();
        Assert.That((ended.Code, ended.Errors), Is.EqualTo((2, "")), ended.Output);
        Assert.That(ended.Output, Does.Contain("because all together took too much memory").And.Contain("2000 connections"));
    }
}
