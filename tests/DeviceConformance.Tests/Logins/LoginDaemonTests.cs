using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Credentials;
using DeviceConformance.Probing.Logins;
using DeviceConformance.Tests.Lab;
using NUnit.Framework;

namespace DeviceConformance.Tests.Logins;

/// <summary>Servers as devices run them, each in a network of its own.</summary>
/// <remarks>Users of the host are not touched: the daemons see copies of its account files with one more user.</remarks>
[Category("Daemon")]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LoginDaemonTests : IDisposable
{
    private const string User = "dctuser";
    private const string Password = "Valve-7-brass!";

    private readonly string _folder = Directory.CreateTempSubdirectory("dct-daemon-").FullName;
    private NetworkNamespace? _network;

    private NetworkNamespace Network => _network!;

    public void Dispose()
    {
        _network?.Dispose();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Test]
    public async Task Vsftpd_tells_right_from_wrong_and_closes_after_three_attempts()
    {
        await StartAsync(21, "vsftpd", "vsftpd", $"exec vsftpd {_folder}/vsftpd.conf", ("vsftpd.conf", """
            listen=YES
            background=NO
            anonymous_enable=NO
            local_enable=YES
            xferlog_enable=NO
            """));
        var login = new LoginPoint(LoginProtocol.Ftp, 21, false, "/", null);

        await AssertTellsRightFromWrongAsync(login, "530");
        var seen = await TryDefaultsAsync(login, attempts: 9);

        Assert.That((seen.Reaction, seen.ReactionAfter, seen.Attempts), Is.EqualTo((GuessingReaction.Disconnect, 3, 7)), seen.Coverage.Statement);
    }

    [Test]
    public async Task The_login_of_inetutils_telnetd_tells_right_from_wrong()
    {
        RequireTool("systemd-socket-activate", "systemd");
        await StartAsync(23, "telnetd", "inetutils-telnetd", "exec systemd-socket-activate --inetd -a -l 23 /usr/sbin/telnetd -h");
        var login = new LoginPoint(LoginProtocol.Telnet, 23, false, "/", null);

        await AssertTellsRightFromWrongAsync(login, "");
    }

    [Test]
    public async Task Mosquitto_shows_a_default_credential_and_the_whole_dictionary_is_tried()
    {
        RequireTool("mosquitto_passwd", "mosquitto");
        await StartAsync(1883, "mosquitto", "mosquitto", $"""
            mosquitto_passwd -c -b {_folder}/users {User} '{Password}' && mosquitto_passwd -b {_folder}/users mosquitto mosquitto
            exec mosquitto -c {_folder}/mosquitto.conf
            """, ("mosquitto.conf", $"""
            listener 1883 0.0.0.0
            allow_anonymous false
            password_file {_folder}/users
            user root
            """));
        var login = new LoginPoint(LoginProtocol.Mqtt, 1883, false, "/", null);

        await AssertTellsRightFromWrongAsync(login, "5");
        var seen = await TryDefaultsAsync(login, attempts: 300);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Accepted.Select(pair => pair.User), Is.EqualTo(["mosquitto"]), seen.Coverage.Statement);
            Assert.That((seen.Reaction, seen.Coverage.IsComplete), Is.EqualTo((GuessingReaction.None, true)), seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Openssh_tells_right_from_wrong_and_closes_after_six_attempts()
    {
        var login = await StartOpenSshAsync("");

        await AssertTellsRightFromWrongAsync(login, "51");
        using var bench = Bench(300);
        await using var session = LoginClient.Open(At(22), login, bench.Context)!;
        var ended = new List<int>();
        for (var attempt = 0; attempt < 8; attempt++)
        {
            var tried = await session.TryAsync(User, new Secret("not-the-password"), default);
            Assert.That(tried.Result, Is.EqualTo(AccessResult.Refused), tried.Answer);
            ended.Add(tried.EndedAfter);
        }

        Assert.That(ended, Is.EqualTo(new[] { 0, 0, 0, 0, 0, 0, 6, 0 }));
    }

    [Test]
    public async Task Openssh_of_old_devices_tells_right_from_wrong()
    {
        var login = await StartOpenSshAsync("-o KexAlgorithms=diffie-hellman-group1-sha1 -o Ciphers=3des-cbc -o MACs=hmac-sha1 -o HostKeyAlgorithms=ssh-rsa");

        await AssertTellsRightFromWrongAsync(login, "51");
    }

    [Test]
    public async Task Dropbear_tells_right_from_wrong_for_one_user_and_the_next()
    {
        RequireTool("dropbearkey", "dropbear-bin");
        await StartAsync(22, "dropbear", "dropbear-bin", $"""
            dropbearkey -t ed25519 -f {_folder}/key
            exec dropbear -F -E -p 22 -r {_folder}/key -P {_folder}/pid
            """);
        var login = new LoginPoint(LoginProtocol.Ssh, 22, false, "/", null);
        using var bench = Bench(30);
        await using var session = LoginClient.Open(At(22), login, bench.Context)!;

        var wrong = await session.TryAsync(User, new Secret(User), default);
        var right = await session.TryAsync(User, new Secret(Password), default);
        var nobody = await session.TryAsync("nobody-here", new Secret(Password), default);

        Assert.That((wrong.Result, right.Result, nobody.Result), Is.EqualTo((AccessResult.Refused, AccessResult.Granted, AccessResult.Refused)), $"{wrong.Answer}; {right.Answer}; {nobody.Answer}");
    }

    [TestCase("basic", "", LoginProtocol.HttpBasic)]
    [TestCase("digest", "MD5", LoginProtocol.HttpDigest)]
    [TestCase("digest", "SHA-256", LoginProtocol.HttpDigest)]
    public async Task Lighttpd_guards_a_resource(string method, string algorithm, LoginProtocol protocol)
    {
        await StartAsync(80, "lighttpd", "lighttpd", $"exec lighttpd -D -f {_folder}/lighttpd.conf",
            ("lighttpd.conf", $$"""
            server.modules = ("mod_auth", "mod_authn_file")
            server.document-root = "{{_folder}}"
            server.port = 80
            auth.backend = "plain"
            auth.backend.plain.userfile = "{{_folder}}/users"
            auth.require = ("/status" => ("method" => "{{method}}", "realm" => "device", "require" => "valid-user"{{(algorithm.Length > 0 ? $", \"algorithm\" => \"{algorithm}\"" : "")}}))
            """),
            ("users", $"{User}:{Password}\n"),
            ("status.html", "pressure 2 bar"));
        var login = new LoginPoint(protocol, 80, false, "/status.html", null);

        await AssertTellsRightFromWrongAsync(login, "401");
        using var bench = Bench(300);
        using var probe = new AccessTrialProbe();
        var outcome = await ((Probe)probe).AskAsync(new AccessTrial(At(80), "AuthMech-1", login, "GET", "/status.html"), bench.Context, default);

        var seen = (AccessSeen)((ProbeOutcome.Observed)outcome).Observation;
        Assert.Multiple(() =>
        {
            Assert.That((seen.Anonymous, seen.Wrong, seen.Valid), Is.EqualTo((AccessResult.Refused, AccessResult.Refused, AccessResult.Granted)), seen.Details);
            Assert.That(seen.PasswordInClear, Is.EqualTo(protocol == LoginProtocol.HttpBasic));
            Assert.That(bench.Transcript, Does.Not.Contain(Password));
        });
    }

    private async Task<LoginPoint> StartOpenSshAsync(string options)
    {
        await StartAsync(22, "sshd", "openssh-server", $"""
            mkdir -p /run/sshd
            ssh-keygen -q -t rsa -b 2048 -N '' -f {_folder}/key
            exec /usr/sbin/sshd -D -f /dev/null -h {_folder}/key -o UsePAM=no -o PidFile=none {options}
            """);
        return new LoginPoint(LoginProtocol.Ssh, 22, false, "/", null);
    }

    private async Task AssertTellsRightFromWrongAsync(LoginPoint login, string code)
    {
        using var bench = Bench(300);
        var right = await LoginClient.TryAsync(At(login.Port), login, User, new Secret(Password), bench.Context, default);
        var wrong = await LoginClient.TryAsync(At(login.Port), login, User, new Secret("not-the-password"), bench.Context, default);

        Assert.Multiple(() =>
        {
            Assert.That(right.Result, Is.EqualTo(AccessResult.Granted), right.Answer);
            Assert.That((wrong.Result, wrong.Code), Is.EqualTo((AccessResult.Refused, code)), wrong.Answer);
            Assert.That(bench.Transcript, Does.Not.Contain(Password).And.Not.Contain("not-the-password"));
        });
    }

    private async Task<DefaultCredentialsTried> TryDefaultsAsync(LoginPoint login, int attempts)
    {
        using var bench = Bench(attempts);
        var outcome = await new DefaultCredentialTrialProbe().AskAsync(new DefaultCredentialTrial(At(login.Port), login), bench.Context, default);
        return (DefaultCredentialsTried)((ProbeOutcome.Observed)outcome).Observation;
    }

    private LoginBench Bench(int attempts) => new(
        LabSetup.Default with
        {
            Credentials = [LoginBench.Credential("AuthMech-1", User, Password)],
            Limits = LabLimits.Default with { CredentialAttempts = attempts },
        },
        address: Network.DeviceAddress);

    private Endpoint At(int port) => new(new DutAddress(Network.DeviceAddress), port);

    private static void RequireTool(string program, string package)
    {
        if (!NetworkNamespace.HasTool(program))
        {
            Assert.Ignore($"needs the program '{program}': apt-get install {package}");
        }
    }

    private async Task StartAsync(int port, string program, string package, string command, params (string Name, string Content)[] files)
    {
        RequireTool(program, package);
        RequireTool("openssl", "openssl");
        _network = NetworkNamespace.CreateOrSkip();
        foreach (var (name, content) in files)
        {
            await File.WriteAllTextAsync(Path.Combine(_folder, name), content + "\n");
        }

        // Mounts made by "ip netns exec" are its own; the host keeps its account files.
        await File.WriteAllTextAsync(Path.Combine(_folder, "start.sh"), $"""
            set -e
            cp /etc/passwd {_folder}/passwd
            cp /etc/shadow {_folder}/shadow
            echo '{User}:x:4242:4242::/tmp:/bin/sh' >> {_folder}/passwd
            echo "{User}:$(openssl passwd -6 '{Password}'):19000:0:99999:7:::" >> {_folder}/shadow
            chmod 600 {_folder}/shadow
            mount --bind {_folder}/passwd /etc/passwd
            mount --bind {_folder}/shadow /etc/shadow
            {command}
            """);
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        Network.Start("sh", $"{_folder}/start.sh");
        await Network.WaitForPortAsync(port);
    }
}
