using System.Net;
using DeviceConformance.Probing.Packets;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Whether a filter that frames had to pass (pcap-filter(7)) can have hidden anything of the DUT.</summary>
internal static class CaptureScope
{
    /// <summary>
    /// Whether a filter surely lets pass all that the DUT says and hears: hosts joined by "or", with each of its MAC addresses among them. Its IP
    /// addresses are enough on loopback only, where there is no other way to it; elsewhere it may have others. Any other filter is taken to hide.
    /// </summary>
    /// <param name="filter">The filter.</param>
    /// <param name="macs">MAC addresses of the DUT, declared or learned.</param>
    /// <param name="addresses">IP addresses of the DUT as declared.</param>
    public static bool IsWhole(string filter, IReadOnlyCollection<LinkAddress> macs, IReadOnlyCollection<IPAddress> addresses)
    {
        var words = filter.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var (links, hosts) = (new HashSet<LinkAddress>(), new HashSet<IPAddress>());
        for (var at = 0; at < words.Length;)
        {
            if (at > 0 && words[at++] is not ("or" or "||"))
            {
                return false;
            }

            var isLink = at < words.Length && words[at] == "ether";
            at += isLink ? 1 : 0;
            if (at + 1 >= words.Length || words[at] != "host")
            {
                return false;
            }

            if (isLink && LinkAddress.TryParse(words[at + 1], out var link))
            {
                links.Add(link);
            }
            else if (!isLink && IPAddress.TryParse(words[at + 1], out var host))
            {
                hosts.Add(host);
            }
            else
            {
                return false;
            }

            at += 2;
        }

        return macs.Count > 0 && macs.All(links.Contains)
            || addresses.Count > 0 && addresses.All(IPAddress.IsLoopback) && addresses.All(hosts.Contains);
    }
}
