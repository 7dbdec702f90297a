using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.TestCases;

/// <summary>Ways in which a capture could pass a unit without proof: each leaves it open and says why. All else in these captures is sound.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FalsePassTests
{
    private const string Cloud = "api.example.com";
    private const string Tracker = "tracker.example";
    private static readonly string _mechanism = new Bench(StandardEdition.V3).Catalogue.Table(IxitRole.ComMech).Stem + "-2";

    private static ConversationSeen Sound => Watched.Encrypted(Cloud, 443, TlsVersion.Tls13);

    private static ConversationSeen Old => Watched.Encrypted(Cloud, 443, TlsVersion.Tls12);

    private static IEnumerable<TestCaseData> Doubtful()
    {
        static TestCaseData Row(string name, ConversationSeen conversation, string says, Func<ComMechFacts, ComMechFacts>? facts = null) => new TestCaseData(conversation, says, facts).SetArgDisplayNames(name);
        yield return Row("only resolved, another name asked for", Tls(Sound, tls => tls with { ServerNames = [Tracker] }), "and none was seen");
        yield return Row("offers an older version", Tls(Sound, tls => tls with { OfferedVersions = [TlsVersion.Tls13, TlsVersion.Tls10] }), "the DUT also offers TLS 1.0");
        yield return Row("every handshake refused", Tls(Sound, tls => tls with { Handshakes = 0, Completed = 0, Refused = 3, Versions = [], Suites = [] }), "no handshake was seen to its end");
        yield return Row("declared certificate hidden", Sound, "the declared certificate of api.example.com (198.51.100.9) tcp/443 is in no handshake that can be read", facts => facts with { CertificateSha256 = ["aa"] });
        yield return Row("another certificate", Tls(Old, tls => tls with { Certificates = [Certificate("bb", Cloud)] }), "shows other certificates than the declared one", facts => facts with { CertificateSha256 = ["aa"] });
        yield return Row("certificate run out", Tls(Old, tls => tls with { Certificates = [Certificate("bb", Cloud) with { NotAfter = Watched.From.AddDays(-1) }] }), "a certificate that was not valid then");
        yield return Row("certificate not yet valid", Tls(Old, tls => tls with { Certificates = [Certificate("bb", Cloud) with { NotBefore = Watched.From.AddDays(1) }] }), "a certificate that was not valid then");
        yield return Row("certificate of somebody else", Tls(Old, tls => tls with { Certificates = [Certificate("bb", Tracker)] }), "shows no certificate for api.example.com");
        yield return Row("wildcard of another level", Tls(Old, tls => tls with { Certificates = [Certificate("bb", "*.com")] }), "shows no certificate for api.example.com");
        yield return Row("silent at start-up", Sound with { Phases = ["in use"] }, "the DUT says nothing in the phases start-up");
        yield return Row("silent in use", Sound with { Phases = ["start-up", "idle"] }, "the DUT says nothing in the phases in use");
        yield return Row("only others talk at start-up", Sound with { Opener = ConversationOpener.Unknown, Phases = ["in use"] }, "the DUT says nothing in the phases start-up");
    }

    private static IEnumerable<TestCaseData> Undeclared()
    {
        static TestCaseData Row(string name, ConversationSeen conversation, string peer, string says) => new TestCaseData(conversation, peer, says).SetArgDisplayNames(name);
        var strange = Watched.Encrypted(Tracker, 443, TlsVersion.Tls13) with { Peer = "203.0.113.9" };
        yield return Row("another name at the declared address", Tls(Sound, tls => tls with { ServerNames = [Cloud, Tracker] }), "198.51.100.9", $"is also for {Tracker}, which no entry declares");
        yield return Row("Internet host that ends in 255", strange with { Peer = "8.8.8.255" }, "8.8.8.255", "belongs to no declared mechanism");
        yield return Row("connection with a local host that ends in 255", strange with { Peer = "192.168.4.255" }, "192.168.4.255", "belongs to no declared mechanism");
        yield return Row("datagrams that began before", strange with { Opener = ConversationOpener.Unknown, Transport = Transport.Udp, Port = 41641, Protocol = ServiceProtocol.Unknown, Protection = ContentProtection.Unknown, Tls = null }, "203.0.113.9", "udp/41641 belongs to no declared mechanism");
        yield return Row("tunnel", strange with { Transport = null, Port = 0, Protocol = ServiceProtocol.Unknown, Application = "GRE", Protection = ContentProtection.Unknown, Tls = null }, "203.0.113.9", "GRE with tracker.example (203.0.113.9) belongs to no declared mechanism");
        yield return Row("SSDP on the Internet", Watched.Clear("", 1900, ServiceProtocol.Ssdp, "SSDP") with { Peer = "8.8.4.4", PeerNames = [], Transport = Transport.Udp }, "8.8.4.4", "belongs to no declared mechanism");
        yield return Row("QUIC to the declared peer of TLS over TCP", strange with { Peer = "198.51.100.9", PeerNames = [Cloud], Transport = Transport.Udp, Application = "QUIC", Protection = ContentProtection.Encrypted, Tls = null }, "198.51.100.9", "udp/443 belongs to no declared mechanism");
    }

    [Test]
    public void Sound_capture_passes()
    {
        Assert.That(Client(Sound).Verdict, Is.EqualTo(Verdict.Pass));
        Assert.That(Client(Tls(Old, tls => tls with { Certificates = [Certificate("aa", "*.example.com")] }), facts => facts with { CertificateSha256 = ["aa"] }).Verdict, Is.EqualTo(Verdict.Pass));
        Assert.That(Judge([Sound])["5.5-1-2 a"].Where(finding => finding.Subject.StartsWith("traffic/", StringComparison.Ordinal)), Is.Empty);
    }

    [TestCaseSource(nameof(Doubtful))]
    public void Conversation_that_proves_less_than_is_declared_passes_nothing(ConversationSeen conversation, string says, Func<ComMechFacts, ComMechFacts>? facts)
    {
        var finding = Client(conversation, facts);
        Assert.That((finding.Verdict, finding.Statement), Is.EqualTo((Verdict.Inconclusive, finding.Statement)));
        Assert.That(finding.Statement, Does.Contain(says));
    }

    [TestCaseSource(nameof(Undeclared))]
    public void Talk_that_hides_behind_what_is_declared_or_needed_is_the_examiners(ConversationSeen conversation, string peer, string says)
    {
        ConversationSeen[] all = conversation.Tls is { } tls && tls.ServerNames.Contains(Cloud) ? [conversation] : [Sound, conversation];
        var finding = Judge([.. all])["5.5-1-2 a"].Single(finding => finding.Subject == $"traffic/{peer}");
        Assert.That((finding.Verdict, finding.Statement), Is.EqualTo((Verdict.Inconclusive, finding.Statement)));
        Assert.That(finding.Statement, Does.Contain(says));
    }

    [Test]
    public void Datagrams_that_began_before_on_a_declared_port_of_the_dut_are_its_servers()
    {
        var served = Watched.Clear("", Bench.Https, ServiceProtocol.Unknown, "") with { Opener = ConversationOpener.Unknown, Peer = "192.0.2.50", PeerNames = [], Protection = ContentProtection.Encrypted };
        Assert.That(Judge([Sound, served])["5.5-1-2 a"].Where(finding => finding.Subject.StartsWith("traffic/", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Connection_over_which_nothing_passes_shows_no_client_of_clear_text()
    {
        Finding Judged(ConversationSeen conversation) => Client(conversation, facts => facts with { Protocol = Bench.Fact(CommProtocol.None) });
        var said = Watched.Clear(Cloud, 443, ServiceProtocol.Http, "HTTP/1.1");
        Assert.That(Judged(said).Verdict, Is.EqualTo(Verdict.Pass), "declared as clear text, and seen as declared");
        var silent = Judged(said with { BytesFromDut = 0, BytesToDut = 0, Established = 0 });
        Assert.That((silent.Verdict, silent.Statement.Contains("nothing was seen to be said with tcp/api.example.com:443", StringComparison.Ordinal)), Is.EqualTo((Verdict.Inconclusive, true)));
    }

    [Test]
    public void Refused_search_for_updates_is_none()
    {
        var updates = Watched.Encrypted("updates.example.com", 443, TlsVersion.Tls13) with { Peer = "203.0.113.7" };
        Verdict Judged(ConversationSeen conversation) => Judge([Sound, conversation], bench => bench.Facts<UpdMechFacts>("UpdMech-1", facts => facts with { Servers = [Peer("tcp/updates.example.com:443")] }))["5.3-10-1 c"]
            .Single(finding => finding.Subject == "UpdMech-1/traffic").Verdict;
        Assert.That((Judged(updates), Judged(Tls(updates, tls => tls with { Handshakes = 0, Completed = 0, Refused = 1 }))), Is.EqualTo((Verdict.Pass, Verdict.Inconclusive)));
    }

    private static Finding Client(ConversationSeen conversation, Func<ComMechFacts, ComMechFacts>? facts = null) =>
        Judge([conversation, Others], bench => bench.Facts(_mechanism, facts ?? (same => same)))["5.5-1-2 a"].Single(finding => finding.Subject == $"{_mechanism}/traffic");

    // What others ask of the DUT is no sign that it did anything by itself.
    private static ConversationSeen Others =>
        Watched.Clear("", Bench.Https, ServiceProtocol.Tls, "TLS 1.3") with { Opener = ConversationOpener.Peer, Peer = "192.0.2.50", PeerNames = [], Protection = ContentProtection.Encrypted };

    private static Dictionary<string, List<Finding>> Judge(ImmutableArray<ConversationSeen> conversations, Action<Bench>? change = null)
    {
        var bench = new Bench(StandardEdition.V3);
        bench.Entry(IxitRole.ComMech, _mechanism, new ComMechFacts { Protocol = Bench.Fact(CommProtocol.Tls), Role = Bench.Fact(CommRole.Client), Peers = [Peer($"tcp/{Cloud}:443")], Versions = [TlsVersion.Tls12, TlsVersion.Tls13] });
        bench.See(new TrafficWatch(), Watched.Traffic([.. conversations]));
        change?.Invoke(bench);
        return bench.Findings().ToDictionary(pair => pair.Key.ToString(), pair => pair.Value.ToList());
    }

    private static ConversationSeen Tls(ConversationSeen conversation, Func<SeenTls, SeenTls> change) => conversation with { Tls = change(conversation.Tls!) };

    private static SeenCertificate Certificate(string sha256, string name) => new(sha256, $"CN={name}", "CN=root", [name], Watched.From.AddYears(-1), Watched.From.AddYears(1), "RSA 2048", "sha256RSA");

    private static DeclaredPeer Peer(string text) => DeclaredPeer.TryParse(text, out var peer) ? peer : throw new ArgumentException(text);
}
