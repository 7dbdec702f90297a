using System.Collections.Immutable;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Reporting;

/// <summary>Requests to the ports of an address over one transport, as a reader can take them in: busy ports by themselves, the rest together.</summary>
internal sealed record RequestCount(string Way, long Total, ImmutableArray<(string Ports, string Requests)> Rows)
{
    // A sweep asks a silent port a few times; what got more was asked for its own sake.
    private const int MostOfSweep = 4;
    private const int MostRows = 60;

    public static ImmutableArray<RequestCount> Of(ImmutableArray<PortRequests> requests) =>
        [.. requests.GroupBy(part => (part.Address, part.Transport)).Select(Of)];

    private static RequestCount Of(IGrouping<(DutAddress Address, Transport Transport), PortRequests> parts)
    {
        var (address, transport) = parts.Key;
        var way = $"{(transport == Transport.Udp ? "UDP" : "TCP")} ports of {address}";
        var busy = parts
            .Where(part => part.Each > MostOfSweep)
            .SelectMany(part => part.Ports.Ports.Select(port => (Endpoint: new Endpoint(address, port, transport), part.Each)))
            .OrderByDescending(port => port.Each)
            .Take(MostRows)
            .OrderBy(port => port.Endpoint.Port)
            .ToList();
        var named = busy.Select(port => port.Endpoint.Port).ToHashSet();
        var rest = parts.Select(part => (Count: part.Ports.Ports.Count(port => !named.Contains(port)), part.Each)).Where(part => part.Count > 0).ToList();
        var rows = busy.Select(port => (port.Endpoint.ToString(), Words.Number(port.Each))).ToList();
        if (rest.Count > 0)
        {
            var (least, most) = (rest.Min(part => part.Each), rest.Max(part => part.Each));
            rows.Add((
                $"{Words.Number(rest.Sum(part => part.Count))} {(busy.Count > 0 ? "other " : "")}{way}",
                least == most ? $"{Words.Number(least)} each" : $"{Words.Number(least)} to {Words.Number(most)} each"));
        }

        return new RequestCount(way, parts.Sum(part => (long)part.Ports.Count * part.Each), [.. rows]);
    }
}
