using System.Collections.Frozen;
using System.Collections.Immutable;

namespace DeviceConformance.Probing.Tls;

/// <summary>Groups for key exchange: the IANA registry "TLS Supported Groups".</summary>
public static class NamedGroup
{
    /// <summary>The one curve that every TLS 1.3 server must know (RFC 8446, 9.1).</summary>
    public const int Secp256r1 = 23;

    /// <summary>Curve25519 (RFC 8446, 4.2.7).</summary>
    public const int X25519 = 29;

    private const int FirstFiniteField = 256;
    private const int FirstHybrid = 512;
    private const int FirstGost = 34;

    private static readonly FrozenDictionary<int, string> _names = new Dictionary<int, string>
    {
        // RFC 8422 and RFC 4492
        [1] = "sect163k1",
        [2] = "sect163r1",
        [3] = "sect163r2",
        [4] = "sect193r1",
        [5] = "sect193r2",
        [6] = "sect233k1",
        [7] = "sect233r1",
        [8] = "sect239k1",
        [9] = "sect283k1",
        [10] = "sect283r1",
        [11] = "sect409k1",
        [12] = "sect409r1",
        [13] = "sect571k1",
        [14] = "sect571r1",
        [15] = "secp160k1",
        [16] = "secp160r1",
        [17] = "secp160r2",
        [18] = "secp192k1",
        [19] = "secp192r1",
        [20] = "secp224k1",
        [21] = "secp224r1",
        [22] = "secp256k1",
        [Secp256r1] = "secp256r1",
        [24] = "secp384r1",
        [25] = "secp521r1",

        // RFC 7027, RFC 8422, RFC 8734
        [26] = "brainpoolP256r1",
        [27] = "brainpoolP384r1",
        [28] = "brainpoolP512r1",
        [X25519] = "x25519",
        [30] = "x448",
        [31] = "brainpoolP256r1tls13",
        [32] = "brainpoolP384r1tls13",
        [33] = "brainpoolP512r1tls13",

        // RFC 9189, RFC 8998
        [FirstGost] = "GC256A",
        [35] = "GC256B",
        [36] = "GC256C",
        [37] = "GC256D",
        [38] = "GC512A",
        [39] = "GC512B",
        [40] = "GC512C",
        [41] = "curveSM2",

        // RFC 7919
        [FirstFiniteField] = "ffdhe2048",
        [257] = "ffdhe3072",
        [258] = "ffdhe4096",
        [259] = "ffdhe6144",
        [260] = "ffdhe8192",

        // draft-ietf-tls-mlkem, draft-ietf-tls-ecdhe-mlkem
        [FirstHybrid] = "MLKEM512",
        [513] = "MLKEM768",
        [514] = "MLKEM1024",
        [4587] = "SecP256r1MLKEM768",
        [4588] = "X25519MLKEM768",
        [4589] = "SecP384r1MLKEM1024",
        [4590] = "curveSM2MLKEM768",

        // draft-tls-westerbaan-xyber768d00, draft-kwiatkowski-tls-ecdhe-kyber: what servers spoke before ML-KEM was done
        [0x6399] = "X25519Kyber768Draft00",
        [0x639a] = "SecP256r1Kyber768Draft00",
    }.ToFrozenDictionary();

    /// <summary>
    /// Groups that an offer of TLS 1.2 and older names: the elliptic curves. The finite fields of RFC 7919 stay out, for with them a server
    /// that has a field of its own may not use it.
    /// </summary>
    public static ImmutableArray<int> Curves { get; } = [X25519, Secp256r1, 24, 25, .. _names.Keys.Where(code => code is < 31 and not (X25519 or 23 or 24 or 25)).Order()];

    /// <summary>Groups that an offer of TLS 1.3 names.</summary>
    public static ImmutableArray<int> ForTls13 { get; } = [X25519, Secp256r1, 24, 25, 30, 31, 32, 33, .. _names.Keys.Where(code => code is >= FirstGost and < 512 or >= FirstHybrid).Order()];

    /// <summary>Name of a group; its number when it has none.</summary>
    public static string Name(int code) => _names.TryGetValue(code, out var name) ? name : $"group 0x{code:x4}";
}
