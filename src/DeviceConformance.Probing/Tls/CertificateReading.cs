using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Tls;

/// <summary>Certificates of the device as facts.</summary>
public static class CertificateReading
{
    /// <summary>Length of a certificate at the most; one of a device has one or two thousand bytes.</summary>
    public const int MaxLength = 64 * 1024;

    private const int MaxNames = 100;
    private const string Ed25519 = "1.3.101.112"; // RFC 8410, 3
    private const string Ed448 = "1.3.101.113";

    /// <summary>Reads a certificate; false when the bytes are none, or one that can not be read.</summary>
    /// <param name="der">The bytes.</param>
    /// <param name="now">Time that its validity is compared with.</param>
    /// <param name="seen">The certificate.</param>
    public static bool TryRead(ReadOnlySpan<byte> der, DateTimeOffset now, out CertificateSeen seen)
    {
        seen = null!;
        if (der.Length is 0 or > MaxLength)
        {
            return false;
        }

        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(der);
            var (algorithm, bits) = Key(certificate);
            var (start, end) = (new DateTimeOffset(certificate.NotBefore.ToUniversalTime()), new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
            seen = new CertificateSeen(
                certificate.Subject,
                certificate.Issuer,
                start,
                end,
                algorithm,
                bits,
                certificate.SignatureAlgorithm.FriendlyName ?? certificate.SignatureAlgorithm.Value ?? "",
                Names(certificate),
                certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData),
                Fingerprint(der))
            {
                KeySha256 = Fingerprint(certificate.PublicKey.ExportSubjectPublicKeyInfo()),
                Serial = certificate.SerialNumber.ToLowerInvariant(),
                IsAuthority = certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority),
                Time = now < start ? CertificateTime.NotYetValid : now > end ? CertificateTime.Expired : CertificateTime.Valid,
            };
            return true;
        }
        // The platform says so when a device sends rubbish: in the whole, in a date, in a name, in a key.
        catch (Exception fault) when (fault is CryptographicException or ArgumentException or FormatException or NotSupportedException or OverflowException)
        {
            return false;
        }
    }

    /// <summary>SHA-256 of a certificate in lower-case hex.</summary>
    public static string Fingerprint(ReadOnlySpan<byte> der) => Convert.ToHexStringLower(SHA256.HashData(der));

    private static (string Algorithm, int Bits) Key(X509Certificate2 certificate)
    {
        var oid = certificate.GetKeyAlgorithm();
        switch (oid)
        {
            case Ed25519:
                return ("Ed25519", 256);
            case Ed448:
                return ("Ed448", 456);
            default:
                break;
        }

        try
        {
            using var rsa = certificate.GetRSAPublicKey();
            using var ecdsa = rsa is null ? certificate.GetECDsaPublicKey() : null;
            return rsa is not null ? ("RSA", rsa.KeySize) : ecdsa is not null ? ("ECDSA", ecdsa.KeySize) : (oid, 0);
        }
        // A curve or size that the platform does not do: the certificate is still one, its key of unknown size.
        catch (Exception fault) when (fault is CryptographicException or NotSupportedException)
        {
            return (oid, 0);
        }
    }

    private static ImmutableArray<string> Names(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().ToList();
        return
        [
            .. names.SelectMany(extension => extension.EnumerateDnsNames())
                .Concat(names.SelectMany(extension => extension.EnumerateIPAddresses()).Select(address => address.ToString()))
                .Take(MaxNames),
        ];
    }
}
