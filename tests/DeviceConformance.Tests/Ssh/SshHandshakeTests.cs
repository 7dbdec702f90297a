using System.Diagnostics;
using DeviceConformance.Probing.Ssh;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Ssh;

/// <summary>Handshakes with real servers: every algorithm that both sides know, and the pair that the server's own log names.</summary>
[TestFixture]
[Category("Daemon")]
[Parallelizable(ParallelScope.All)]
public sealed class SshHandshakeTests
{
    private static readonly string[] _allKeys = ["ed25519", "ecdsa:256", "ecdsa:384", "ecdsa:521", "rsa:2048", "dsa:1024"];

    [Test]
    public async Task Every_algorithm_of_openssh_leads_to_a_login_prompt()
    {
        var (kex, ciphers, macs) = (await QueryAsync("kex"), await QueryAsync("cipher"), await QueryAsync("mac"));
        await using var server = await SshServer.OpenSshAsync(
            _allKeys, $"KexAlgorithms={string.Join(',', kex)}", $"Ciphers={string.Join(',', ciphers)}", $"MACs={string.Join(',', macs)}", "HostKeyAlgorithms=+ssh-rsa,ssh-dss", "RequiredRSASize=1024");
        var wishes = Wishes([.. SshWish.All.KeyExchange.Intersect(kex)], [.. SshWish.All.Ciphers.Intersect(ciphers)], [.. SshWish.All.Macs.Intersect(macs)]).ToList();
        var started = Stopwatch.GetTimestamp();

        var faults = await FailuresAsync(server, wishes);

        TestContext.Out.WriteLine($"{wishes.Count} handshakes in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s; not spoken: {string.Join(", ", kex.Concat(ciphers).Concat(macs).Except(SshWish.All.KeyExchange).Except(SshWish.All.Ciphers).Except(SshWish.All.Macs))}");
        Assert.That(faults, Is.Empty);
        Assert.That(wishes, Has.Count.GreaterThan(60), "the query of the client's algorithms came to something");
    }

    // Each key exchange with a host key in turn, then each cipher with each MAC, host keys and the quick key exchanges in turn.
    private static IEnumerable<SshWish> Wishes(string[] kex, string[] ciphers, string[] macs)
    {
        var keys = SshHostKey.Algorithms;
        foreach (var (index, name) in kex.Index())
        {
            yield return new SshWish([name], [keys[index % keys.Length]], SshWish.All.Ciphers, SshWish.All.Macs);
        }

        foreach (var (index, (cipher, mac)) in ciphers.SelectMany(cipher => macs.Select(mac => (cipher, mac))).Where(pair => !SshSpoken.Ciphers[pair.cipher].IsAead || pair.mac == macs[0]).Index())
        {
            yield return new SshWish([kex[index % 3]], [keys[index % keys.Length]], [cipher], [mac]);
        }
    }

    private static async Task<List<string>> FailuresAsync(SshServer server, IEnumerable<SshWish> wishes)
    {
        using var bench = new ProbeBench();
        var faults = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Parallel.ForEachAsync(wishes, new ParallelOptions { MaxDegreeOfParallelism = 3 }, async (wish, end) =>
        {
            var (transport, fault) = await server.ConnectAsync(bench, wish);
            await using (transport)
            {
                var authentication = new SshAuthentication(transport, TimeProvider.System);
                fault ??= await authentication.StartAsync(end);
                var answer = fault is null ? await authentication.NoneAsync("nobody", end) : null;
                if (answer?.Result != SshAuthResult.Failure || !answer.Methods.Contains("publickey"))
                {
                    faults.Add($"{transport.Choice}: {fault?.Text ?? answer?.Fault?.Text ?? answer?.Result.ToString()}");
                }
            }
        });
        return [.. faults];
    }

    private static async Task<string[]> QueryAsync(string what) =>
        (await Daemon.RunAsync(Daemon.Find("ssh", "openssh-client"), "-Q", what)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
