using System.Collections.Immutable;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Observations;

/// <summary>
/// A published recommendation for TLS servers, as far as the network shows what it asks for. It answers which offered things lie outside it,
/// and makes no verdict: the standard asks for best practice for the use case, and names none of these documents alone.
/// </summary>
/// <param name="Name">Short name.</param>
/// <param name="Source">Document and edition.</param>
/// <param name="Date">Date of that edition.</param>
/// <param name="Versions">Versions that it allows, by the number of TLS; those of DTLS go with them.</param>
/// <param name="Suites">Suites that it allows; empty when it forbids by class.</param>
/// <param name="Forbidden">Classes that it forbids, where it does not list suites.</param>
/// <param name="Groups">Groups that it allows; empty: any.</param>
/// <param name="RsaBits">Size of RSA keys at the least.</param>
/// <param name="CurveBits">Size of keys on curves at the least.</param>
/// <param name="DiffieHellmanBits">Size of finite field groups at the least.</param>
/// <remarks>Rules for public certificates, such as the longest validity and the public roots, are left out: a device in a local network has no such certificate.</remarks>
public sealed record TlsPolicy(
    string Name,
    string Source,
    DateOnly Date,
    ImmutableArray<TlsVersion> Versions,
    ImmutableHashSet<string> Suites,
    SuiteWeakness Forbidden,
    ImmutableHashSet<string> Groups,
    int RsaBits,
    int CurveBits,
    int DiffieHellmanBits)
{
    private static readonly string[] _signed = ["ECDHE_ECDSA", "ECDHE_RSA"];
    private static readonly string[] _gcm = ["AES_128_GCM_SHA256", "AES_256_GCM_SHA384"];
    private static readonly string[] _chaCha = ["CHACHA20_POLY1305_SHA256"];

    /// <summary>The policies that are known.</summary>
    public static ImmutableArray<TlsPolicy> All { get; } =
    [
        new(
            "RFC 9325",
            "RFC 9325 (BCP 195), 3.1, 4.1, 4.4 and 4.5",
            new(2022, 11, 1),
            [TlsVersion.Tls12, TlsVersion.Tls13],
            [],
            SuiteWeakness.NullCipher | SuiteWeakness.Anonymous | SuiteWeakness.Export | SuiteWeakness.Rc4 | SuiteWeakness.Des | SuiteWeakness.TripleDes | SuiteWeakness.SmallBlock | SuiteWeakness.Md5 | SuiteWeakness.NoForwardSecrecy,
            [],
            2048,
            224,
            2048),
        new(
            "BSI TR-02102-2",
            "BSI TR-02102-2, version 2023-01, tables 1, 5 and 11; RSA and Diffie-Hellman of 3000 bits as from 2024",
            new(2023, 1, 24),
            [TlsVersion.Tls12, TlsVersion.Tls13],
            [
                "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_AES_128_CCM_SHA256",
                .. Pairs(_signed, [.. _gcm, "AES_128_CBC_SHA256", "AES_256_CBC_SHA384"]),
                .. Pairs(["ECDHE_ECDSA", "DHE_RSA"], ["AES_128_CCM", "AES_256_CCM"]),
                .. Pairs(["DHE_DSS", "DHE_RSA"], [.. _gcm, "AES_128_CBC_SHA256", "AES_256_CBC_SHA256"]),
            ],
            SuiteWeakness.None,
            ["secp256r1", "secp384r1", "secp521r1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1", "brainpoolP256r1tls13", "brainpoolP384r1tls13", "brainpoolP512r1tls13", "ffdhe3072", "ffdhe4096"],
            3000,
            250,
            3000),
        new(
            "NIST SP 800-52",
            "NIST SP 800-52 revision 2, 3.1, 3.2.1, 3.3.1 and 3.4.1.2, for servers",
            new(2019, 8, 29),
            [TlsVersion.Tls12, TlsVersion.Tls13],
            [
                "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256",
                .. Pairs(_signed, [.. _gcm, "AES_128_CBC_SHA", "AES_256_CBC_SHA", "AES_128_CBC_SHA256", "AES_256_CBC_SHA384"]),
                .. Pairs(["ECDHE_ECDSA", "DHE_RSA"], ["AES_128_CCM", "AES_256_CCM", "AES_128_CCM_8", "AES_256_CCM_8"]),
                .. Pairs(["DHE_DSS", "DHE_RSA"], [.. _gcm, "AES_128_CBC_SHA", "AES_256_CBC_SHA", "AES_128_CBC_SHA256", "AES_256_CBC_SHA256"]),
            ],
            SuiteWeakness.None,
            ["secp256r1", "secp384r1", "secp521r1", "ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"],
            2048,
            224,
            2048),
        new(
            "Mozilla intermediate",
            "Mozilla Server Side TLS, guidelines 5.7, configuration intermediate, without its rules for public certificates",
            new(2023, 7, 1),
            [TlsVersion.Tls12, TlsVersion.Tls13],
            [
                "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
                .. Pairs([.. _signed, "DHE_RSA"], [.. _gcm, .. _chaCha]),
            ],
            SuiteWeakness.None,
            ["x25519", "secp256r1", "secp384r1"],
            2048,
            256,
            2048),
    ];

    /// <summary>What a server offers outside the policy, one sentence for each kind of thing; empty when nothing seen is outside.</summary>
    public IEnumerable<string> Outside(TlsServerSeen server)
    {
        ArgumentNullException.ThrowIfNull(server);
        var versions = server.Accepted.Select(seen => seen.Version).Where(version => !Versions.Contains(version.AsTls())).ToList();
        if (versions.Count > 0)
        {
            yield return $"versions {Some(versions.Select(version => version.DisplayName()))}";
        }

        var suites = server.Accepted.SelectMany(seen => seen.Suites).DistinctBy(suite => suite.Code).ToList();
        var foreign = suites.Where(suite => Suites.IsEmpty ? (suite.Classes & Forbidden) != 0 : !Suites.Contains(suite.Name)).ToList();
        if (foreign.Count > 0)
        {
            yield return $"suites {Some(foreign.Select(suite => suite.Name))}";
        }

        var groups = (server.Details?.Groups ?? []).Select(group => group.Name).Distinct().Where(group => !Groups.IsEmpty && !Groups.Contains(group)).ToList();
        if (groups.Count > 0)
        {
            yield return $"groups {Some(groups)}";
        }

        var fields = suites.Select(suite => TlsConclusions.DiffieHellmanBits(suite.Group)).Where(bits => bits > 0 && bits < DiffieHellmanBits).Distinct().ToList();
        if (fields.Count > 0)
        {
            yield return $"Diffie-Hellman with {string.Join(", ", fields)} bits, below {DiffieHellmanBits}";
        }

        foreach (var certificate in server.Certificates.Where(certificate => certificate.KeyBits > 0 && certificate.KeyBits < (certificate.KeyAlgorithm == "RSA" ? RsaBits : CurveBits)))
        {
            yield return $"a {certificate.KeyAlgorithm} key of {certificate.KeyBits} bits ({certificate.Subject}), below {(certificate.KeyAlgorithm == "RSA" ? RsaBits : CurveBits)}";
        }

        foreach (var certificate in server.Certificates.Where(certificate => certificate.HasBrokenHash && !certificate.SelfSigned))
        {
            yield return $"a certificate signed with {certificate.SignatureAlgorithm} ({certificate.Subject})";
        }
    }

    // Enough to see what is meant; the observation has them all.
    private static string Some(IEnumerable<string> names)
    {
        const int most = 6;
        var all = names.ToList();
        return all.Count <= most ? string.Join(", ", all) : $"{string.Join(", ", all.Take(most - 1))} and {all.Count - most + 1} more";
    }

    private static IEnumerable<string> Pairs(IEnumerable<string> keyExchanges, IReadOnlyCollection<string> ciphers) =>
        keyExchanges.SelectMany(keyExchange => ciphers.Select(cipher => $"TLS_{keyExchange}_WITH_{cipher}"));
}
