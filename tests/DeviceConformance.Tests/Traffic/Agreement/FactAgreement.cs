using System.Net;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Tests.Traffic.Agreement;

/// <summary>What the analysis makes of a capture with one of its hosts as the DUT, beside what tshark says, count by count.</summary>
internal static class FactAgreement
{
    private const int MostRequests = 20;

    /// <summary>What differs.</summary>
    /// <param name="seen">What the analysis says.</param>
    /// <param name="rows">What tshark says of the frames.</param>
    public static IEnumerable<Disagreement> Compare(TrafficSeen seen, IReadOnlyList<TsharkRow> rows)
    {
        var hosts = seen.Addresses.Where(address => address.Kind is not (AddressKind.UniversalMac or AddressKind.LocalMac)).Select(address => address.Address).ToHashSet(StringComparer.Ordinal);
        // Which of its own addresses a host speaks to, nobody can tell on the wire; DHCP is told apart by its ports, not its addresses.
        var own = rows.Where(row => row.Transport.Length > 0 && !IsDhcp(row) && hosts.Contains(Spelt(row.Source)) != hosts.Contains(Spelt(row.Destination)) && (!row.IsFragment || row.CompletesFragments)).ToList();
        return Conversations(seen, own, hosts).Concat(Facts(seen, rows, own, hosts).Where(difference => difference.Ours != difference.Theirs));
    }

    private static IEnumerable<Disagreement> Conversations(TrafficSeen seen, List<TsharkRow> own, HashSet<string> hosts)
    {
        var ours = seen.Conversations.Where(row => row.Transport is not null && row.Port is not (67 or 68 or 546 or 547)).GroupBy(row => $"{row.Transport} {row.Peer}".ToLowerInvariant())
            .ToDictionary(group => group.Key, group => (Frames: group.Sum(row => row.Where.Count + row.Where.More.Sum(more => more.Count)), Connections: group.Sum(row => row.Connections)));
        var theirs = own.GroupBy(row => $"{row.Transport} {Peer(row, hosts)}")
            .ToDictionary(group => group.Key, group => (Frames: (long)group.Count(), Connections: (long)group.Select(row => row["tcp.stream"]).Distinct().Count()));
        foreach (var key in ours.Keys.Union(theirs.Keys).Order(StringComparer.Ordinal))
        {
            var (one, other) = (ours.GetValueOrDefault(key), theirs.GetValueOrDefault(key));
            if (one.Frames != other.Frames)
            {
                yield return new Disagreement("conversation", 0, $"{key}: {one.Frames} frames", $"{other.Frames}");
            }
            else if (key.StartsWith("tcp", StringComparison.Ordinal) && one.Connections != other.Connections)
            {
                yield return new Disagreement("connections", 0, $"{key}: {one.Connections}", $"{other.Connections}");
            }
        }
    }

    private static IEnumerable<Disagreement> Facts(TrafficSeen seen, IReadOnlyList<TsharkRow> all, List<TsharkRow> own, HashSet<string> hosts)
    {
        var sent = own.Where(row => hosts.Contains(Spelt(row.Source))).ToList();
        yield return Compare("names asked for", seen.NameQueries.GroupBy(query => query.Name).Select(group => $"{group.Sum(query => query.Count)} {group.Key}"),
            sent.Where(row => row.Protocols.Contains("dns") && !IsTunnel(row)).SelectMany(row => row.All("dns.flags.response").All(flag => flag is "0" or "False") ? row.All("dns.qry.name") : [])
                .GroupBy(name => name.ToLowerInvariant()).Select(group => $"{group.Count()} {group.Key}"));
        var tls = own.Where(row => row.Handshake("type").Length > 0 && !IsTunnel(row)).ToList();
        yield return Compare("server names", seen.Conversations.SelectMany(row => row.Tls?.ServerNames ?? []), tls.SelectMany(row => row.Handshake("extensions_server_name")));
        yield return Compare("JA3", seen.Conversations.SelectMany(row => row.Tls?.Ja3 ?? []), tls.SelectMany(row => row.Handshake("ja3")));
        var hellos = tls.Where(row => row.Handshake("type").Contains("2")).ToList();
        yield return Compare("TLS versions", seen.Conversations.SelectMany(row => row.Tls?.Versions ?? []).Select(version => $"0x{(int)version:x4}"),
            hellos.Select(row => row.Handshake("extensions.supported_version").Concat(row.Handshake("version")).First()));
        yield return Compare("TLS suites", seen.Conversations.SelectMany(row => row.Tls?.Suites ?? []),
            hellos.Select(row => CipherSuite.Seen(Convert.ToInt32(row.Handshake("ciphersuite")[0], 16), "").Name));
        var web = seen.Conversations.Where(row => row.Application.Contains("HTTP", StringComparison.Ordinal)).ToList();
        var requests = own.Where(row => row.Protocols.Contains("http") && !IsTunnel(row)).SelectMany(row => row.All("http.request.method").Zip(row.All("http.request.uri"), (method, path) => $"{method} {path.Split('?')[0]}"));
        // Of each conversation the first ones are listed.
        var known = web.SelectMany(row => row.Requests).Select(request => request.Split('?')[0]).ToHashSet(StringComparer.Ordinal);
        yield return Compare("HTTP requests", known, web.Any(row => row.Requests.Length == MostRequests) ? requests.Where(known.Contains) : requests);
        var macs = seen.Addresses.Where(address => address.Kind is AddressKind.UniversalMac or AddressKind.LocalMac).Select(address => address.Address).ToHashSet(StringComparer.Ordinal);
        yield return Compare("DHCP host names", seen.Announcements.Where(told => told is { Protocol: "DHCP", What: "host name" }).Select(told => told.Text),
            all.Where(row => row.DestinationPort == 67 && (macs.Contains(row.First("eth.src")) || hosts.Contains(Spelt(row.Source)))).SelectMany(row => row.All("dhcp.option.hostname")));
        yield return Compare("time servers", seen.TimeSources.GroupBy(source => source.Server).Select(group => $"{group.Key} {group.Sum(source => source.Queries)}"),
            sent.Where(row => row["ntp.flags.mode"].Length > 0 && !IsTunnel(row)).GroupBy(row => Spelt(row.Destination)).Select(group => $"{group.Key} {group.Count()}"));
    }

    private static bool IsTunnel(TsharkRow row) => row.Protocols.Count(name => name is "ip" or "ipv6") > 1;

    private static bool IsDhcp(TsharkRow row) => row.Transport == "udp" && (row.SourcePort is 67 or 68 or 546 or 547 || row.DestinationPort is 67 or 68 or 546 or 547);

    private static string Peer(TsharkRow row, HashSet<string> hosts) => Spelt(hosts.Contains(Spelt(row.Source)) ? row.Destination : row.Source);

    private static Disagreement Compare(string what, IEnumerable<string> ours, IEnumerable<string> theirs)
    {
        var (one, other) = (ours.ToHashSet(StringComparer.Ordinal), theirs.ToHashSet(StringComparer.Ordinal));
        return new Disagreement(what, 0, string.Join(", ", one.Except(other).Order(StringComparer.Ordinal).Take(5)), string.Join(", ", other.Except(one).Order(StringComparer.Ordinal).Take(5)));
    }

    private static string Spelt(string address) => IPAddress.TryParse(address, out var read) ? read.ToString() : address;
}
