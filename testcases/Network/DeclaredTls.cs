using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Network;

/// <summary>Communication mechanisms as declared against the TLS and SSH servers that the DUT shows (case 5.5-1-2 and its users).</summary>
internal static class DeclaredTls
{
    /// <summary>Requests for an entry of the communication mechanisms.</summary>
    public static IEnumerable<ProbeRequest> Ask(Declaration declared, ComMechFacts facts)
    {
        foreach (var endpoint in Endpoints(declared, facts))
        {
            yield return facts.Protocol.Is(CommProtocol.Ssh) ? new SshEnumeration(endpoint) : new TlsEnumeration(endpoint);
        }
    }

    /// <summary>
    /// Findings for an entry: what is seen beyond the declaration fails. Entries where the DUT is the client, or that run over something
    /// else than TCP, give none: those are the examiner's part of the unit.
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

    private static IEnumerable<Endpoint> Endpoints(Declaration declared, ComMechFacts facts) =>
        facts.Role.Is(CommRole.Server)
        && facts.Protocol.TryGet(out var protocol) && protocol is CommProtocol.Tls or CommProtocol.Ssh
        && facts.Transport.Or(Transport.Tcp) == Transport.Tcp
        && facts.Port.TryGet(out var port)
            ? declared.EndpointsOf(port)
            : [];

    private static IEnumerable<Finding> JudgeTls(ObservationSet seen, IxitEntry entry, ComMechFacts facts, Endpoint endpoint)
    {
        var asked = seen.Ask(new TlsEnumeration(endpoint));
        if (!asked.TryGet(out var server, out var evidence))
        {
            yield return ClearInstead(seen, entry, endpoint)
                ?? DutServices.Gap(asked, entry.Id, $"{entry.Id} declares TLS on {endpoint}, but its server was not seen")!;
            yield break;
        }

        var deviations = Deviations(entry, facts, server, evidence).ToList();
        foreach (var deviation in deviations)
        {
            yield return deviation;
        }

        if (deviations.Count > 0)
        {
            yield break;
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
        else if (facts.Versions.Where(version => server.Accepted.All(accepted => accepted.Version != version)).ToList() is { Count: > 0 } absent)
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
            yield return Finding.Pass(entry.Id, $"{endpoint} offers {Versions(server)}, as {entry.Id} declares.", evidence, entry.Ref);
        }
    }

    private static IEnumerable<Finding> Deviations(IxitEntry entry, ComMechFacts facts, TlsServerSeen server, EvidenceRef evidence)
    {
        foreach (var accepted in server.Accepted.Where(accepted => !facts.Versions.IsEmpty && !facts.Versions.Contains(accepted.Version)))
        {
            yield return Finding.Fail(
                entry.Id,
                $"{server.Endpoint} accepts {accepted.Version.DisplayName()} ({accepted.Suites.Length} suites), and {entry.Id} declares {string.Join(", ", facts.Versions.Select(version => version.DisplayName()))} only.",
                evidence,
                entry.Ref);
        }

        var suites = server.Accepted.SelectMany(accepted => accepted.Suites).DistinctBy(suite => suite.Code).ToList();
        var undeclared = suites.Where(suite => !facts.Suites.IsEmpty && !facts.Suites.Contains(suite.Name, StringComparer.OrdinalIgnoreCase)).ToList();
        if (undeclared.Count > 0)
        {
            yield return Finding.Fail(
                entry.Id,
                $"{server.Endpoint} accepts suites that {entry.Id} does not declare: {string.Join(", ", undeclared.Select(suite => suite.Name))}.",
                evidence,
                entry.Ref);
        }

        // A mechanism that is declared to protect anything can not mean suites that do not encrypt or do not authenticate.
        var hollow = suites.Where(suite => (suite.Classes & (SuiteWeakness.NullCipher | SuiteWeakness.Anonymous | SuiteWeakness.Export)) != 0).ToList();
        if (hollow.Count > 0)
        {
            yield return Finding.Fail(
                entry.Id,
                $"{server.Endpoint} accepts suites without encryption, without authentication or of export strength: {string.Join(", ", hollow.Select(suite => suite.Name))}.",
                evidence,
                entry.Ref);
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

    private static Finding? ClearInstead(ObservationSet seen, IxitEntry entry, Endpoint endpoint) =>
        seen.Ask(new ServiceIdentification(endpoint)).TryGet(out var service, out var evidence)
        && !service.Tls && service.Protocol is not (ServiceProtocol.Unknown or ServiceProtocol.Tls or ServiceProtocol.Other)
            ? Finding.Fail(entry.Id, $"{entry.Id} declares TLS on {endpoint}, but {service.Protocol} speaks there in clear.", evidence, entry.Ref)
            : null;

    private static string Versions(TlsServerSeen server) => string.Join(", ", server.Accepted.Select(accepted => $"{accepted.Version.DisplayName()} with {accepted.Suites.Length} suites"));
}
