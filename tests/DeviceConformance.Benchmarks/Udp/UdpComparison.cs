using System.Net;
using System.Text.RegularExpressions;
using DeviceConformance.Tests.Lab;
using DeviceConformance.Tests.UdpSweep;

namespace DeviceConformance.Benchmarks.Udp;

/// <summary>Ten UDP services of Debian's servers on a device whose kernel limits ICMP errors: ours, nmap, masscan.</summary>
internal static partial class UdpComparison
{
    private static readonly int[] _open = [53, 67, 69, 123, 161, 1900, 3478, 5351, 5683, 5684];

    // The measured set of old, as far as the servers here have it: mDNS is left out.
    private static readonly string _ports = string.Join(',', _open);

    public static Comparison Comparison { get; } = new("udp", "ten UDP services: ours, nmap -sU, masscan", RunAsync);

    private static async Task<int> RunAsync(Options options)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        var folder = Directory.CreateTempSubdirectory("dct-udp-");
        try
        {
            await UdpDaemonTests.StartAsync(device, folder.FullName);
            var address = device.DeviceAddress.ToString();
            var spare = new IPAddress([10, 79, .. device.DeviceAddress.GetAddressBytes()[2..]]);
            device.Run("ip", "route", "replace", $"{spare}/32", "dev", "eth0");
            var mac = device.Run("cat", "/sys/class/net/eth0/address").Trim();
            Contest.Run(
                "ten UDP services, ICMP errors one a second",
                [
                    Contender.Ours("ours, all ports within 8 s", "udp", address, "8", "80"),
                    new Contender("nmap -sU of the ten ports", ["nmap", "-sU", "-T4", "-n", "-Pn", "-p", _ports, "-oG", "-", address], Nmap),
                    new Contender("nmap -sU -sV of the ten ports", ["nmap", "-sU", "-sV", "-T4", "-n", "-Pn", "-p", _ports, "-oG", "-", address], Nmap),
                    new Contender("nmap -sU --top-ports 100 -T4", ["nmap", "-sU", "-T4", "-n", "-Pn", "--top-ports", "100", "-oG", "-", address], Nmap),
                    new Contender(
                        "masscan of the ten ports",
                        ["masscan", address, $"-pU:{_ports.Replace(",", ",U:", StringComparison.Ordinal)}", "--rate", "1000", "--retries", "2", "--wait", "2", "-e", device.HostLink, "--source-ip", spare.ToString(), "--router-mac", mac],
                        output => new Answer([.. MasscanOpen().Matches(output).Select(match => match.Groups[1].Value).Distinct()], "")),
                ],
                _open.Select(port => port.ToString()).ToHashSet(),
                options.Rounds,
                () => Counters.Of(device));
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return 0;
    }

    // open|filtered is no answer.
    private static Answer Nmap(string output) => new([.. NmapOpen().Matches(output).Select(match => match.Groups[1].Value)], "");

    [GeneratedRegex(@"(\d+)/open/udp")]
    private static partial Regex NmapOpen();

    [GeneratedRegex(@"open port (\d+)/udp")]
    private static partial Regex MasscanOpen();
}
