using System.Net;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Dns;
using DeviceConformance.Probing.Traffic;
using NUnit.Framework;

namespace DeviceConformance.Tests.Traffic;

/// <summary>Datagrams: what is told to everybody, and what is asked of few.</summary>
[Parallelizable]
public sealed class ContentDatagramTests
{
    [Test]
    public void Mdns_shows_services_descriptions_and_names_of_the_dut()
    {
        byte[] name = [7, .. "_heater"u8, 4, .. "_tcp"u8, 5, .. "local"u8, 0];
        byte[] answer =
        [
            0, 0, 0x84, 0, 0, 0, 0, 3, 0, 0, 0, 0,
            .. name, 0, 12, 0, 1, 0, 0, 0, 60, 0, 7, 4, .. "Hall"u8, 0xc0, 12,
            .. name, 0, 16, 0, 1, 0, 0, 0, 60, 0, 23, 22, .. "serial=Grill-Kohle-9/01"u8[..22],
            6, .. "heater"u8, 5, .. "local"u8, 0, 0, 1, 0x80, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 9,
        ];
        var bench = new ContentBench(5353, Transport.Udp, server: "224.0.0.251").Datagram(true, answer);
        Assert.That(bench.Announced, Is.EquivalentTo(new[] { "mDNS service Hall._heater._tcp.local", "mDNS description serial=***" }));
        Assert.That(bench.Ledger.Names.Single() is { Name: "heater.local", Address: "192.0.2.9", Source: "mDNS" });
        Assert.That((bench.Facts.Protocol, bench.Protection, bench.Items.Single()), Is.EqualTo((ServiceProtocol.Mdns, ContentProtection.Clear, "DeclaredSecret password of AuthMech-1 True")));
    }

    [Test]
    public void Time_away_from_its_port_is_known_by_the_answer_that_repeats_the_question()
    {
        byte[] question = [0x23, .. new byte[39], 1, 2, 3, 4, 5, 6, 7, 8];
        byte[] answer = [0x24, 2, .. new byte[22], 1, 2, 3, 4, 5, 6, 7, 8, .. new byte[16]];
        var bench = new ContentBench(15123, Transport.Udp).Datagram(true, question);
        Assert.That(bench.Facts.Protocol, Is.EqualTo(ServiceProtocol.Unknown), "nobody has answered");
        bench.Datagram(false, answer).Datagram(true, question).Datagram(false, answer);
        var source = bench.Ledger.TimeSources.Single();
        Assert.That((bench.Facts.Protocol, bench.Protection, source.Queries, source.Answers), Is.EqualTo((ServiceProtocol.Ntp, ContentProtection.Clear, 2L, 2L)));
        var other = new ContentBench(15123, Transport.Udp).Datagram(true, question).Datagram(false, [.. answer[..24], .. new byte[24]]);
        Assert.That((other.Facts.Protocol, other.Ledger.TimeSources.Length), Is.EqualTo((ServiceProtocol.Unknown, 0)), "it repeats nothing");
    }

    [Test]
    public void Answers_of_another_host_are_not_the_duts_announcements()
    {
        byte[] answer = [0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, (byte)'x', 0, 0, 12, 0, 1, 0, 0, 0, 60, 0, 3, 1, (byte)'y', 0];
        Assert.That(new ContentBench(5353, Transport.Udp, dutIsClient: false).Datagram(true, answer).Announced, Is.Empty);
    }

    [Test]
    public void Ssdp_notices_of_the_dut_are_announcements_and_searches_are_none()
    {
        var notice = Encoding.ASCII.GetBytes("NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: upnp:rootdevice\r\nSERVER: Linux UPnP/1.0 Heater/2.1\r\nLOCATION: http://192.0.2.9/d.xml\r\n\r\n");
        var bench = new ContentBench(1900, Transport.Udp, server: "239.255.255.250").Datagram(true, notice).Datagram(true, "M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n"u8.ToArray());
        Assert.That(bench.Announced, Is.EquivalentTo(new[] { "SSDP service upnp:rootdevice", "SSDP product Linux UPnP/1.0 Heater/2.1", "SSDP description at http://192.0.2.9/d.xml" }));
        Assert.That((bench.Facts.Protocol, bench.Protection), Is.EqualTo((ServiceProtocol.Ssdp, ContentProtection.Clear)));
        Assert.That(new ContentBench(1900, Transport.Udp, dutIsClient: false).Datagram(true, notice).Announced, Is.Empty);
    }

    [Test]
    public void Rows_add_up_in_every_table()
    {
        var (ledger, flow) = (new TrafficLedger(["a.pcap"]), new ContentBench(53, Transport.Udp).Flow);
        foreach (var (frame, type) in new[] { (1L, "A"), (7L, "AAAA") })
        {
            ledger.AddQuery("x.example", type, flow, frame);
            ledger.AddAnswer("X.example", flow);
            ledger.AddTime(4, false, false, flow, frame + 1);
            ledger.AddTime(4, false, true, flow, frame + 2);
            ledger.AddAnnouncement("DHCP", "host name", "heater", flow, frame + 4);
        }

        ledger.AddGivenServer(IPAddress.Parse("192.0.2.7"));
        var query = ledger.NameQueries.Single();
        Assert.That((query.Count, query.Answered, string.Join(',', query.Types), query.ServerIsGiven, query.Where.Count), Is.EqualTo((2L, 2L, "A,AAAA", (bool?)true, 2L)));
        var time = ledger.TimeSources.Single();
        Assert.That((time.Queries, time.Answers, time.Where.Count, time.Authenticated), Is.EqualTo((2L, 2L, 4L, false)));
        Assert.That(ledger.Announcements.Single().Where.Frames, Is.EqualTo(new[] { 5L, 11 }));
    }

    [Test]
    public void Query_away_from_the_port_of_dns_is_told_by_its_form_and_random_bytes_are_not()
    {
        Assert.That(new ContentBench(5300, Transport.Udp).Datagram(true, DnsMessage.Query(7, true, [("x.example", DnsType.A)])).Facts.Protocol, Is.EqualTo(ServiceProtocol.Dns));
        for (var seed = 0; seed < 200; seed++)
        {
            var bench = new ContentBench(5300, Transport.Udp).Datagram(true, ContentBench.Random(200, seed)).Datagram(false, ContentBench.Random(64, ~seed));
            Assert.That((bench.Protection, bench.Announced.Length, bench.Items.Length), Is.EqualTo((ContentProtection.Unknown, 0, 0)), $"seed {seed}");
        }
    }
}
