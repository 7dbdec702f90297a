using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Packets;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Which side of a packet is the DUT.</summary>
internal enum DutSide
{
    /// <summary>Neither.</summary>
    None,

    /// <summary>It sent the packet.</summary>
    Sender,

    /// <summary>The packet is for it.</summary>
    Receiver,

    /// <summary>Both sides have addresses of the DUT: on loopback, or between two samples.</summary>
    Both,
}

/// <summary>Knows the DUT by its addresses, and learns further ones.</summary>
/// <remarks>
/// IP addresses are learned from what its MAC addresses say by ARP, neighbour discovery and DHCP, and from packets that are not passed on for
/// others. A MAC address is learned only from ARP, neighbour discovery or DHCP about an IP address that was declared. One that was learned and
/// then sends packets of others belongs to a router or repeater: it is forgotten with what it taught, and <see cref="Mistaken"/> says so.
/// </remarks>
internal sealed class DutIdentity
{
    /// <summary>Learned addresses of a kind at the most; a hostile device could use a new one for each packet.</summary>
    public const int MostAddresses = 256;

    private readonly Dictionary<NetworkAddress, Row> _networks = [];
    private readonly Dictionary<LinkAddress, Row> _links = [];
    private readonly HashSet<LinkAddress> _routers = [];
    private readonly HashSet<NetworkAddress> _laboratory;
    private readonly HashSet<ulong> _prefixes = [];
    private bool _knowsV4;
    private bool _knowsV6;

    /// <summary>Begins with what is declared.</summary>
    /// <param name="subject">Whose traffic it is.</param>
    /// <param name="ahead">What was learned from the same captures beforehand; null for nothing.</param>
    public DutIdentity(TrafficSubject subject, DutIdentity? ahead = null)
    {
        foreach (var mac in subject.Macs)
        {
            _links[mac] = new Row(AddressSeen.Declared);
        }

        foreach (var address in subject.Addresses)
        {
            AddNetwork(NetworkAddress.From(address), AddressSeen.Declared, default);
        }

        foreach (var (mac, row) in ahead?._links ?? [])
        {
            _links.TryAdd(mac, new Row(row.From));
        }

        _laboratory = [.. subject.LaboratoryAddresses.Select(NetworkAddress.From)];
    }

    /// <summary>Addresses that did not fit.</summary>
    public long GivenUp { get; private set; }

    /// <summary>Frames that its MAC addresses passed on for others.</summary>
    public long PassedOn { get; private set; }

    /// <summary>Frames with an IP address of the DUT as sender that came from a MAC address that is not known as its own.</summary>
    public long FromOthers { get; private set; }

    /// <summary>Packets from an IP address of the DUT whose hop limit says that a router passed them on.</summary>
    public long Routed { get; private set; }

    /// <summary>MAC addresses that were learned and seen though others are declared: another device, or one of the DUT's that the declaration lacks.</summary>
    public IEnumerable<LinkAddress> Strangers => _links.Values.Any(row => row.IsDeclared) ? _links.Where(row => !row.Value.IsDeclared && row.Value.Frames is not null).Select(row => row.Key) : [];

    /// <summary>MAC addresses of the DUT, declared or learned.</summary>
    public IReadOnlyCollection<LinkAddress> Links => _links.Keys;

    /// <summary>MAC addresses that were taken for the DUT's and are not.</summary>
    public IReadOnlyCollection<LinkAddress> Mistaken => _routers;

    /// <summary>Whether a MAC address is known.</summary>
    public bool HasLink => _links.Count > 0;

    /// <summary>Whether an address is the laboratory's.</summary>
    public bool IsLaboratory(NetworkAddress address) => _laboratory.Contains(address);

    /// <summary>Addresses that were seen, MAC addresses first.</summary>
    public ImmutableArray<AddressSeen> Seen(IReadOnlyList<string> files) =>
    [
        .. _links.Where(row => row.Value.Frames is not null).OrderBy(row => row.Value.First).ThenBy(row => row.Key.Value)
            .Select(row => row.Value.ToSeen(row.Key.ToString(), row.Key.IsLocal ? AddressKind.LocalMac : AddressKind.UniversalMac, files)),
        .. _networks.Where(row => row.Value.Frames is not null).OrderBy(row => row.Value.First).ThenBy(row => row.Key.High).ThenBy(row => row.Key.Low)
            .Select(row => row.Value.ToSeen(row.Key.ToString(), Kind(row.Key), files)),
    ];

    /// <summary>Tells which side is the DUT, and learns.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="place">Frame and capture.</param>
    /// <param name="nanoseconds">Its time.</param>
    public DutSide SideOf(scoped in PacketView packet, long place, long nanoseconds)
    {
        var isForDut = false;
        if (packet.Outcome == DecodeOutcome.Arp)
        {
            var hardware = LinkAddress.Read(packet.Body[8..]);
            Claim(hardware, packet.Source, "ARP");
        }
        else if (packet is { IsNetwork: true, Protocol: IPProtocol.Icmp6 })
        {
            if (NeighbourMessage.TryParse(packet, out var claimed, out var hardware))
            {
                Claim(hardware.IsNone ? packet.LinkSource : hardware, claimed, "neighbour discovery");
            }
        }
        else if (packet is { Outcome: DecodeOutcome.Transport, Protocol: IPProtocol.Udp, SourcePort: 67, DestinationPort: 68 } && DhcpLease.TryParse(packet.Payload, out var hardware, out var leased))
        {
            if (!leased.IsUnspecified)
            {
                Claim(hardware, leased, "DHCP");
            }

            // The reply may go to everybody (RFC 2131, 4.1).
            isForDut = _links.ContainsKey(hardware);
        }

        var hasAddresses = packet.IsNetwork || packet.Outcome == DecodeOutcome.Arp;
        var network = hasAddresses ? _networks.GetValueOrDefault(packet.Source) : null;
        var link = packet.LinkSource.IsNone ? null : _links.GetValueOrDefault(packet.LinkSource);
        if (link is not null && network is null && packet.IsNetwork && !packet.Source.IsUnspecified && !IsOwn(packet, link, out network))
        {
            link = null;
        }

        if (link is not null || network is not null)
        {
            if (network is not null)
            {
                FromOthers += link is null && !packet.LinkSource.IsNone ? 1 : 0;
                Routed += IsRouted(packet) ? 1 : 0;
            }

            link?.Add(packet.LinkSource, place, nanoseconds);
            network?.Add(packet.Source, place, nanoseconds);
            return packet.IsNetwork && _networks.ContainsKey(packet.Destination) ? DutSide.Both : DutSide.Sender;
        }

        if (isForDut || hasAddresses && _networks.ContainsKey(packet.Destination))
        {
            return DutSide.Receiver;
        }

        if (packet.LinkDestination.IsNone || !_links.ContainsKey(packet.LinkDestination))
        {
            return DutSide.None;
        }

        if (packet.IsNetwork && !packet.Destination.IsGroup && IsForOthers(packet.Destination))
        {
            PassedOn++;
            return DutSide.None;
        }

        return DutSide.Receiver;
    }

    /// <summary>Display filter for an address.</summary>
    public static string Filter(NetworkAddress address) => $"{(address.IsIPv4 ? "ip" : "ipv6")}.addr == {address}";

    // Just below a limit that systems begin with: another host, or the DUT behind a router that stands for others too.
    private static bool IsRouted(scoped in PacketView packet) =>
        packet.IsNetwork && !packet.Destination.IsGroup && packet.HopLimit is (> 58 and < 64) or (> 122 and < 128) or (> 249 and < 255);

    private static AddressKind Kind(NetworkAddress address) =>
        address.IsIPv4 ? AddressKind.IPv4
        : InterfaceIdentifier.HardwareAddressIn(new DutAddress(address.ToIPAddress())) is not null ? AddressKind.IPv6Eui64
        : AddressKind.IPv6Other;

    // Somebody says that a MAC address has an IP address.
    private void Claim(LinkAddress hardware, NetworkAddress address, string how)
    {
        if (address.IsUnspecified || address.IsGroup || hardware.IsNone || hardware.IsGroup)
        {
            return;
        }

        if (_links.TryGetValue(hardware, out var link))
        {
            // A repeater answers by ARP for all behind it: a MAC address that was learned itself teaches no further IPv4 address but a lease.
            if (link.IsDeclared || !address.IsIPv4 || address.IsLinkLocal || how == "DHCP")
            {
                AddNetwork(address, how, hardware);
            }
        }
        else if (_networks.TryGetValue(address, out var network) && network.IsDeclared && !_routers.Contains(hardware))
        {
            Add(_links, hardware, how, default);
        }
    }

    // Whether a packet that its MAC address sent is its own and not passed on: routers lower the limit that systems begin with
    // (64, 128, 255 and the like), and what goes to a group does not pass them. A public IPv4 address has to be claimed by ARP.
    private bool IsOwn(scoped in PacketView packet, Row link, out Row? network)
    {
        network = null;
        var source = packet.Source;
        var begins = packet.Destination.IsGroup || packet.HopLimit is 32 or 64 or 128 or 255;
        var isPublic = source.IsIPv4 && new DutAddress(source.ToIPAddress()).IsPublic;
        if (source.IsGroup)
        {
            return false;
        }

        if (begins && !isPublic && (link.IsDeclared || !source.IsIPv4 || source.IsLinkLocal))
        {
            network = AddNetwork(source, packet.Protocol == IPProtocol.Icmp6 ? "neighbour discovery" : "its packets", packet.LinkSource);
            return true;
        }

        if (source.IsIPv4 ? !_knowsV4 : !_knowsV6)
        {
            return true;
        }

        PassedOn++;
        if (!link.IsDeclared)
        {
            _links.Remove(packet.LinkSource);
            _routers.Add(packet.LinkSource);
            foreach (var (address, row) in _networks)
            {
                if (row.By == packet.LinkSource)
                {
                    _networks.Remove(address);
                }
            }
        }

        return false;
    }

    // Sent to its MAC address, to be passed on by it.
    private bool IsForOthers(NetworkAddress destination) =>
        !destination.IsLinkLocal && (destination.IsIPv4 ? _knowsV4 : _prefixes.Count > 0 && !_prefixes.Contains(destination.High));

    private Row? AddNetwork(NetworkAddress address, string from, LinkAddress by)
    {
        var row = Add(_networks, address, from, by);
        if (row is not null)
        {
            _knowsV4 |= address.IsIPv4 && !address.IsLinkLocal;
            _knowsV6 |= !address.IsIPv4;
            if (!address.IsIPv4 && !address.IsLinkLocal)
            {
                _prefixes.Add(address.High);
            }
        }

        return row;
    }

    private Row? Add<TKey>(Dictionary<TKey, Row> table, TKey key, string from, LinkAddress by)
        where TKey : notnull
    {
        if (table.TryGetValue(key, out var row))
        {
            return row;
        }

        if (from != AddressSeen.Declared && table.Count >= MostAddresses)
        {
            GivenUp++;
            return null;
        }

        return table[key] = new Row(from) { By = by };
    }

    private sealed class Row(string from)
    {
        private long _last;

        public string From { get; } = from;

        public bool IsDeclared { get; } = from == AddressSeen.Declared;

        public LinkAddress By { get; init; }

        public long First { get; private set; }

        public FrameTally? Frames { get; private set; }

        public void Add(LinkAddress address, long place, long nanoseconds) => Add(Frames ?? Begin($"eth.addr == {address}", nanoseconds), place, nanoseconds);

        public void Add(NetworkAddress address, long place, long nanoseconds) => Add(Frames ?? Begin(Filter(address), nanoseconds), place, nanoseconds);

        public AddressSeen ToSeen(string address, AddressKind kind, IReadOnlyList<string> files) => new(address, kind, From, Times.At(First), Times.At(_last), Frames!.ToFrameSet(files));

        private FrameTally Begin(string filter, long nanoseconds)
        {
            (First, _last) = (nanoseconds, nanoseconds);
            return Frames = new FrameTally(filter);
        }

        private void Add(FrameTally frames, long place, long nanoseconds)
        {
            (First, _last) = (Math.Min(First, nanoseconds), Math.Max(_last, nanoseconds));
            frames.Add(place);
        }
    }
}
