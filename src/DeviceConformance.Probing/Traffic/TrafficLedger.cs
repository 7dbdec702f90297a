using System.Collections.Immutable;
using System.Net;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Collects what flows show that is not of one flow: names and readable items. Tables are bounded; not safe for threads, shards merge.</summary>
internal sealed class TrafficLedger
{
    /// <summary>Rows of each table at the most.</summary>
    public const int MostRows = 10_000;

    private readonly Dictionary<(string Name, IPAddress Address, string Source), FrameTally> _names = [];
    private readonly Dictionary<(ClearItemKind Kind, string Label, string Encoding, bool FromDut, IPAddress Peer, Transport Transport, int Port, string Entry), FrameTally> _items = [];

    /// <summary>Rows that did not fit.</summary>
    public long GivenUp { get; private set; }

    /// <summary>A name for an address.</summary>
    public void AddName(string name, IPAddress address, string source, FlowIdentity flow, long frame) =>
        Row(_names, (name.ToLowerInvariant(), address, source), flow.File, "")?.Add(frame);

    /// <summary>A readable item.</summary>
    public void AddItem(ClearItemKind kind, string label, string encoding, string entry, bool fromDut, FlowIdentity flow, long frame) =>
        Row(_items, (kind, label, encoding, fromDut, flow.Peer, flow.Transport, flow.ServerPort, entry), flow.File, $"{(flow.Transport == Transport.Udp ? "udp" : "tcp")}.port == {flow.ServerPort}")?.Add(frame);

    /// <summary>Adds what another shard collected.</summary>
    public void Merge(TrafficLedger other)
    {
        Merge(_names, other._names);
        Merge(_items, other._items);
        GivenUp += other.GivenUp;
    }

    /// <summary>Names.</summary>
    public ImmutableArray<NameSeen> Names => [.. _names.Select(row => new NameSeen(row.Key.Name, row.Key.Address.ToString(), row.Key.Source, row.Value.ToFrameSet()))];

    /// <summary>Readable items.</summary>
    public ImmutableArray<ClearItemSeen> ClearItems =>
        [.. _items.Select(row => new ClearItemSeen(row.Key.Kind, row.Key.Label, row.Key.Encoding, row.Key.FromDut, row.Key.Peer.ToString(), NamesOf(row.Key.Peer), row.Key.Transport, row.Key.Port, row.Key.Entry, row.Value.ToFrameSet()))];

    private ImmutableArray<string> NamesOf(IPAddress address) => [.. _names.Keys.Where(name => name.Address.Equals(address)).Select(name => name.Name).Distinct()];

    private FrameTally? Row<TKey>(Dictionary<TKey, FrameTally> table, TKey key, string file, string filter)
        where TKey : notnull
    {
        if (table.TryGetValue(key, out var tally))
        {
            return tally;
        }

        if (table.Count >= MostRows)
        {
            GivenUp++;
            return null;
        }

        return table[key] = new FrameTally(file, filter);
    }

    private void Merge<TKey>(Dictionary<TKey, FrameTally> table, Dictionary<TKey, FrameTally> other)
        where TKey : notnull
    {
        foreach (var (key, tally) in other)
        {
            Row(table, key, tally.File, tally.Filter)?.Merge(tally);
        }
    }
}
