using System.Collections.Immutable;

namespace DeviceConformance.Model.Network;

/// <summary>How often ports of the DUT were asked.</summary>
/// <param name="Address">Address of the DUT.</param>
/// <param name="Transport">Transport: a request is a connection attempt over TCP (RFC 9293), a datagram over UDP (RFC 768).</param>
/// <param name="Ports">The ports.</param>
/// <param name="Each">Requests that each of these ports received, whether the device answered or not.</param>
public sealed record PortRequests(DutAddress Address, Transport Transport, PortSet Ports, int Each)
{
    /// <summary>Gathers counts: ports that were asked equally often stand together, the least asked first.</summary>
    public static ImmutableArray<PortRequests> Gather(IEnumerable<KeyValuePair<Endpoint, int>> counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        return
        [
            .. counts
                .Where(count => count.Value > 0)
                .GroupBy(count => (count.Key.Address, count.Key.Transport, Each: count.Value))
                .OrderBy(group => group.Key.Address.ToString(), StringComparer.Ordinal)
                .ThenBy(group => group.Key.Transport)
                .ThenBy(group => group.Key.Each)
                .Select(group => new PortRequests(group.Key.Address, group.Key.Transport, new PortSet(group.Select(count => count.Key.Port)), group.Key.Each)),
        ];
    }

    /// <summary>Adds up counts that were noted one after the other.</summary>
    public static ImmutableArray<PortRequests> Total(IEnumerable<PortRequests> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var sums = new Dictionary<Endpoint, int>();
        foreach (var part in parts)
        {
            foreach (var port in part.Ports.Ports)
            {
                var endpoint = new Endpoint(part.Address, port, part.Transport);
                sums[endpoint] = sums.GetValueOrDefault(endpoint) + part.Each;
            }
        }

        return Gather(sums);
    }
}
