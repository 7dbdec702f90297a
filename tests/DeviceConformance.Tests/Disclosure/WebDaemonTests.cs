using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

/// <summary>Surveys of nginx and lighttpd as devices run them, on loopback.</summary>
[TestFixture, Category("Daemon"), Parallelizable(ParallelScope.All)]
public sealed class WebDaemonTests
{
    [Test]
    public async Task Nginx_redirects_to_TLS_and_gives_files_away_there()
    {
        var nginx = Daemon.Find("nginx", "nginx-light");
        using var folder = new TemporaryFolder();
        var (clear, tls) = (Daemon.FreePort(), Daemon.FreePort());
        Directory.CreateDirectory(folder.File("www/backup"));
        Directory.CreateDirectory(folder.File("www/admin"));
        Directory.CreateDirectory(folder.File("www/js"));
        await File.WriteAllTextAsync(folder.File("www/index.html"), "<html><title>Heater</title><script src=js/app.js></script><a href=/logout>out</a></html>");
        await File.WriteAllTextAsync(folder.File("www/js/app.js"), """fetch("/api/login",{method:"POST",body:JSON.stringify({username:u,password:p})}); fetch("state.json")""");
        await File.WriteAllTextAsync(folder.File("www/state.json"), """{"burner":"standby","pressure":1.6}""");
        await File.WriteAllBytesAsync(folder.File("www/backup/night.cfg"), Archives.Copy());
        await File.WriteAllTextAsync(folder.File("users"), "admin:{PLAIN}unused\n");
        WriteCertificate(folder);
        await File.WriteAllTextAsync(folder.File("conf"), $$"""
            daemon off; pid {{folder.File("pid")}}; worker_processes 1; error_log stderr;
            events { worker_connections 64; }
            http {
              access_log off; server_tokens off;
              client_body_temp_path {{folder.File("t1")}}; proxy_temp_path {{folder.File("t2")}}; fastcgi_temp_path {{folder.File("t3")}}; uwsgi_temp_path {{folder.File("t4")}}; scgi_temp_path {{folder.File("t5")}};
              types { text/html html; text/javascript js; application/json json; }
              server { listen 127.0.0.1:{{clear}}; return 301 https://127.0.0.1:{{tls}}$request_uri; }
              server {
                listen 127.0.0.1:{{tls}} ssl; ssl_certificate {{folder.File("crt")}}; ssl_certificate_key {{folder.File("key")}};
                root {{folder.File("www")}};
                add_header Strict-Transport-Security "max-age=600; includeSubDomains";
                add_header Set-Cookie "visit=0123456789abcdef; HttpOnly; SameSite=Lax";
                location /backup/ { autoindex on; }
                location /admin { auth_basic "Heater"; auth_basic_user_file {{folder.File("users")}}; }
              }
            }
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            """);
        await using var server = await Daemon.StartAsync(nginx, tls, "-p", folder.Path, "-e", "stderr", "-c", folder.File("conf"));
        using var bench = new SurveyBench();

        var inClear = await bench.SeeAsync(clear, ServiceProtocol.Http);
        var inTls = await bench.SeeAsync(tls, ServiceProtocol.Http, tls: true);

        Assert.Multiple(() =>
        {
            Assert.That((inClear.Web!.InClear.Length, inClear.Open.Length, inClear.Logins.Length), Is.EqualTo((0, 0, 0)), inClear.Coverage.Statement);
            Assert.That(inClear.Web!.ToTls, Is.GreaterThan(200));
            Assert.That(inTls.OpenPaths(), Is.EquivalentTo(new[] { "/backup/", "/backup/night.cfg", "/state.json" }));
            Assert.That(inTls.Items(DisclosureKind.Status), Has.Some.Contains("etc/wifi.conf"));
            Assert.That(inTls.LoginProtocols(), Is.EquivalentTo(new[] { LoginProtocol.HttpBasic, LoginProtocol.HttpJson }));
            Assert.That(inTls.Web!.Cookies.Single(), Is.EqualTo(new WebCookie("visit", "/", 16, false, true, "Lax")));
            Assert.That(inTls.Web.StrictTransport, Is.EqualTo(new WebStrictTransport(true, 600, true, "/")));
            Assert.That(inClear.Web.StrictTransport, Is.Null);
            Assert.That(inTls.Web.Actions, Is.EqualTo(new[] { "/logout" }));
            Assert.That((inClear.Coverage.IsComplete, inTls.Coverage.IsComplete), Is.EqualTo((true, true)), inTls.Coverage.Statement);
            Assert.That(bench.Said, Does.Not.Contain("1q2w3e4r5t6z"));
        });
    }

    [Test]
    public async Task Lighttpd_with_digest_and_a_firmware_image()
    {
        var lighttpd = Daemon.Find("lighttpd", "lighttpd");
        using var folder = new TemporaryFolder();
        var port = Daemon.FreePort();
        Directory.CreateDirectory(folder.File("www/fw"));
        await File.WriteAllTextAsync(folder.File("www/index.html"), "<html><title>Heater</title><a href=fw/GW24-2.img>software</a><form method=post action=/mode.cgi><input name=mode value=eco></form></html>");
        await File.WriteAllBytesAsync(folder.File("www/fw/GW24-2.img"), [.. "hsqs"u8, .. RandomNumberGenerator.GetBytes(2000)]);
        await File.WriteAllTextAsync(folder.File("users"), "admin:unused\n");
        await File.WriteAllTextAsync(folder.File("conf"), $$"""
            server.modules = ("mod_access", "mod_auth", "mod_authn_file")
            server.document-root = "{{folder.File("www")}}"
            server.bind = "127.0.0.1"
            server.port = {{port}}
            server.tag = ""
            index-file.names = ("index.html")
            mimetype.assign = (".html" => "text/html")
            auth.backend = "plain"
            auth.backend.plain.userfile = "{{folder.File("users")}}"
            auth.require = ("/config" => ("method" => "digest", "realm" => "Heater", "require" => "valid-user"))
            """);
        await using var server = await Daemon.StartAsync(lighttpd, port, "-D", "-f", folder.File("conf"));
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(port, ServiceProtocol.Http);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Open, Is.EquivalentTo(new[] { new OpenAccess("form with mode", "/"), new OpenAccess("firmware or part of it to take away (squashfs file system)", "/fw/GW24-2.img") }));
            Assert.That(seen.LoginProtocols(), Is.EqualTo(new[] { LoginProtocol.HttpDigest }));
            Assert.That(seen.Web!.Forms.Single(), Is.EqualTo(seen.Web.Forms[0] with { Where = "/", Action = "/mode.cgi", HasToken = false }));
            Assert.That(seen.Coverage.Statement, Does.Contain("without a token against forged requests: /mode.cgi"));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    private static void WriteCertificate(TemporaryFolder folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=heater.local", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllText(folder.File("crt"), certificate.ExportCertificatePem());
        File.WriteAllText(folder.File("key"), key.ExportPkcs8PrivateKeyPem());
    }
}
