using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;
using DeviceConformance.Probing.Tls.Attacks;
using NUnit.Framework;

namespace DeviceConformance.Tests.Tls;

/// <summary>The probe against real TLS servers of Debian, compared with what nmap and sslscan see there.</summary>
[Category("Daemon")]
[Parallelizable]
public sealed partial class TlsDaemonTests
{
    private readonly TemporaryFolder _folder = new();

    [OneTimeSetUp]
    public void CreateKeys()
    {
        using var rsa = RSA.Create(2048);
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Write("rsa", new CertificateRequest("CN=device-rsa", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), rsa.ExportPkcs8PrivateKeyPem());
        Write("ec", new CertificateRequest("CN=device-ec", ecdsa, HashAlgorithmName.SHA256), ecdsa.ExportPkcs8PrivateKeyPem());
    }

    [OneTimeTearDown]
    public void RemoveKeys() => _folder.Dispose();

    [Test]
    public async Task Openssl_server_with_every_suite_is_seen_as_nmap_and_sslscan_see_it()
    {
        var port = Daemon.FreePort();
        await using var server = await Daemon.StartAsync(
            Daemon.Find("openssl", "openssl"),
            port,
            ["s_server", "-accept", $"127.0.0.1:{port}", "-quiet", .. Keys("-cert", "-key", "rsa"), .. Keys("-dcert", "-dkey", "ec"), "-cipher", "ALL:eNULL:@SECLEVEL=0", "-min_protocol", "TLSv1", "-dhparam", DhParameters()]);
        var seen = await EnumerateAsync(port);

        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        Assert.That(seen.Accepted.Select(version => version.Version), Is.EqualTo(new[] { TlsVersion.Tls10, TlsVersion.Tls11, TlsVersion.Tls12, TlsVersion.Tls13 }));
        Assert.That(seen.Certificates.Select(certificate => certificate.Subject), Is.EquivalentTo(new[] { "CN=device-rsa", "CN=device-ec" }));
        Assert.That(seen.Certificates.Select(certificate => (certificate.KeyAlgorithm, certificate.KeyBits)), Is.EquivalentTo(new[] { ("RSA", 2048), ("ECDSA", 256) }));
        Assert.That(seen.Certificates.Select(certificate => certificate.Time), Is.All.EqualTo(CertificateTime.Valid));
        Assert.That(seen.Certificates.Select(certificate => certificate.KeySha256).Distinct().Count(), Is.EqualTo(2));
        var details = seen.Details!;
        Assert.Multiple(() =>
        {
            Assert.That(details.Unknown, Is.Empty);
            Assert.That(details.Groups.Where(group => group.Version == TlsVersion.Tls12).Select(group => group.Name), Is.EquivalentTo(new[] { "x25519", "secp256r1", "x448", "secp521r1", "secp384r1" }));
            Assert.That(details.Groups.Where(group => group.Version == TlsVersion.Tls13).Select(group => group.Name), Does.Contain("x25519").And.Contain("secp256r1"));
            Assert.That(details.Signatures.Select(signature => signature.Name), Does.Contain("ecdsa_secp256r1_sha256").And.Contain("rsa_pss_rsae_sha256").And.Contain("rsa_pkcs1_sha1"));
            Assert.That(details.Primes.Select(prime => (prime.Bits, prime.KnownAs)), Is.EqualTo(new[] { (2048, "RFC 7919, ffdhe2048") }));
            foreach (var feature in new[] { TlsFeature.SecureRenegotiation, TlsFeature.ExtendedMainSecret, TlsFeature.EncryptThenMac, TlsFeature.SessionTicket, TlsFeature.FallbackScsv, TlsFeature.DowngradeSentinel })
            {
                Assert.That(details.Has(feature), Is.EqualTo(Presence.Yes), $"{feature}");
            }

            Assert.That((details.Has(TlsFeature.Compression), details.Has(TlsFeature.Heartbeat)), Is.EqualTo((Presence.No, Presence.No)));
            Assert.That(seen.Versions[0].Version, Is.EqualTo(TlsVersion.Ssl2));
            Assert.That(seen.Connections, Is.LessThanOrEqualTo(seen.Accepted.Sum(version => version.Suites.Length) + (2 * seen.Versions.Length)));
        });
        using var bench = new ProbeBench();
        var tried = await bench.SeeAsync(new TlsAttackTrialProbe(), new TlsAttackTrial(new Endpoint(ProbeBench.Loopback, port)));
        Assert.That(tried.Attacks.Select(attack => attack.Exposure), Is.All.EqualTo(Exposure.NotVulnerable), tried.Coverage.Statement);
        Assert.That(tried.Tickets.Select(ticket => (ticket.Version, ticket.LifetimeHint)), Is.EqualTo(new[] { (TlsVersion.Tls12, 7200u) }));
        await AssertSameAsPeersAsync(seen, port);
    }

    [TestCase("ECDHE-RSA-AES256-SHA384", "-no_ticket", "-client_renegotiation")]
    [TestCase("ECDHE-RSA-CHACHA20-POLY1305", "-client_renegotiation")]
    [TestCase("DHE-RSA-AES128-CCM8", "-no_ticket")]
    public async Task Openssl_server_is_seen_with_tickets_and_renegotiation_as_it_is_set_up(string suite, params string[] options)
    {
        var port = Daemon.FreePort();
        await using var server = await Daemon.StartAsync(
            Daemon.Find("openssl", "openssl"),
            port,
            ["s_server", "-accept", $"127.0.0.1:{port}", "-quiet", .. Keys("-cert", "-key", "rsa"), "-tls1_2", "-cipher", $"{suite}:@SECLEVEL=0", "-dhparam", DhParameters(), .. options]);
        using var bench = new ProbeBench();
        var tried = await bench.SeeAsync(new TlsAttackTrialProbe(), new TlsAttackTrial(new Endpoint(ProbeBench.Loopback, port)));
        var ticketbleed = tried.Attacks.Single(attack => attack.Attack == TlsAttack.Ticketbleed);
        var renegotiation = tried.Attacks.Single(attack => attack.Attack == TlsAttack.ClientRenegotiation);
        Assert.Multiple(() =>
        {
            Assert.That(ticketbleed.Exposure, Is.EqualTo(Exposure.NotVulnerable), ticketbleed.Reason);
            Assert.That(ticketbleed.Reason, Does.Contain(options.Contains("-no_ticket") ? "no session tickets" : "said back just these"));
            Assert.That(tried.Tickets, Has.Length.EqualTo(options.Contains("-no_ticket") ? 0 : 1));
            Assert.That(renegotiation.Exposure, Is.EqualTo(options.Contains("-client_renegotiation") ? Exposure.Vulnerable : Exposure.NotVulnerable), renegotiation.Reason);
        });
    }

    [Test]
    public async Task Gnutls_server_with_old_suites_is_seen_as_nmap_and_sslscan_see_it()
    {
        var port = Daemon.FreePort();
        await using var server = await Daemon.StartAsync(
            Daemon.Find("gnutls-serv", "gnutls-bin"),
            port,
            ["--port", $"{port}", "--quiet", "--echo", .. Keys("--x509certfile", "--x509keyfile", "rsa"), "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.0:+VERS-TLS1.1:+VERS-TLS1.2:+ARCFOUR-128:+3DES-CBC:+MD5:+ANON-ECDH:+ANON-DH:%VERIFY_ALLOW_SIGN_RSA_MD5"]);
        var seen = await EnumerateAsync(port);

        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        Assert.That(seen.Accepted.Select(version => version.Version), Is.EqualTo(new[] { TlsVersion.Tls10, TlsVersion.Tls11, TlsVersion.Tls12 }));
        Assert.That(seen.Accepted.SelectMany(version => version.Suites).Any(suite => suite.Classes.HasFlag(SuiteWeakness.Rc4)), Is.True);
        await AssertSameAsPeersAsync(seen, port);
    }

    [Test]
    public async Task Openssl_server_of_dtls_is_seen_with_versions_suites_and_certificate()
    {
        var port = Daemon.FreePort();
        await using var server = await Daemon.StartUdpAsync(
            Daemon.Find("openssl", "openssl"),
            port,
            ["s_server", "-dtls", "-listen", "-accept", $"127.0.0.1:{port}", "-quiet", .. Keys("-cert", "-key", "ec"), "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"]);
        var seen = await EnumerateAsync(port, Transport.Udp);

        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        Assert.That(seen.Accepted.Select(version => (version.Version, version.Suites.Length)), Is.EqualTo(new[] { (TlsVersion.Dtls10, 1), (TlsVersion.Dtls12, 2) }));
        Assert.That(seen.Certificates.Single().Subject, Is.EqualTo("CN=device-ec"));
    }

    [Test]
    public async Task Coap_server_with_a_shared_key_is_seen_with_its_suites()
    {
        var port = Daemon.FreePort();
        await using var server = await Daemon.StartUdpAsync(Daemon.Find("coap-server-openssl", "libcoap3-bin"), port, ["-A", "127.0.0.1", "-p", $"{port - 1}", "-k", "not a real key", "-h", "hint"]);
        var seen = await EnumerateAsync(port, Transport.Udp);

        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        Assert.That(seen.Accepted.Select(version => version.Version), Is.EqualTo(new[] { TlsVersion.Dtls12 }));
        Assert.That(seen.Accepted.Single().Suites.Select(suite => suite.Name), Does.Contain("TLS_PSK_WITH_AES_128_CCM_8"));
        Assert.That(seen.Certificates, Is.Empty);
    }

    [Test]
    public async Task Openssl_server_in_its_own_order_shows_its_own_order()
    {
        var port = Daemon.FreePort();
        await using var server = await Daemon.StartAsync(
            Daemon.Find("openssl", "openssl"),
            port,
            ["s_server", "-accept", $"127.0.0.1:{port}", "-quiet", .. Keys("-cert", "-key", "ec"), "-tls1_2", "-serverpref", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256", "-curves", "P-384"]);
        var seen = (await EnumerateAsync(port)).Accepted.Single();

        Assert.That(seen.ServerPreference, Is.True);
        Assert.That(
            seen.Suites.Select(suite => suite.Name),
            Is.EqualTo(new[] { "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" }));
        Assert.That(seen.Suites.Select(suite => suite.Group), Is.All.EqualTo("secp384r1"));
    }

    private static async Task<TlsServerSeen> EnumerateAsync(int port, Transport transport = Transport.Tcp)
    {
        using var bench = new ProbeBench();
        var started = Stopwatch.GetTimestamp();
        var seen = await bench.SeeAsync(new TlsEnumerationProbe(), new TlsEnumeration(new Endpoint(ProbeBench.Loopback, port, transport)));
        TestContext.Out.WriteLine($"{Stopwatch.GetElapsedTime(started).TotalSeconds:0.00} s, {seen.Connections} connections, {seen.Accepted.Sum(version => version.Suites.Length)} suites: {seen.Coverage.Statement}");
        var order = string.Join(", ", seen.Accepted.Select(version => $"{version.Version} {(version.ServerPreference ? "server" : "client")}"));
        TestContext.Out.WriteLine($"order: {order}");
        return seen;
    }

    private static async Task AssertSameAsPeersAsync(TlsServerSeen seen, int port)
    {
        var nmap = Daemon.Find("nmap", "nmap");
        var sslscan = Daemon.Find("sslscan", "sslscan");

        var started = Stopwatch.GetTimestamp();
        var nmapSays = await Daemon.RunAsync(nmap, "-Pn", "-p", $"{port}", "--script", "+ssl-enum-ciphers", "-oX", "-", "127.0.0.1");
        TestContext.Out.WriteLine($"nmap {Stopwatch.GetElapsedTime(started).TotalSeconds:0.00} s");
        started = Stopwatch.GetTimestamp();
        var sslscanSays = await Daemon.RunAsync(sslscan, "--no-colour", "--no-heartbleed", "--no-renegotiation", "--no-compression", "--no-fallback", "--no-groups", "--show-cipher-ids", $"127.0.0.1:{port}");
        TestContext.Out.WriteLine($"sslscan {Stopwatch.GetElapsedTime(started).TotalSeconds:0.00} s");

        Assert.Multiple(() =>
        {
            foreach (var version in seen.Accepted)
            {
                var suites = version.Suites.Select(suite => suite.Code).Order().ToList();
                Assert.That(suites, Is.EqualTo(NmapSuites(nmapSays, version.Version)), $"nmap, {version.Version}");
                Assert.That(suites, Is.EqualTo(SslscanSuites(sslscanSays, version.Version)), $"sslscan, {version.Version}");
            }
        });
    }

    private static List<int> NmapSuites(string xml, TlsVersion version)
    {
        var name = $"TLSv1.{(int)version - 0x301}";
        var names = XDocument.Parse(xml[xml.IndexOf("<?xml", StringComparison.Ordinal)..(xml.IndexOf("</nmaprun>", StringComparison.Ordinal) + 10)])
            .Descendants("table").Where(table => (string?)table.Attribute("key") == name)
            .Descendants("elem").Where(element => (string?)element.Attribute("key") == "name")
            // nmap calls the suites of TLS 1.3 TLS_AKE_WITH_...
            .Select(element => element.Value.Replace("TLS_AKE_WITH_", "TLS_", StringComparison.Ordinal));
        return [.. names.Select(suite => CipherSuite.ByCode.Values.Single(known => known.Name == suite).Code).Order()];
    }

    private static List<int> SslscanSuites(string text, TlsVersion version) =>
        [.. SslscanLine().Matches(text).Where(match => match.Groups[1].Value == $"TLSv1.{(int)version - 0x301}").Select(match => Convert.ToInt32(match.Groups[2].Value, 16)).Order()];

    [GeneratedRegex(@"(?:Preferred|Accepted)\s+(\S+)\s+\d+ bits\s+0x([0-9A-Fa-f]{4})")]
    private static partial Regex SslscanLine();

    private string[] Keys(string certificateOption, string keyOption, string name) =>
        [certificateOption, _folder.File($"{name}.pem"), keyOption, _folder.File($"{name}.key")];

    private void Write(string name, CertificateRequest request, string key)
    {
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        File.WriteAllText(_folder.File($"{name}.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(_folder.File($"{name}.key"), key);
    }

    // ffdhe2048 of RFC 7919 as a PEM file, which s_server needs before it offers DHE.
    private string DhParameters()
    {
        var file = _folder.File("dh.pem");
        if (!File.Exists(file))
        {
            using var made = Process.Start(new ProcessStartInfo(Daemon.Find("openssl", "openssl"), ["genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", file]) { RedirectStandardError = true })!;
            made.WaitForExit();
        }

        return file;
    }
}
