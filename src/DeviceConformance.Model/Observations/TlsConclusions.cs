using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Observations;

/// <summary>Attacks that follow from what a TLS server offers; nothing is sent to find them.</summary>
public static class TlsConclusions
{
    private const int ShortDiffieHellman = 1024; // weakdh.org, 2015: within reach of states

    /// <summary>Each attack that can be derived, with the offer that it follows from.</summary>
    public static IEnumerable<TlsAttackSeen> Of(TlsServerSeen server)
    {
        ArgumentNullException.ThrowIfNull(server);
        var isDatagram = server.Endpoint.Transport == Transport.Udp;
        var old = Offers(server, TlsVersion.Ssl3).Where(suite => suite.Classes.HasFlag(SuiteWeakness.Cbc)).ToList();
        if (!isDatagram)
        {
            // SSL never ran over datagrams.
            yield return Decide(server, TlsAttack.Poodle, old.Count > 0, "SSL 3.0 with CBC suites", TlsVersion.Ssl3);
            yield return Decide(server, TlsAttack.Drown, server.Accepted.Any(seen => seen.Version == TlsVersion.Ssl2), "SSL 2.0", TlsVersion.Ssl2);
        }

        var suites = server.Accepted.Where(seen => seen.Version != TlsVersion.Ssl2).SelectMany(seen => seen.Suites).ToList();
        yield return Decide(server, TlsAttack.Freak, suites.Exists(suite => suite.Classes.HasFlag(SuiteWeakness.Export) && suite.Name.Contains("_RSA_EXPORT", StringComparison.Ordinal)), "suites with RSA keys of export strength");
        var export = suites.Where(suite => suite.Classes.HasFlag(SuiteWeakness.Export) && suite.Name.Contains("_DHE_", StringComparison.Ordinal)).ToList();
        var lengths = suites.Select(suite => DiffieHellmanBits(suite.Group)).Where(bits => bits > 0).ToList();
        yield return Decide(server, TlsAttack.Logjam, export.Count > 0 || lengths.Exists(bits => bits <= ShortDiffieHellman), export.Count > 0 ? "Diffie-Hellman of export strength" : $"Diffie-Hellman with {lengths.DefaultIfEmpty().Min()} bits");
        yield return Decide(server, TlsAttack.Sweet32, suites.Exists(suite => suite.Classes.HasFlag(SuiteWeakness.SmallBlock)), "suites with blocks of 64 bits");
        yield return Decide(server, TlsAttack.Beast, old.Count > 0 || Offers(server, TlsVersion.Tls10).Any(suite => suite.Classes.HasFlag(SuiteWeakness.Cbc)), "CBC suites before TLS 1.1");
        yield return Compression(server);
    }

    private static TlsAttackSeen Compression(TlsServerSeen server) => server.Details?.Has(TlsFeature.Compression) switch
    {
        Presence.Yes => new TlsAttackSeen(TlsAttack.Crime, Exposure.Vulnerable, "The server compresses."),
        Presence.No => new TlsAttackSeen(TlsAttack.Crime, Exposure.NotVulnerable, "The server was offered compression and did not take it."),
        Presence.NotApplicable => new TlsAttackSeen(TlsAttack.Crime, Exposure.NotVulnerable, "The versions that the server takes have no compression."),
        _ => new TlsAttackSeen(TlsAttack.Crime, Exposure.Undecided, "Whether the server compresses was not seen."),
    };

    private static TlsAttackSeen Decide(TlsServerSeen server, TlsAttack attack, bool isOffered, string offer, TlsVersion? version = null)
    {
        if (isOffered)
        {
            return new TlsAttackSeen(attack, Exposure.Vulnerable, $"The server offers {offer}.");
        }

        if (version is { } needed && server.Versions.All(seen => seen.Version != needed))
        {
            return new TlsAttackSeen(attack, Exposure.Undecided, $"{needed.DisplayName()} was not tried.");
        }

        return server.Coverage.IsComplete
            ? new TlsAttackSeen(attack, Exposure.NotVulnerable, $"The server does not offer what it needs{(version is { } tried ? $" in {tried.DisplayName()}" : "")}.")
            : new TlsAttackSeen(attack, Exposure.Undecided, "What it needs was not seen, but not all of the offer was seen either.");
    }

    private static IEnumerable<TlsSuiteSeen> Offers(TlsServerSeen server, TlsVersion version) => server.Accepted.Where(seen => seen.Version == version).SelectMany(seen => seen.Suites);

    /// <summary>Bits of a finite field group as a suite shows it; 0 for any other group.</summary>
    internal static int DiffieHellmanBits(string group) => group.StartsWith("DH ", StringComparison.Ordinal) && int.TryParse(group.AsSpan(3), out var bits) ? bits : 0;
}
