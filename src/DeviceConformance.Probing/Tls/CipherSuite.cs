using System.Collections.Frozen;
using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Tls;

/// <summary>How the parameters of a suite's key exchange look in a ServerKeyExchange message.</summary>
public enum KeyExchangeParameters
{
    /// <summary>There are none that tell a group or a size.</summary>
    None,

    /// <summary>Elliptic curve and point (RFC 8422, 5.4).</summary>
    EllipticCurve,

    /// <summary>A PSK identity hint, then curve and point (RFC 5489, 2).</summary>
    PskEllipticCurve,

    /// <summary>Prime, generator and public value (RFC 5246, 7.4.3).</summary>
    DiffieHellman,

    /// <summary>A PSK identity hint, then prime, generator and public value (RFC 4279, 3).</summary>
    PskDiffieHellman,

    /// <summary>Modulus and exponent of a short RSA key (RFC 2246, 7.4.3).</summary>
    TemporaryRsa,
}

/// <summary>A cipher suite and what follows from its parts.</summary>
public sealed class CipherSuite
{
    private static readonly string[] _ephemeral = ["DHE_", "ECDHE_", "DH_anon", "ECDH_anon", "PSK_DHE", "SRP_", "ECCPWD"];

    private CipherSuite(ushort code, string name)
    {
        Code = code;
        Name = name;
        var (keyExchange, cipher) = Parts(name);
        IsTls13 = name.StartsWith("TLS_", StringComparison.Ordinal) && (keyExchange.Length == 0 || name.Contains("_MGM_", StringComparison.Ordinal));
        NeedsTls12 = !IsTls13 && (keyExchange == "GOSTR341112_256" || Has(cipher, "GCM", "CCM", "POLY1305", "SHA256", "SHA384"));
        Parameters = IsTls13 ? KeyExchangeParameters.None : ParametersOf(keyExchange);
        Weakness = WeaknessOf(keyExchange, cipher, IsTls13);
    }

    /// <summary>Every known suite, by number.</summary>
    public static FrozenDictionary<int, CipherSuite> ByCode { get; } = Read();

    /// <summary>
    /// Every known suite in the order in which it is offered: what most servers know first, so that a server that can not read a long
    /// offer still finds something in a short one.
    /// </summary>
    public static ImmutableArray<CipherSuite> InOrderOfUse { get; } = [.. ByCode.Values.OrderBy(Rank).ThenBy(suite => suite.Code)];

    /// <summary>Number in the registry.</summary>
    public int Code { get; }

    /// <summary>Name in the registry; for the few suites outside it, the name in their specification.</summary>
    public string Name { get; }

    /// <summary>Whether it belongs to TLS 1.3, where a suite names no key exchange (RFC 8446, B.4).</summary>
    public bool IsTls13 { get; }

    /// <summary>Whether it needs TLS 1.2: authenticated encryption or a SHA-2 MAC (RFC 5246, 1.2).</summary>
    public bool NeedsTls12 { get; }

    /// <summary>How its key exchange shows.</summary>
    public KeyExchangeParameters Parameters { get; }

    /// <summary>What recommendations object to.</summary>
    public SuiteWeakness Weakness { get; }

    /// <summary>Whether a server may choose it in a version.</summary>
    public bool FitsInto(TlsVersion version) => version.AsTls() switch
    {
        // Datagrams get lost, and a stream cipher would lose its place (RFC 6347, 4.1.2.2).
        _ when version.IsDatagram() && Weakness.HasFlag(SuiteWeakness.Rc4) => false,
        TlsVersion.Tls13 => IsTls13,
        TlsVersion.Tls12 => !IsTls13,
        _ => !IsTls13 && !NeedsTls12,
    };

    /// <summary>Name and weakness of a suite by its number; a number that nobody registered is its own name.</summary>
    public static TlsSuiteSeen Seen(int code, string group) =>
        ByCode.TryGetValue(code, out var suite)
            ? new TlsSuiteSeen(code, suite.Name, group, suite.Weakness)
            : new TlsSuiteSeen(code, $"0x{code:x4}", group, SuiteWeakness.None);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static FrozenDictionary<int, CipherSuite> Read()
    {
        var suites = new Dictionary<int, CipherSuite>();
        foreach (var (code, name) in CipherSuiteRegistry.Rows)
        {
            suites.Add(code, new CipherSuite(code, name));
        }

        return suites.ToFrozenDictionary();
    }

    private static int Rank(CipherSuite suite) => suite switch
    {
        { IsTls13: true } => 0,
        { Name: "TLS_RSA_WITH_AES_128_CBC_SHA" or "TLS_RSA_WITH_AES_256_CBC_SHA" or "TLS_RSA_WITH_3DES_EDE_CBC_SHA" or "TLS_RSA_WITH_RC4_128_SHA" } => 0,
        { Name: "TLS_RSA_WITH_AES_128_GCM_SHA256" or "TLS_RSA_WITH_AES_128_CBC_SHA256" or "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8" } => 0,
        _ when Has(suite.Name, "TLS_ECDHE_RSA_WITH_AES_", "TLS_ECDHE_ECDSA_WITH_AES_") && Has(suite.Name, "CBC_SHA", "GCM") && !suite.Name.EndsWith("_SHA384", StringComparison.Ordinal) => 0,
        _ when Has(suite.Name, "KRB5", "SRP", "ECCPWD", "GOST", "FORTEZZA", "NULL_WITH_NULL", "_OLD", "FIPS", "EXPORT1024") => 4,
        _ when Has(suite.Name, "PSK", "TLS_DH_RSA", "TLS_DH_DSS", "TLS_ECDH_RSA", "TLS_ECDH_ECDSA", "ARIA") => 3,
        _ when Has(suite.Name, "CAMELLIA", "SEED", "DSS", "anon") => 2,
        _ => 1,
    };

    private static (string KeyExchange, string Cipher) Parts(string name)
    {
        var with = name.IndexOf("_WITH_", StringComparison.Ordinal);
        var start = name.StartsWith("TLS_", StringComparison.Ordinal) || name.StartsWith("SSL_", StringComparison.Ordinal) ? 4 : 0;
        return with < 0 ? ("", name[start..]) : (name[start..with], name[(with + 6)..]);
    }

    private static KeyExchangeParameters ParametersOf(string keyExchange) => keyExchange switch
    {
        "ECDHE_PSK" => KeyExchangeParameters.PskEllipticCurve,
        "DHE_PSK" or "PSK_DHE" => KeyExchangeParameters.PskDiffieHellman,
        "ECDH_anon" => KeyExchangeParameters.EllipticCurve,
        "RSA_EXPORT" or "RSA_EXPORT1024" => KeyExchangeParameters.TemporaryRsa,
        _ when keyExchange.StartsWith("ECDHE_", StringComparison.Ordinal) => KeyExchangeParameters.EllipticCurve,
        _ when keyExchange.StartsWith("DHE_", StringComparison.Ordinal) || keyExchange.StartsWith("DH_anon", StringComparison.Ordinal) => KeyExchangeParameters.DiffieHellman,
        _ => KeyExchangeParameters.None,
    };

    private static SuiteWeakness WeaknessOf(string keyExchange, string cipher, bool isTls13)
    {
        var integrityOnly = isTls13 && cipher is "SHA256_SHA256" or "SHA384_SHA384";
        var weakness = SuiteWeakness.None;
        weakness |= integrityOnly || Has(cipher, "NULL") ? SuiteWeakness.NullCipher : 0;
        weakness |= keyExchange == "NULL" || Has(keyExchange, "anon") ? SuiteWeakness.Anonymous : 0;
        weakness |= Has(keyExchange, "EXPORT") ? SuiteWeakness.Export : 0;
        weakness |= Has(cipher, "RC4") ? SuiteWeakness.Rc4 : 0;
        // GOST 28147-89 and Magma have blocks of 64 bits, as DES and its kin.
        weakness |= Has(cipher, "DES", "RC2", "IDEA", "28147", "MAGMA") ? SuiteWeakness.SmallBlock : 0;
        weakness |= Has(cipher, "3DES") ? SuiteWeakness.TripleDes : Has(cipher, "DES") ? SuiteWeakness.Des : 0;
        weakness |= Has(keyExchange, "PSK") ? SuiteWeakness.PreSharedKey : 0;
        weakness |= cipher.EndsWith("_MD5", StringComparison.Ordinal) ? SuiteWeakness.Md5 : 0;
        weakness |= !isTls13 && !_ephemeral.Any(start => keyExchange.StartsWith(start, StringComparison.Ordinal)) ? SuiteWeakness.NoForwardSecrecy : 0;
        weakness |= Has(cipher, "CBC") ? SuiteWeakness.Cbc : 0;
        return weakness;
    }

    private static bool Has(string text, params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            if (text.Contains(word, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
