using System.Collections.Immutable;
using System.Net;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Collects what flows show that is not of one flow: names and readable items. Tables are bounded; not safe for threads.</summary>
/// <param name="files">Names of the captures; a frame that is told here says of which it is, see <see cref="FramePlace"/>.</param>
internal sealed class TrafficLedger(IReadOnlyList<string> files)
{
    /// <summary>Rows of each table at the most.</summary>
    public const int MostRows = 10_000;

    /// <summary>Bytes of texts in all rows, and in those of conversations, at the most; each row counts for some itself.</summary>
    public const long MostTextBytes = 12 * 1024 * 1024;

    private const int RowCharacters = 200;

    // A name has few types; a hostile device asks for all 65,536.
    private const int MostTypes = 32;

    private readonly Dictionary<(string Name, IPAddress Address, string Source), FrameTally> _names = [];
    private readonly Dictionary<(ClearItemKind Kind, string Label, string Encoding, bool FromDut, IPAddress Peer, Transport Transport, int Port, string Entry), FrameTally> _items = [];

    private readonly Dictionary<(string Name, IPAddress Server, int Port), (FrameTally Tally, SortedSet<string> Types, long[] Counts)> _queries = [];
    private readonly Dictionary<(IPAddress Server, int Version, bool Authenticated), (FrameTally Tally, long[] Counts)> _times = [];
    private readonly Dictionary<(string Protocol, string What, string Text), FrameTally> _announcements = [];
    private readonly HashSet<IPAddress> _given = [];
    private long _textBytes;

    /// <summary>Rows that did not fit.</summary>
    public long GivenUp { get; private set; }

    /// <summary>What content readers hold.</summary>
    public ContentBudget Content { get; } = new();

    /// <summary>Whether further texts can be kept: rows count by the length of theirs too.</summary>
    public bool HasRoom => _textBytes < MostTextBytes;

    /// <summary>Counts characters of texts that are kept.</summary>
    public void Keep(long characters) => _textBytes += 2 * characters;

    /// <summary>A name for an address.</summary>
    public void AddName(string name, IPAddress address, string source, FlowIdentity flow, long frame) =>
        Add(_names, (name.ToLowerInvariant(), address, source), name.Length, "", frame);

    /// <summary>A readable item.</summary>
    public void AddItem(ClearItemKind kind, string label, string encoding, string entry, bool fromDut, FlowIdentity flow, long frame) =>
        Add(_items, (kind, label, encoding, fromDut, flow.Peer, flow.Transport, flow.ServerPort, entry), label.Length, $"{(flow.Transport == Transport.Udp ? "udp" : "tcp")}.port == {flow.ServerPort}", frame);

    /// <summary>A name that the DUT asked for.</summary>
    public void AddQuery(string name, string type, FlowIdentity flow, long frame)
    {
        var key = (name.ToLowerInvariant(), flow.Server, flow.ServerPort);
        if (!_queries.TryGetValue(key, out var row))
        {
            if (IsFull(_queries.Count))
            {
                return;
            }

            // A name with other characters could end the quotes of the filter.
            var isPlain = key.Item1.All(unit => char.IsAsciiLetterOrDigit(unit) || unit is '.' or '-' or '_');
            Keep(RowCharacters + 2 * name.Length);
            row = _queries[key] = (new FrameTally(isPlain ? $"dns.qry.name == \"{key.Item1}\"" : "dns"), [], new long[2]);
        }

        row.Tally.Add(frame);
        if (row.Types.Count < MostTypes || row.Types.Contains(type))
        {
            row.Types.Add(type);
        }
        else
        {
            GivenUp++;
        }

        row.Counts[0]++;
    }

    /// <summary>An answer with an address to a name that the DUT asked for; one that it did not ask for is no row.</summary>
    public void AddAnswer(string name, FlowIdentity flow)
    {
        if (_queries.TryGetValue((name.ToLowerInvariant(), flow.Server, flow.ServerPort), out var row))
        {
            row.Counts[1]++;
        }
    }

    /// <summary>A message of NTP between the DUT and a server of time.</summary>
    public void AddTime(int version, bool authenticated, bool isAnswer, FlowIdentity flow, long frame)
    {
        var key = (flow.Server, version, authenticated);
        if (!_times.TryGetValue(key, out var row))
        {
            if (IsFull(_times.Count))
            {
                return;
            }

            row = _times[key] = (new FrameTally($"ntp && {(flow.Server.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? "ip" : "ipv6")}.addr == {flow.Server}"), new long[2]);
        }

        row.Tally.Add(frame);
        row.Counts[isAnswer ? 1 : 0]++;
    }

    /// <summary>Something told to everybody.</summary>
    /// <param name="protocol">Protocol: DHCP, mDNS, SSDP.</param>
    /// <param name="what">What kind of information.</param>
    /// <param name="text">The information, secrets masked.</param>
    /// <param name="flow">Flow.</param>
    /// <param name="frame">Frame.</param>
    /// <param name="filter">Display filter where it is not the protocol's name in lower case.</param>
    public void AddAnnouncement(string protocol, string what, string text, FlowIdentity flow, long frame, string? filter = null) =>
        Add(_announcements, (protocol, what, text), text.Length, filter ?? protocol.ToLowerInvariant(), frame);

    /// <summary>A name server that DHCP or a router advertisement named to the DUT.</summary>
    public void AddGivenServer(IPAddress server)
    {
        if (_given.Contains(server) || !IsFull(_given.Count))
        {
            _given.Add(server);
        }
    }

    /// <summary>Names that the DUT asked for.</summary>
    public ImmutableArray<NameQuerySeen> NameQueries =>
        [.. _queries.Select(row => new NameQuerySeen(row.Key.Name, [.. row.Value.Types], row.Key.Server.ToString(), row.Key.Port, row.Value.Counts[0], row.Value.Counts[1], _given.Count == 0 ? null : _given.Contains(row.Key.Server), row.Value.Tally.ToFrameSet(files)))];

    /// <summary>Sources of time that the DUT asked.</summary>
    public ImmutableArray<TimeSourceSeen> TimeSources =>
        [.. _times.Select(row => new TimeSourceSeen(row.Key.Server.ToString(), NamesOf(row.Key.Server), row.Key.Version, row.Key.Authenticated, row.Value.Counts[0], row.Value.Counts[1], row.Value.Tally.ToFrameSet(files)))];

    /// <summary>What the DUT told everybody.</summary>
    public ImmutableArray<AnnouncementSeen> Announcements => [.. _announcements.Select(row => new AnnouncementSeen(row.Key.Protocol, row.Key.What, row.Key.Text, row.Value.ToFrameSet(files)))];

    /// <summary>Names.</summary>
    public ImmutableArray<NameSeen> Names => [.. _names.Select(row => new NameSeen(row.Key.Name, row.Key.Address.ToString(), row.Key.Source, row.Value.ToFrameSet(files)))];

    /// <summary>Readable items.</summary>
    public ImmutableArray<ClearItemSeen> ClearItems =>
        [.. _items.Select(row => new ClearItemSeen(row.Key.Kind, row.Key.Label, row.Key.Encoding, row.Key.FromDut, row.Key.Peer.ToString(), NamesOf(row.Key.Peer), row.Key.Transport, row.Key.Port, row.Key.Entry, row.Value.ToFrameSet(files)))];

    private ImmutableArray<string> NamesOf(IPAddress address) => [.. _names.Keys.Where(name => name.Address.Equals(address)).Select(name => name.Name).Distinct()];

    private bool IsFull(int rows)
    {
        var isFull = rows >= MostRows || !HasRoom;
        GivenUp += isFull ? 1 : 0;
        return isFull;
    }

    private void Add<TKey>(Dictionary<TKey, FrameTally> table, TKey key, int characters, string filter, long frame)
        where TKey : notnull
    {
        if (!table.TryGetValue(key, out var tally))
        {
            if (IsFull(table.Count))
            {
                return;
            }

            Keep(RowCharacters + characters + filter.Length);
            table[key] = tally = new FrameTally(filter);
        }

        tally.Add(frame);
    }
}
