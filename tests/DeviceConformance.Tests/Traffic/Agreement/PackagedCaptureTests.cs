using System.Collections.Immutable;
using NUnit.Framework;

namespace DeviceConformance.Tests.Traffic.Agreement;

/// <summary>
/// Captures that others made, which Debian's packages ship, read here and by tshark, packet by packet and count by count. With
/// <c>DCT_CAPTURES=FOLDER</c> those of a folder instead: nothing in it counts as explained.
/// </summary>
[Category("Capture")]
public sealed class PackagedCaptureTests
{
    private const long Largest = 1 << 20;

    private static readonly string[] _packages = ["golang-github-google-gopacket-dev", "pathspider", "pcapfix", "python3-dpkt", "python3-libtrace", "sip-tester"];

    private static readonly string[] _endings = [".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz", ".cap.gz"];

    // Not put behind others for tshark: it would read nothing behind the broken ones, and take the connections of the last four for those of other files.
    private static readonly string[] _alone =
    [
        "test901.pcapng", "test902.pcapng", "test_damaged.pcap", "test_without_pcap_header.pcap", "truncated_dns_2.pcap",
        "tcp_ipv4_ecn.pcap", "tcp_ipv4_simple.pcap", "tcp_ipv6_ecn.pcap", "tcp_ipv6_simple.pcap",
    ];

    // What differs, and why we keep to what we say.
    private static readonly ImmutableArray<(string File, string What, string Why)> _explained =
    [
        ("icmp_ttl.pcap", "connections", "A SYN that comes again with the same number, seconds later, is the same connection asked for again (RFC 9293, 3.8.1); tshark counts another."),
        ("icmp6-sample.pcap.gz", "addresses", "IPv6 packets with IPv4-mapped addresses, which do not occur on the wire (RFC 4291, 2.5.5.2; RFC 6890, table 20): here such an address and the IPv4 address are one."),
        ("basic_ipv4_udp.pcap", "names asked for", "The root has the empty name here, and the name <Root> at tshark."),
        ("basic_ipv6_udp.pcap", "names asked for", "As in basic_ipv4_udp.pcap."),
    ];

    [Test]
    public void Captures_of_Debians_packages_agree()
    {
        if (!File.Exists("/usr/bin/tshark"))
        {
            Assert.Ignore("needs tshark");
        }

        if (Environment.GetEnvironmentVariable("DCT_CAPTURES") is { Length: > 0 } folder)
        {
            Compare(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file => (Name: Path.GetRelativePath(folder, file), file)), []);
            return;
        }

        var files = _packages.SelectMany(FilesOf).ToList();
        Assert.That(files, Has.Count.GreaterThan(100));
        Compare(files.Select(file => (Path.GetFileName(file), file)), _explained);
    }

    private static void Compare(IEnumerable<(string Name, string File)> files, ImmutableArray<(string File, string What, string Why)> explained)
    {
        using var folder = new Tls.TemporaryFolder();
        // What is explained or packed is read alone, and so are captures of a laboratory: nothing in them can come from another.
        var isAlone = (string file) => explained.IsEmpty || file.EndsWith(".gz", StringComparison.Ordinal) || explained.Any(one => one.File == Path.GetFileName(file)) || _alone.Contains(Path.GetFileName(file));
        var groups = files.GroupBy(one => isAlone(one.File) ? one.File : $"{Tshark.IsPcapng(one.File)} {Path.GetDirectoryName(one.File)}").ToList();
        var found = groups.AsParallel().WithDegreeOfParallelism(Environment.ProcessorCount).SelectMany(group =>
        {
            string[] paths = [.. group.Select(one => one.File)];
            var rows = paths.Length == 1 ? new() { [paths[0]] = Tshark.Read(paths[0]) } : Tshark.Read(paths, folder.Path);
            return group.SelectMany(one => CaptureAgreement.Compare(one.File, rows[one.File]).Select(difference => (one.Name, Difference: difference)));
        }).ToList();
        var open = found.Where(one => !explained.Any(other => other.File == one.Name && other.What == one.Difference.What)).Select(one => $"{one.Name}: {one.Difference}").ToList();
        Assert.That(open, Is.Empty, () => string.Join('\n', open.Order(StringComparer.Ordinal).Take(1000)));
        // What no longer differs needs no explanation.
        Assert.That(explained.Where(one => !found.Any(other => other.Name == one.File && other.Difference.What == one.What)), Is.Empty);
    }

    private static IEnumerable<string> FilesOf(string package)
    {
        var (output, _, code) = Tshark.Run("dpkg-query", "-L", package);
        if (code != 0)
        {
            Assert.Ignore($"needs Debian's package {package}, for the captures in it: apt-get install --no-install-recommends {string.Join(' ', _packages)}");
        }

        return output.Split('\n').Where(file => _endings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)) && new FileInfo(file) is { Exists: true, LinkTarget: null, Length: < Largest }).Order(StringComparer.Ordinal);
    }
}
