using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Cli.Commands;

/// <summary>What a TLS server offers, as lines for a person.</summary>
internal static class TlsText
{
    /// <summary>All of it, and what lies outside which policy.</summary>
    public static IEnumerable<string> Lines(TlsServerSeen tls)
    {
        foreach (var version in tls.Versions)
        {
            yield return version.Accepted
                ? $"{version.Version.DisplayName()}: {version.Suites.Length} suites{(version.Suites.Length < 2 || version.Version == TlsVersion.Ssl2 ? "" : version.ServerPreference ? ", server's order" : ", client's order")}"
                : $"{version.Version.DisplayName()}: no ({version.Refusal})";
            foreach (var suite in version.Suites)
            {
                var classes = string.Join(", ", TlsSuiteClass.Of(suite, version.Version).Select(kind => kind.Name));
                yield return $"    {suite.Name}{(suite.Group.Length > 0 ? $" ({suite.Group})" : "")}{(classes.Length > 0 ? $"  [{classes}]" : "")}";
            }
        }

        foreach (var line in tls.Certificates.SelectMany(certificate => Certificate("certificate", certificate)).Concat(tls.Issuers.SelectMany(issuer => Certificate("sent with it", issuer))))
        {
            yield return line;
        }

        foreach (var line in tls.Details is { } details ? Details(details) : [])
        {
            yield return line;
        }

        var classesSeen = tls.Accepted.SelectMany(version => version.Suites.SelectMany(suite => TlsSuiteClass.Of(suite, version.Version))).Distinct().ToHashSet();
        foreach (var kind in TlsSuiteClass.All.Where(classesSeen.Contains))
        {
            yield return $"class {kind.Name}: {kind.Reason} ({kind.Source}, {kind.Date:yyyy-MM-dd})";
        }

        foreach (var attack in TlsConclusions.Of(tls))
        {
            yield return Line(attack);
        }

        foreach (var policy in TlsPolicy.All)
        {
            var outside = policy.Outside(tls).ToList();
            yield return outside.Count == 0
                ? $"policy {policy.Name} ({policy.Date:yyyy-MM-dd}): nothing seen is outside"
                : $"policy {policy.Name} ({policy.Date:yyyy-MM-dd}), outside: {string.Join("; ", outside)}";
        }

        yield return $"{tls.Connections} connections for the enumeration{(tls.Details is { } more ? $", {more.Connections} for groups, signatures and features" : "")}{(tls.OneAtATime ? ", one at a time since the server does not bear two" : "")}";
    }

    /// <summary>One attack.</summary>
    public static string Line(TlsAttackSeen attack) =>
        $"attack {attack.Attack}: {(attack.Exposure switch { Exposure.Vulnerable => "VULNERABLE", Exposure.NotVulnerable => "not vulnerable", _ => "could not be decided" })}. {attack.Reason}";

    private static IEnumerable<string> Details(TlsDetails details)
    {
        foreach (var version in details.Groups.GroupBy(group => group.Version))
        {
            yield return $"groups of {version.Key.DisplayName()}: {string.Join(", ", version.Select(group => group.Name))}";
        }

        foreach (var prime in details.Primes)
        {
            yield return $"Diffie-Hellman prime of {prime.Bits} bits{(prime.KnownAs.Length > 0 ? $", known from {prime.KnownAs}" : ", not known from elsewhere")}";
        }

        foreach (var version in details.Signatures.GroupBy(signature => signature.Version))
        {
            yield return $"signatures of {version.Key.DisplayName()}: {string.Join(", ", version.Select(signature => signature.Name))}";
        }

        foreach (var feature in details.Features)
        {
            yield return $"{feature.Feature}: {(feature.Presence switch { Presence.Yes => "yes", Presence.No => "no", Presence.NotApplicable => "does not apply", _ => "unknown" })}{(feature.Note.Length > 0 ? $" ({feature.Note})" : "")}";
        }

        foreach (var unknown in details.Unknown)
        {
            yield return $"unknown: {unknown}";
        }
    }

    private static IEnumerable<string> Certificate(string role, CertificateSeen certificate)
    {
        yield return $"{role}: {certificate.Subject}, {certificate.KeyAlgorithm} {certificate.KeyBits} bits, {certificate.SignatureAlgorithm}{(certificate.HasBrokenHash ? " (broken hash)" : "")}, "
            + $"{certificate.NotBefore:yyyy-MM-dd} to {certificate.NotAfter:yyyy-MM-dd}{(certificate.Time is CertificateTime.Expired or CertificateTime.NotYetValid ? $" ({certificate.Time})" : "")}"
            + $"{(certificate.SelfSigned ? ", self-signed" : $", by {certificate.Issuer}")}{(certificate.IsAuthority ? ", may sign others" : "")}";
        if (!certificate.Names.IsEmpty)
        {
            yield return $"    for {string.Join(", ", certificate.Names)}";
        }

        yield return $"    SHA-256 {certificate.Sha256}, key {certificate.KeySha256}, serial {certificate.Serial}";
    }
}
