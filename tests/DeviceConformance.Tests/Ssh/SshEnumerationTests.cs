using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Ssh;
using DeviceConformance.TestCases.Network;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Ssh;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class SshEnumerationTests
{
    [Test]
    public async Task Algorithms_are_those_of_the_kexinit_even_where_nothing_can_be_agreed_on()
    {
        await using var server = Saying(SshOpeningTests.Opening);
        var seen = (SshServerSeen)((ProbeOutcome.Observed)await AskAsync(server.Endpoint)).Observation;
        Assert.That(seen.Banner, Is.EqualTo("SSH-2.0-dropbear_2022.83"));
        Assert.That(seen.Ciphers, Is.EqualTo(new[] { "aes256-ctr", "3des-cbc" }));
        Assert.That(seen.Macs, Is.EqualTo(new[] { "hmac-sha2-256" }));
        Assert.That((seen.CiphersOnlyToServer.Single(), seen.MacsOnlyToServer.Single()), Is.EqualTo(("aes128-ctr", "hmac-sha1")));
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("offers no cipher (aes256-ctr, 3des-cbc) that the harness speaks"));
        Assert.That(server.Connections, Is.EqualTo(2));
    }

    [Test]
    public async Task Version_1_is_seen_without_algorithms_and_incomplete()
    {
        await using var server = Saying(Encoding.ASCII.GetBytes("SSH-1.5-old\n"));
        var seen = (SshServerSeen)((ProbeOutcome.Observed)await AskAsync(server.Endpoint)).Observation;
        Assert.That(seen.Banner, Is.EqualTo("SSH-1.5-old"));
        Assert.That(seen.Coverage.IsComplete, Is.False);
    }

    [TestCase("HTTP/1.1 400 Bad Request\r\n\r\n", Silence.Malformed)]
    [TestCase("SSH-2.0-x\r\n", Silence.ClosedByPeer)]
    [TestCase("SSH-2.0-x\r\nExceeded MaxStartups\r\n", Silence.Malformed)]
    [TestCase("", Silence.ClosedByPeer)]
    public async Task What_is_no_opening_is_unanswered(string text, Silence silence)
    {
        await using var server = Saying(Encoding.ASCII.GetBytes(text));
        var outcome = await AskAsync(server.Endpoint);
        Assert.That((outcome as ProbeOutcome.Unanswered)?.Silence, Is.EqualTo(silence), outcome.Summary);
    }

    [Test]
    public async Task Silent_port_is_no_reply()
    {
        await using var server = new LoopbackServer((_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
        var outcome = await AskAsync(server.Endpoint, new FastTime(10));
        Assert.That((outcome as ProbeOutcome.Unanswered)?.Silence, Is.EqualTo(Silence.NoReply), outcome.Summary);
    }

    [Test]
    [Category("Daemon")]
    public async Task Dropbear_offers_what_ssh_sees()
    {
        await using var server = await SshServer.DropbearAsync(["ed25519", "ecdsa:256", "rsa:2048"]);
        var seen = await AssertSameAsClientAsync(server, "SSH-2.0-dropbear");
        Assert.Multiple(() =>
        {
            Assert.That(seen.Keys.Select(key => (key.Type, key.Bits, key.Proven)), Is.EqualTo(new[] { ("ssh-ed25519", 256, true), ("ecdsa-sha2-nistp256", 256, true), ("ssh-rsa", 2048, true) }));
            Assert.That(seen.Methods, Is.EqualTo(new[] { "publickey", "password" }));
            Assert.That(seen.Connections, Is.EqualTo(3));
        });
    }

    [Test]
    [Category("Daemon")]
    public async Task Key_that_dropbear_offers_and_does_not_have_is_no_gap()
    {
        await using var server = await SshServer.DropbearAsync(["ed25519"], "-s");
        var seen = await SeeAsync(server.Endpoint);
        Assert.That((seen.Keys.Single().Type, seen.Coverage.IsComplete, seen.TakesPasswords), Is.EqualTo(("ssh-ed25519", true, false)), seen.Coverage.Statement);
        Assert.That(seen.Coverage.Statement, Does.Contain("it offers rsa-sha2-256 and twice ended the connection"));
    }

    [Test]
    [Category("Daemon")]
    public async Task Openssh_offers_what_ssh_sees_and_shows_the_keys_that_it_was_given()
    {
        string[] keys = ["ed25519", "rsa:3072", "ecdsa:384"];
        await using var server = await SshServer.OpenSshAsync(keys);
        var seen = await AssertSameAsClientAsync(server, "SSH-2.0-OpenSSH");
        foreach (var key in keys)
        {
            var printed = await server.FingerprintAsync(key);
            Assert.That(seen.Keys.Any(shown => printed.StartsWith($"{shown.Bits} SHA256:{shown.Sha256} ", StringComparison.Ordinal)), Is.True, printed);
        }

        Assert.Multiple(() =>
        {
            Assert.That(seen.Keys.Select(key => key.Proven), Is.EqualTo(new[] { true, true, true }));
            Assert.That(seen.SmallestGroup, Is.EqualTo(2048));
            Assert.That(seen.Methods, Is.EqualTo(new[] { "publickey", "password", "keyboard-interactive" }));
            Assert.That((seen.IsOpenToPrefixTruncation, seen.LetsInAnybody, seen.SpeaksVersion1), Is.EqualTo((false, false, false)));
            Assert.That(seen.Compression, Is.EqualTo(new[] { "none", "zlib@openssh.com" }));
        });
    }

    [Test]
    [Category("Daemon")]
    public async Task Server_that_speaks_nothing_but_the_algorithms_of_old_devices_is_read_all_the_same()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("banner"), "Authorised people only\n");
        await using var server = await SshServer.OpenSshAsync(
            ["rsa:1024", "dsa:1024"], "Ciphers=3des-cbc", "MACs=hmac-sha1", "KexAlgorithms=diffie-hellman-group1-sha1", "HostKeyAlgorithms=ssh-dss,ssh-rsa", "RequiredRSASize=1024", $"Banner={folder.File("banner")}");
        var seen = await SeeAsync(server.Endpoint);
        Assert.Multiple(() =>
        {
            Assert.That(seen.Keys.Select(key => (key.Type, key.Bits, key.Proven)), Is.EquivalentTo(new[] { ("ssh-rsa", 1024, true), ("ssh-dss", 1024, true) }));
            Assert.That(seen.Negotiated, Is.EqualTo("diffie-hellman-group1-sha1, ssh-rsa, 3des-cbc, hmac-sha1"));
            // sshd tells of its protection against CVE-2023-48795 in this list, where it has one.
            Assert.That(seen.KeyExchange.Where(name => !name.StartsWith("kex-strict-", StringComparison.Ordinal)), Is.EqualTo(new[] { "diffie-hellman-group1-sha1" }));
            Assert.That((seen.AllCiphers.Single(), seen.AllMacs.Single()), Is.EqualTo(("3des-cbc", "hmac-sha1")));
            var weak = SshAlgorithms.Remarks(seen).Where(remark => remark.Grade >= SshGrade.Weak).Select(remark => remark.Subject).ToList();
            Assert.That(new[] { "diffie-hellman-group1-sha1", "ssh-rsa", "ssh-dss", "3des-cbc", "hmac-sha1" }.Except(weak), Is.Empty, string.Join("; ", weak));
            Assert.That(seen.Notice, Does.StartWith("Authorised people only"));
            Assert.That((seen.TakesPasswords, seen.Coverage.IsComplete), Is.EqualTo((true, true)), seen.Coverage.Statement);
        });
    }

    // OpenSSH's client prints the server's KEXINIT when asked to be talkative.
    private static async Task<SshServerSeen> AssertSameAsClientAsync(SshServer server, string banner)
    {
        var started = Stopwatch.GetTimestamp();
        var seen = await SeeAsync(server.Endpoint);
        TestContext.Out.WriteLine($"{Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms: {seen.Summary}");
        var client = await Daemon.RunAsync(Daemon.Find("ssh", "openssh-client"), "-vv", "-p", $"{server.Endpoint.Port}", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-F", "/dev/null", "nobody@127.0.0.1", "true");
        var offer = client[client.IndexOf("peer server KEXINIT proposal", StringComparison.Ordinal)..];
        Assert.Multiple(() =>
        {
            Assert.That(seen.Banner, Does.StartWith(banner));
            Assert.That(seen.Coverage.IsComplete, Is.True);
            Assert.That(string.Join(',', seen.KeyExchange), Is.EqualTo(Line(offer, "KEX algorithms: ")));
            Assert.That(string.Join(',', seen.HostKeys), Is.EqualTo(Line(offer, "host key algorithms: ")));
            Assert.That(string.Join(',', seen.Ciphers), Is.EqualTo(Line(offer, "ciphers stoc: ")));
            Assert.That(string.Join(',', seen.Macs), Is.EqualTo(Line(offer, "MACs stoc: ")));
            Assert.That(string.Join(',', seen.Compression), Is.EqualTo(Line(offer, "compression stoc: ")));
        });
        return seen;
    }

    private static string Line(string text, string start)
    {
        var at = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return text[at..text.IndexOfAny(['\r', '\n'], at)];
    }

    private static LoopbackServer Saying(byte[] bytes) => new(async (socket, cancellationToken) =>
    {
        await using var stream = new NetworkStream(socket);
        _ = await stream.ReadAsync(new byte[200], cancellationToken);
        await stream.WriteAsync(bytes, cancellationToken);
    });

    private static async Task<SshServerSeen> SeeAsync(Endpoint endpoint)
    {
        var outcome = await AskAsync(endpoint);
        return outcome is ProbeOutcome.Observed { Observation: SshServerSeen seen } ? seen : throw new InvalidOperationException(outcome.Summary);
    }

    private static async Task<ProbeOutcome> AskAsync(Endpoint endpoint, TimeProvider? time = null)
    {
        using var bench = new ProbeBench(time: time);
        return await bench.AskAsync(new SshEnumerationProbe(), new SshEnumeration(endpoint));
    }
}
