using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DeviceConformance.Probing.Tls.Attacks;

/// <summary>The client's half of a key exchange of TLS 1.2: what it sends, and the secret that both sides have then.</summary>
/// <remarks>Nothing of worth is ever protected by it, so that signatures are not checked and weak groups are taken.</remarks>
internal static class ClientKeyShare
{
    private const int PremasterLength = 48; // RFC 5246, 7.4.7.1
    private const int PrivateBytes = 32;
    private const int LongestPrime = 1024; // 8192 bits: beyond that a handshake is an attack on us

    /// <summary>Curves that the platform counts on.</summary>
    public static int[] Curves { get; } = [NamedGroup.Secp256r1, 24, 25]; // secp384r1, secp521r1 (RFC 8422, 5.1.1)

    /// <summary>Starts of the names of suites whose key exchange is done here.</summary>
    public static string[] Suites { get; } = ["TLS_ECDHE_RSA_WITH_", "TLS_ECDHE_ECDSA_WITH_", "TLS_RSA_WITH_", "TLS_DHE_RSA_WITH_"];

    /// <summary>Makes the ClientKeyExchange message's body and the premaster secret.</summary>
    /// <returns>Whether the server's half could be read.</returns>
    public static bool TryMake(ServerFlight flight, CipherSuite suite, out byte[] body, out byte[] premaster)
    {
        (body, premaster) = ([], []);
        try
        {
            return suite.Parameters switch
            {
                KeyExchangeParameters.EllipticCurve => TryCurve(flight.Exchange, out body, out premaster),
                KeyExchangeParameters.DiffieHellman => TryDiffieHellman(flight.Exchange, out body, out premaster),
                _ => TryRsa(flight, out body, out premaster),
            };
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException or NotSupportedException)
        {
            // A point that lies on no curve, a key that is none: the platform has no other way of saying so.
            return false;
        }
    }

    private static bool TryCurve(ServerKeyExchange exchange, out byte[] body, out byte[] premaster)
    {
        const byte uncompressed = 4; // RFC 8422, 5.4.1
        (body, premaster) = ([], []);
        var point = exchange.Public.Span;
        ECCurve? curve = exchange.Curve switch
        {
            NamedGroup.Secp256r1 => ECCurve.NamedCurves.nistP256,
            24 => ECCurve.NamedCurves.nistP384,
            25 => ECCurve.NamedCurves.nistP521,
            _ => null,
        };
        if (curve is null || point.Length < 3 || point.Length % 2 == 0 || point[0] != uncompressed)
        {
            return false;
        }

        var half = point.Length / 2;
        using var own = ECDiffieHellman.Create(curve.Value);
        using var theirs = ECDiffieHellman.Create(new ECParameters { Curve = curve.Value, Q = new ECPoint { X = point.Slice(1, half).ToArray(), Y = point[(1 + half)..].ToArray() } });
        premaster = own.DeriveRawSecretAgreement(theirs.PublicKey);
        var q = own.ExportParameters(includePrivateParameters: false).Q;
        body = ClientHello.Prefixed(1, [uncompressed, .. q.X!, .. q.Y!]);
        return true;
    }

    private static bool TryDiffieHellman(ServerKeyExchange exchange, out byte[] body, out byte[] premaster)
    {
        (body, premaster) = ([], []);
        var (prime, generator, theirs) = (Number(exchange.Prime.Span), Number(exchange.Generator.Span), Number(exchange.Public.Span));
        if (exchange.Prime.Length > LongestPrime || prime < 5 || theirs.IsZero || theirs >= prime || generator.IsZero || generator >= prime)
        {
            return false;
        }

        var secret = Number(RandomNumberGenerator.GetBytes(PrivateBytes));
        body = ClientHello.Prefixed(2, BigInteger.ModPow(generator, secret, prime).ToByteArray(isUnsigned: true, isBigEndian: true));
        // Without leading zeros (RFC 5246, 8.1.2).
        premaster = BigInteger.ModPow(theirs, secret, prime).ToByteArray(isUnsigned: true, isBigEndian: true);
        return true;
    }

    private static bool TryRsa(ServerFlight flight, out byte[] body, out byte[] premaster)
    {
        (body, premaster) = ([], RandomNumberGenerator.GetBytes(PremasterLength));
        // The version that was offered (RFC 5246, 7.4.7.1).
        (premaster[0], premaster[1]) = (3, 3);
        if (flight.Certificates is not [var leaf, ..] || leaf.Length > CertificateReading.MaxLength)
        {
            return false;
        }

        using var certificate = X509CertificateLoader.LoadCertificate(leaf.Span);
        using var key = certificate.GetRSAPublicKey();
        body = key is null ? [] : ClientHello.Prefixed(2, key.Encrypt(premaster, RSAEncryptionPadding.Pkcs1));
        return key is not null;
    }

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
