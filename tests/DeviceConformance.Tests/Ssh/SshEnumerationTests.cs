using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Ssh;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Ssh;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class SshEnumerationTests
{
    [Test]
    public async Task Algorithms_are_those_of_the_kexinit_and_one_connection_is_enough()
    {
        await using var server = Saying(SshOpeningTests.Opening);
        var seen = (SshServerSeen)((ProbeOutcome.Observed)await AskAsync(server.Endpoint)).Observation;
        Assert.That(seen.Banner, Is.EqualTo("SSH-2.0-dropbear_2022.83"));
        Assert.That(seen.Ciphers, Is.EqualTo(new[] { "aes256-ctr", "3des-cbc" }));
        Assert.That(seen.Macs, Is.EqualTo(new[] { "hmac-sha2-256" }));
        Assert.That(seen.Coverage.IsComplete, Is.True);
        Assert.That(seen.Coverage.Statement, Does.Contain("from client to server: aes128-ctr; hmac-sha1"));
        Assert.That(server.Connections, Is.EqualTo(1));
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
        using var folder = new TemporaryFolder();
        var key = folder.File("key");
        await Daemon.RunAsync(Daemon.Find("dropbearkey", "dropbear-bin"), "-t", "ed25519", "-f", key);
        var port = Daemon.FreePort();
        await using var server = await Daemon.StartAsync(Daemon.Find("dropbear", "dropbear-bin"), port, "-F", "-E", "-r", key, "-p", $"127.0.0.1:{port}", "-P", folder.File("pid"));
        await AssertSameAsClientAsync(port, "SSH-2.0-dropbear");
    }

    [Test]
    [Category("Daemon")]
    public async Task Openssh_offers_what_ssh_sees()
    {
        using var folder = new TemporaryFolder();
        var key = folder.File("key");
        await Daemon.RunAsync(Daemon.Find("ssh-keygen", "openssh-client"), "-q", "-t", "ed25519", "-N", "", "-f", key);
        // sshd insists on a folder for its unprivileged child.
        Directory.CreateDirectory("/run/sshd");
        var port = Daemon.FreePort();
        await using var server = await Daemon.StartAsync(
            Daemon.Find("sshd", "openssh-server"), port, "-D", "-e", "-f", "/dev/null", "-h", key, "-p", $"{port}", "-o", "ListenAddress=127.0.0.1", "-o", "PidFile=none", "-o", "Ciphers=aes128-ctr,3des-cbc", "-o", "KexAlgorithms=+diffie-hellman-group1-sha1");
        var seen = await AssertSameAsClientAsync(port, "SSH-2.0-OpenSSH");
        Assert.That(seen.Ciphers, Is.EqualTo(new[] { "aes128-ctr", "3des-cbc" }));
        Assert.That(seen.KeyExchange, Does.Contain("diffie-hellman-group1-sha1"));
    }

    // OpenSSH's client prints the server's KEXINIT when asked to be talkative.
    private static async Task<SshServerSeen> AssertSameAsClientAsync(int port, string banner)
    {
        var started = Stopwatch.GetTimestamp();
        var seen = (SshServerSeen)((ProbeOutcome.Observed)await AskAsync(new Endpoint(ProbeBench.Loopback, port))).Observation;
        TestContext.Out.WriteLine($"{Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms: {seen.Summary}");
        var client = await Daemon.RunAsync(Daemon.Find("ssh", "openssh-client"), "-vv", "-p", $"{port}", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-F", "/dev/null", "nobody@127.0.0.1", "true");
        var server = client[client.IndexOf("peer server KEXINIT proposal", StringComparison.Ordinal)..];
        Assert.Multiple(() =>
        {
            Assert.That(seen.Banner, Does.StartWith(banner));
            Assert.That(seen.Coverage.IsComplete, Is.True);
            Assert.That(string.Join(',', seen.KeyExchange), Is.EqualTo(Line(server, "KEX algorithms: ")));
            Assert.That(string.Join(',', seen.HostKeys), Is.EqualTo(Line(server, "host key algorithms: ")));
            Assert.That(string.Join(',', seen.Ciphers), Is.EqualTo(Line(server, "ciphers stoc: ")));
            Assert.That(string.Join(',', seen.Macs), Is.EqualTo(Line(server, "MACs stoc: ")));
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

    private static async Task<ProbeOutcome> AskAsync(Endpoint endpoint, TimeProvider? time = null)
    {
        using var bench = new ProbeBench(time: time);
        return await bench.AskAsync(new SshEnumerationProbe(), new SshEnumeration(endpoint));
    }
}
