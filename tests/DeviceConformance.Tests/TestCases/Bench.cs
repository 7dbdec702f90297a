using System.Collections.Concurrent;
using System.Collections.Immutable;
using DeviceConformance.Declarations.Catalogues;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases;

namespace DeviceConformance.Tests.TestCases;

/// <summary>A sound device on paper: a declaration in code and observations that agree with it, which a test then spoils.</summary>
internal sealed class Bench
{
    public const int Https = 443;
    public static readonly DutAddress Address = DutAddress.Parse("192.0.2.7");
    public static readonly Endpoint Web = new(Address, Https);
    public static readonly LoginPoint Form = new(LoginProtocol.HttpForm, Https, true, "/", new LoginForm("user", "password", "/login", "Wrong", ""));
    public static readonly LoginPoint Basic = new(LoginProtocol.HttpBasic, Https, true, "/service", null);
    private static readonly ConcurrentDictionary<StandardEdition, Catalogue> _catalogues = new();
    private static readonly SourceSpan _at = new("test.yaml", 1);
    private readonly Dictionary<string, IxitEntry> _entries = [];
    private readonly Dictionary<ProbeRequest, ProbeOutcome> _outcomes = [];
    private readonly Dictionary<ProvisionId, IcsEntry> _ics = [];

    public Bench(StandardEdition edition)
    {
        Edition = edition;
        Catalogue = _catalogues.GetOrAdd(edition, static edition => CatalogueReader.Read(CatalogueFiles.Read(edition), edition.CatalogueFile));
        Lab = LabSetup.Default with { AllowedImpact = ProbeImpact.StateChanging };
        foreach (var provision in Catalogue.Provisions)
        {
            Answer(provision.Id, Support.Yes, "as designed");
        }

        Declare();
        Observe();
    }

    public StandardEdition Edition { get; }

    public Catalogue Catalogue { get; }

    public LabSetup Lab { get; set; }

    public ImmutableArray<DutAddress> Addresses { get; set; } = [Address];

    public ImmutableArray<DutSample> OtherSamples { get; init; } = [];

    public string Serial { get; init; } = "S1";

    public static Fact<T> Fact<T>(T value) => Model.Declared.Fact<T>.Declared(value, _at);

    public void Answer(ProvisionId provision, Support support, string detail) =>
        _ics[provision] = new IcsEntry(provision, support, detail, _at, new EvidenceRef($"ics/{provision}", "00"));

    public void Remove(string entry) => _entries.Remove(entry);

    public void RemoveAnswer(ProvisionId provision) => _ics.Remove(provision);

    public void Entry(IxitRole role, string id, IxitFacts? facts, params (string Name, string Text)[] fields) =>
        _entries[id] = new IxitEntry(Catalogue.Table(role), id, [.. fields.Select(field => KeyValuePair.Create(field.Name, field.Text))], facts, _at, new EvidenceRef($"ixit/{id}", "00"));

    public void Facts<T>(string id, Func<T, T> change)
        where T : IxitFacts => _entries[id] = _entries[id] with { Facts = change((T)_entries[id].Facts!) };

    public void See(ProbeRequest request, Observation observation) => See(request, new ProbeOutcome.Observed(observation));

    public void See(ProbeRequest request, ProbeOutcome outcome) => _outcomes[request] = outcome;

    public void Change<T>(Func<T, T> change)
        where T : Observation
    {
        foreach (var (request, outcome) in _outcomes.ToList())
        {
            if (outcome is ProbeOutcome.Observed { Observation: T observation })
            {
                See(request, change(observation));
            }
        }
    }

    public void Lose<TRequest>(ProbeOutcome outcome)
        where TRequest : ProbeRequest
    {
        foreach (var request in _outcomes.Keys.OfType<TRequest>().ToList())
        {
            _outcomes[request] = outcome;
        }
    }

    /// <summary>Opens a further port that nobody declared.</summary>
    public void OpenUndeclared(int port, ServiceProtocol protocol, params LoginPoint[] logins)
    {
        var endpoint = new Endpoint(Address, port);
        Change<TcpPortsSeen>(ports => ports with { Open = [.. ports.Open.Append(port).Order()] });
        See(new ServiceIdentification(endpoint), new ServiceSeen(endpoint, protocol, false, "", "") { Coverage = All });
        See(new DisclosureSurvey(endpoint, protocol, false), new DisclosureSeen(endpoint, protocol, false, [], [], [.. logins]) { Coverage = All });
    }

    /// <summary>Opens a further port after the first sweep.</summary>
    public void OpenLate(int port, ServiceProtocol protocol, params LoginPoint[] logins)
    {
        var first = Observations().Ask(new TcpPortSweep(Address));
        OpenUndeclared(port, protocol, logins);
        See(new TcpPortSweep(Address), ((ProbeOutcome.Observed)first.Outcome).Observation);
        Change<TcpPortsAtEnd>(ports => ports with { Open = [.. ports.Open.Append(port).Order()] });
    }

    /// <summary>Opens an SSH server that nobody declared and that lists methods of authentication.</summary>
    public void OpenUndeclaredSsh(params string[] methods)
    {
        OpenUndeclared(22, ServiceProtocol.Ssh, new LoginPoint(LoginProtocol.Ssh, 22, false, "/", null));
        See(new SshEnumeration(new Endpoint(Address, 22)), Ssh(methods));
    }

    /// <summary>An SSH server of today.</summary>
    public static SshServerSeen Ssh(params string[] methods) =>
        new(new Endpoint(Address, 22), "SSH-2.0-x", ["curve25519-sha256", "kex-strict-s-v00@openssh.com"], ["ssh-ed25519"], ["aes256-gcm@openssh.com"], ["hmac-sha2-256"])
        {
            IsProbed = true,
            Keys = [new SshHostKeySeen("ssh-ed25519", 256, "AAAA", "ssh-ed25519", true)],
            Compression = ["none"],
            User = methods.Length > 0 ? "root" : "",
            Methods = [.. methods],
            Coverage = All,
        };

    /// <summary>What a sound device shows of UDP: nothing answers, and a limit of ICMP keeps all but a few ports unproven.</summary>
    public static UdpPortsSeen Udp(params UdpServiceSeen[] open) =>
        new(Address, [.. open], new PortSet(Enumerable.Range(60000, 60)), new PortSet(Enumerable.Range(1, 59999).Except(open.Select(service => service.Port))), new PortSet(Enumerable.Range(60060, 5476)), 90000, 60, 1, "test") { Coverage = Part };

    /// <summary>Lets a UDP port answer.</summary>
    public void AnswerUdp(int port, ServiceProtocol protocol, params DisclosedItem[] items)
    {
        See(new UdpPortSweep(Address), Udp(new UdpServiceSeen(port, protocol, protocol == ServiceProtocol.Tls, protocol.ToString(), "question", port, "answer")));
        var endpoint = new Endpoint(Address, port, Transport.Udp);
        See(new DisclosureSurvey(endpoint, protocol, protocol == ServiceProtocol.Tls), new DisclosureSeen(endpoint, protocol, protocol == ServiceProtocol.Tls, [.. items], [], []) { Coverage = All });
    }

    /// <summary>Declares a further TCP interface that speaks HTTP.</summary>
    public void Declare(int port, InterfaceStatus status)
    {
        var role = Edition == StandardEdition.V2 ? IxitRole.Intf : IxitRole.LogIntf;
        Entry(role, Catalogue.Table(role).Stem + "-2", new LogIntfFacts { Network = Fact(true), Transport = Fact(Transport.Tcp), Ports = [port], Protocol = Fact(ServiceProtocol.Http), Status = Fact(status) });
    }

    /// <summary>Declares a UDP interface.</summary>
    public void DeclareUdp(int port, ServiceProtocol protocol, InterfaceStatus status)
    {
        var role = Edition == StandardEdition.V2 ? IxitRole.Intf : IxitRole.LogIntf;
        Entry(role, Catalogue.Table(role).Stem + "-2", new LogIntfFacts { Network = Fact(true), Transport = Fact(Transport.Udp), Ports = [port], Protocol = Fact(protocol), Status = Fact(status) });
    }

    public static Coverage All => Coverage.Complete("all of it");

    public static Coverage Part => Coverage.Partial("half of it");

    public Declaration Declaration() => new(
        Edition,
        new Dut("Maker", "", "Model", "lamp", "1.0", "A", Fact(false), "", ["initialised"], [], [new DutSample("A", Serial, [], Addresses), .. OtherSamples], ImmutableDictionary<string, StatedCondition>.Empty, new EvidenceRef("dut", "00")),
        new Ics([.. _ics.Values.OrderBy(entry => entry.Provision)]),
        new Ixit([.. _entries.Values.GroupBy(entry => entry.Table).Select(group => new IxitSheet(group.Key, [.. group], "test.yaml"))]),
        Lab,
        "");

    public ObservationSet Observations()
    {
        var seen = new ObservationSet();
        var number = 0;
        foreach (var (request, outcome) in _outcomes)
        {
            seen.Add(new ProbeRecord(request, outcome, default, default, []), new EvidenceRef($"obs/{++number:0000}", "00"));
        }

        return seen;
    }

    /// <summary>Every unit that code decides, with the findings for this bench.</summary>
    public IReadOnlyDictionary<TestUnitId, ImmutableArray<Finding>> Findings()
    {
        var declared = Declaration();
        var seen = Observations();
        return Registry.For(Catalogue)
            .SelectMany(testCase => testCase.Units(Edition), (testCase, unit) => (Id: new TestUnitId(testCase.Id, unit.Letter), Findings: unit.Judge(declared, seen).ToImmutableArray()))
            .ToDictionary(pair => pair.Id, pair => pair.Findings);
    }

    public IReadOnlyDictionary<TestUnitId, Verdict> Verdicts() =>
        Findings().ToDictionary(pair => pair.Key, pair => Model.Judgement.Verdicts.AllOf(pair.Value.Select(finding => finding.Verdict)));

    private void Declare()
    {
        Entry(IxitRole.AuthMech, "AuthMech-1", new AuthMechFacts
        {
            Subject = Fact(AuthSubject.User),
            Factor = Fact(AuthFactor.Password),
            Origin = Fact(PasswordOrigin.UserDefined),
            NetworkAddressable = Fact(true),
            Logins = [Form],
            LockOut = Fact(new LockOut(5, 60)),
        });
        Entry(IxitRole.AuthMech, "AuthMech-2", new AuthMechFacts
        {
            Subject = Fact(AuthSubject.User),
            Factor = Fact(AuthFactor.Password),
            Origin = Fact(PasswordOrigin.PresetUnique),
            NetworkAddressable = Fact(true),
            Logins = [Basic],
            LockOut = Fact(new LockOut(5, 60)),
        });
        Entry(IxitRole.AuthMech, "AuthMech-3", new AuthMechFacts
        {
            Subject = Fact(AuthSubject.Machine),
            Factor = Fact(AuthFactor.Certificate),
            Logins = [new LoginPoint(LoginProtocol.Other, Https, true, "/", null)],
        });
        // What this harness does not speak stays open; the sound bench must be all decided.
        Facts<AuthMechFacts>("AuthMech-3", facts => facts with { Logins = [] });
        foreach (var (id, table) in new[] { ("SoftComp-1", IxitRole.SoftComp) })
        {
            Entry(table, id, null, ("Update Mechanism", "UpdMech-1"));
        }

        Entry(IxitRole.UpdMech, "UpdMech-1", new UpdMechFacts
        {
            Offer = Fact<UpdateOffer>(new UpdateOffer.Upload(Https, true, "/update", "image", "AuthMech-1")),
            Version = Fact(new VersionReading(Https, true, "/version", "(.*)", "")),
            Genuine = Fact(new UpdateImage("a.img", "1.1", "")),
            Older = Fact(new UpdateImage("b.img", "0.9", "")),
            OtherKey = Fact(new UpdateImage("c.img", "1.1", "")),
            Layout = Fact(new ImageLayout(SignaturePlace.Trailer, 64, "", 100)),
        });
        var communication = Catalogue.Table(IxitRole.ComMech).Stem + "-1";
        Entry(IxitRole.ComMech, communication, new ComMechFacts
        {
            Protocol = Fact(CommProtocol.Tls),
            Role = Fact(CommRole.Server),
            Transport = Fact(Transport.Tcp),
            Port = Fact(Https),
            Versions = [TlsVersion.Tls12, TlsVersion.Tls13],
        });
        Entry(IxitRole.SoftServ, "SoftServ-1", new SoftServFacts
        {
            Ports = [Https],
            Network = Fact(true),
            AllowsConfiguration = Fact(true),
            Protects = [new ProtectedResource("GET", "/status")],
        }, ("Authentication Mechanism", "AuthMech-1"));
        var table15 = Edition == StandardEdition.V2 ? IxitRole.Intf : IxitRole.LogIntf;
        Entry(table15, Catalogue.Table(table15).Stem + "-1", new LogIntfFacts
        {
            Network = Fact(true),
            Transport = Fact(Transport.Tcp),
            Ports = [Https],
            Protocol = Fact(ServiceProtocol.Http),
            Tls = Fact(true),
            Status = Fact(InterfaceStatus.Enabled),
        });
        Entry(IxitRole.SecParam, "SecParam-1", null, ("Type", "critical"), ("Secure Communication Mechanisms", communication), ("Communication Mechanisms", communication));
        Entry(IxitRole.PersData, "PersData-1", null, ("Sensitive", "Yes"), ("Secure Communication Mechanisms", communication), ("Communication Mechanisms", communication));
        Entry(IxitRole.Conf, "Conf", null, [.. Catalogue.Table(IxitRole.Conf).Fields.Select(field => (field.Name, "Yes"))]);
    }

    private void Observe()
    {
        See(new TcpPortSweep(Address), new TcpPortsSeen(Address, [Https], 65534, 0, 0, 65535, 3, "connect") { Unsettled = PortSet.Empty, Coverage = All });
        See(ClosingPortSweep.Of(Address), new TcpPortsAtEnd(Address, [Https], [], new PortSet([22, 80, Https, 8080]), 1, 4, 1, "connect") { Coverage = All });
        See(new UdpPortSweep(Address), Udp());
        See(new ServiceIdentification(Web), new ServiceSeen(Web, ServiceProtocol.Http, true, "", "") { Coverage = All });
        See(new DisclosureSurvey(Web, ServiceProtocol.Http, true), new DisclosureSeen(Web, ServiceProtocol.Http, true, [], [], [Form, Basic]) { Coverage = All });
        TlsVersionSeen Version(TlsVersion version, bool accepted) =>
            new(version, accepted, accepted ? null : Silence.HandshakeRefused, accepted ? [new TlsSuiteSeen(0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "x25519", SuiteWeakness.None)] : [], true);
        See(new TlsEnumeration(Web), new TlsServerSeen(Web, [Version(TlsVersion.Tls11, false), Version(TlsVersion.Tls12, true), Version(TlsVersion.Tls13, true)], [], 9) { Coverage = All });
        See(new TlsAttackTrial(Web), new TlsAttacksTried(Web, [.. new[] { TlsAttack.Heartbleed, TlsAttack.CcsInjection, TlsAttack.Robot, TlsAttack.Ticketbleed, TlsAttack.ClientRenegotiation }.Select(attack => new TlsAttackSeen(attack, Exposure.NotVulnerable, "no"))], 5) { Coverage = All });
        foreach (var (mechanism, login, path) in new[] { ("AuthMech-1", Form, "/"), ("AuthMech-1", Form, "/status"), ("AuthMech-2", Basic, "/service") })
        {
            See(
                new AccessTrial(Web, mechanism, login, "GET", path),
                new AccessSeen(Web, mechanism, "GET", path, true, AccessResult.Refused, AccessResult.Refused, AccessResult.NotTried, AccessResult.Granted, false, "as it should be") { Coverage = All });
        }

        See(
            new WebSessionTrial(Web, "AuthMech-1", Form, "/status"),
            new WebSessionSeen(Web, "AuthMech-1", "/status", true, AccessResult.Granted, SessionCarrier.Cookie, [], 32, 128, 3, AccessResult.Refused, SessionSign.No, SessionSign.No, SessionSign.No, SessionSign.No, SessionSign.No, "as it should be") { Coverage = All });
        See(
            new SettingsWriteTrial(Web, "AuthMech-1", Form, "/status"),
            new SettingsWritesSeen(Web, "AuthMech-1", true, [new SettingsWrite("/status", "/settings", AccessResult.Refused, AccessResult.Refused, AccessResult.Refused, AccessResult.Granted, false, "as it should be")], [], true) { Coverage = All });
        foreach (var login in new[] { Form, Basic })
        {
            See(new DefaultCredentialTrial(Web, login), new DefaultCredentialsTried(Web, login, 5, 200, [], false, GuessingReaction.LockOut, 5, 10, 10) { Coverage = Part });
        }

        See(new PresetPasswordInspection("AuthMech-2"), new PresetPasswordsSeen("AuthMech-2", 2, []) { Coverage = All });
        UpdateTrial Trial(UpdateVariant variant, UpdateResult result) => new(variant, result, "1.0", result == UpdateResult.Installed ? "1.1" : "1.0", "no");
        See(
            new UpdateIntegrityTrial("UpdMech-1", Address),
            new UpdateTrialsSeen(
                "UpdMech-1",
                Address,
                true,
                [
                    Trial(UpdateVariant.BitFlipped, UpdateResult.NotInstalled), Trial(UpdateVariant.OtherKey, UpdateResult.NotInstalled), Trial(UpdateVariant.SignatureRemoved, UpdateResult.NotInstalled),
                    Trial(UpdateVariant.Older, UpdateResult.NotInstalled), Trial(UpdateVariant.Genuine, UpdateResult.Installed),
                ],
                true)
            { Coverage = All });
    }
}
