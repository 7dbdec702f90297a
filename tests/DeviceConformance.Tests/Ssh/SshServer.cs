using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Ssh;
using DeviceConformance.Tests.Tls;

namespace DeviceConformance.Tests.Ssh;

/// <summary>A real SSH server on a free port of loopback, with host keys and configuration of its own.</summary>
internal sealed class SshServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly Daemon _daemon;

    private SshServer(TemporaryFolder folder, Daemon daemon, int port)
    {
        _folder = folder;
        _daemon = daemon;
        Endpoint = new Endpoint(ProbeBench.Loopback, port);
    }

    public Endpoint Endpoint { get; }

    /// <summary>OpenSSH with host keys of the given kinds, such as <c>rsa:2048</c>, and options, such as <c>Ciphers=aes128-ctr</c>.</summary>
    public static async Task<SshServer> OpenSshAsync(string[] keys, params string[] options)
    {
        var (sshd, keygen) = (Daemon.Find("sshd", "openssh-server"), Daemon.Find("ssh-keygen", "openssh-client"));
        var folder = new TemporaryFolder();
        foreach (var key in keys)
        {
            var (kind, bits) = Split(key);
            await Daemon.RunAsync(keygen, ["-q", "-N", "", "-t", kind, .. bits.Length > 0 ? new[] { "-b", bits } : [], "-f", folder.File(key)]);
        }

        // sshd insists on a folder for its unprivileged child.
        Directory.CreateDirectory("/run/sshd");
        var port = Daemon.FreePort();
        string[] usual = ["ListenAddress=127.0.0.1", "PidFile=none", "UsePAM=no", "MaxStartups=200", "LogLevel=ERROR", .. options];
        var daemon = await Daemon.StartAsync(sshd, port, ["-D", "-e", "-f", "/dev/null", "-p", $"{port}", .. keys.SelectMany(key => new[] { "-h", folder.File(key) }), .. usual.SelectMany(option => new[] { "-o", option })]);
        return new SshServer(folder, daemon, port);
    }

    /// <summary>Dropbear with host keys of the given kinds and further arguments.</summary>
    public static async Task<SshServer> DropbearAsync(string[] keys, params string[] arguments)
    {
        var (dropbear, keygen) = (Daemon.Find("dropbear", "dropbear-bin"), Daemon.Find("dropbearkey", "dropbear-bin"));
        var folder = new TemporaryFolder();
        foreach (var key in keys)
        {
            var (kind, bits) = Split(key);
            await Daemon.RunAsync(keygen, ["-t", kind, "-f", folder.File(key), .. bits.Length > 0 ? new[] { "-s", bits } : []]);
        }

        var port = Daemon.FreePort();
        var daemon = await Daemon.StartAsync(dropbear, port, ["-F", "-E", "-p", $"127.0.0.1:{port}", "-P", folder.File("pid"), .. keys.SelectMany(key => new[] { "-r", folder.File(key) }), .. arguments]);
        return new SshServer(folder, daemon, port);
    }

    /// <summary>What OpenSSH's tool says of a host key's file: bits, SHA-256, comment and kind.</summary>
    public Task<string> FingerprintAsync(string key) => Daemon.RunAsync(Daemon.Find("ssh-keygen", "openssh-client"), "-l", "-f", _folder.File(key) + ".pub");

    /// <summary>An encrypted transport with the server, or why there is none.</summary>
    public async Task<(SshTransport Transport, SshFault? Fault)> ConnectAsync(ProbeBench bench, SshWish wish)
    {
        var opened = await bench.Context.Link.ConnectAsync(Endpoint, bench.Transcript, default);
        if (!opened.TryGet(out var connection))
        {
            throw new InvalidOperationException(opened.Text);
        }

        var transport = new SshTransport(connection, wish, TimeSpan.FromSeconds(20), TimeProvider.System);
        return (transport, await transport.GreetAsync(default) ?? await transport.EncryptAsync(default));
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        _folder.Dispose();
    }

    private static (string Kind, string Bits) Split(string key) => key.Split(':') is [var kind, var bits] ? (kind, bits) : (key, "");
}
