using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

/// <summary>Surveys of real servers on loopback; each test is skipped, with the command that installs it, where its server is missing.</summary>
[TestFixture, Category("Daemon"), Parallelizable(ParallelScope.All)]
public sealed class DisclosureDaemonTests
{
    [Test]
    public async Task Lighttpd_tells_its_version_lists_a_folder_and_guards_another()
    {
        var lighttpd = Daemon.Find("lighttpd", "lighttpd");
        using var folder = new TemporaryFolder();
        var port = Daemon.FreePort();
        Directory.CreateDirectory(folder.File("www/logs"));
        Directory.CreateDirectory(folder.File("www/admin"));
        await File.WriteAllTextAsync(folder.File("www/index.html"), "<html><title>Heater</title><a href=/pages.html>pages</a></html>");
        await File.WriteAllTextAsync(folder.File("www/pages.html"), "<form method=post action=/login.cgi><input name=user><input type=password name=pw></form>");
        await File.WriteAllTextAsync(folder.File("www/status.json"), """{"burner":"standby","pressure":1.6}""");
        await File.WriteAllTextAsync(folder.File("www/logs/heater.log"), "2026-03-02 11:04:31 ignited\n");
        await File.WriteAllTextAsync(folder.File("users"), "admin:unused\n");
        await File.WriteAllTextAsync(folder.File("conf"), $$"""
            server.modules = ("mod_access", "mod_auth", "mod_authn_file", "mod_dirlisting")
            server.document-root = "{{folder.File("www")}}"
            server.bind = "127.0.0.1"
            server.port = {{port}}
            index-file.names = ("index.html")
            mimetype.assign = (".html" => "text/html", ".json" => "application/json", ".log" => "text/plain")
            $HTTP["url"] =~ "^/logs/" { dir-listing.activate = "enable" }
            auth.backend = "plain"
            auth.backend.plain.userfile = "{{folder.File("users")}}"
            auth.require = ("/admin" => ("method" => "basic", "realm" => "Heater GW24", "require" => "valid-user"))
            """);
        await using var server = await Daemon.StartAsync(lighttpd, port, "-D", "-f", folder.File("conf"));
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(port, ServiceProtocol.Http);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Items(DisclosureKind.Version), Has.Some.StartsWith("lighttpd/1."));
            Assert.That(seen.Items(DisclosureKind.DirectoryListing), Is.Not.Empty);
            Assert.That(seen.OpenPaths(), Is.EquivalentTo(new[] { "/status.json", "/logs/" }));
            Assert.That(seen.LoginProtocols(), Is.EquivalentTo(new[] { LoginProtocol.HttpBasic, LoginProtocol.HttpForm }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Mosquitto_open_to_all_is_listened_to()
    {
        var port = Daemon.FreePort();
        using var folder = new TemporaryFolder();
        await using var server = await MosquittoAsync(folder, port, "allow_anonymous true");
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(port, ServiceProtocol.Mqtt);

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { "CONNECT" }));
            Assert.That(seen.Items(DisclosureKind.Version), Has.Some.StartsWith("mosquitto version "));
            Assert.That(seen.Logins, Is.Empty);
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Mosquitto_with_logins_shows_nothing_but_the_login()
    {
        var port = Daemon.FreePort();
        using var folder = new TemporaryFolder();
        await using var server = await MosquittoAsync(folder, port, "allow_anonymous false");
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(port, ServiceProtocol.Mqtt);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Open, Is.Empty);
            Assert.That(seen.Items, Is.Empty);
            Assert.That(seen.LoginProtocols(), Is.EqualTo(new[] { LoginProtocol.Mqtt }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Kamailio_tells_its_version_by_sip()
    {
        var kamailio = Daemon.Find("kamailio", "kamailio");
        using var folder = new TemporaryFolder();
        var port = Daemon.FreePort();
        await File.WriteAllTextAsync(folder.File("cfg"), $$"""
            #!KAMAILIO
            children=1
            listen=udp:127.0.0.1:{{port}}
            loadmodule "sl.so"
            request_route {
                sl_send_reply("200", "OK");
            }

            """);
        await using var server = await Daemon.StartUdpAsync(kamailio, port, "-DD", "-E", "-f", folder.File("cfg"), "-Y", folder.Path);
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(port, ServiceProtocol.Sip, transport: Transport.Udp);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Items(DisclosureKind.Version), Has.Some.StartsWith("kamailio"));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [TestCase("YES")]
    [TestCase("NO")]
    public async Task Vsftpd_tells_its_version_and_whom_it_lets_in(string anonymous)
    {
        var vsftpd = Daemon.Find("vsftpd", "vsftpd");
        OnlyAsRoot("vsftpd changes its user");
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("vsftpd does not exist on Windows");
            return;
        }

        using var folder = new TemporaryFolder();
        var port = Daemon.FreePort();
        Directory.CreateDirectory(folder.File("empty"));
        Directory.CreateDirectory(folder.File("pub"));
        await File.WriteAllTextAsync(folder.File("pub/heater.log"), "11:04 ignited\n");
        const UnixFileMode readable = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        foreach (var name in new[] { "", "empty", "pub" })
        {
            File.SetUnixFileMode(name.Length > 0 ? folder.File(name) : folder.Path, name.Length > 0 ? readable : readable | UnixFileMode.UserWrite);
        }

        await File.WriteAllTextAsync(folder.File("conf"), $"""
            listen=YES
            listen_address=127.0.0.1
            listen_port={port}
            background=NO
            anonymous_enable={anonymous}
            anon_root={folder.File("pub")}
            local_enable=YES
            ftp_username=daemon
            secure_chroot_dir={folder.File("empty")}
            seccomp_sandbox=NO
            xferlog_enable=NO

            """);
        await using var server = await Daemon.StartAsync(vsftpd, port, folder.File("conf"));
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(port, ServiceProtocol.Ftp);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Items(DisclosureKind.Version), Has.Some.StartsWith("vsFTPd 3."));
            Assert.That(seen.OpenPaths(), anonymous == "YES" ? Is.EqualTo(new[] { "/" }) : Is.Empty);
            Assert.That(seen.Items(DisclosureKind.DirectoryListing), anonymous == "YES" ? Has.One.Contains("heater.log") : Is.Empty);
            Assert.That(seen.LoginProtocols(), Is.EqualTo(new[] { LoginProtocol.Ftp }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Telnetd_asks_for_a_login()
    {
        var telnetd = Daemon.Find("telnetd", "inetutils-telnetd");
        var inetd = Daemon.Find("inetutils-inetd", "inetutils-inetd");
        OnlyAsRoot("login(1) runs as root");
        using var folder = new TemporaryFolder();
        var port = Daemon.FreePort();
        await File.WriteAllTextAsync(folder.File("conf"), $"127.0.0.1:{port} stream tcp nowait root {telnetd} telnetd\n");
        await using var server = await Daemon.StartAsync(inetd, port, "-d", $"--pidfile={folder.File("pid")}", folder.File("conf"));
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(port, ServiceProtocol.Telnet);

        Assert.Multiple(() =>
        {
            Assert.That(seen.LoginProtocols(), Is.EqualTo(new[] { LoginProtocol.Telnet }));
            Assert.That(seen.Open, Is.Empty);
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Dropbear_tells_its_version()
    {
        var dropbear = Daemon.Find("dropbear", "dropbear-bin");
        using var folder = new TemporaryFolder();
        var port = Daemon.FreePort();
        await Daemon.RunAsync(Daemon.Find("dropbearkey", "dropbear-bin"), "-t", "ed25519", "-f", folder.File("key"));
        await using var server = await Daemon.StartAsync(dropbear, port, "-F", "-E", "-r", folder.File("key"), "-p", $"127.0.0.1:{port}", "-P", folder.File("pid"));
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(port, ServiceProtocol.Ssh);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Items(DisclosureKind.Version), Has.Some.StartsWith("dropbear 20"));
            Assert.That(seen.LoginProtocols(), Is.EqualTo(new[] { LoginProtocol.Ssh }));
        });
    }

    private static async Task<Daemon> MosquittoAsync(TemporaryFolder folder, int port, string setting)
    {
        var mosquitto = Daemon.Find("mosquitto", "mosquitto");
        await File.WriteAllTextAsync(folder.File("conf"), $"listener {port} 127.0.0.1\n{setting}\npersistence false\n{(Environment.IsPrivilegedProcess ? "user root\n" : "")}");
        return await Daemon.StartAsync(mosquitto, port, "-c", folder.File("conf"));
    }

    private static void OnlyAsRoot(string why)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Ignore($"{why}: run the tests as root, for example 'sudo dotnet test --filter Category=Daemon'");
        }
    }
}
