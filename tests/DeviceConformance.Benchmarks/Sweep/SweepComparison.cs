using System.Net;
using System.Text.RegularExpressions;
using DeviceConformance.Tests.Lab;

namespace DeviceConformance.Benchmarks.Sweep;

/// <summary>Sweeps over all TCP ports of a device with 23 open ones, under four conditions: ours, nmap's, masscan's.</summary>
internal static partial class SweepComparison
{
    private static readonly int[] _open = [1, 21, 22, 23, 53, 80, 443, 554, 1883, 1900, 5000, 5555, 8080, 8443, 8883, 9999, 18080, 25565, 33333, 40404, 49152, 60001, 65535];

    private const string Drop = "table inet dut { chain input { type filter hook input priority 0; tcp dport != { PORTS } drop; }; }";

    public static Comparison Comparison { get; } = new("sweep", "TCP sweep of 65 535 ports: connect and SYN, nmap -sT and -sS, masscan", RunAsync);

    private static readonly (string Title, bool Drops, Func<NetworkNamespace, IDisposable?> Prepare)[] _conditions =
    [
        ("closed ports answer", false, _ => null),
        ("5 ms delay and 2 % loss on the way there", false, device => new DelayLine(device, TimeSpan.FromMilliseconds(5), 0.02)),
        ("closed ports dropped", true, _ => null),
        ("closed ports dropped, 5 ms delay and 2 % loss on the way there", true, device => new DelayLine(device, TimeSpan.FromMilliseconds(5), 0.02)),
    ];

    private static async Task<int> RunAsync(Options options)
    {
        foreach (var (title, drops, prepare) in _conditions.Where(condition => condition.Title.Contains(options.Only, StringComparison.OrdinalIgnoreCase)))
        {
            using var device = NetworkNamespace.CreateOrSkip();
            using var line = prepare(device);
            using var end = new CancellationTokenSource();
            var doors = _open.Select(port => AcceptAsync(device.Listen(port), end.Token)).ToList();
            if (drops)
            {
                device.Filter(Drop.Replace("PORTS", string.Join(", ", _open), StringComparison.Ordinal));
            }

            await device.WaitForPortAsync(80);
            Contest.Run(title, [.. Contenders(device)], _open.Select(port => port.ToString()).ToHashSet(), options.Rounds, () => Counters.Of(device));
            await end.CancelAsync();
            await Task.WhenAll(doors);
        }

        return 0;
    }

    private static IEnumerable<Contender> Contenders(NetworkNamespace device)
    {
        var address = device.DeviceAddress.ToString();
        yield return Contender.Ours("ours, SYN, fast", "sweep", address, "syn", "fast", "80");
        yield return Contender.Ours("ours, SYN, gentle", "sweep", address, "syn", "gentle", "80");
        yield return Contender.Ours("ours, connect, fast", "sweep", address, "connect", "fast", "80");
        yield return Contender.Ours("ours, connect, gentle", "sweep", address, "connect", "gentle", "80");
        foreach (var arguments in new[] { "-sS -T4", "-sS -T5", "-sS -T5 --min-rate 10000", "-sS -T4 --min-rate 5000", "-sT -T4" })
        {
            yield return new Contender($"nmap {arguments}", ["nmap", .. arguments.Split(' '), "-n", "-p-", "-oG", "-", address], Nmap);
        }

        // masscan speaks for itself from an address of its own: from the host's, the kernel resets its connections and it misses ports.
        var spare = new IPAddress([10, 79, .. device.DeviceAddress.GetAddressBytes()[2..]]);
        device.Run("ip", "route", "replace", $"{spare}/32", "dev", "eth0");
        var mac = device.Run("cat", "/sys/class/net/eth0/address").Trim();
        foreach (var arguments in new[] { "--rate 20000 --retries 2", "--rate 100000 --retries 2" })
        {
            yield return new Contender(
                $"masscan {arguments}",
                ["masscan", address, "-p1-65535", .. arguments.Split(' '), "--wait", "1", "-e", device.HostLink, "--source-ip", spare.ToString(), "--router-mac", mac],
                Masscan);
        }
    }

    private static Answer Nmap(string output) => new([.. NmapOpen().Matches(output).Select(match => match.Groups[1].Value)], "");

    private static Answer Masscan(string output) => new([.. MasscanOpen().Matches(output).Select(match => match.Groups[1].Value).Distinct()], "");

    private static async Task AcceptAsync(System.Net.Sockets.Socket door, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                (await door.AcceptAsync(cancellationToken)).Dispose();
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    [GeneratedRegex(@"(\d+)/open/tcp")]
    private static partial Regex NmapOpen();

    [GeneratedRegex(@"open port (\d+)/tcp")]
    private static partial Regex MasscanOpen();
}
