using System.Net;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Dns;
using DeviceConformance.Probing.Traffic;
using NUnit.Framework;
using static DeviceConformance.Tests.Traffic.TrafficScript;

namespace DeviceConformance.Tests.Traffic;

[Parallelizable(ParallelScope.All)]
public sealed class TrafficAnalysisTests
{
    [Test]
    public void Conversations_have_opener_bytes_times_and_frames()
    {
        var script = new TrafficScript();
        script.Connect(Dut, 40000, Server, 80).Client("GET / HTTP/1.1\r\nHost: updates.example\r\n\r\n").Server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").Close();
        script.Connect("192.0.2.50", 50000, Dut, 8080).Client("GET /status HTTP/1.1\r\nHost: heater\r\n\r\n").Server("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
        var seen = Analyse(script);
        Assert.That(seen.Conversations.Select(row => $"{row.Opener} {row.Title} {row.Protection} {row.Connections}/{row.Established} {row.BytesFromDut}:{row.BytesToDut}"), Is.EquivalentTo(new[]
        {
            "Dut updates.example (203.0.113.5) tcp/80 Clear 1/1 41:38",
            "Peer 192.0.2.50 tcp/8080 Clear 1/1 38:38",
        }));
        var row = seen.Conversations.Single(row => row.Opener == ConversationOpener.Dut);
        Assert.That((row.Where.ToString(), row.Last - row.First, row.Starts.Single() == row.First), Is.EqualTo(("a.pcap frames 1, 2, 3, 4, 5, 6, 7, 8 (ip.addr == 203.0.113.5 && tcp.port == 80)", TimeSpan.FromMilliseconds(7), true)));
        Assert.That((seen.Tally.Frames, seen.Tally.DutFrames, seen.Coverage.IsComplete), Is.EqualTo((13L, 13L, true)), seen.Coverage.ToString());
    }

    [Test]
    public void Connection_joined_midway_has_no_opener_and_is_not_taken_for_encrypted([Values] bool fromDut)
    {
        var script = new TrafficScript();
        var noise = new byte[1400];
        new Random(4).NextBytes(noise);
        var talk = script.Connect(Dut, 40000, Server, 443, withOpening: false);
        _ = fromDut ? talk.Client(noise).Server(noise) : talk.Server(noise).Client(noise);
        var seen = Analyse(script);
        var row = seen.Conversations.Single();
        Assert.That((row.Opener, row.Port, row.Protection), Is.EqualTo((ConversationOpener.Unknown, 443, ContentProtection.Unknown)));
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.ToString(), Does.Contain("1 connections began before the capture"));
    }

    [Test]
    public void Same_ports_again_are_another_connection()
    {
        var script = new TrafficScript();
        script.Connect(Dut, 40000, Server, 80).Client("a").Close();
        script.Now += 1_000_000;
        script.Connect(Dut, 40000, Server, 80).Client("bc").Close();
        script.Udp(Dut, 5000, Server, 123, new byte[48]);
        script.Now += 301_000_000;
        script.Udp(Dut, 5000, Server, 123, new byte[48]);
        var seen = Analyse(script);
        Assert.That(seen.Conversations.Select(row => $"{row.Transport} {row.Connections} {row.BytesFromDut} {row.Starts.Length}"), Is.EqualTo(new[] { "Udp 2 96 2", "Tcp 2 3 2" }));
    }

    [Test]
    public void Frames_out_of_order_give_first_and_last_time()
    {
        var script = new TrafficScript { Now = 5_000_000 };
        script.Udp(Dut, 5000, Server, 123, new byte[48]);
        script.Now = 2_000_000;
        script.Udp(Dut, 5000, Server, 123, new byte[48]);
        script.Now = 4_000_000;
        script.Udp(Dut, 5000, Server, 123, new byte[48]);
        var seen = Analyse(script);
        Assert.That((seen.Conversations.Single().Last - seen.Conversations.Single().First, seen.Watched!.Value.Last - seen.Watched.Value.First), Is.EqualTo((TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3))));
    }

    [Test]
    public void What_the_laboratory_opens_is_the_harnesss_and_what_the_dut_opens_is_its_own([Values(false, true)] bool isV6)
    {
        var (dut, laboratory) = isV6 ? ("2001:db8::7", "2001:db8::2") : (Dut, Laboratory);
        var script = new TrafficScript();
        script.Connect(laboratory, 50000, dut, 80).Client("GET / HTTP/1.1\r\nAuthorization: Basic YTpi\r\n\r\n").Server("HTTP/1.1 200 OK\r\n\r\n").Close();
        script.Udp(laboratory, 50001, dut, 5683, [0x40, 1, 0, 1]);
        script.Udp(dut, 5683, laboratory, 50001, [0x60, 1, 0, 1]);
        script.Connect(dut, 40000, laboratory, 1883).Client("hello").Close();
        script.Udp(dut, 40001, laboratory, 53, DnsMessage.Query(1, true, [("a.example", DnsType.A)]));
        script.Connect(laboratory, 50002, "192.0.2.99", 80).Client("x");
        var seen = Analyse(script);
        Assert.That(seen.Conversations.Select(row => $"{row.Opener} {row.Peer} {row.Port}"), Is.EquivalentTo(new[] { $"Dut {laboratory} 1883", $"Dut {laboratory} 53" }));
        Assert.That((seen.Tally.DutFrames, seen.Tally.HarnessFrames, seen.Tally.OtherFrames, seen.ClearItems.Length), Is.EqualTo((8L, 10L, 4L, 0)));
    }

    [Test]
    public void Connection_with_the_laboratory_joined_midway_is_the_harnesss_and_said()
    {
        var script = new TrafficScript();
        script.Connect(Dut, 40000, Laboratory, 1883, withOpening: false).Client("hello");
        var seen = Analyse(script);
        Assert.That((seen.Tally.HarnessFrames, seen.Conversations.Length), Is.EqualTo((1L, 0)));
        Assert.That(seen.Coverage.ToString(), Does.Contain("taken for the harness's"));
    }

    [Test]
    public void Answers_to_a_question_to_everybody_belong_to_the_dut_that_asked()
    {
        var script = new TrafficScript();
        script.Udp(Dut, 40000, "239.255.255.250", 1900, "M-SEARCH * HTTP/1.1\r\n\r\n"u8.ToArray());
        script.Udp("192.0.2.30", 49152, Dut, 40000, "HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        script.Udp(Laboratory, 1900, Dut, 40000, "HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        var seen = Analyse(script);
        Assert.That(seen.Conversations.Select(row => $"{row.Opener} {row.Peer} {row.Port}"), Is.EquivalentTo(new[] { "Dut 239.255.255.250 1900", "Dut 192.0.2.30 49152", "Dut 192.0.2.2 1900" }));
        Assert.That(seen.Tally.HarnessFrames, Is.Zero);
    }

    [Test]
    public void Datagrams_between_high_ports_at_the_beginning_have_no_opener_and_later_ones_have()
    {
        var script = new TrafficScript();
        script.Udp(Server, 30000, Dut, 40000, [1, 2, 3]);
        script.Now += 100_000_000;
        script.Udp(Server, 30001, Dut, 40001, [1, 2, 3]);
        Assert.That(Analyse(script).Conversations.Select(row => $"{row.Opener} {row.Port}"), Is.EquivalentTo(new[] { "Unknown 40000", "Peer 40001" }));
    }

    [Test]
    public void Several_captures_are_one_watching_in_the_order_of_time_and_frames_point_at_their_own()
    {
        var (first, second) = (new TrafficScript(), new TrafficScript { Now = 60_000_000 });
        first.Udp("0.0.0.0", 68, "255.255.255.255", 67, DhcpDiscover(DutMac, "heater"));
        first.Macs["0.0.0.0"] = DutMac;
        first.Udp(Router, 67, "255.255.255.255", 68, DhcpAck(DutMac, Dut, Router));
        first.Udp(Dut, 40000, Router, 53, DnsMessage.Query(1, true, [("a.example", DnsType.A)]));
        var talk = first.Connect(Dut, 40001, Server, 80).Client("GET /one HTTP/1.1\r\nHost: a.example\r\n\r\n");
        second.Udp(Dut, 40002, Router, 53, DnsMessage.Query(2, true, [("a.example", DnsType.A)]));
        second.Udp(Dut, 40002, "198.51.100.9", 53, DnsMessage.Query(3, true, [("b.example", DnsType.A)]));
        var seen = Analyse([second.ToPcap(), first.ToPcap()]);
        Assert.That(seen.Files.Select(file => file.Name), Is.EqualTo(new[] { "b.pcap", "a.pcap" }));
        Assert.That(seen.NameQueries.Select(query => $"{query.Name} {query.Server} {query.Count} {query.ServerIsGiven} {query.Where}"), Is.EquivalentTo(new[]
        {
            "a.example 192.0.2.1 2 True b.pcap frame 3; a.pcap frame 1 (dns.qry.name == \"a.example\")",
            "b.example 198.51.100.9 1 False a.pcap frame 2 (dns.qry.name == \"b.example\")",
        }));
        Assert.That(seen.Addresses.Single(address => address.Address == Dut).Where.ToString(), Does.StartWith("b.pcap frames 3, 4, ").And.Contain("; a.pcap frames 1, 2 "));
        Assert.That(talk, Is.Not.Null);
    }

    [Test]
    public void Router_advertisement_names_the_given_server()
    {
        var script = new TrafficScript();
        byte[] advertisement = [134, 0, 0, 0, 64, 0, 7, 8, .. new byte[8], 25, 3, 0, 0, 0, 0, 4, 0, .. IPAddress.Parse("2001:db8::53").GetAddressBytes()];
        script.Packet("fe80::1", "ff02::1", 58, advertisement, hopLimit: 255);
        script.Udp("2001:db8::7", 40000, "2001:db8::53", 53, DnsMessage.Query(1, true, [("a.example", DnsType.A)]));
        Assert.That(Analyse(script).NameQueries.Single().ServerIsGiven, Is.True);
    }

    [Test]
    public void Coverage_names_everything_that_is_missing()
    {
        var script = new TrafficScript();
        var talk = script.Connect(Dut, 40000, Server, 80).Client("GET / HTTP/1.1\r\n\r\n").Lose(5000);
        for (var count = 0; count < 20; count++)
        {
            talk.Server(new string('x', 40)).Client("y");
        }

        script.Packet(Dut, Server, 17, [1, 2, 3]);
        script.Frame([.. RouterMac, .. DutMac, 8, 0, 0x45, 0]);
        var bytes = script.ToPcap(snapLength: 70);
        var seen = Analyse([[.. bytes, 1, 2, 3]], Subject(sought: new SoughtValue(ClearItemKind.DeclaredSecret, "PIN", "AuthMech-1", "12")));
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.ToString(), Does.Contain($"a.pcap: ended at byte {bytes.Length}").And.Contain("of the DUT's frames were captured in part only").And.Contain("gaps in the DUT's TCP streams")
            .And.Contain("2 frames could not be decoded").And.Contain("nobody counted lost frames").And.Contain("no phase is marked").And.Contain("not looked for: PIN"));
    }

    [Test]
    public void Capture_without_the_dut_is_no_coverage()
    {
        var script = new TrafficScript();
        script.Connect("192.0.2.50", 50000, Server, 443).Client("x");
        Assert.That(Analyse(script).Coverage.ToString(), Does.Contain("no frame is the DUT's"));
    }

    [Test]
    public void Frames_with_the_dut_on_both_sides_are_counted_and_not_guessed()
    {
        var script = new TrafficScript();
        script.Connect(Dut, 40000, Dut, 80).Client("x").Server("y");
        var seen = Analyse(script);
        Assert.That((seen.Tally.DutFrames, seen.Conversations.Length), Is.EqualTo((5L, 0)));
        Assert.That(seen.Coverage.ToString(), Does.Contain("5 frames have addresses of the DUT on both sides"));
    }

    [Test]
    public void A_file_that_is_no_capture_is_refused()
    {
        Assert.That(() => Analyse([new TrafficScript().ToPcap(), "hello"u8.ToArray()]), Throws.TypeOf<CaptureFileException>().With.Message.Contain("b.pcap"));
    }
}
