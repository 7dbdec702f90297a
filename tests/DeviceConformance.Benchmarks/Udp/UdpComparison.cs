using System.Text.RegularExpressions;
using DeviceConformance.Tests.Lab;
using DeviceConformance.Tests.UdpSweep;

namespace DeviceConformance.Benchmarks.Udp;

/// <summary>Ten UDP services of Debian's servers on a device whose kernel limits ICMP errors: ours and nmap.</summary>
internal static partial class UdpComparison
{
    private static readonly int[] _open = [53, 67, 69, 123, 161, 1900, 3478, 5351, 5683, 5684];

    private static readonly string _ports = string.Join(',', _open);

    public static Comparison Comparison { get; } = new("udp", "ten UDP services: ours, nmap -sU", RunAsync);

    private static async Task<int> RunAsync(Options options)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        var folder = Directory.CreateTempSubdirectory("dct-udp-");
        try
        {
            await UdpDaemonTests.StartAsync(device, folder.FullName);
            var address = device.DeviceAddress.ToString();
            Contest.Run(
                "ten UDP services, ICMP errors one a second",
                [
                    Contender.Ours("ours, all ports within 8 s", "udp", address, "8", "80"),
                    new Contender("nmap -sU of the ten ports", ["nmap", "-sU", "-T4", "-n", "-Pn", "-p", _ports, "-oG", "-", address], Nmap),
                    new Contender("nmap -sU -sV of the ten ports", ["nmap", "-sU", "-sV", "-T4", "-n", "-Pn", "-p", _ports, "-oG", "-", address], Nmap),
                    new Contender("nmap -sU --top-ports 100 -T4", ["nmap", "-sU", "-T4", "-n", "-Pn", "--top-ports", "100", "-oG", "-", address], Nmap),
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
}
