using System.Collections.Immutable;
using System.Numerics;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Probing.Tls;

/// <summary>What a server chose: a ServerHello, or a HelloRetryRequest, which has the same form (RFC 8446, 4.1.3 and 4.1.4).</summary>
/// <param name="Version">The version: that of the supported_versions extension, where there is one (RFC 8446, 4.2.1), else the field.</param>
/// <param name="Suite">Number of the cipher suite.</param>
/// <param name="Group">Number of the group in the key_share extension; 0 when there is none.</param>
/// <param name="IsRetry">Whether it asks for another hello.</param>
public sealed record ServerHello(TlsVersion Version, int Suite, int Group, bool IsRetry)
{
    // SHA-256 of "HelloRetryRequest" (RFC 8446, 4.1.3).
    private static ReadOnlySpan<byte> RetryRandom =>
    [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
        0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    ];

    /// <summary>Reads the body of the message.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, out ServerHello hello)
    {
        const int longestSessionId = 32; // RFC 5246, 7.4.1.2
        hello = null!;
        var reader = new WireReader(body);
        if (!reader.TryU16(out var version)
            || !reader.TryBytes(32, out var random)
            || !reader.TryVector8(out var session)
            || session.Length > longestSessionId
            || !reader.TryU16(out var suite)
            || !reader.TryByte(out _))
        {
            return false;
        }

        var isRetry = random.SequenceEqual(RetryRandom);
        var group = 0;
        if (!reader.IsAtEnd && !(reader.TryVector16(out var extensions) && TryExtensions(extensions, isRetry, ref version, out group) && reader.IsAtEnd))
        {
            return false;
        }

        hello = new ServerHello((TlsVersion)version, suite, group, isRetry);
        return true;
    }

    private static bool TryExtensions(ReadOnlySpan<byte> bytes, bool isRetry, ref int version, out int group)
    {
        group = 0;
        var reader = new WireReader(bytes);
        var seen = new HashSet<int>();
        while (!reader.IsAtEnd)
        {
            // No extension may come twice (RFC 8446, 4.2).
            if (!reader.TryU16(out var type) || !reader.TryVector16(out var content) || !seen.Add(type))
            {
                return false;
            }

            var inside = new WireReader(content);
            var isWellFormed = (TlsExtensionType)type switch
            {
                TlsExtensionType.SupportedVersions => inside.TryU16(out version) && inside.IsAtEnd,
                TlsExtensionType.KeyShare => inside.TryU16(out group) && (isRetry || inside.TryVector16(out _)) && inside.IsAtEnd,
                _ => true,
            };
            if (!isWellFormed)
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Certificate message of TLS 1.2 and older (RFC 5246, 7.4.2).</summary>
public static class CertificateMessage
{
    // A chain has a handful of certificates; more is not a chain.
    private const int MaxCertificates = 32;

    /// <summary>Reads the certificates, leaf first, each as DER of whatever content.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, out ImmutableArray<ReadOnlyMemory<byte>> certificates)
    {
        certificates = [];
        var reader = new WireReader(body);
        if (!reader.TryVector24(out var list) || !reader.IsAtEnd)
        {
            return false;
        }

        var found = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        var inside = new WireReader(list);
        while (!inside.IsAtEnd)
        {
            if (found.Count == MaxCertificates || !inside.TryVector24(out var certificate))
            {
                return false;
            }

            found.Add(certificate.ToArray());
        }

        certificates = found.ToImmutable();
        return true;
    }
}

/// <summary>ServerKeyExchange message of TLS 1.2 and older, as far as it names a group or a size.</summary>
public static class ServerKeyExchange
{
    private const byte ExplicitPrime = 1; // RFC 4492, 5.4
    private const byte ExplicitChar2 = 2;
    private const byte NamedCurve = 3;

    /// <summary>Reads the group: x25519, DH 2048, RSA 512; empty where the key exchange has none. Signature and public value are not looked at.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, KeyExchangeParameters parameters, out string group)
    {
        group = "";
        var reader = new WireReader(body);
        return parameters switch
        {
            KeyExchangeParameters.EllipticCurve => TryCurve(ref reader, out group),
            KeyExchangeParameters.PskEllipticCurve => reader.TryVector16(out _) && TryCurve(ref reader, out group),
            KeyExchangeParameters.DiffieHellman => TryNumber(ref reader, "DH", out group),
            KeyExchangeParameters.PskDiffieHellman => reader.TryVector16(out _) && TryNumber(ref reader, "DH", out group),
            KeyExchangeParameters.TemporaryRsa => TryNumber(ref reader, "RSA", out group),
            _ => true,
        };
    }

    private static bool TryCurve(ref WireReader reader, out string group)
    {
        group = "";
        if (!reader.TryByte(out var type))
        {
            return false;
        }

        switch (type)
        {
            case ExplicitPrime or ExplicitChar2:
                group = "explicit curve";
                return true;
            case NamedCurve when reader.TryU16(out var code):
                group = NamedGroup.Name(code);
                return true;
            default:
                return false;
        }
    }

    private static bool TryNumber(ref WireReader reader, string kind, out string group)
    {
        group = "";
        if (!reader.TryVector16(out var number) || number.TrimStart((byte)0) is not { IsEmpty: false } digits)
        {
            return false;
        }

        group = $"{kind} {(digits.Length * 8) - BitOperations.LeadingZeroCount(digits[0]) + 24}";
        return true;
    }
}
