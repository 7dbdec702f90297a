using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Probing.Identification;
using DeviceConformance.Probing.Logins;
using DeviceConformance.Tests.Disclosure;
using DeviceConformance.Tests.Lab;
using NUnit.Framework;

namespace DeviceConformance.Tests.Smb;

/// <summary>Debian's Samba plays the device: as old storage is set up (SMB 1, guests, everybody may write), and with everything closed.</summary>
[TestFixture]
[Category("Daemon")]
[Parallelizable]
public sealed class SambaTests
{
    private const string Password = "Valve-7-brass!";

    [Test]
    [CancelAfter(120_000)]
    public async Task Open_and_guarded_shares_are_told_apart(CancellationToken cancellationToken)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        foreach (var tool in new[] { "smbd", "smbpasswd" })
        {
            if (!NetworkNamespace.HasTool(tool))
            {
                Assert.Ignore($"needs the program '{tool}': apt-get install samba");
            }
        }

        var folder = Directory.CreateTempSubdirectory("dct-smb-").FullName;
        try
        {
            Start(device, folder, "open", "445 139", "server min protocol = NT1\nmap to guest = Bad User\n", "guest ok = yes\nread only = no\ncomment = Files for everybody\n");
            Start(device, folder, "closed", "4450", "server min protocol = SMB3_00\nserver signing = mandatory\nrestrict anonymous = 2\nmap to guest = never\n", "guest ok = no\n");
            await device.WaitForPortAsync(445);
            await device.WaitForPortAsync(4450);
            using var bench = new DutBench(device.DeviceAddress, []);

            // A name server of NetBIOS is not needed: the probe asks for a session by the name that everybody has.
            var identified = await bench.SeeAsync(new ServiceIdentificationProbe(), new ServiceIdentification(bench.At(445)));
            var open = await SeeAsync(bench, 445);
            var netbios = await SeeAsync(bench, 139);
            var closed = await SeeAsync(bench, 4450);
            TestContext.Out.WriteLine(string.Join('\n', new[] { open, netbios, closed }.Select(survey => $"{survey.Summary}\n  {survey.Coverage.Statement}\n  {string.Join("\n  ", survey.Items.Select(item => $"{item.Kind} {item.What} ({item.Where})"))}")));
            var right = await TryAsync(bench, 4450, "daemon", Password);
            var wrong = await TryAsync(bench, 4450, "daemon", "something else");
            var written = await bench.SeeAsync(new WriteTrialProbe(), new WriteTrial(bench.At(445), ServiceProtocol.Smb));
            var refused = await bench.SeeAsync(new WriteTrialProbe(), new WriteTrial(bench.At(4450), ServiceProtocol.Smb));
            var stranger = await TryAsync(bench, 445, "nobody-here", "something else");

            Assert.Multiple(() =>
            {
                Assert.That(identified.Protocol, Is.EqualTo(ServiceProtocol.Smb));
                Assert.That(open.OpenPaths(), Is.EqualTo(new[] { "files" }));
                Assert.That(open.Items(DisclosureKind.Version), Has.Some.StartsWith("Samba 4."));
                Assert.That(open.Items(DisclosureKind.Network), Has.Some.EqualTo("host name BOILER17"));
                Assert.That(open.Items(DisclosureKind.DirectoryListing), Has.Some.EqualTo("1 entries: notes.txt").And.Some.StartsWith("2 shares: "));
                Assert.That(open.Smb!.Dialects, Is.EqualTo(new[] { "SMB 1", "SMB 3.1.1", "SMB 3.0.2", "SMB 3.0", "SMB 2.1", "SMB 2.0.2" }));
                Assert.That((open.Smb.SigningRequired, open.Smb.PlainPasswords, open.Smb.Nobody, open.Smb.Guest), Is.EqualTo((false, false, AccessResult.Granted, AccessResult.Granted)));
                Assert.That(netbios.OpenPaths(), Is.EqualTo(new[] { "files" }));

                Assert.That(closed.Open, Is.Empty);
                Assert.That(closed.Smb!.Dialects, Is.EqualTo(new[] { "SMB 3.1.1", "SMB 3.0.2", "SMB 3.0" }));
                Assert.That(closed.Smb.Refused, Is.EqualTo(new[] { "SMB 1", "SMB 2.1", "SMB 2.0.2" }));
                Assert.That((closed.Smb.SigningRequired, closed.Smb.Guest), Is.EqualTo((true, AccessResult.Refused)));
                Assert.That(closed.Items(DisclosureKind.DirectoryListing), Is.Empty);
                Assert.That(new[] { open, netbios, closed }.Select(survey => survey.Coverage.IsComplete), Is.All.True, closed.Coverage.Statement);
                Assert.That(closed.LoginProtocols(), Is.EqualTo(new[] { LoginProtocol.Smb }));

                Assert.That((right.Result, wrong.Result, stranger.Result), Is.EqualTo((AccessResult.Granted, AccessResult.Refused, AccessResult.Refused)), $"{right.Answer}; {wrong.Answer}; {stranger.Answer}");
                Assert.That(stranger.Answer, Does.Contain("guest"));
                Assert.That((written.Result, written.Restored), Is.EqualTo((AccessResult.Granted, true)), written.What);
                Assert.That(Directory.EnumerateFiles(Path.Combine(folder, "open", "files")).Select(Path.GetFileName), Is.EqualTo(new[] { "notes.txt" }));
                Assert.That((refused.Result, refused.Coverage.IsComplete), Is.EqualTo((AccessResult.Refused, true)), refused.What);
                Assert.That(bench.Said, Does.Not.Contain(Password));
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<DisclosureSeen> SeeAsync(DutBench bench, int port) =>
        bench.SeeAsync(new DisclosureSurveyProbe(), new DisclosureSurvey(bench.At(port), ServiceProtocol.Smb, false));

    private static Task<LoginAttempt> TryAsync(DutBench bench, int port, string user, string password) =>
        LoginClient.TryAsync(bench.At(port), new LoginPoint(LoginProtocol.Smb, port, false, "/", null), user, new Secret(password), bench.Context, CancellationToken.None);

    private static void Start(NetworkNamespace device, string folder, string name, string ports, string settings, string share)
    {
        var home = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        foreach (var part in new[] { "files", "private", "state", "lock", "cache", "pid", "ncalrpc" })
        {
            Directory.CreateDirectory(Path.Combine(home, part));
        }

        File.WriteAllText(Path.Combine(home, "files", "notes.txt"), "11:04 ignited\n");
        device.Run("chmod", "-R", "a+rwX", Path.Combine(home, "files"));
        device.Run("chmod", "a+x", folder, home);
        var conf = Path.Combine(home, "smb.conf");
        // Everything below the test's folder, so that the host's own settings and accounts stay as they are.
        File.WriteAllText(conf, $"""
            [global]
            netbios name = BOILER17
            workgroup = CELLAR
            smb ports = {ports}
            passdb backend = smbpasswd:{home}/smbpasswd
            private dir = {home}/private
            state directory = {home}/state
            lock directory = {home}/lock
            cache directory = {home}/cache
            pid directory = {home}/pid
            ncalrpc dir = {home}/ncalrpc
            guest account = nobody
            load printers = no
            {settings}
            [files]
            path = {home}/files
            {share}
            """);
        File.WriteAllText(Path.Combine(home, "smbpasswd"), "");
        device.Run("sh", "-c", $"printf '%s\\n%s\\n' '{Password}' '{Password}' | smbpasswd -c {conf} -s -a daemon");
        device.Start("smbd", "--foreground", "--no-process-group", $"--configfile={conf}", "--debug-stdout");
    }
}
