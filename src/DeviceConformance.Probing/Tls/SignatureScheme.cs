using System.Collections.Frozen;
using System.Collections.Immutable;

namespace DeviceConformance.Probing.Tls;

/// <summary>Algorithms for signatures: the IANA registry "TLS SignatureScheme", and the pairs of hash and signature of TLS 1.2 (RFC 5246, 7.4.1.4.1).</summary>
public static class SignatureScheme
{
    private static readonly FrozenDictionary<int, string> _names = new Dictionary<int, string>
    {
        [0x0403] = "ecdsa_secp256r1_sha256",
        [0x0503] = "ecdsa_secp384r1_sha384",
        [0x0603] = "ecdsa_secp521r1_sha512",
        [0x0807] = "ed25519",
        [0x0808] = "ed448",
        [0x0804] = "rsa_pss_rsae_sha256",
        [0x0805] = "rsa_pss_rsae_sha384",
        [0x0806] = "rsa_pss_rsae_sha512",
        [0x0809] = "rsa_pss_pss_sha256",
        [0x080a] = "rsa_pss_pss_sha384",
        [0x080b] = "rsa_pss_pss_sha512",
        [0x0401] = "rsa_pkcs1_sha256",
        [0x0501] = "rsa_pkcs1_sha384",
        [0x0601] = "rsa_pkcs1_sha512",
        [0x081a] = "ecdsa_brainpoolP256r1tls13_sha256",
        [0x081b] = "ecdsa_brainpoolP384r1tls13_sha384",
        [0x081c] = "ecdsa_brainpoolP512r1tls13_sha512",
        [0x0303] = "ecdsa_sha224",
        [0x0301] = "rsa_pkcs1_sha224",
        [0x0203] = "ecdsa_sha1",
        [0x0201] = "rsa_pkcs1_sha1",
        [0x0402] = "dsa_sha256",
        [0x0302] = "dsa_sha224",
        [0x0202] = "dsa_sha1",
        [0x0101] = "rsa_pkcs1_md5",
    }.ToFrozenDictionary();

    /// <summary>What an ordinary offer names, weak ones included: what the server picks is what we want to see.</summary>
    public static ImmutableArray<int> Offered { get; } =
    [
        0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
        0x081a, 0x081b, 0x081c, 0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0302, 0x0202, 0x0101,
    ];

    /// <summary>What may sign a handshake of TLS 1.3 (RFC 8446, 4.2.3; RFC 8734), by the kind of key that it needs.</summary>
    public static ImmutableArray<ImmutableArray<int>> FamiliesForTls13 { get; } =
    [
        [0x0403, 0x0503, 0x0603],
        [0x0807, 0x0808],
        [0x0804, 0x0805, 0x0806],
        [0x0809, 0x080a, 0x080b],
        [0x081a, 0x081b, 0x081c],
    ];

    /// <summary>Name of an algorithm; its number when it has none.</summary>
    public static string Name(int code) => _names.TryGetValue(code, out var name) ? name : $"signature 0x{code:x4}";
}
