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

    // RFC 8446, 4.2.3 and the pairs of hash and signature of RFC 5246, 7.4.1.4.1, weak ones included: what the server picks is what we want to see.
    private static readonly int[] _signatureAlgorithms =
    [
        0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
        0x081a, 0x081b, 0x081c, 0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0302, 0x0202, 0x0101,
    ];

    // A key share holds a public key; nothing is ever derived from it, so one pair serves every offer of the process.
    private static readonly Lazy<byte[]> _p256Point = new(CreateP256Point);

    /// <summary>The offer as one handshake message in one record.</summary>
    public byte[] ToBytes()
    {
        var suites = Version == TlsVersion.Tls13 ? Suites : Suites.Add(EmptyRenegotiationInfo);
        var body = Concat(
            U16(LegacyVersion),
            RandomNumberGenerator.GetBytes(RandomLength),
            // A session id makes an offer of TLS 1.3 look like one that middleboxes know (RFC 8446, D.4).
            Prefixed(1, Version == TlsVersion.Tls13 ? RandomNumberGenerator.GetBytes(32) : []),
            Prefixed(2, U16List(suites)),
            Prefixed(1, [0]),
            // SSL 3.0 knows no extensions, and some of its servers take them for garbage (RFC 6101, 5.6.1.2).
            Version == TlsVersion.Ssl3 ? [] : Prefixed(2, Extensions()));
        byte[] message = [(byte)TlsHandshakeType.ClientHello, .. Prefixed(3, body)];
        return [(byte)TlsContentType.Handshake, .. U16(RecordVersion), .. Prefixed(2, message)];
    }

    private int LegacyVersion => Math.Min((int)Version, (int)TlsVersion.Tls12);

    // The lowest version that may be meant, for servers that look at it (RFC 8446, 5.1; RFC 5246, E.1).
    private int RecordVersion => Math.Min((int)Version, (int)TlsVersion.Tls10);

    private byte[] Extensions()
    {
        var isTls13 = Version == TlsVersion.Tls13;
        var extensions = Concat(
            Extension(TlsExtensionType.SupportedGroups, Prefixed(2, U16List(isTls13 ? NamedGroup.ForTls13 : NamedGroup.Curves))),
            Extension(TlsExtensionType.EcPointFormats, Prefixed(1, [0])),
            // Some servers refuse a client without it (RFC 7627, 5.3). Encrypt-then-MAC (RFC 7366) stays out: a CBC suite that a server
            // takes without it is what recommendations object to.
            Extension(TlsExtensionType.ExtendedMainSecret, []));
        if (Version >= TlsVersion.Tls12)
        {
            extensions = [.. extensions, .. Extension(TlsExtensionType.SignatureAlgorithms, Prefixed(2, U16List(_signatureAlgorithms)))];
        }

        if (!isTls13)
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
            .. Extension(TlsExtensionType.SupportedVersions, Prefixed(1, U16((int)TlsVersion.Tls13))),
            .. Extension(TlsExtensionType.PskKeyExchangeModes, Prefixed(1, [1])),
            .. Extension(TlsExtensionType.KeyShare, Prefixed(2, shares)),
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

    private static byte[] U16(int value) => [(byte)(value >> 8), (byte)value];

    private static byte[] U16List(IEnumerable<int> values) => [.. values.SelectMany(U16)];

    private static byte[] Prefixed(int lengthBytes, byte[] content)
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
