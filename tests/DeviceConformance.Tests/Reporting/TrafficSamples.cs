using System.Collections.Immutable;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;

namespace DeviceConformance.Tests.Reporting;

/// <summary>Captured traffic that the tests of reports are run on; all of it is made up.</summary>
internal static class TrafficSamples
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 22, 15, 0, TimeSpan.Zero);

    /// <summary>Every protection, standing, opener and place, with all that the tables show.</summary>
    public static Assessment EveryKind { get; } = With(Kinds());

    /// <summary>A day in one capture: forty destinations on the Internet, five phases, a rhythm of minutes to hours.</summary>
    public static Assessment Day { get; } = With(OfDay());

    /// <summary>Ten seconds, one destination, no phases.</summary>
    public static Assessment TenSeconds { get; } = With(Seen(
        [Capture("short.pcap", 0, 10)],
        [],
        [Talk("198.51.100.9", "cloud.example.com", 8883, ServiceProtocol.Tls, "TLS 1.3", ContentProtection.Encrypted, 1, 9, 1, 1)]));

    /// <summary>Two hours in three captures with time between them, thirty phases.</summary>
    public static Assessment ManyPhases { get; } = With(Seen(
        [Capture("a.pcapng", 0, 1200), Capture("b.pcapng", 2400, 4200), Capture("c.pcapng", 6000, 7200)],
        [.. Enumerable.Range(0, 30).Select(at => new CapturePhase(at % 2 == 0 ? $"in use {(at / 2) + 1}" : $"idle {(at / 2) + 1}", Start.AddSeconds(240 * at), Start.AddSeconds(240 * (at + 1))))],
        [
            Talk("198.51.100.9", "cloud.example.com", 8883, ServiceProtocol.Tls, "TLS 1.3", ContentProtection.Encrypted, 5, 7190, 30, 1),
            Talk("192.168.1.1", "", 53, ServiceProtocol.Dns, "DNS", ContentProtection.Clear, 5, 7000, 44, 2, Transport.Udp),
        ]));

    /// <summary>Captures in which the DUT said nothing.</summary>
    public static Assessment Silent { get; } = With(Seen([Capture("quiet.pcap", 0, 3600)], [], []));

    /// <summary>Captures without a single frame.</summary>
    public static Assessment NoFrame { get; } = With(Seen([new CaptureSeen("empty.pcap", new string('0', 64), "pcap", 0, 24, null, null, null, "")], [], []));

    /// <summary>Two analyses that stand beside each other.</summary>
    public static Assessment Twice { get; } = EveryKind with { Traffic = [.. EveryKind.Traffic, .. TenSeconds.Traffic] };

    public static IEnumerable<Assessment> All => [EveryKind, Day, Twice, TenSeconds, ManyPhases, Silent, NoFrame];

    /// <summary>Traffic in which every text that comes from outside is <paramref name="text"/>.</summary>
    public static Assessment WithText(string text)
    {
        var where = new FrameSet(text, [1, 2], 9, text);
        var tls = new SeenTls(1, 1, 1, [TlsVersion.Tls12], [text], [TlsVersion.Tls13], [text], [text], [text], [text], [new SeenCertificate(text, text, text, [text], Start, Start, text, text)], true);
        var talk = new ConversationSeen(ConversationOpener.Dut, text, [text], Transport.Tcp, 1, ServiceProtocol.Http, text, ContentProtection.Clear, text, 1, 1, 1, 1, Start, Start.AddSeconds(1), [text], [Start], tls, [text], where);
        var seen = new TrafficSeen(
            [new CaptureSeen(text, text, text, 1, 1, Start, Start.AddSeconds(1), 1, text)],
            [new CapturePhase(text, Start, Start.AddSeconds(1))],
            [new AddressSeen(text, AddressKind.LocalMac, text, Start, Start, where)],
            [talk, talk with { PeerNames = [] }, talk with { Peer = "8.8.8.8", PeerNames = [text], Protection = ContentProtection.Encrypted }],
            [new NameSeen(text, text, text, where)],
            [new NameQuerySeen(text, [text], text, 53, 1, 1, false, where)],
            [new TimeSourceSeen(text, [text], 4, true, 1, 1, where)],
            [new AnnouncementSeen(text, text, text, where)],
            [new ClearItemSeen(ClearItemKind.Token, text, text, true, text, [text], Transport.Tcp, 1, text, where)],
            new TrafficTally(1, 1, 1, 1, 1, 1, 1, 1, 1, 1))
        {
            Coverage = Coverage.Partial(text),
        };
        return Samples.WithText(text) with
        {
            Traffic = [AssessedTraffic.Of(new EvidenceRef(text, Samples.Ref("hostile").Sha256), seen, _ => (TrafficStanding.Undeclared, [text]))],
        };
    }

    public static Assessment With(TrafficSeen seen) => Samples.Passing with { Traffic = [AssessedTraffic.Of(Samples.Ref("obs/0042"), seen, Stand)] };

    public static TrafficSeen Seen(ImmutableArray<CaptureSeen> files, ImmutableArray<CapturePhase> phases, ImmutableArray<ConversationSeen> conversations) => new(
        files,
        phases,
        [new AddressSeen("02:00:5e:10:00:01", AddressKind.LocalMac, "declared", Start, Start.AddHours(1), Where(1)), new AddressSeen("192.168.1.40", AddressKind.IPv4, "DHCP", Start, Start.AddHours(1), Where(4))],
        conversations,
        [],
        [],
        [],
        [],
        [],
        new TrafficTally(files.Sum(file => file.Frames), files.Sum(file => file.Length), files.Sum(file => file.Frames) / 2, 120, 60, 0, 0, 0, 0, 0))
    {
        Coverage = Coverage.Complete($"{files.Sum(file => file.Frames)} frames of {files.Length} captures, none lost."),
    };

    public static ConversationSeen Talk(string peer, string name, int port, ServiceProtocol protocol, string application, ContentProtection protection, int from, int to, int count, int seed, Transport? transport = Transport.Tcp) => new(
        ConversationOpener.Dut,
        peer,
        name.Length > 0 ? [name] : [],
        transport,
        port,
        protocol,
        application,
        protection,
        protection == ContentProtection.Encrypted ? "records of TLS follow the handshake" : "readable text",
        count,
        count,
        1200L * count * seed,
        5400L * count,
        Start.AddSeconds(from),
        Start.AddSeconds(to),
        [],
        [.. Enumerable.Range(0, Math.Min(count, ConversationSeen.MostStarts)).Select(at => Start.AddSeconds(from + ((to - from) * (long)at / Math.Max(1, count)) + (at * seed * 7 % 23 / 10.0)))],
        protocol == ServiceProtocol.Tls && protection == ContentProtection.Encrypted
            ? new SeenTls(count, count, 0, [TlsVersion.Tls13], ["TLS_AES_128_GCM_SHA256"], [TlsVersion.Tls12, TlsVersion.Tls13], [name], ["h2"], ["579ccef312d18482fc42e2b822ca2430"], ["t13d1516h2_8daaf6152771_02713d6af862"], [], false)
            : null,
        [],
        Where(seed * 100, $"ip.addr == {peer} && {(transport == Transport.Udp ? "udp" : "tcp")}.port == {port}"));

    private static TrafficSeen Kinds()
    {
        ImmutableArray<ConversationSeen> talks =
        [
            Talk("198.51.100.9", "cloud.example.com", 8883, ServiceProtocol.Tls, "MQTT over TLS 1.3", ContentProtection.Encrypted, 20, 3500, 14, 3),
            Talk("198.51.100.10", "updates.example.com", 443, ServiceProtocol.Tls, "TLS 1.2", ContentProtection.Encrypted, 60, 3300, 3, 9),
            Talk("203.0.113.80", "telemetry.analytics-partner.example.net", 80, ServiceProtocol.Http, "HTTP/1.1", ContentProtection.Clear, 130, 3400, 12, 5) with { Requests = ["POST /collect", "GET /config.json"] },
            Talk("203.0.113.81", "", 6667, ServiceProtocol.Unknown, "unknown", ContentProtection.Unknown, 900, 1800, 6, 4, Transport.Udp) with { Because = "7.9 bits of entropy in each byte, no known header" },
            Talk("192.168.1.1", "router.lan", 53, ServiceProtocol.Dns, "DNS", ContentProtection.Clear, 10, 3500, 22, 1, Transport.Udp),
            Talk("192.168.1.20", "", 80, ServiceProtocol.Http, "HTTP/1.1", ContentProtection.Clear, 700, 760, 2, 2) with { Opener = ConversationOpener.Peer },
            Talk("192.168.1.21", "", 443, ServiceProtocol.Tls, "", ContentProtection.NoContent, 800, 810, 1, 2) with { Opener = ConversationOpener.Unknown, Established = 0, Tls = null },
            Talk("224.0.0.251", "", 5353, ServiceProtocol.Mdns, "mDNS", ContentProtection.Clear, 15, 3550, 31, 1, Transport.Udp),
            Talk("255.255.255.255", "", 67, ServiceProtocol.Dhcp, "DHCP", ContentProtection.Clear, 5, 1806, 2, 1, Transport.Udp),
            Talk("ff02::2", "", 0, ServiceProtocol.Other, "ICMPv6", ContentProtection.Clear, 6, 3000, 9, 1, null),
            Talk("192.0.2.123", "ntp.example.org", 123, ServiceProtocol.Ntp, "NTP 4", ContentProtection.Clear, 12, 3512, 57, 1, Transport.Udp),
        ];
        return Seen(
            [Capture("boot.pcapng", 0, 1500) with { Dropped = 3 }, Capture("later.pcapng", 1800, 3600) with { Fault = "byte 1048600: a block of 812 bytes ends after 400", Dropped = null }],
            [new CapturePhase("start-up", Start, Start.AddSeconds(120)), new CapturePhase("idle", Start.AddSeconds(120), Start.AddSeconds(1500)), new CapturePhase("after reset", Start.AddSeconds(1800), Start.AddSeconds(3600))],
            talks) with
        {
            NameQueries =
            [
                new NameQuerySeen("cloud.example.com", ["A", "AAAA"], "192.168.1.1", 53, 12, 12, true, Where(21, "dns.qry.name == \"cloud.example.com\"")),
                new NameQuerySeen("telemetry.analytics-partner.example.net", ["A"], "8.8.8.8", 53, 4, 0, false, Where(24, "dns.qry.name == \"telemetry.analytics-partner.example.net\"")),
                new NameQuerySeen("updates.example.com", ["A"], "192.168.1.1", 53, 3, 3, null, Where(26, "dns.qry.name == \"updates.example.com\"")),
            ],
            TimeSources = [new TimeSourceSeen("192.0.2.123", ["ntp.example.org"], 4, false, 57, 55, Where(31, "ntp && ip.addr == 192.0.2.123"))],
            Announcements = [new AnnouncementSeen("DHCP", "host name", "GW-24-004711", Where(2, "dhcp.option.hostname")), new AnnouncementSeen("SSDP", "firmware version", "Thermona/2.1.0 UPnP/1.1", Where(77, "ssdp"))],
            ClearItems =
            [
                new ClearItemSeen(ClearItemKind.Credential, "HTTP Basic", "base64", false, "192.168.1.20", [], Transport.Tcp, 80, "AuthMech-1", Where(501, "frame.number == 501")),
                new ClearItemSeen(ClearItemKind.PersonalDatum, "e-mail address", "JSON", true, "203.0.113.80", ["telemetry.analytics-partner.example.net"], Transport.Tcp, 80, "PersData-1", Where(502, "frame.number == 502")),
            ],
            Tally = new TrafficTally(81_234, 61_000_512, 40_117, 1200, 39_917, 2, 14, 3, 5, 0),
            Coverage = Coverage.Partial("81,234 frames of 2 captures, 55 minutes; 3 frames were lost, 5 gaps in streams, later.pcapng ends at byte 1048600."),
        };
    }

    private static TrafficSeen OfDay()
    {
        const int Day = 86_400;
        var internet = Enumerable.Range(0, 40).Select(at => Talk(
            $"203.0.113.{at + 1}",
            at % 7 == 3 ? "" : $"{(at % 5 == 0 ? "device-telemetry-ingest-" : "api-")}{at:D2}.{(at % 2 == 0 ? "eu-central-1.compute.example.com" : "example.net")}",
            at % 6 == 5 ? 80 : 443,
            at % 6 == 5 ? ServiceProtocol.Http : ServiceProtocol.Tls,
            at % 6 == 5 ? "HTTP/1.1" : "TLS 1.3",
            at % 6 == 5 ? ContentProtection.Clear : at % 11 == 7 ? ContentProtection.Unknown : ContentProtection.Encrypted,
            at * 311,
            Day - (at * 877),
            at % 4 == 0 ? 1440 : 24 + at,
            at + 1));
        return Seen(
            [Capture("day.pcapng", 0, Day)],
            [
                new CapturePhase("start-up", Start, Start.AddSeconds(300)),
                new CapturePhase("idle", Start.AddSeconds(300), Start.AddHours(8)),
                new CapturePhase("in use", Start.AddHours(8), Start.AddHours(12)),
                new CapturePhase("update", Start.AddHours(12), Start.AddHours(12.5)),
                new CapturePhase("outage", Start.AddHours(12.5), Start.AddHours(13)),
                new CapturePhase("idle again", Start.AddHours(13), Start.AddHours(24)),
            ],
            [
                .. internet,
                Talk("192.168.1.1", "router.lan", 53, ServiceProtocol.Dns, "DNS", ContentProtection.Clear, 2, Day, 4000, 1, Transport.Udp),
                Talk("192.168.1.1", "router.lan", 67, ServiceProtocol.Dhcp, "DHCP", ContentProtection.Clear, 1, Day, 48, 1, Transport.Udp),
                Talk("224.0.0.251", "", 5353, ServiceProtocol.Mdns, "mDNS", ContentProtection.Clear, 15, Day, 2880, 1, Transport.Udp),
                Talk("fe80::5054:ff:fe12:3456", "", 5683, ServiceProtocol.Coap, "CoAP", ContentProtection.Clear, 15, Day, 288, 1, Transport.Udp),
            ]);
    }

    // Declared: the cloud, updates, and api-* of the day; basic: what every network has; nothing else.
    private static (TrafficStanding, ImmutableArray<string>) Stand(ConversationSeen seen) =>
        seen.PeerNames is [var name, ..] && (name is "cloud.example.com" or "updates.example.com" || name.StartsWith("api-", StringComparison.Ordinal))
            ? (TrafficStanding.Declared, [name == "updates.example.com" ? "ComMech-2" : "ComMech-1"])
            : seen.Transport is null || seen.Protocol is ServiceProtocol.Dns or ServiceProtocol.Dhcp or ServiceProtocol.Mdns or ServiceProtocol.Ntp
                ? (TrafficStanding.BasicService, [])
                : (TrafficStanding.Undeclared, []);

    private static CaptureSeen Capture(string name, int from, int to) =>
        new(name, Samples.Ref(name).Sha256, "pcapng", 1000 + to, 800_000L + to, Start.AddSeconds(from), Start.AddSeconds(to), 0, "");

    private static FrameSet Where(long frame, string filter = "") => new("boot.pcapng", [frame, frame + 1], 2 + (frame % 3), filter);
}
