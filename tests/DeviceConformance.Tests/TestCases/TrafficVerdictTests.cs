using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.TestCases;

/// <summary>What captures do to the five units that judge communication: they fail or open them, and pass none.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TrafficVerdictTests
{
    private const string Cloud = "198.51.100.9";
    private const string CloudName = "cloud.example.com";
    private static readonly string[] _units = ["5.5-1-2 a", "5.5-6-2 a", "5.5-7-2 a", "5.8-1-2 a", "5.8-2-2 a"];
    private static readonly DateTimeOffset _at = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly FrameSet _frames = new("dut.pcapng", [17, 18], 2, "tcp.stream == 3");

    private static IEnumerable<StandardEdition> Editions => StandardEdition.All;

    private static IEnumerable<(string Name, ConversationSeen Conversation, string[] Fails, string Says)> Deviating =>
    [
        ("clear text to the declared peer", Clear(ServiceProtocol.Mqtt, "MQTT 3.1.1"), _units, "declares TLS for cloud.example.com (198.51.100.9) tcp/8883, but the DUT speaks MQTT 3.1.1 there in clear"),
        ("clear text beside TLS", Clear(ServiceProtocol.Mqtt, "MQTT 3.1.1") with { Tls = Tls(TlsVersion.Tls13) }, _units, "in clear"),
        ("clear text from the declared server", Clear(ServiceProtocol.Http, "HTTP/1.1") with { Opener = ConversationOpener.Peer, Peer = "192.0.2.50", PeerNames = [], Port = Bench.Https }, _units, "192.0.2.50 tcp/443"),
        ("older version", Encrypted(Tls(TlsVersion.Tls10, TlsVersion.Tls13)), _units, "agrees on TLS 1.0, and"),
        ("undeclared suite", Encrypted(Tls(TlsVersion.Tls13) with { Suites = ["TLS_CHACHA20_POLY1305_SHA256"] }), _units, "does not declare: TLS_CHACHA20_POLY1305_SHA256"),
        ("suite without authentication", Encrypted(Tls(TlsVersion.Tls12) with { Suites = ["TLS_DH_anon_WITH_AES_128_CBC_SHA"] }), _units, "without authentication"),
    ];

    private static IEnumerable<TestCaseData> DeviatingCases =>
        from edition in StandardEdition.All
        from row in Deviating
        select new TestCaseData(edition, row.Conversation, row.Fails, row.Says).SetArgDisplayNames(edition.Id, row.Name);

    private static IEnumerable<(string Name, ClearItemSeen Item, string[] Fails, string Subject)> Readable =>
    [
        ("secret of a parameter, to the Internet", Item(ClearItemKind.DeclaredSecret, "SecParam-1", "8.8.8.8"), ["5.5-6-2 a", "5.5-7-2 a"], "SecParam-1/traffic"),
        ("secret of a parameter, in the local network", Item(ClearItemKind.DeclaredSecret, "SecParam-1", "192.168.1.9"), ["5.5-6-2 a"], "SecParam-1/traffic"),
        ("password of a login, to a group", Item(ClearItemKind.Credential, "AuthMech-1", "239.1.2.3"), ["5.1-3-2 a", "5.5-6-2 a"], "AuthMech-1/traffic"),
        ("token over the declared mechanism", Item(ClearItemKind.Token, "", Cloud), ["5.5-6-2 a", "5.5-7-2 a"], "ComMech-2/traffic"),
        ("sensitive personal datum", Item(ClearItemKind.PersonalDatum, "PersData-1", Cloud), ["5.8-1-2 a", "5.8-2-2 a"], "PersData-1/traffic"),
        ("other personal datum", Item(ClearItemKind.PersonalDatum, "PersData-2", Cloud), ["5.8-1-2 a"], "PersData-2/traffic"),
        ("personal datum not said to be sensitive", Item(ClearItemKind.PersonalDatum, "PersData-3", Cloud), ["5.8-1-2 a"], "PersData-3/traffic"),
        ("personal datum over the declared mechanism", Item(ClearItemKind.PersonalDatum, "", Cloud), ["5.8-1-2 a"], "ComMech-2/traffic"),
        ("public parameter", Item(ClearItemKind.DeclaredSecret, "SecParam-2", Cloud), [], ""),
    ];

    private static IEnumerable<TestCaseData> ReadableCases =>
        from edition in StandardEdition.All
        from row in Readable
        select new TestCaseData(edition, row.Item, row.Fails, row.Subject).SetArgDisplayNames(edition.Id, row.Name);

    private static IEnumerable<(string Name, ConversationSeen[] Conversations, ClearItemSeen[] Items, string Subject, string Says)> Open =>
    [
        ("readable, with a peer that is not declared", [Clear(ServiceProtocol.Http, "HTTP/1.1") with { Peer = "203.0.113.5", PeerNames = [], Port = 80 }], [], "traffic/203.0.113.5", "HTTP/1.1 with 203.0.113.5 tcp/80 belongs to no declared mechanism (dut.pcapng frames 17, 18"),
        ("readable, on the declared port with another peer", [Clear(ServiceProtocol.Mqtt, "MQTT") with { Peer = "203.0.113.5", PeerNames = ["notcloud.example.com"] }], [], "traffic/203.0.113.5", "notcloud.example.com"),
        ("readable, opener not seen, port of the server", [Clear(ServiceProtocol.Http, "HTTP/1.1") with { Opener = ConversationOpener.Unknown, Peer = "192.0.2.50", PeerNames = [], Port = Bench.Https }], [], "traffic/192.0.2.50", "tcp/443"),
        ("credential of nobody", [], [Item(ClearItemKind.Credential, "", "203.0.113.6")], "traffic/203.0.113.6", "A credential (label) from the DUT to 203.0.113.6 tcp/8883 belongs to no entry"),
        ("secret of an entry that is not there", [], [Item(ClearItemKind.DeclaredSecret, "AuthMech-77", "203.0.113.6")], "traffic/203.0.113.6", "belongs to no entry"),
        ("personal datum of nobody", [], [Item(ClearItemKind.PersonalDatum, "", "fe80::1")], "traffic/fe80::1", "A personal datum (label)"),
        ("STARTTLS", [Clear(ServiceProtocol.Smtp, "SMTP") with { Tls = Tls(TlsVersion.Tls13) }], [], "ComMech-2/traffic", "some of that conversation is readable"),
        ("clear text to a server of TLS", [Clear(ServiceProtocol.Http, "HTTP/1.1") with { Opener = ConversationOpener.Peer, Peer = "192.0.2.50", PeerNames = [], Port = Bench.Https, Tls = Tls(TlsVersion.Tls13) }], [], "ComMech-1/traffic", "some encrypted"),
    ];

    private static IEnumerable<TestCaseData> OpenCases =>
        from edition in StandardEdition.All
        from row in Open
        select new TestCaseData(edition, row.Conversations, row.Items, row.Subject, row.Says).SetArgDisplayNames(edition.Id, row.Name);

    // Declared as clear text.
    private static ConversationSeen Hub => Clear(ServiceProtocol.Http, "HTTP/1.1") with { Peer = "192.0.2.60", PeerNames = ["hub.local"], Port = 8080 };

    private static ConversationSeen[] Sound =>
    [
        Encrypted(Tls(TlsVersion.Tls13)),
        Encrypted(Tls(TlsVersion.Tls13)) with { Opener = ConversationOpener.Peer, Peer = "192.0.2.50", PeerNames = [], Port = Bench.Https },
        Infrastructure(ServiceProtocol.Dhcp, 67), Infrastructure(ServiceProtocol.Dns, 53), Infrastructure(ServiceProtocol.Mdns, 5353), Infrastructure(ServiceProtocol.Ntp, 123), Infrastructure(ServiceProtocol.Ssdp, 1900),
        Infrastructure(ServiceProtocol.Other, 0) with { Transport = null, Application = "ICMP" },
        Hub,
        // Another host asks a port on which the DUT does not answer.
        Clear(ServiceProtocol.Http, "HTTP/1.1") with { Opener = ConversationOpener.Peer, Peer = "192.0.2.50", PeerNames = [], Port = 81, BytesFromDut = 0 },
    ];

    [TestCaseSource(nameof(DeviatingCases))]
    public void Conversation_that_deviates_from_its_declared_mechanism_fails(StandardEdition edition, ConversationSeen conversation, string[] fails, string says)
    {
        var findings = Judge(edition, Traffic([conversation]));
        Assert.That(Failing(findings), Is.EquivalentTo(fails));
        foreach (var unit in fails)
        {
            var failing = findings[unit].Where(finding => finding.Verdict == Verdict.Fail).ToList();
            Assert.That(failing.Select(finding => finding.Statement), Has.Some.Contains(says).And.Some.Contains("dut.pcapng frames 17, 18"));
            Assert.That(failing.Select(finding => finding.Subject), Has.All.EndsWith("/traffic"), "the examiner's answer for the entry does not settle it");
        }
    }

    [TestCaseSource(nameof(ReadableCases))]
    public void Readable_item_fails_the_units_of_what_it_belongs_to(StandardEdition edition, ClearItemSeen item, string[] fails, string subject)
    {
        // A mechanism of clear text to the cloud, so that nothing but the item is at fault.
        var findings = Judge(edition, Traffic([Clear(ServiceProtocol.Mqtt, "MQTT 3.1.1"), Hub], item), CommProtocol.None);
        Assert.That(Failing(findings), Is.EquivalentTo(fails));
        Assert.That(findings["5.5-1-2 a"].Select(finding => finding.Verdict), Has.All.EqualTo(Verdict.Pass));
        foreach (var unit in fails)
        {
            var failing = findings[unit].Single(finding => finding.Verdict == Verdict.Fail);
            Assert.That(failing.Subject, Is.EqualTo(Name(edition, subject)));
            Assert.That(failing.Statement, Does.Contain("passes readably (base64) from the DUT").And.Contain("dut.pcapng frames 17, 18 (tcp.stream == 3)"));
        }
    }

    [TestCaseSource(nameof(OpenCases))]
    public void What_the_declaration_does_not_explain_is_the_examiners(StandardEdition edition, ConversationSeen[] conversations, ClearItemSeen[] items, string subject, string says)
    {
        var findings = Judge(edition, Traffic([.. Sound, .. conversations], items));
        Assert.That(Failing(findings), Is.Empty);
        var open = findings["5.5-1-2 a"].Single(finding => finding.Verdict == Verdict.Inconclusive);
        Assert.That(open.Subject, Is.EqualTo(Name(edition, subject)));
        Assert.That(open.Statement, Does.Contain(says));
        Assert.That(open.Missing, Does.Contain("dct answer"));
    }

    [TestCaseSource(nameof(Editions))]
    public void Many_readable_conversations_with_a_peer_are_one_question(StandardEdition edition)
    {
        var findings = Judge(edition, Traffic([.. Enumerable.Range(1000, 8).Select(port => Clear(ServiceProtocol.Http, "HTTP/1.1") with { Peer = "203.0.113.5", PeerNames = [], Port = port })]));
        Assert.That(findings["5.5-1-2 a"].Single(finding => finding.Subject == "traffic/203.0.113.5").Statement, Does.EndWith("; and 3 more."));
    }

    [TestCaseSource(nameof(Editions))]
    public void Sound_and_sufficient_capture_passes_its_clients_and_no_capture_changes_nothing(StandardEdition edition)
    {
        var bench = Declared(edition, CommProtocol.Tls);
        var before = bench.Findings();
        Assert.That(_units.Select(unit => before[TestUnitId.Parse(unit)].Select(finding => finding.Verdict)), Has.All.Not.Empty.And.All.All.EqualTo(Verdict.Pass));
        bench.See(new TrafficWatch(), Traffic(Sound));
        var after = bench.Findings();
        Same(before, after.ToDictionary(pair => pair.Key, pair => pair.Value.RemoveAll(finding => finding.Subject.EndsWith("/traffic", StringComparison.Ordinal))));
        Assert.That(
            after.SelectMany(pair => pair.Value.Where(finding => finding.Subject.EndsWith("/traffic", StringComparison.Ordinal)).Select(finding => $"{pair.Key} {finding.Subject} {finding.Verdict}")).Order(StringComparer.Ordinal),
            Is.EqualTo(_units.Select(unit => $"{unit} {Name(edition, "ComMech-2")}/traffic Pass").Append($"5.5-1-2 a {Name(edition, "ComMech-3")}/traffic Pass").Order(StringComparer.Ordinal)));
        bench.Lose<TrafficWatch>(new ProbeOutcome.NotRun(NotRunReason.NotRecorded, "nobody listened"));
        Same(before, bench.Findings());
    }

    [Test]
    public void Captures_that_could_not_be_judged_open_what_they_would_have_shown(
        [ValueSource(nameof(Editions))] StandardEdition edition,
        [Values(NotRunReason.LabFault, NotRunReason.HarnessFault, NotRunReason.Interrupted)] NotRunReason reason)
    {
        var bench = Declared(edition, CommProtocol.Tls);
        bench.See(new TrafficWatch(), Traffic(Sound));
        bench.Lose<TrafficWatch>(new ProbeOutcome.NotRun(reason, "dut.pcapng changed while it was read"));

        foreach (var unit in _units.Append("5.3-10-1 c"))
        {
            Assert.That(bench.Verdicts()[TestUnitId.Parse(unit)], Is.EqualTo(Verdict.Inconclusive), unit);
        }
    }

    [TestCaseSource(nameof(Editions))]
    public void Capture_passes_nothing_that_was_not_seen_otherwise(StandardEdition edition)
    {
        var bench = Declared(edition, CommProtocol.Tls);
        bench.Lose<TlsEnumeration>(new ProbeOutcome.Unanswered(Silence.NoReply, "gone"));
        var before = bench.Verdicts();
        bench.See(new TrafficWatch(), Traffic(Sound));
        foreach (var unit in _units.Select(unit => TestUnitId.Parse(unit)))
        {
            Assert.That(before[unit], Is.EqualTo(Verdict.Inconclusive));
            Assert.That(bench.Verdicts()[unit], Is.EqualTo(Verdict.Inconclusive));
        }
    }

    private static void Same(IReadOnlyDictionary<TestUnitId, System.Collections.Immutable.ImmutableArray<Finding>> before, IReadOnlyDictionary<TestUnitId, System.Collections.Immutable.ImmutableArray<Finding>> after)
    {
        static List<string> Lines(IReadOnlyDictionary<TestUnitId, System.Collections.Immutable.ImmutableArray<Finding>> findings) =>
            [.. findings.SelectMany(pair => pair.Value.Select(finding => $"{pair.Key} {finding.Subject} {finding.Verdict}: {finding.Statement}"))];
        Assert.That(Lines(after), Is.EqualTo(Lines(before)));
    }

    private static Dictionary<string, List<Finding>> Judge(StandardEdition edition, TrafficSeen traffic, CommProtocol cloud = CommProtocol.Tls)
    {
        var bench = Declared(edition, cloud);
        bench.See(new TrafficWatch(), traffic);
        return bench.Findings().ToDictionary(pair => pair.Key.ToString(), pair => pair.Value.ToList());
    }

    private static IEnumerable<string> Failing(Dictionary<string, List<Finding>> findings) =>
        findings.Where(pair => pair.Value.Exists(finding => finding.Verdict == Verdict.Fail)).Select(pair => pair.Key);

    // The table has another name in each edition.
    private static string Name(StandardEdition edition, string subject) =>
        subject.Replace("ComMech", new Bench(edition).Catalogue.Table(IxitRole.ComMech).Stem, StringComparison.Ordinal);

    private static Bench Declared(StandardEdition edition, CommProtocol cloud)
    {
        var bench = new Bench(edition);
        var stem = bench.Catalogue.Table(IxitRole.ComMech).Stem;
        bench.Entry(IxitRole.ComMech, $"{stem}-2", Client(cloud, 8883, CloudName) with { Versions = [TlsVersion.Tls12, TlsVersion.Tls13], Suites = ["TLS_AES_128_GCM_SHA256", "TLS_DH_anon_WITH_AES_128_CBC_SHA"], RemotelyAccessible = Bench.Fact(true) });
        bench.Entry(IxitRole.ComMech, $"{stem}-3", Client(CommProtocol.None, 8080, "192.0.2.60"));
        foreach (var (role, id, fields) in new (IxitRole, string, (string, string)[])[]
        {
            (IxitRole.SecParam, "SecParam-1", [("Type", "critical")]),
            (IxitRole.SecParam, "SecParam-2", [("Type", "public")]),
            (IxitRole.PersData, "PersData-1", [("Sensitive", "Yes")]),
            (IxitRole.PersData, "PersData-2", [("Sensitive", "No")]),
            (IxitRole.PersData, "PersData-3", []),
        })
        {
            var mechanisms = $"{stem}-1, {stem}-2";
            bench.Entry(role, id, null, [.. fields, ("Secure Communication Mechanisms", mechanisms), ("Communication Mechanisms", mechanisms)]);
        }

        return bench;
    }

    private static ComMechFacts Client(CommProtocol protocol, int port, string peer) =>
        new() { Protocol = Bench.Fact(protocol), Role = Bench.Fact(CommRole.Client), Transport = Bench.Fact(Transport.Tcp), Port = Bench.Fact(port), Peer = Bench.Fact(peer) };

    private static ConversationSeen Clear(ServiceProtocol protocol, string application) => new(
        ConversationOpener.Dut, Cloud, [CloudName], Transport.Tcp, 8883, protocol, application, ContentProtection.Clear, "readable", 1, 1, 300, 200, _at, _at, ["Start-Up", "in use"], [_at], null, [], _frames);

    private static ConversationSeen Encrypted(SeenTls tls) => Clear(ServiceProtocol.Tls, "TLS") with { Protection = ContentProtection.Encrypted, Tls = tls };

    private static ConversationSeen Infrastructure(ServiceProtocol protocol, int port) =>
        Clear(protocol, protocol.ToString()) with { Peer = "192.0.2.1", PeerNames = [], Transport = Transport.Udp, Port = port };

    private static SeenTls Tls(params TlsVersion[] versions) => new(1, 1, 0, [.. versions], ["TLS_AES_128_GCM_SHA256"], [.. versions], [CloudName], [], [], [], [], false);

    private static ClearItemSeen Item(ClearItemKind kind, string entry, string peer) =>
        new(kind, "label", "base64", true, peer, peer == Cloud ? [CloudName] : [], Transport.Tcp, 8883, entry, _frames);

    private static TrafficSeen Traffic(ConversationSeen[] conversations, params ClearItemSeen[] items) => Watched.Traffic(conversations) with { ClearItems = [.. items] };
}
