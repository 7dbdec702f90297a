using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DeviceConformance.Emulator.Cloud;

/// <summary>The vendor's certification authority and the certificate of its servers, made anew at each start.</summary>
internal sealed class CloudIdentity : IDisposable
{
    private readonly X509Certificate2 server;
    private readonly Lazy<RSA> rsa = new(() => RSA.Create(2048));
    private readonly Lazy<X509Certificate2> rsaServer;

    public CloudIdentity(TimeProvider time)
    {
        var now = time.GetUtcNow();
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=Nordwarm Device Root", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        authority.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        Root = authority.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Nordwarm Cloud", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in new[] { CloudNames.Api, CloudNames.Telemetry, CloudNames.Updates, CloudNames.Tracker })
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "TLS server")], critical: false));
        using var issued = request.Create(Root, now.AddDays(-1), now.AddYears(1), RandomNumberGenerator.GetBytes(12));
        server = issued.CopyWithPrivateKey(key);
        rsaServer = new Lazy<X509Certificate2>(() =>
            new CertificateRequest($"CN={CloudNames.Api}", rsa.Value, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(now.AddDays(-1), now.AddYears(1)));
    }

    /// <summary>What devices trust.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>RSA certificate in DER for the obsolete handshake, made at the first use.</summary>
    public byte[] RsaCertificate => rsaServer.Value.RawData;

    /// <summary>Key of <see cref="RsaCertificate"/>.</summary>
    public RSA RsaKey => rsa.Value;

    /// <summary>Options of a server handshake.</summary>
    public SslServerAuthenticationOptions ServerOptions() => new() { ServerCertificate = server, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13, AllowRenegotiation = false };

    /// <inheritdoc/>
    public void Dispose()
    {
        Root.Dispose();
        server.Dispose();
        if (rsaServer.IsValueCreated)
        {
            rsaServer.Value.Dispose();
        }

        if (rsa.IsValueCreated)
        {
            rsa.Value.Dispose();
        }
    }
}
