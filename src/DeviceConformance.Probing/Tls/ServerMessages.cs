using System.Collections.Immutable;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Probing.Tls;

/// <summary>What a server chose: a ServerHello, or a HelloRetryRequest, which has the same form (RFC 8446, 4.1.3 and 4.1.4).</summary>
/// <param name="Version">The version: that of the supported_versions extension, where there is one (RFC 8446, 4.2.1), else the field.</param>
/// <param name="Suite">Number of the cipher suite.</param>
/// <param name="Group">Number of the group in the key_share extension; 0 when there is none.</param>
/// <param name="IsRetry">Whether it asks for another hello.</param>
public sealed record ServerHello(TlsVersion Version, int Suite, int Group, bool IsRetry)
{
    /// <summary>Content of each extension that it sent, by type.</summary>
    public ImmutableDictionary<int, ReadOnlyMemory<byte>> Extensions { get; init; } = ImmutableDictionary<int, ReadOnlyMemory<byte>>.Empty;

    /// <summary>Random of the server: 32 bytes.</summary>
    public ReadOnlyMemory<byte> Random { get; init; }

    /// <summary>Session id: up to 32 bytes.</summary>
    public ReadOnlyMemory<byte> SessionId { get; init; }

    /// <summary>Compression method; 0 for none.</summary>
    public int Compression { get; init; }

    /// <summary>Mark that the server would take a newer version from another client: TLS 1.3 (RFC 8446, 4.1.3).</summary>
    public bool HasSentinel => Random.Length == 32 && (Random.Span[24..].SequenceEqual(Below13) || Random.Span[24..].SequenceEqual(Below12));

    /// <summary>Whether it sent an extension.</summary>
    public bool Has(TlsExtensionType type) => Extensions.ContainsKey((int)type);

    private static ReadOnlySpan<byte> Below13 => "DOWNGRD\u0001"u8;

    private static ReadOnlySpan<byte> Below12 => "DOWNGRD\u0000"u8;

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
            || !reader.TryByte(out var compression))
        {
            return false;
        }

        var isRetry = random.SequenceEqual(RetryRandom);
        var group = 0;
        var seen = ImmutableDictionary.CreateBuilder<int, ReadOnlyMemory<byte>>();
        if (!reader.IsAtEnd && !(reader.TryVector16(out var extensions) && TryExtensions(extensions, isRetry, seen, ref version, out group) && reader.IsAtEnd))
        {
            return false;
        }

        hello = new ServerHello((TlsVersion)version, suite, group, isRetry)
        {
            Extensions = seen.ToImmutable(),
            Random = random.ToArray(),
            SessionId = session.ToArray(),
            Compression = compression,
        };
        return true;
    }

    private static bool TryExtensions(ReadOnlySpan<byte> bytes, bool isRetry, ImmutableDictionary<int, ReadOnlyMemory<byte>>.Builder seen, ref int version, out int group)
    {
        group = 0;
        var reader = new WireReader(bytes);
        while (!reader.IsAtEnd)
        {
            // No extension may come twice (RFC 8446, 4.2).
            if (!reader.TryU16(out var type) || !reader.TryVector16(out var content) || !seen.TryAdd(type, content.ToArray()))
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
