using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DeviceConformance.Emulator.Tls;

/// <summary>TLS as the sound device speaks it: 1.2 and 1.3 with forward secrecy and AEAD suites, ECDSA P-256 (RFC 9325).</summary>
internal sealed class DeviceTls : IDisposable
{
    /// <summary>How long a client may take for its handshake.</summary>
    public static readonly TimeSpan HandshakePatience = TimeSpan.FromSeconds(10);

    // The name tells neither maker nor model: whoever connects sees the certificate before any login.
    private const string Name = "heater.local";

    private readonly Lazy<X509Certificate2> rsa;

    public DeviceTls(IEnumerable<IPAddress> addresses, TimeProvider time)
    {
        IPAddress[] listening = [.. addresses];
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Certificate = SelfSign(new CertificateRequest($"CN={Name}", key, HashAlgorithmName.SHA256), X509KeyUsageFlags.DigitalSignature, listening, time);
        rsa = new Lazy<X509Certificate2>(() =>
        {
            using var rsaKey = RSA.Create(2048);
            return SelfSign(new CertificateRequest($"CN={Name}", rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), X509KeyUsageFlags.KeyEncipherment, listening, time);
        });
    }

    /// <summary>Self-signed, made at this start, ECDSA P-256.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Self-signed RSA certificate in DER for the obsolete versions, made at the first use.</summary>
    public byte[] RsaCertificate => rsa.Value.RawData;

    /// <summary>Options of a server handshake.</summary>
    public SslServerAuthenticationOptions ServerOptions()
    {
        var options = new SslServerAuthenticationOptions { ServerCertificate = Certificate };
        Harden(options);
        return options;
    }

    /// <summary>Restricts versions and suites whatever the system's configuration of OpenSSL says.</summary>
    public static void Harden(SslServerAuthenticationOptions options)
    {
        options.EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        options.AllowRenegotiation = false;
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
        {
            options.CipherSuitesPolicy = new CipherSuitesPolicy(
            [
                TlsCipherSuite.TLS_AES_128_GCM_SHA256,
                TlsCipherSuite.TLS_AES_256_GCM_SHA384,
                TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
                TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            ]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        if (rsa.IsValueCreated)
        {
            rsa.Value.Dispose();
        }
    }

    private static X509Certificate2 SelfSign(CertificateRequest request, X509KeyUsageFlags usage, IPAddress[] addresses, TimeProvider time)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Name);
        foreach (var address in addresses)
        {
            names.AddIpAddress(address);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "TLS server")], critical: false));
        var now = time.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
    }
}
