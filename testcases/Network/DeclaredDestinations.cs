using System.Collections.Immutable;
using System.Net;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Network;

/// <summary>Where the DUT is declared to connect to: peers of its communication mechanisms, and servers for updates, telemetry and personal data.</summary>
internal static class DeclaredDestinations
{
    /// <summary>Peers of an entry whose DUT is the client, each with transport and port as far as the entry gives them.</summary>
    public static IEnumerable<DeclaredPeer> Of(ComMechFacts facts)
    {
        if (facts.Role.Is(CommRole.Server))
        {
            yield break;
        }

        var transport = DeclaredTraffic.TransportOf(facts);
        if (facts.Peer.TryGet(out var text) && DeclaredPeer.TryParse(text, out var single))
        {
            yield return Filled(single);
        }

        foreach (var peer in facts.Peers)
        {
            yield return Filled(peer);
        }

        DeclaredPeer Filled(DeclaredPeer peer) => peer with { Transport = peer.Transport ?? transport, Port = peer.Port == 0 ? facts.Port.Or(0) : peer.Port };
    }

    /// <summary>All destinations with the entry that declares each.</summary>
    public static IEnumerable<(IxitEntry Entry, DeclaredPeer Peer)> All(Declaration declared) =>
        declared.Ixit.With<ComMechFacts>(IxitRole.ComMech).SelectMany(pair => Of(pair.Facts), (pair, peer) => (pair.Entry, peer))
            .Concat(Servers<UpdMechFacts>(declared, IxitRole.UpdMech, facts => facts.Servers))
            .Concat(Servers<TelDataFacts>(declared, IxitRole.TelData, facts => facts.Servers))
            .Concat(Servers<PersDataFacts>(declared, IxitRole.PersData, facts => facts.Servers));

    /// <summary>Servers that a table names, with their entries.</summary>
    public static IEnumerable<(IxitEntry Entry, DeclaredPeer Peer)> Servers<TFacts>(Declaration declared, IxitRole role, Func<TFacts, ImmutableArray<DeclaredPeer>> servers)
        where TFacts : IxitFacts, new() =>
        declared.Ixit.With<TFacts>(role).SelectMany(pair => servers(pair.Facts), (pair, peer) => (pair.Entry, peer));

    /// <summary>
    /// Whether a peer means a conversation. Where TLS says by name whom the DUT wants, that name counts: many hosts share an address, and each
    /// of the names that were resolved to it would else stand for all.
    /// </summary>
    public static bool Means(this DeclaredPeer peer, ConversationSeen conversation) =>
        peer.IsHost(conversation.Peer, conversation.Tls is { ServerNames.IsEmpty: false } tls ? tls.ServerNames : conversation.PeerNames) && peer.IsService(conversation.Transport, conversation.Port);

    /// <summary>
    /// Conversations of the DUT with a host that no entry declares, without what every network needs: what it opened, what may have begun
    /// before the capture, and tunnels, whose content has peers of its own.
    /// </summary>
    public static IEnumerable<ConversationSeen> Undeclared(Declaration declared, TrafficSeen traffic)
    {
        var known = All(declared).Select(pair => pair.Peer).ToList();
        return traffic.Conversations.Where(conversation =>
            (conversation.Transport is not null || conversation.Protection == ContentProtection.Unknown)
            && (conversation.Opener == ConversationOpener.Dut || (conversation.Opener == ConversationOpener.Unknown && conversation.BytesFromDut > 0 && !IsServed(declared, conversation)) || IsAskedForNames(traffic, conversation))
            && !IsInfrastructure(declared, traffic, conversation)
            && !IsToEverybody(conversation)
            && (!known.Exists(peer => peer.Means(conversation)) || StrangeNames(declared, conversation).Any()));
    }

    /// <summary>Names that the DUT gives a declared peer by TLS and that no entry declares there: hosts that share its address.</summary>
    public static IEnumerable<string> StrangeNames(Declaration declared, ConversationSeen conversation)
    {
        if (conversation.Tls is not { ServerNames.IsEmpty: false } tls)
        {
            return [];
        }

        var known = All(declared).Select(pair => pair.Peer).Where(peer => peer.IsService(conversation.Transport, conversation.Port)).ToList();
        return tls.ServerNames.Where(name => !known.Exists(peer => peer.IsHost(conversation.Peer, [name])));
    }

    /// <summary>
    /// Address assignment, discovery, time, and name resolution by a resolver that the DUT was given: needed in every network, readable by
    /// design, and not asked about. Where nobody knows which resolver it was given, none counts as foreign.
    /// </summary>
    public static bool IsInfrastructure(Declaration declared, TrafficSeen traffic, ConversationSeen conversation) => conversation.Protocol switch
    {
        ServiceProtocol.Ntp => true,
        // Of the local network: beyond it they are something else.
        ServiceProtocol.Dhcp or ServiceProtocol.Mdns or ServiceProtocol.Ssdp => IsToEverybody(conversation) || !IsPublic(conversation.Peer),
        ServiceProtocol.Dns => conversation.Opener == ConversationOpener.Peer || !IsForeignResolver(declared, traffic, conversation.Peer),
        _ => false,
    };

    /// <summary>
    /// Whether a conversation is with everybody in the network: broadcast and multicast have no host at their end. An address that ends in 255 is
    /// taken for a broadcast in local networks only, and never of a connection.
    /// </summary>
    public static bool IsToEverybody(ConversationSeen conversation) =>
        IPAddress.TryParse(conversation.Peer, out var peer)
        && (peer.IsIPv6Multicast
            || (peer.GetAddressBytes() is { Length: 4 } bytes
                && (bytes[0] >= 224 || (conversation.Transport != Transport.Tcp && bytes[3] == 255 && !IsPublic(conversation.Peer)) || (bytes[0] == 127 && bytes[1] == 255))));

    private static bool IsPublic(string address) => DutAddress.TryParse(address, null, out var peer) && peer.IsPublic;

    // A capture that begins in the middle of a connection, or of datagrams, does not tell that the DUT is its server; its own declared port does.
    private static bool IsServed(Declaration declared, ConversationSeen conversation) =>
        declared.Ixit.LogicalInterfaces(declared.Edition).Any(pair => pair.Facts.Ports.Contains(conversation.Port) && pair.Facts.Transport.Or(Transport.Tcp) == conversation.Transport)
        || declared.Ixit.With<ComMechFacts>(IxitRole.ComMech).Any(pair => pair.Facts.Role.Is(CommRole.Server) && pair.Facts.Port.Is(conversation.Port) && DeclaredTraffic.TransportOf(pair.Facts) == conversation.Transport);

    // Of datagrams at the beginning of a capture nobody knows who began; a question for a name tells.
    private static bool IsAskedForNames(TrafficSeen traffic, ConversationSeen conversation) =>
        conversation is { Opener: ConversationOpener.Unknown, Protocol: ServiceProtocol.Dns } && traffic.NameQueries.Any(query => query.Server == conversation.Peer && query.Port == conversation.Port);

    /// <summary>Whether a resolver is surely none of those that the DUT was given: lab.yaml names others, or the captures hold what it was told.</summary>
    public static bool IsForeignResolver(Declaration declared, TrafficSeen traffic, string server)
    {
        if (!declared.Lab.NameServers.IsEmpty)
        {
            return !IPAddress.TryParse(server, out var address) || !declared.Lab.NameServers.Any(given => given.Address.Equals(address));
        }

        var told = traffic.NameQueries.Where(query => query.Server == server).Select(query => query.ServerIsGiven).ToList();
        return told.Contains(false) && !told.Contains(true);
    }
}
