using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.TestCases;

/// <summary>Destinations as declared against those that captures show, both ways, and what captures have to hold before they pass anything.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class DestinationVerdictTests
{
    private const string Cloud = "api.example.com";
    private const string Updates = "updates.example.com";
    private static readonly string _mechanism = new Bench(StandardEdition.V3).Catalogue.Table(IxitRole.ComMech).Stem + "-2";

    private static IEnumerable<TestCaseData> Insufficient()
    {
        static TestCaseData Row(string name, Func<TrafficSeen, TrafficSeen> spoil, string says) => new TestCaseData(spoil, says).SetArgDisplayNames(name);
        yield return Row("loss not counted", traffic => Counted(traffic, tally => tally with { Dropped = null }), "no count says whether frames were lost");
        yield return Row("lost frames", traffic => Counted(traffic, tally => tally with { Dropped = 3 }), "3 frames were lost");
        yield return Row("gaps", traffic => Counted(traffic, tally => tally with { StreamGaps = 1 }), "1 gaps");
        yield return Row("undecoded", traffic => Counted(traffic, tally => tally with { Undecoded = 2 }), "2 frames could not be decoded");
        yield return Row("cut", traffic => Counted(traffic, tally => tally with { Cut = 2 }), "2 frames were captured in part");
        yield return Row("given up", traffic => Counted(traffic, tally => tally with { Evicted = 1 }), "given up");
        yield return Row("damaged file", traffic => traffic with { Files = [traffic.Files[0] with { Fault = "ended at byte 77" }] }, "dut.pcapng ended at byte 77");
        yield return Row("incomplete otherwise", traffic => traffic with { Coverage = Bench.Part }, "half of it");
        yield return Row("no phases", traffic => traffic with { Phases = [] }, "nobody marked phases");
        yield return Row("a phase missing", traffic => traffic with { Phases = traffic.Phases.RemoveAll(phase => phase.Name == "in use") }, "the phases in use are not marked");
        yield return Row("an empty phase", traffic => traffic with { Phases = [.. traffic.Phases.Select(phase => phase.Name == "idle" ? phase with { To = phase.From } : phase)] }, "the phases idle are not marked");
        yield return Row("a phase outside", traffic => traffic with { Phases = [.. traffic.Phases.Select(phase => phase.Name == "idle" ? new CapturePhase("idle", Watched.From.AddHours(2), Watched.From.AddHours(3)) : phase)] }, "the phases idle are not marked");
        yield return Row("nobody watched in between", traffic => traffic with { Files = [traffic.Files[0] with { Last = Watched.From.AddMinutes(4) }, traffic.Files[0] with { First = Watched.From.AddMinutes(16) }] }, "watched for 8 minutes, and 10 minutes are needed");
        yield return Row("a phase in between", traffic => traffic with { Files = [traffic.Files[0] with { Last = Watched.From.AddMinutes(4) }, traffic.Files[0] with { First = Watched.From.AddMinutes(11) }] }, "the phases idle are not marked");
        yield return Row("too short", traffic => traffic with { Files = [traffic.Files[0] with { Last = Watched.From.AddMinutes(9) }] }, "watched for 9 minutes, and 10 minutes are needed");
        yield return Row("protection unknown", traffic => traffic with { Conversations = [.. traffic.Conversations.Select(conversation => conversation with { Protection = ContentProtection.Unknown, Because = "high entropy" })] }, "nobody can tell whether all that was said with");
        yield return Row("several MAC addresses", traffic => traffic with { Addresses = [Mac("02:00:5e:10:00:01", "ARP"), Mac("02:00:5e:10:00:02", "ARP")] }, "several MAC addresses had an address of the DUT");
        yield return Row("no whole handshake", traffic => traffic with { Conversations = [.. traffic.Conversations.Select(conversation => conversation with { Tls = conversation.Tls! with { Completed = 0 } })] }, "no handshake was seen to its end");
    }

    private static AddressSeen Mac(string address, string from) => new(address, AddressKind.LocalMac, from, Watched.From, Watched.From, Watched.Frames);

    [Test]
    public void Every_declared_peer_and_the_versions_have_to_be_shown()
    {
        var traffic = Watched.Traffic(Watched.Encrypted(Cloud, 443, TlsVersion.Tls13));
        Finding Judged(Func<ComMechFacts, ComMechFacts> change) => Of(Judge(traffic, bench => bench.Facts(_mechanism, change)), "5.5-1-2 a", $"{_mechanism}/traffic");

        var unseen = Judged(facts => facts with { Peers = [Peer($"tcp/{Cloud}:443"), Peer("tcp/second.example.com:443")] });
        var open = Judged(facts => facts with { Versions = [] });

        Assert.That((unseen.Verdict, open.Verdict), Is.EqualTo((Verdict.Inconclusive, Verdict.Inconclusive)));
        Assert.That(unseen.Statement, Does.Contain("nothing was seen to be said with tcp/second.example.com:443"));
        Assert.That(open.Statement, Does.Contain("do not say which versions"));
    }

    [TestCaseSource(nameof(Insufficient))]
    public void Client_passes_by_a_capture_that_can_have_missed_nothing_and_by_no_other(Func<TrafficSeen, TrafficSeen> spoil, string says)
    {
        var sound = Watched.Traffic(Watched.Encrypted(Cloud, 443, TlsVersion.Tls13));
        Assert.That(Of(Judge(sound), "5.5-1-2 a", $"{_mechanism}/traffic").Verdict, Is.EqualTo(Verdict.Pass));

        var finding = Of(Judge(spoil(sound)), "5.5-1-2 a", $"{_mechanism}/traffic");

        Assert.That(finding.Verdict, Is.EqualTo(Verdict.Inconclusive));
        Assert.That(finding.Statement, Does.Contain("agrees with its declaration").And.Contain(says));
    }

    [Test]
    public void Declared_connection_that_was_never_seen_is_open_and_says_how_long_was_watched()
    {
        var finding = Of(Judge(Watched.Traffic()), "5.5-1-2 a", $"{_mechanism}/traffic");
        Assert.That(finding.Verdict, Is.EqualTo(Verdict.Inconclusive));
        Assert.That(finding.Statement, Does.Contain("tcp/api.example.com:443").And.Contain("20 minutes between 2026-11-20 08:00:00 and 2026-11-20 08:20:00 UTC"));
        Assert.That(finding.Missing, Does.Contain("Make the DUT connect there"));
    }

    [Test]
    public void Encrypted_talk_with_an_undeclared_host_is_the_examiners()
    {
        var findings = Judge(Watched.Traffic(Watched.Encrypted(Cloud, 443, TlsVersion.Tls13), Watched.Encrypted("collect.tracker.example", 443, TlsVersion.Tls13) with { Peer = "203.0.113.9" }));
        var finding = Of(findings, "5.5-1-2 a", "traffic/203.0.113.9");
        Assert.That(finding.Verdict, Is.EqualTo(Verdict.Inconclusive));
        Assert.That(finding.Statement, Does.Contain("TLS with collect.tracker.example (203.0.113.9) tcp/443 belongs to no declared mechanism (dut.pcapng frames 17, 18 (tcp.stream == 3))"));
        Assert.That(Failing(findings), Is.Empty);
    }

    [Test]
    public void Readable_talk_with_a_host_that_is_declared_with_protection_fails_at_whatever_port()
    {
        var findings = Judge(Watched.Traffic(Watched.Encrypted(Cloud, 443, TlsVersion.Tls13), Watched.Clear(Cloud, 8080, ServiceProtocol.Http, "HTTP/1.1")));
        Assert.That(Failing(findings), Is.EquivalentTo(new[] { "5.5-1-2 a" }));
        var finding = Of(findings, "5.5-1-2 a", $"{_mechanism}/traffic");
        Assert.That(finding.Statement, Does.Contain("declares TLS with tcp/api.example.com:443, and nothing declares anything for api.example.com (198.51.100.9) tcp/8080, but the DUT speaks HTTP/1.1 there in clear"));
        Assert.That(findings["5.5-1-2 a"].Select(other => other.Subject), Has.None.EqualTo("traffic/198.51.100.9"), "it is judged once");
    }

    [Test]
    public void Readable_talk_with_such_a_host_that_another_entry_declares_does_not_fail()
    {
        var findings = Judge(Watched.Traffic(Watched.Encrypted(Cloud, 443, TlsVersion.Tls13), Watched.Clear(Cloud, 8080, ServiceProtocol.Http, "HTTP/1.1")), bench =>
            bench.Entry(IxitRole.ComMech, _mechanism.Replace("-2", "-3", StringComparison.Ordinal), Client(CommProtocol.None, $"tcp/{Cloud}:8080")));
        Assert.That(Failing(findings), Is.Empty);
        Assert.That(findings["5.5-1-2 a"].Select(finding => finding.Verdict), Has.All.EqualTo(Verdict.Pass));
    }

    [TestCase(true, null, true, ConversationOpener.Dut)]
    [TestCase(true, null, true, ConversationOpener.Unknown)]
    [TestCase(true, null, false, ConversationOpener.Peer)]
    [TestCase(false, null, false, ConversationOpener.Dut)]
    [TestCase(false, false, true, ConversationOpener.Dut)]
    [TestCase(false, true, false, ConversationOpener.Dut)]
    public void Resolver_that_the_device_was_not_given_is_the_examiners(bool labNamesAnother, bool? isGiven, bool isOpen, ConversationOpener opener)
    {
        var question = Watched.Clear("", 53, ServiceProtocol.Dns, "DNS") with { Opener = opener, Peer = "203.0.113.53", PeerNames = [], Transport = Transport.Udp };
        var traffic = Watched.Traffic(Watched.Encrypted(Cloud, 443, TlsVersion.Tls13), question) with { NameQueries = [new NameQuerySeen(Cloud, ["A"], "203.0.113.53", 53, 1, 1, isGiven, Watched.Frames)] };
        var findings = Judge(traffic, bench => bench.Lab = labNamesAnother ? bench.Lab with { NameServers = [DutAddress.Parse("192.0.2.1")] } : bench.Lab);
        Assert.That(findings["5.5-1-2 a"].Where(finding => finding.Verdict == Verdict.Inconclusive).Select(finding => finding.Subject), isOpen ? Is.EqualTo(new[] { "traffic/203.0.113.53" }) : Is.Empty);
        Assert.That(findings["5.5-1-2 a"].Any(finding => finding.Statement.Contains("a resolver that it was not given", StringComparison.Ordinal)), Is.EqualTo(isOpen));
    }

    [Test]
    public void Search_for_updates_goes_to_the_declared_server_in_the_declared_way()
    {
        TrafficSeen Seen(params ConversationSeen[] more) => Watched.Traffic([Watched.Encrypted(Cloud, 443, TlsVersion.Tls13), .. more]);
        Dictionary<string, List<Finding>> Judged(TrafficSeen traffic) => Judge(traffic, bench => bench.Facts<UpdMechFacts>("UpdMech-1", facts => facts with { Servers = [Peer($"tcp/{Updates}:443")] }));
        var declared = Watched.Encrypted(Updates, 443, TlsVersion.Tls13) with { Peer = "203.0.113.7" };

        Assert.That(Of(Judged(Seen(declared)), "5.3-10-1 c", "UpdMech-1/traffic").Verdict, Is.EqualTo(Verdict.Pass));
        Assert.That(Of(Judged(Seen(declared) with { Phases = [] }), "5.3-10-1 c", "UpdMech-1/traffic").Statement, Does.Contain("nobody marked phases"));
        Assert.That(Of(Judged(Seen(declared with { BytesFromDut = 0 })), "5.3-10-1 c", "UpdMech-1/traffic").Verdict, Is.EqualTo(Verdict.Inconclusive), "a connection without a question is no search");
        Assert.That(Of(Judged(Seen()), "5.3-10-1 c", "UpdMech-1/traffic").Statement, Does.Contain("asks tcp/updates.example.com:443 for updates, and that was not seen"));
        var otherWay = Of(Judged(Seen(declared, Watched.Clear(Updates, 80, ServiceProtocol.Http, "HTTP/1.1") with { Peer = "203.0.113.7" })), "5.3-10-1 c", "traffic/203.0.113.7");
        Assert.That((otherWay.Verdict, otherWay.Statement), Is.EqualTo((Verdict.Inconclusive, "The DUT speaks HTTP/1.1 with updates.example.com (203.0.113.7) tcp/80, a server of UpdMech-1, in a way that UpdMech-1 does not declare; see dut.pcapng frames 17, 18 (tcp.stream == 3).")));
        var elsewhere = Of(Judged(Seen(declared, Watched.Clear("cdn.example.net", 80, ServiceProtocol.Http, "HTTP/1.1") with { Peer = "203.0.113.8", Requests = ["GET /firmware/latest.json"] })), "5.3-10-1 c", "traffic/203.0.113.8");
        Assert.That((elsewhere.Verdict, elsewhere.Statement.Contains("GET /firmware/latest.json to cdn.example.net", StringComparison.Ordinal)), Is.EqualTo((Verdict.Inconclusive, true)));
    }

    [TestCase(Transport.Tcp, 8081, 100, Verdict.Fail)]
    [TestCase(Transport.Tcp, 50001, 100, Verdict.Inconclusive)]
    [TestCase(Transport.Udp, 8081, 100, Verdict.Inconclusive)]
    [TestCase(Transport.Tcp, 8081, 0, null)]
    [TestCase(Transport.Tcp, Bench.Https, 100, null)]
    public void Port_on_which_others_were_answered_has_to_be_declared(Transport transport, int port, int answered, Verdict? verdict)
    {
        var served = Watched.Clear("", port, ServiceProtocol.Http, "HTTP/1.1") with { Opener = ConversationOpener.Peer, Peer = "192.0.2.50", PeerNames = [], Transport = transport, BytesFromDut = answered };
        var findings = Judge(Watched.Traffic(served))["5.6-1-2 c"].Where(finding => finding.Subject.StartsWith("traffic/", StringComparison.Ordinal)).ToList();
        Assert.That(findings.Select(finding => (Verdict?)finding.Verdict), verdict is null ? Is.Empty : Is.EqualTo(new[] { verdict }));
        Assert.That(Judge(Watched.Traffic(served))["5.5-5-2 b"].Any(finding => finding.Subject.StartsWith("traffic/", StringComparison.Ordinal)), Is.EqualTo(verdict is not null), "whether anything is set by it is not known");
    }

    [TestCase(InterfaceStatus.Disabled, true, ContentProtection.Encrypted, 100, Verdict.Fail)]
    [TestCase(InterfaceStatus.Disabled, true, ContentProtection.Encrypted, 0, null)]
    [TestCase(InterfaceStatus.Enabled, true, ContentProtection.Clear, 100, Verdict.Inconclusive)]
    [TestCase(InterfaceStatus.Enabled, false, ContentProtection.Clear, 100, null)]
    [TestCase(InterfaceStatus.Enabled, true, ContentProtection.Encrypted, 100, null)]
    public void Declared_interface_in_use_is_in_the_declared_state(InterfaceStatus status, bool tls, ContentProtection protection, int answered, Verdict? verdict)
    {
        var served = Watched.Clear("", Bench.Https, ServiceProtocol.Http, "HTTP/1.1") with { Opener = ConversationOpener.Peer, Peer = "192.0.2.50", PeerNames = [], BytesFromDut = answered, Protection = protection };
        var findings = Judge(Watched.Traffic(served), bench => bench.Facts<LogIntfFacts>("LogIntf-1", facts => facts with { Status = Bench.Fact(status), Tls = Bench.Fact(tls) }));
        Assert.That(
            findings["5.6-1-2 a"].Where(finding => finding.Subject == "LogIntf-1/traffic").Select(finding => (Verdict?)finding.Verdict),
            verdict is null ? Is.Empty : Is.EqualTo(new[] { verdict }));
    }

    [TestCase("serial", "x", true)]
    [TestCase("firmware version", "x", true)]
    [TestCase("description", "unit S1-77 of the kitchen", true)]
    [TestCase("host name", "lamp", false)]
    public void What_is_told_to_everybody_is_held_against_what_is_declared_to_be_disclosed(string what, string text, bool fails)
    {
        var traffic = Watched.Traffic() with { Announcements = [new AnnouncementSeen("SSDP", what, text, Watched.Frames)] };
        Assert.That(Failing(Judge(traffic, serial: "S1-77")), fails ? Is.EqualTo(new[] { "5.6-2-2 a" }) : Is.Empty);
        Assert.That(
            Failing(Judge(traffic, bench => bench.Facts<LogIntfFacts>("LogIntf-1", facts => facts with { Discloses = [DisclosureKind.SerialNumber, DisclosureKind.Version] }), serial: "S1-77")),
            Is.Empty,
            "declared to disclose it");
    }

    [TestCase(Cloud, true)]
    [TestCase("other.example.com", false)]
    public void Traffic_that_the_mud_file_does_not_let_pass_is_the_examiners(string host, bool passes)
    {
        var findings = Judge(Watched.Traffic(Watched.Encrypted(Cloud, 443, TlsVersion.Tls13)), bench => bench.Lab = bench.Lab with { MudFile = new MudFile("lamp.json", [new MudRule(true, host, false, Transport.Tcp, 443, 443)]) });
        var outside = findings["5.5-1-2 a"].Where(finding => finding.Subject == "traffic/198.51.100.9/mud").ToList();
        Assert.That(outside.Select(finding => finding.Verdict), passes ? Is.Empty : Is.EqualTo(new[] { Verdict.Inconclusive }));
        Assert.That(outside.Select(finding => finding.Statement), Has.All.Contains("lamp.json does not let pass: TLS with api.example.com (198.51.100.9) tcp/443 (dut.pcapng frames 17, 18"));
    }

    [Test]
    public void Readable_broadcast_in_words_of_its_own_is_the_examiners()
    {
        var said = Watched.Clear("", 15667, ServiceProtocol.Unknown, "") with { Peer = "192.0.2.255", PeerNames = [], Transport = Transport.Udp, BytesToDut = 0 };
        Assert.That(Of(Judge(Watched.Traffic(said)), "5.6-2-2 a", "traffic/192.0.2.255").Verdict, Is.EqualTo(Verdict.Inconclusive));
    }

    [Test]
    public void Credential_of_a_login_with_cryptography_that_passes_readably_fails_the_login()
    {
        var item = new ClearItemSeen(ClearItemKind.DeclaredSecret, "password of AuthMech-1", "base64", false, "192.0.2.50", [], Transport.Tcp, 80, "AuthMech-1", Watched.Frames);
        var findings = Judge(Watched.Traffic() with { ClearItems = [item] });
        Assert.That(Failing(findings), Does.Contain("5.1-3-2 a"));
        Assert.That(Of(findings, "5.1-3-2 a", "AuthMech-1/traffic").Statement, Does.Contain("passes readably (base64) to the DUT from 192.0.2.50 tcp/80"));
    }

    private static TrafficSeen Counted(TrafficSeen traffic, Func<TrafficTally, TrafficTally> change) => traffic with { Tally = change(traffic.Tally) };

    private static DeclaredPeer Peer(string text) => DeclaredPeer.TryParse(text, out var peer) ? peer : throw new ArgumentException(text);

    private static ComMechFacts Client(CommProtocol protocol, string peer) =>
        new() { Protocol = Bench.Fact(protocol), Role = Bench.Fact(CommRole.Client), Peers = [Peer(peer)], Versions = protocol == CommProtocol.Tls ? [TlsVersion.Tls13] : [] };

    private static Finding Of(Dictionary<string, List<Finding>> findings, string unit, string subject) => findings[unit].Single(finding => finding.Subject == subject);

    private static IEnumerable<string> Failing(Dictionary<string, List<Finding>> findings) =>
        findings.Where(pair => pair.Value.Exists(finding => finding.Verdict == Verdict.Fail)).Select(pair => pair.Key);

    private static Dictionary<string, List<Finding>> Judge(TrafficSeen traffic, Action<Bench>? change = null, string serial = "S1")
    {
        var bench = new Bench(StandardEdition.V3) { Serial = serial };
        bench.Entry(IxitRole.ComMech, _mechanism, Client(CommProtocol.Tls, $"tcp/{Cloud}:443"));
        bench.See(new TrafficWatch(), traffic);
        change?.Invoke(bench);
        return bench.Findings().ToDictionary(pair => pair.Key.ToString(), pair => pair.Value.ToList());
    }
}
