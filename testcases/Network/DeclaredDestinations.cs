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

    /// <summary>Whether a peer means a conversation.</summary>
    public static bool Means(this DeclaredPeer peer, ConversationSeen conversation) =>
        peer.IsHost(conversation.Peer, conversation.PeerNames) && peer.IsService(conversation.Transport, conversation.Port);

    /// <summary>Conversations that the DUT opened with a host that no entry declares, without what every network needs.</summary>
    public static IEnumerable<ConversationSeen> Undeclared(Declaration declared, TrafficSeen traffic)
    {
        var known = All(declared).Select(pair => pair.Peer).ToList();
        return traffic.Conversations.Where(conversation =>
            conversation.Transport is not null
            && (conversation.Opener == ConversationOpener.Dut || IsAskedForNames(traffic, conversation))
            && !IsInfrastructure(declared, traffic, conversation)
            && !IsToEverybody(conversation)
            && !known.Exists(peer => peer.Means(conversation)));
    }

    /// <summary>
    /// Address assignment, discovery, time, and name resolution by a resolver that the DUT was given: needed in every network, readable by
    /// design, and not asked about. Where nobody knows which resolver it was given, none counts as foreign.
    /// </summary>
    public static bool IsInfrastructure(Declaration declared, TrafficSeen traffic, ConversationSeen conversation) => conversation.Protocol switch
    {
        ServiceProtocol.Dhcp or ServiceProtocol.Mdns or ServiceProtocol.Ntp or ServiceProtocol.Ssdp => true,
        ServiceProtocol.Dns => conversation.Opener == ConversationOpener.Peer || !IsForeignResolver(declared, traffic, conversation.Peer),
        _ => false,
    };

    /// <summary>Whether a conversation is with everybody in the network: broadcast and multicast have no host at their end.</summary>
    public static bool IsToEverybody(ConversationSeen conversation) =>
        IPAddress.TryParse(conversation.Peer, out var peer)
        && (peer.IsIPv6Multicast || (peer.GetAddressBytes() is { Length: 4 } bytes && (bytes[0] >= 224 || bytes[3] == 255 || (bytes[0] == 127 && bytes[1] == 255))));

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
