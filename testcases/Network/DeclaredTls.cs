using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Network;

/// <summary>Communication mechanisms as declared against the TLS and SSH servers that the DUT shows (case 5.5-1-2 and its users).</summary>
internal static class DeclaredTls
{
    // Attacks that give away keys, secrets or memory whatever the client does; the others weaken what the offer itself shows.
    private static readonly TlsAttack[] _breaking = [TlsAttack.Heartbleed, TlsAttack.CcsInjection, TlsAttack.Robot, TlsAttack.Ticketbleed];

    /// <summary>Requests for an entry of the communication mechanisms.</summary>
    public static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen, ComMechFacts facts) =>
        Endpoints(declared, facts).SelectMany(endpoint => facts.Protocol.Is(CommProtocol.Ssh) ? [new SshEnumeration(endpoint)] : AskTls(seen, endpoint));

    /// <summary>Requests for a port that speaks TLS.</summary>
    public static IEnumerable<ProbeRequest> AskTls(ObservationSet seen, Endpoint endpoint)
    {
        var startTls = StartTlsOf(seen, endpoint);
        yield return new TlsEnumeration(endpoint, startTls);
        if (endpoint.Transport == Transport.Tcp)
        {
            yield return new TlsAttackTrial(endpoint, startTls);
        }
    }

    /// <summary>
    /// Findings for an entry: what is seen beyond the declaration fails. Entries where the DUT is the client, or that run over something
    /// else than TLS, DTLS or SSH, give none: those are the examiner's part of the unit.
    /// </summary>
    public static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen, IxitEntry entry, ComMechFacts facts)
    {
        if (facts.Role.Is(CommRole.Server) && !facts.Port.IsDeclared)
        {
            yield return Finding.Inconclusive(entry.Id, $"{entry.Id} declares a server but no port, so it was not looked at.", $"Add 'port' to the facts of {entry.Id}.", entry.Ref);
        }

        foreach (var endpoint in Endpoints(declared, facts))
        {
            var findings = facts.Protocol.Is(CommProtocol.Ssh) ? DeclaredSsh.Judge(seen, entry, facts, endpoint) : JudgeTls(seen, entry, facts, endpoint);
            foreach (var finding in findings)
            {
                yield return finding;
            }
        }
    }

    /// <summary>Entries of the communication mechanisms whose server listens on a port.</summary>
    public static IEnumerable<(IxitEntry Entry, ComMechFacts Facts)> On(Declaration declared, int port) =>
        declared.Ixit.With<ComMechFacts>(IxitRole.ComMech).Where(pair => pair.Facts.Role.Is(CommRole.Server) && pair.Facts.Port.Is(port));

    /// <summary>Whether an entry declares a version. Whoever writes TLS 1.2 of a mechanism of DTLS means the DTLS that is made from it.</summary>
    public static bool Declares(ComMechFacts facts, TlsVersion version) => facts.Versions.Any(declared => declared.AsTls() == version.AsTls());

    /// <summary>Whether an entry declares suites, and not this one (IANA name).</summary>
    public static bool IsUndeclared(ComMechFacts facts, string suite) => !facts.Suites.IsEmpty && !facts.Suites.Contains(suite, StringComparer.OrdinalIgnoreCase);

    public static IEnumerable<Endpoint> Endpoints(Declaration declared, ComMechFacts facts) =>
        facts.Role.Is(CommRole.Server)
        && facts.Protocol.TryGet(out var protocol) && protocol is CommProtocol.Tls or CommProtocol.Dtls or CommProtocol.Ssh
        && TransportOf(protocol) is var transport && facts.Transport.Or(transport) == transport
        && facts.Port.TryGet(out var port)
            ? declared.EndpointsOf(port, transport)
            : [];

    private static Transport TransportOf(CommProtocol protocol) => protocol == CommProtocol.Dtls ? Transport.Udp : Transport.Tcp;

    // A service that was identified in clear and can go over to TLS is asked to.
    public static StartTls StartTlsOf(ObservationSet seen, Endpoint endpoint) =>
        seen.Ask(new ServiceIdentification(endpoint)).TryGet(out var service, out _) && !service.Tls ? StartTlsProtocols.Of(service.Protocol) : StartTls.None;

    private static IEnumerable<Finding> JudgeTls(ObservationSet seen, IxitEntry entry, ComMechFacts facts, Endpoint endpoint)
    {
        var asked = seen.Ask(new TlsEnumeration(endpoint, StartTlsOf(seen, endpoint)));
        if (!asked.TryGet(out var server, out var evidence))
        {
            yield return ClearInstead(seen, entry, endpoint)
                ?? DutServices.Gap(asked, entry.Id, $"{entry.Id} declares {(endpoint.Transport == Transport.Udp ? "DTLS" : "TLS")} on {endpoint}, but its server was not seen")!;
            yield break;
        }

        var attacks = endpoint.Transport == Transport.Tcp ? JudgeAttacks(seen, entry, endpoint).ToList() : [];
        var deviations = Deviations(entry, facts, server, evidence).Concat(attacks.Where(finding => finding.Verdict == Verdict.Fail)).ToList();
        foreach (var deviation in deviations)
        {
            yield return deviation;
        }

        if (deviations.Count > 0)
        {
            yield break;
        }

        foreach (var attack in attacks)
        {
            yield return attack;
        }

        if (server.StartTls != StartTls.None)
        {
            yield return Finding.Inconclusive(
                entry.Id,
                $"{endpoint} begins in clear and goes over to TLS when the client asks for it ({server.StartTls.ToString().ToUpperInvariant()}).",
                $"Find out whether the service gives or takes anything that {entry.Id} protects before TLS is up, and decide this point with 'dct answer'.",
                evidence,
                entry.Ref);
        }

        if (facts.Versions.IsEmpty)
        {
            yield return Finding.Inconclusive(
                entry.Id,
                $"{endpoint} offers {Versions(server)}, but {entry.Id} does not say in its facts which versions it means to offer.",
                $"Add 'versions' to the facts of {entry.Id}.",
                evidence,
                entry.Ref);
        }
        else if (DutServices.Gap(asked, entry.Id, $"What the TLS server of {endpoint} offers was not all seen") is { } gap)
        {
            yield return gap;
        }
        else if (facts.Versions.Where(version => server.Accepted.All(accepted => accepted.Version.AsTls() != version.AsTls())).ToList() is { Count: > 0 } absent)
        {
            yield return Finding.Inconclusive(
                entry.Id,
                $"{entry.Id} declares {string.Join(", ", absent.Select(version => version.DisplayName()))} on {endpoint}, but the server does not accept it.",
                $"Bring the DUT into the state in which it offers it, or correct the versions of {entry.Id}.",
                evidence,
                entry.Ref);
        }
        else
        {
            yield return Finding.Pass(entry.Id, $"{endpoint} offers {Versions(server)}, as {entry.Id} declares.{Remarks(server, AttacksOf(seen, endpoint))}", evidence, entry.Ref);
        }
    }

    /// <summary>Findings on a server that no communication mechanism is declared for: what nothing can mean fails, and the rest is open.</summary>
    public static IEnumerable<Finding> Offer(ObservationSet seen, IxitEntry entry, Endpoint endpoint)
    {
        var asked = seen.Ask(new TlsEnumeration(endpoint, StartTlsOf(seen, endpoint)));
        if (!asked.TryGet(out var server, out var evidence))
        {
            return [DutServices.Gap(asked, entry.Id, $"The TLS server that {entry.Id} runs over, on {endpoint}, was not seen")!];
        }

        return
        [
            .. Hollow(entry, server, evidence),
            .. JudgeAttacks(seen, entry, endpoint),
            Finding.Inconclusive(
                entry.Id,
                $"{endpoint} offers {Versions(server)}, and no communication mechanism is declared on its port to compare that with.{Remarks(server, AttacksOf(seen, endpoint))}",
                $"Declare the mechanism as a server with port {endpoint.Port} and its versions, or compare the offer with the cryptographic details of {entry.Id} and decide this point with 'dct answer'.",
                evidence,
                entry.Ref),
        ];
    }

    private static IEnumerable<Finding> Deviations(IxitEntry entry, ComMechFacts facts, TlsServerSeen server, EvidenceRef evidence)
    {
        foreach (var accepted in server.Accepted.Where(accepted => !facts.Versions.IsEmpty && !Declares(facts, accepted.Version)))
        {
            yield return Finding.Fail(
                entry.Id,
                $"{server.Endpoint} accepts {accepted.Version.DisplayName()} ({accepted.Suites.Length} suites), and {entry.Id} declares {string.Join(", ", facts.Versions.Select(version => version.DisplayName()))} only.",
                evidence,
                entry.Ref);
        }

        var suites = server.Accepted.SelectMany(accepted => accepted.Suites).DistinctBy(suite => suite.Code).ToList();
        var undeclared = suites.Where(suite => IsUndeclared(facts, suite.Name)).ToList();
        if (undeclared.Count > 0)
        {
            yield return Finding.Fail(
                entry.Id,
                $"{server.Endpoint} accepts suites that {entry.Id} does not declare: {string.Join(", ", undeclared.Select(suite => suite.Name))}.",
                evidence,
                entry.Ref);
        }

        foreach (var hollow in Hollow(entry, server, evidence))
        {
            yield return hollow;
        }

        var strange = server.Certificates.Where(certificate => !facts.CertificateSha256.IsEmpty && !facts.CertificateSha256.Contains(certificate.Sha256)).ToList();
        foreach (var certificate in strange)
        {
            yield return Finding.Fail(
                entry.Id,
                $"{server.Endpoint} shows a certificate for {certificate.Subject} (SHA-256 {certificate.Sha256[..16]}...) that {entry.Id} does not declare.",
                evidence,
                entry.Ref);
        }
    }

    // A mechanism that is declared to protect anything can not mean suites that do not encrypt or do not authenticate.
    private static IEnumerable<Finding> Hollow(IxitEntry entry, TlsServerSeen server, EvidenceRef evidence)
    {
        var hollow = server.Accepted.SelectMany(accepted => accepted.Suites).DistinctBy(suite => suite.Code)
            .Where(suite => (suite.Classes & (SuiteWeakness.NullCipher | SuiteWeakness.Anonymous | SuiteWeakness.Export)) != 0).ToList();
        if (hollow.Count > 0)
        {
            yield return Finding.Fail(
                entry.Id,
                $"{server.Endpoint} accepts suites without encryption, without authentication or of export strength: {string.Join(", ", hollow.Select(suite => suite.Name))}.",
                evidence,
                entry.Ref);
        }
    }

    private static IEnumerable<Finding> JudgeAttacks(ObservationSet seen, IxitEntry entry, Endpoint endpoint)
    {
        var asked = seen.Ask(new TlsAttackTrial(endpoint, StartTlsOf(seen, endpoint)));
        if (!asked.TryGet(out var tried, out var evidence))
        {
            yield return DutServices.Gap(asked, entry.Id, $"Whether known attacks on the TLS server of {endpoint} work was not found out")!;
            yield break;
        }

        foreach (var attack in tried.Attacks.Where(attack => attack.Exposure == Exposure.Vulnerable && _breaking.Contains(attack.Attack)))
        {
            yield return Finding.Fail(entry.Id, $"The TLS server of {endpoint} is open to {attack.Attack}: {attack.Reason}", evidence, entry.Ref);
        }

        // An attack that a recording does not have was not known to the harness that made it.
        var open = tried.Attacks.Where(attack => attack.Exposure == Exposure.Undecided && _breaking.Contains(attack.Attack))
            .Concat(_breaking.Except(tried.Attacks.Select(attack => attack.Attack)).Select(attack => new TlsAttackSeen(attack, Exposure.Undecided, "It was not tried.")))
            .ToList();
        if (open.Count > 0)
        {
            yield return Finding.Inconclusive(
                entry.Id,
                $"Whether some known attacks on the TLS server of {endpoint} work could not be decided. {string.Join(" ", open.Select(attack => $"{attack.Attack}: {attack.Reason}"))}",
                "Remove what kept the server from answering, then resume the run; or decide this point with 'dct answer'.",
                evidence,
                entry.Ref);
        }
    }

    private static TlsAttacksTried? AttacksOf(ObservationSet seen, Endpoint endpoint) =>
        seen.Ask(new TlsAttackTrial(endpoint, StartTlsOf(seen, endpoint))).TryGet(out var tried, out _) ? tried : null;

    // What the examiner may want to ask about; for a device in a local network none of it is a fault in itself.
    private static string Remarks(TlsServerSeen server, TlsAttacksTried? tried)
    {
        var remarks = server.Certificates.SelectMany(certificate => (string[])
            [
                .. certificate.SelfSigned ? [$"the certificate of {certificate.Subject} is self-signed"] : (string[])[],
                .. certificate.Time is CertificateTime.Expired or CertificateTime.NotYetValid ? [$"by the clock of this host the certificate of {certificate.Subject} is {(certificate.Time == CertificateTime.Expired ? "expired" : "not yet valid")}"] : (string[])[],
            ])
            .Concat(TlsConclusions.Of(server).Where(attack => attack.Exposure == Exposure.Vulnerable).Select(attack => $"{attack.Attack} applies"))
            .Concat(tried?.Attacks.Where(attack => attack.Exposure == Exposure.Vulnerable && !_breaking.Contains(attack.Attack)).Select(attack => $"{attack.Attack}: {attack.Reason.TrimEnd('.')}") ?? [])
            .Concat(tried?.Tickets.Where(ticket => ticket.IsLong).Select(ticket => ticket.Text) ?? [])
            .Concat(TlsPolicy.All.Where(policy => policy.Outside(server).Any()).Select(policy => $"{policy.Name} ({policy.Date:yyyy-MM}) leaves out {string.Join("; ", policy.Outside(server))}"))
            .ToList();
        return remarks.Count == 0 ? "" : $" Not judged: {string.Join(". ", remarks)}.";
    }

    private static Finding? ClearInstead(ObservationSet seen, IxitEntry entry, Endpoint endpoint) =>
        seen.Ask(new ServiceIdentification(endpoint)).TryGet(out var service, out var evidence)
        && !service.Tls && service.Protocol is not (ServiceProtocol.Unknown or ServiceProtocol.Tls or ServiceProtocol.Other)
            ? Finding.Fail(entry.Id, $"{entry.Id} declares TLS on {endpoint}, but {service.Protocol} speaks there in clear.", evidence, entry.Ref)
            : null;

    private static string Versions(TlsServerSeen server) => string.Join(", ", server.Accepted.Select(accepted => $"{accepted.Version.DisplayName()} with {accepted.Suites.Length} suites"));
}
