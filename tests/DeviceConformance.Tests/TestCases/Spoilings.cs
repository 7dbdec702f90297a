using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Tests.TestCases;

/// <summary>A way to spoil the sound bench, and the units that then fail. No other unit may.</summary>
/// <param name="Name">What is spoilt.</param>
/// <param name="Spoil">How.</param>
/// <param name="Fails">Units that fail in V3.1.3, and in V2.1.1 by the same numbers unless <paramref name="FailsInV2"/> says otherwise.</param>
/// <param name="FailsInV2">Units that fail in V2.1.1.</param>
internal sealed record Spoiling(string Name, Action<Bench> Spoil, string[] Fails, string[]? FailsInV2 = null)
{
    public ImmutableHashSet<TestUnitId> FailsIn(StandardEdition edition) =>
        [.. (edition == StandardEdition.V2 ? FailsInV2 ?? Fails : Fails).Select(unit => TestUnitId.Parse(unit))];

    public override string ToString() => Name;
}

internal static class Spoilings
{
    private static readonly string[] _tlsUnits =
        ["5.1-3-2 a", "5.5-1-2 a", "5.5-4-2 c", "5.5-5-2 a", "5.5-6-2 a", "5.5-7-2 a", "5.8-1-2 a", "5.8-2-2 a"];

    private static readonly string[] _updateUnits = ["5.3-1-2 a", "5.3-2-2 b"];

    /// <summary>Each fails some units.</summary>
    public static ImmutableArray<Spoiling> Failing { get; } =
    [
        new("undeclared Telnet", bench => bench.OpenUndeclared(23, ServiceProtocol.Telnet, new LoginPoint(LoginProtocol.Telnet, 23, false, "/", null)),
            ["5.1-1-2 a", "5.1-5-2 a", "5.5-5-2 b", "5.6-1-2 c"], ["5.1-1-2 a", "5.1-5-2 a", "5.5-5-2 b", "5.6-1-2 b"]),
        new("undeclared MQTT", bench => bench.OpenUndeclared(1883, ServiceProtocol.Mqtt, new LoginPoint(LoginProtocol.Mqtt, 1883, false, "/", null)),
            ["5.1-1-2 a", "5.1-2A-2 a", "5.1-5-2 a", "5.5-5-2 b", "5.6-1-2 c"], ["5.1-1-2 a", "5.1-5-2 a", "5.5-5-2 b", "5.6-1-2 b", "5.13-1-2 c"]),
        new("undeclared Telnet that opens after the first sweep", bench => bench.OpenLate(23, ServiceProtocol.Telnet, new LoginPoint(LoginProtocol.Telnet, 23, false, "/", null)),
            ["5.1-1-2 a", "5.1-5-2 a", "5.5-5-2 b", "5.6-1-2 c"], ["5.1-1-2 a", "5.1-5-2 a", "5.5-5-2 b", "5.6-1-2 b"]),
        new("undeclared Telnet that opens after the first sweep and is not identified any more", bench =>
        {
            bench.OpenLate(23, ServiceProtocol.Telnet);
            bench.See(new ServiceIdentification(new Endpoint(Bench.Address, 23)), new ProbeOutcome.NotRun(NotRunReason.BudgetExhausted, "no time left"));
        }, ["5.6-1-2 c"], ["5.6-1-2 b"]),
        new("undeclared port that opened and closed again", bench =>
        {
            bench.OpenLate(9999, ServiceProtocol.Unknown);
            bench.Change<TcpPortsAtEnd>(ports => ports with { Open = [Bench.Https], Gone = [9999], Coverage = Bench.Part });
        }, ["5.6-1-2 c"], ["5.6-1-2 b"]),
        new("interface that is declared disabled opens after the first sweep", bench =>
        {
            bench.OpenLate(8080, ServiceProtocol.Http);
            bench.Declare(8080, InterfaceStatus.Disabled);
        }, ["5.6-1-2 a"]),
        new("universal password", bench => bench.Change<DefaultCredentialsTried>(tried => tried with { Accepted = [new AcceptedDefault("D-001", "admin", "many")] }), ["5.1-1-2 b", "5.1-1-2 c"]),
        new("password from the serial number", bench => bench.Change<DefaultCredentialsTried>(tried => tried with { Accepted = [new AcceptedDefault("P-02", "admin", "habit") { IsOfUnit = true }] }), ["5.1-1-2 b", "5.1-2-2 a"]),
        new("any password is let in", bench => bench.Change<DefaultCredentialsTried>(tried => tried with { NonsenseAccepted = true, Reaction = GuessingReaction.None }), ["5.1-1-2 b", "5.1-1-2 c", "5.1-5-2 b"]),
        new("same label password", bench => bench.Change<PresetPasswordsSeen>(seen => seen with { Flaws = [new PresetPasswordFinding(PresetPasswordFlaw.SameOnSamples, "A and B have the same.")] }), ["5.1-1-2 c", "5.1-2-2 a"]),
        new("label password from the MAC address", bench => bench.Change<PresetPasswordsSeen>(seen => seen with { Flaws = [new PresetPasswordFinding(PresetPasswordFlaw.FromMacAddress, "It ends like the MAC address.")] }), ["5.1-2-2 a"]),
        new("preset password declared universal", bench => bench.Facts<AuthMechFacts>("AuthMech-2", facts => facts with { Origin = Bench.Fact(PasswordOrigin.PresetUniversal) }), ["5.1-1-1 a"]),
        new("machine password", bench => bench.Facts<AuthMechFacts>("AuthMech-3", facts => facts with { Factor = Bench.Fact(AuthFactor.Password), Origin = Bench.Fact(PasswordOrigin.UserDefined) }), ["5.1-2A-1 a"], []),
        new("machine login asks for a password", bench => bench.Facts<AuthMechFacts>("AuthMech-3", facts => facts with { Logins = [Bench.Basic] }), ["5.1-2A-2 b"], []),
        new("no lock-out", bench => bench.Change<DefaultCredentialsTried>(tried => tried with { Attempts = 200, Reaction = GuessingReaction.None, ReactionAfter = 0, Coverage = Bench.All }), ["5.1-5-2 b"]),
        new("login in clear as well", bench => bench.OpenUndeclared(80, ServiceProtocol.Http, Bench.Form with { Port = 80, Tls = false }),
            ["5.1-1-2 a", "5.1-3-2 a", "5.1-5-2 a", "5.5-4-2 c", "5.5-5-2 a", "5.5-5-2 b", "5.6-1-2 c"],
            ["5.1-1-2 a", "5.1-3-2 a", "5.1-5-2 a", "5.5-4-2 c", "5.5-5-2 a", "5.5-5-2 b", "5.6-1-2 b", "5.13-1-2 c"]),
        new("TLS 1.0", bench => bench.Change<TlsServerSeen>(server => server with { Versions = [.. server.Versions, server.Versions[1] with { Version = TlsVersion.Tls10 }] }), _tlsUnits),
        new("anonymous suite", bench => bench.Change<TlsServerSeen>(server => server with
        {
            Versions = [.. server.Versions.Select(version => version with { Suites = [.. version.Suites, new TlsSuiteSeen(0x34, "TLS_DH_anon_WITH_AES_128_CBC_SHA", "", SuiteWeakness.Anonymous)] })],
        }), _tlsUnits),
        new("Heartbleed", bench => Expose(bench, TlsAttack.Heartbleed, Exposure.Vulnerable), _tlsUnits),
        new("CCS injection", bench => Expose(bench, TlsAttack.CcsInjection, Exposure.Vulnerable), _tlsUnits),
        new("Ticketbleed", bench => Expose(bench, TlsAttack.Ticketbleed, Exposure.Vulnerable), _tlsUnits),
        new("ROBOT", bench => Expose(bench, TlsAttack.Robot, Exposure.Vulnerable), _tlsUnits),
        new("undeclared SSH that takes passwords", bench => bench.OpenUndeclaredSsh("publickey", "password"),
            ["5.1-1-2 a", "5.1-5-2 a", "5.5-5-2 b", "5.6-1-2 c"], ["5.1-1-2 a", "5.1-5-2 a", "5.5-5-2 b", "5.6-1-2 b"]),
        new("undeclared SSH for keys only", bench => bench.OpenUndeclaredSsh("publickey"),
            ["5.1-5-2 a", "5.5-5-2 b", "5.6-1-2 c"], ["5.1-5-2 a", "5.5-5-2 b", "5.6-1-2 b"]),
        new("altered update installed", bench => Install(bench, UpdateVariant.BitFlipped), [.. _updateUnits, "5.3-9-2 b"], _updateUnits),
        new("foreign update installed", bench => Install(bench, UpdateVariant.OtherKey), [.. _updateUnits, "5.3-9-2 a"], _updateUnits),
        new("unsigned update installed", bench => Install(bench, UpdateVariant.SignatureRemoved), [.. _updateUnits, "5.3-9-2 a"], _updateUnits),
        new("older update installed", bench => Install(bench, UpdateVariant.Older), _updateUnits),
        new("undeclared update path", bench =>
        {
            bench.OpenUndeclared(8081, ServiceProtocol.Http);
            bench.Change<DisclosureSeen>(survey => survey.Endpoint.Port == 8081 ? survey with { Open = [new OpenAccess("upload form", "/firmware/upgrade")] } : survey);
        }, ["5.3-10-1 c", "5.5-5-2 b", "5.6-1-2 c"], ["5.3-10-1 c", "5.5-5-2 b", "5.6-1-2 b", "5.13-1-2 c"]),
        new("status without login", bench => bench.Change<AccessSeen>(access => access.Path == "/status" ? access with { Anonymous = AccessResult.Granted } : access), ["5.5-4-2 a", "5.5-5-2 a"]),
        new("status with a wrong password", bench => bench.Change<AccessSeen>(access => access.Path == "/status" ? access with { Wrong = AccessResult.Granted } : access), ["5.5-4-2 a", "5.5-5-2 a"]),
        new("status with too few rights", bench => bench.Change<AccessSeen>(access => access.Path == "/status" ? access with { LowRights = AccessResult.Granted } : access), ["5.5-4-2 a", "5.5-5-2 a"]),
        new("invented session is taken", bench => bench.Change<WebSessionSeen>(session => session with { Invented = AccessResult.Granted }), ["5.5-4-2 a"]),
        new("form without a session", bench => Write(bench, write => write with { Anonymous = AccessResult.Granted }), ["5.5-5-2 a"]),
        new("form with an invented session", bench => Write(bench, write => write with { Invented = AccessResult.Granted }), ["5.5-5-2 a"]),
        new("disabled interface is on", bench => bench.Facts<LogIntfFacts>(bench.Edition == StandardEdition.V2 ? "Intf-1" : "LogIntf-1", facts => facts with { Status = Bench.Fact(InterfaceStatus.Disabled) }), ["5.6-1-2 a"]),
        new("another protocol than declared", bench => bench.Facts<LogIntfFacts>(bench.Edition == StandardEdition.V2 ? "Intf-1" : "LogIntf-1", facts => facts with { Protocol = Bench.Fact(ServiceProtocol.Mqtt) }), ["5.6-1-2 a"]),
        new("version disclosed", bench => bench.Change<DisclosureSeen>(survey => survey with { Items = [new DisclosedItem(DisclosureKind.Version, "httpd/1.2", "Server")] }), ["5.6-2-2 a"]),
        new("undeclared CoAP over UDP", bench => bench.AnswerUdp(5683, ServiceProtocol.Coap), ["5.5-5-2 b", "5.6-1-2 c"], ["5.5-5-2 b", "5.6-1-2 b", "5.13-1-2 c"]),
        new("undeclared mDNS that tells a serial number", bench => bench.AnswerUdp(5353, ServiceProtocol.Mdns, new DisclosedItem(DisclosureKind.SerialNumber, "sn 4711", "TXT")), ["5.6-1-2 c", "5.6-2-2 a"], ["5.6-1-2 b", "5.6-2-2 a"]),
        new("SNMP that anybody may write", bench => Snmp(bench, AccessResult.Granted, Bench.All), ["5.5-5-2 a"]),
        new("shell without login", bench =>
        {
            bench.OpenUndeclared(4444, ServiceProtocol.Other);
            bench.Change<DisclosureSeen>(survey => survey.Endpoint.Port == 4444 ? survey with { Open = [new OpenAccess("command prompt without login: #", "command prompt") { Kind = AccessKind.Debug }] } : survey);
        }, ["5.6-1-2 c", "5.6-4A-2 b"], ["5.6-1-2 b"]),
        new("declared guarded service over UDP is open", bench =>
        {
            bench.DeclareUdp(5683, ServiceProtocol.Coap, InterfaceStatus.Enabled);
            bench.Facts<SoftServFacts>("SoftServ-1", facts => facts with { Ports = [5683], Transport = Bench.Fact(Transport.Udp) });
            bench.AnswerUdp(5683, ServiceProtocol.Coap);
            bench.Change<DisclosureSeen>(survey => survey.Endpoint.Transport == Transport.Udp ? survey with { Open = [new OpenAccess("resource readable without credentials", "/set")] } : survey);
        }, ["5.5-4-2 a", "5.5-5-2 a"]),
        new("undeclared mDNS", bench => bench.AnswerUdp(5353, ServiceProtocol.Mdns), ["5.6-1-2 c"], ["5.6-1-2 b"]),
        new("disabled UDP interface answers", bench =>
        {
            bench.DeclareUdp(5683, ServiceProtocol.Coap, InterfaceStatus.Disabled);
            bench.AnswerUdp(5683, ServiceProtocol.Coap);
        }, ["5.6-1-2 a"]),
        new("another UDP protocol than declared", bench =>
        {
            bench.DeclareUdp(5683, ServiceProtocol.Coap, InterfaceStatus.Enabled);
            bench.AnswerUdp(5683, ServiceProtocol.Snmp);
        }, ["5.6-1-2 a"]),
        new("no confirmations", bench => bench.Entry(IxitRole.Conf, "Conf", null, [.. bench.Catalogue.Table(IxitRole.Conf).Fields.Select(field => (field.Name, "No, not yet"))]),
            ["5.2-2-1 b", "5.2-3-1 d", "5.3-8-1 b", "5.5-8-1 b", "5.6-9-1 b"]),
        new("recommendation without reason", bench => bench.Answer(ProvisionId.Parse("5.2-3"), Support.No, " "), ["5.0-1-1 a"], ["4-1-1 a"]),
    ];

    /// <summary>Each leaves something open and fails nothing.</summary>
    public static ImmutableArray<Spoiling> Opening { get; } =
    [
        new("sweep incomplete", bench => bench.Change<TcpPortsSeen>(ports => ports with { NotTried = 1000, Coverage = Bench.Part }), []),
        new("port gone at the end", bench => bench.Change<TcpPortsAtEnd>(ports => ports with { Open = [], Gone = [Bench.Https], Coverage = Bench.Part }), []),
        new("last look incomplete", bench => bench.Change<TcpPortsAtEnd>(ports => ports with { Coverage = Bench.Part }), []),
        new("DUT gone at the end", bench => bench.Lose<ClosingPortSweep>(new ProbeOutcome.Unanswered(Silence.DutGone, "gone")), []),
        new("last look not made", bench => bench.Lose<ClosingPortSweep>(new ProbeOutcome.NotRun(NotRunReason.BudgetExhausted, "no time left")), []),
        new("nothing recorded of the network", bench =>
        {
            var gone = new ProbeOutcome.Unanswered(Silence.DutGone, "gone");
            bench.Lose<TcpPortSweep>(gone);
            bench.Lose<TlsEnumeration>(gone);
            bench.Lose<AccessTrial>(gone);
            bench.Lose<DefaultCredentialTrial>(gone);
            bench.Lose<UpdateIntegrityTrial>(gone);
        }, []),
        new("no address", bench => bench.Addresses = [], []),
        new("identification silent", bench => bench.Lose<ServiceIdentification>(new ProbeOutcome.Unanswered(Silence.NoReply, "silence")), []),
        new("survey partial", bench => bench.Change<DisclosureSeen>(survey => survey with { Coverage = Bench.Part }), []),
        new("TLS partly seen", bench => bench.Change<TlsServerSeen>(server => server with { Coverage = Bench.Part }), []),
        new("TLS timed out", bench => bench.Lose<TlsEnumeration>(new ProbeOutcome.Unanswered(Silence.NoReply, "silence")), []),
        new("attack that an old recording does not have", bench => bench.Change<TlsAttacksTried>(tried => tried with { Attacks = [.. tried.Attacks.Where(seen => seen.Attack != TlsAttack.Ticketbleed)] }), []),
        new("ROBOT undecided", bench => Expose(bench, TlsAttack.Robot, Exposure.Undecided), []),
        new("attacks on TLS not tried", bench => bench.Lose<TlsAttackTrial>(new ProbeOutcome.NotRun(NotRunReason.NotRecorded, "old recording")), []),
        new("harness failed", bench => bench.Lose<AccessTrial>(new ProbeOutcome.NotRun(NotRunReason.HarnessFault, "bug")), []),
        new("invented session of which it does not show", bench => bench.Change<WebSessionSeen>(session => session with { Invented = AccessResult.Unclear }), []),
        new("what the session hangs on was not found", bench => bench.Change<WebSessionSeen>(session => session with { Invented = AccessResult.NotTried, Coverage = Bench.Part }), []),
        new("session trial broke off", bench => bench.Lose<WebSessionTrial>(new ProbeOutcome.NotRun(NotRunReason.HarnessFault, "bug")), []),
        new("settings trial met silence", bench => bench.Lose<SettingsWriteTrial>(new ProbeOutcome.Unanswered(Silence.NoReply, "silence")), []),
        new("impact not allowed", bench =>
        {
            var refused = new ProbeOutcome.NotRun(NotRunReason.ImpactNotAllowed, "not allowed");
            bench.Lose<DefaultCredentialTrial>(refused);
            bench.Lose<UpdateIntegrityTrial>(refused);
        }, []),
        new("credential trial broke off", bench => bench.Change<DefaultCredentialsTried>(tried => tried with { Attempts = 2, Reaction = GuessingReaction.None, ReactionAfter = 0 }), []),
        new("one sample only", bench => bench.Change<PresetPasswordsSeen>(seen => seen with { Samples = 1, Coverage = Bench.Part }), []),
        new("control update refused", bench => Result(bench, UpdateVariant.Genuine, UpdateResult.NotInstalled), []),
        new("version unreadable after an altered update", bench => Result(bench, UpdateVariant.BitFlipped, UpdateResult.Unknown), []),
        new("foreign image missing", bench => Result(bench, UpdateVariant.OtherKey, UpdateResult.NotOffered), []),
        new("valid login refused", bench => bench.Change<AccessSeen>(access => access with { Valid = AccessResult.Refused }), []),
        new("answer unclear", bench => bench.Change<AccessSeen>(access => access with { Anonymous = AccessResult.Unclear }), []),
        new("session identifier can be guessed", bench => bench.Change<WebSessionSeen>(session => session with { Characters = 4, BitsAtMost = 16 }), []),
        new("session by address", bench => bench.Change<WebSessionSeen>(session => session with { Carrier = SessionCarrier.Neither, Characters = 0, BitsAtMost = 0 }), []),
        new("form of which it does not show", bench => Write(bench, write => write with { Anonymous = AccessResult.Unclear }), []),
        new("form with a session that was logged out of", bench => Write(bench, write => write with { Ended = AccessResult.Granted }), []),
        new("login that a script sends", bench => bench.Change<DisclosureSeen>(survey => survey with { Logins = [.. survey.Logins, new LoginPoint(LoginProtocol.HttpJson, Bench.Https, true, "/app", new LoginForm("u", "p", "/api/login", "", ""))] }), []),
        new("declared port closed", bench =>
        {
            bench.Change<TcpPortsSeen>(ports => ports with { Open = [] });
            bench.Change<TcpPortsAtEnd>(ports => ports with { Open = [] });
        }, []),
        new("confirmations blank", bench => bench.Entry(IxitRole.Conf, "Conf", null), []),
        new("recommendation not answered", bench => bench.RemoveAnswer(ProvisionId.Parse("5.2-3")), []),
        new("no factor given", bench => bench.Facts<AuthMechFacts>("AuthMech-3", facts => facts with { Factor = default }), []),
        new("no origin given", bench => bench.Facts<AuthMechFacts>("AuthMech-2", facts => facts with { Origin = default }), []),
        new("machine login not seen", bench => bench.Facts<AuthMechFacts>("AuthMech-3", facts => facts with { Logins = [new LoginPoint(LoginProtocol.Mqtt, 8883, true, "/", null)] }), []),
        new("undeclared SSH that lists no methods", bench => bench.OpenUndeclaredSsh(), ["5.1-5-2 a", "5.5-5-2 b", "5.6-1-2 c"], ["5.1-5-2 a", "5.5-5-2 b", "5.6-1-2 b"]),
        new("no component has a mechanism", bench => bench.Entry(IxitRole.SoftComp, "SoftComp-1", null, ("Update Mechanism", "none")), []),
        new("declared UDP interface does not answer", bench => bench.DeclareUdp(5353, ServiceProtocol.Mdns, InterfaceStatus.Enabled), []),
        new("disabled UDP interface stays silent", bench => bench.DeclareUdp(5353, ServiceProtocol.Mdns, InterfaceStatus.Disabled), []),
        new("SNMP whose SET is not answered", bench => Snmp(bench, AccessResult.Unclear, Bench.Part), []),
        new("survey of a UDP service is missing", bench =>
        {
            bench.AnswerUdp(5353, ServiceProtocol.Mdns);
            bench.Lose<DisclosureSurvey>(new ProbeOutcome.Unanswered(Silence.NoReply, "silent"));
        }, ["5.6-1-2 c"], ["5.6-1-2 b"]),
        new("ADB that asks for a key", bench => bench.OpenUndeclared(5555, ServiceProtocol.Adb), ["5.5-5-2 b", "5.6-1-2 c"], ["5.5-5-2 b", "5.6-1-2 b"]),
        new("unknown UDP service on an undeclared port", bench => bench.AnswerUdp(9999, ServiceProtocol.Unknown), ["5.6-1-2 c"], ["5.6-1-2 b"]),
        new("unknown service on an undeclared port", bench => bench.OpenUndeclared(9999, ServiceProtocol.Unknown), ["5.6-1-2 c"], ["5.6-1-2 b"]),
    ];

    private static void Snmp(Bench bench, AccessResult result, Coverage coverage)
    {
        var endpoint = new Endpoint(Bench.Address, 161, Transport.Udp);
        bench.DeclareUdp(161, ServiceProtocol.Snmp, InterfaceStatus.Enabled);
        bench.AnswerUdp(161, ServiceProtocol.Snmp);
        bench.Change<DisclosureSeen>(survey => survey.Endpoint == endpoint ? survey with { Open = [new OpenAccess("SNMP reads with a well-known community", "SNMPv2c community private")] } : survey);
        bench.See(new WriteTrial(endpoint, ServiceProtocol.Snmp), new WriteSeen(endpoint, ServiceProtocol.Snmp, result, "SET of sysName", true) { Coverage = coverage });
    }

    private static void Expose(Bench bench, TlsAttack attack, Exposure exposure) =>
        bench.Change<TlsAttacksTried>(tried => tried with { Attacks = [.. tried.Attacks.Select(seen => seen.Attack == attack ? seen with { Exposure = exposure } : seen)] });

    private static void Write(Bench bench, Func<SettingsWrite, SettingsWrite> change) =>
        bench.Change<SettingsWritesSeen>(seen => seen with { Writes = [.. seen.Writes.Select(change)] });

    private static void Install(Bench bench, UpdateVariant variant) => Result(bench, variant, UpdateResult.Installed);

    private static void Result(Bench bench, UpdateVariant variant, UpdateResult result) =>
        bench.Change<UpdateTrialsSeen>(seen => seen with
        {
            Trials = [.. seen.Trials.Select(trial => trial.Variant == variant ? trial with { Result = result, VersionAfter = result == UpdateResult.Installed ? "9.9" : trial.VersionBefore } : trial)],
        });
}
