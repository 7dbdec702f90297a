using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Probing.Tls;

/// <summary>An offer of exactly one version and some cipher suites. No server name: an IP address has none (RFC 6066, 3).</summary>
/// <param name="Version">The version.</param>
/// <param name="Suites">Numbers of the suites, in the order of the offer.</param>
public sealed record ClientHello(TlsVersion Version, ImmutableArray<int> Suites)
{
    private const int RandomLength = 32;
    private const int EmptyRenegotiationInfo = 0x00ff; // RFC 5746, 3.3
    private const int UncompressedPointLength = 65;
    private const byte Deflate = 1; // RFC 3749, 2

    // Kept by copies: a client that answers a cookie request repeats what it said (RFC 6347, 4.2.1).
    private readonly byte[] _random = RandomNumberGenerator.GetBytes(RandomLength);

    /// <summary>Groups for key exchange.</summary>
    public ImmutableArray<int> Groups { get; init; } = Version.AsTls() == TlsVersion.Tls13 ? NamedGroup.ForTls13 : NamedGroup.Curves;

    /// <summary>Algorithms that the server may sign with; from TLS 1.2 on.</summary>
    public ImmutableArray<int> SignatureAlgorithms { get; init; } = SignatureScheme.Offered;

    /// <summary>Whether an offer of TLS 1.3 leaves out every key share, so that the server has to name the group that it wants (RFC 8446, 4.2.8).</summary>
    public bool AsksForGroup { get; init; }

    /// <summary>Whether it offers compression beside none.</summary>
    public bool OffersCompression { get; init; }

    /// <summary>Further extensions: type and content.</summary>
    public ImmutableArray<(TlsExtensionType Type, byte[] Content)> More { get; init; } = [];

    /// <summary>Whether to signal secure renegotiation by a suite number. A hello inside a session must not (RFC 5746, 3.5): it carries the extension or, for a server without it, nothing.</summary>
    public bool SignalsRenegotiation { get; init; } = true;

    /// <summary>Session to resume; empty for none.</summary>
    public ImmutableArray<byte> SessionId { get; init; } = Version == TlsVersion.Tls13 ? [.. RandomNumberGenerator.GetBytes(32)] : [];

    /// <summary>Cookie of a server of DTLS (RFC 6347, 4.2.1); empty in the first hello.</summary>
    public ImmutableArray<byte> Cookie { get; init; } = [];

    /// <summary>Random of the client.</summary>
    internal ReadOnlySpan<byte> Random => _random;

    // A key share holds a public key; nothing is ever derived from it, so one pair serves every offer of the process.
    private static readonly Lazy<byte[]> _p256Point = new(CreateP256Point);

    /// <summary>The offer as one handshake message in one record.</summary>
    public byte[] ToBytes() => [(byte)TlsContentType.Handshake, .. U16(RecordVersion), .. Prefixed(2, ToMessage())];

    /// <summary>The offer as a handshake message of TLS.</summary>
    internal byte[] ToMessage() => [(byte)TlsHandshakeType.ClientHello, .. Prefixed(3, ToBody())];

    /// <summary>The offer without the header of the message.</summary>
    internal byte[] ToBody()
    {
        var isTls13 = Version.AsTls() == TlsVersion.Tls13;
        var suites = isTls13 || !SignalsRenegotiation ? Suites : Suites.Add(EmptyRenegotiationInfo);
        return Concat(
            U16(LegacyVersion),
            _random,
            // A session id makes an offer of TLS 1.3 look like one that middleboxes know (RFC 8446, D.4).
            Prefixed(1, [.. SessionId]),
            Version.IsDatagram() ? Prefixed(1, [.. Cookie]) : [],
            Prefixed(2, U16List(suites)),
            Prefixed(1, OffersCompression ? [Deflate, 0] : [0]),
            // SSL 3.0 knows no extensions, and some of its servers take them for garbage (RFC 6101, 5.6.1.2).
            Version == TlsVersion.Ssl3 ? [] : Prefixed(2, Extensions()));
    }

    private int LegacyVersion => Version switch
    {
        TlsVersion.Tls13 => (int)TlsVersion.Tls12,
        TlsVersion.Dtls13 => (int)TlsVersion.Dtls12,
        _ => (int)Version,
    };

    // The lowest version that may be meant, for servers that look at it (RFC 8446, 5.1; RFC 5246, E.1).
    private int RecordVersion => Math.Min((int)Version, (int)TlsVersion.Tls10);

    private byte[] Extensions()
    {
        var version = Version.AsTls();
        var extensions = Concat(
            Groups.IsEmpty ? [] : Extension(TlsExtensionType.SupportedGroups, Prefixed(2, U16List(Groups))),
            Extension(TlsExtensionType.EcPointFormats, Prefixed(1, [0])),
            // Some servers refuse a client without it (RFC 7627, 5.3). Encrypt-then-MAC (RFC 7366) stays out: a CBC suite that a server
            // takes without it is what recommendations object to.
            Extension(TlsExtensionType.ExtendedMainSecret, []),
            version >= TlsVersion.Tls12 ? Extension(TlsExtensionType.SignatureAlgorithms, Prefixed(2, U16List(SignatureAlgorithms))) : [],
            [.. More.SelectMany(more => Extension(more.Type, more.Content))]);
        if (version != TlsVersion.Tls13)
        {
            return extensions;
        }

        var shares = Concat(
            U16(NamedGroup.X25519),
            Prefixed(2, RandomNumberGenerator.GetBytes(32)),
            U16(NamedGroup.Secp256r1),
            Prefixed(2, _p256Point.Value));
        return
        [
            .. extensions,
            .. Extension(TlsExtensionType.SupportedVersions, Prefixed(1, U16((int)Version))),
            .. Extension(TlsExtensionType.PskKeyExchangeModes, Prefixed(1, [1])),
            .. Extension(TlsExtensionType.KeyShare, Prefixed(2, AsksForGroup ? [] : shares)),
        ];
    }

    private static byte[] CreateP256Point()
    {
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        byte[] bytes = [4, .. point.X!, .. point.Y!];
        return bytes.Length == UncompressedPointLength ? bytes : throw new CryptographicException("A point of P-256 has 65 bytes (RFC 8446, 4.2.8.2).");
    }

    private static byte[] Extension(TlsExtensionType type, byte[] content) => [.. U16((int)type), .. Prefixed(2, content)];

    internal static byte[] U16(int value) => [(byte)(value >> 8), (byte)value];

    private static byte[] U16List(IEnumerable<int> values) => [.. values.SelectMany(U16)];

    internal static byte[] Prefixed(int lengthBytes, byte[] content)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
        return [.. length[^lengthBytes..], .. content];
    }

    private static byte[] Concat(params ReadOnlySpan<byte[]> parts)
    {
        var bytes = new List<byte>();
        foreach (var part in parts)
        {
            bytes.AddRange(part);
        }

        return [.. bytes];
    }
}
