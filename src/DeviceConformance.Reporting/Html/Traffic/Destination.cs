using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;

namespace DeviceConformance.Reporting.Html.Traffic;

/// <summary>Where a destination is, as its address tells.</summary>
internal enum Place
{
    /// <summary>Any unicast address that is not kept for local use.</summary>
    Internet,

    /// <summary>Private, shared, link-local, unique local or loopback (RFC 1918, RFC 6598, RFC 3927, RFC 4291, RFC 4193).</summary>
    LocalNetwork,

    /// <summary>Multicast or the limited broadcast address.</summary>
    Everybody,

    /// <summary>No IP address.</summary>
    NoAddress,
}

/// <summary>Whoever the DUT talked with, under one name: all addresses and ports of it.</summary>
/// <param name="Name">Most telling name, else the address.</param>
/// <param name="Addresses">Addresses, without the name if that is one.</param>
/// <param name="Place">Where it is.</param>
/// <param name="Conversations">What was said with it.</param>
internal sealed record Destination(string Name, ImmutableArray<string> Addresses, Place Place, ImmutableArray<AssessedConversation> Conversations)
{
    /// <summary>Kinds of protection among its conversations, those that are readable first.</summary>
    public ImmutableArray<ContentProtection> Protections { get; } = [.. Conversations.Select(conversation => conversation.Seen.Protection).Distinct().OrderBy(Rank)];

    /// <summary>How it stands to the declaration: as its least explained conversation does.</summary>
    public TrafficStanding Standing { get; } =
        Conversations.Any(conversation => conversation.Standing == TrafficStanding.Undeclared) ? TrafficStanding.Undeclared
        : Conversations.Any(conversation => conversation.Standing == TrafficStanding.Declared) ? TrafficStanding.Declared
        : TrafficStanding.BasicService;

    /// <summary>Entries that declare any of it.</summary>
    public ImmutableArray<string> Entries { get; } = [.. Conversations.SelectMany(conversation => conversation.Entries).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Connections and flows.</summary>
    public long Connections { get; } = Conversations.Sum(conversation => conversation.Seen.Connections);

    /// <summary>Payload bytes both ways.</summary>
    public long Bytes { get; } = Conversations.Sum(conversation => conversation.Seen.BytesFromDut + conversation.Seen.BytesToDut);

    /// <summary>Destinations of an analysis, the most telling first: readable secrets, not declared, readable, on the Internet, many bytes.</summary>
    public static ImmutableArray<Destination> Of(AssessedTraffic traffic)
    {
        // One address may have been met with a name and, before the name was known, without.
        var names = traffic.Conversations
            .Where(conversation => !conversation.Seen.PeerNames.IsEmpty)
            .GroupBy(conversation => conversation.Seen.Peer, StringComparer.Ordinal)
            .ToDictionary(peer => peer.Key, peer => peer.First().Seen.PeerNames[0], StringComparer.Ordinal);
        var telling = traffic.ClearItems.Select(item => item.Peer).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. traffic.Conversations
                .GroupBy(conversation => (Name: names.GetValueOrDefault(conversation.Seen.Peer, conversation.Seen.Peer), Place: PlaceOf(conversation.Seen.Peer)))
                .Select(peer => new Destination(
                    peer.Key.Name,
                    [.. peer.Select(conversation => conversation.Seen.Peer).Distinct().Where(address => address != peer.Key.Name).Order(StringComparer.Ordinal)],
                    peer.Key.Place,
                    [.. peer]))
                .OrderByDescending(destination => destination.Conversations.Any(conversation => telling.Contains(conversation.Seen.Peer)))
                .ThenByDescending(destination => destination.Standing == TrafficStanding.Undeclared)
                .ThenBy(destination => destination.Standing == TrafficStanding.BasicService)
                .ThenByDescending(destination => destination.Protections.Contains(ContentProtection.Clear))
                .ThenBy(destination => destination.Place)
                .ThenByDescending(destination => destination.Bytes)
                .ThenBy(destination => destination.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>Where an address is.</summary>
    public static Place PlaceOf(string peer)
    {
        if (!DutAddress.TryParse(peer, null, out var parsed))
        {
            return Place.NoAddress;
        }

        var address = parsed.Address.IsIPv4MappedToIPv6 ? parsed.Address.MapToIPv4() : parsed.Address;
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return address.IsIPv6Multicast ? Place.Everybody
                : address.IsIPv6LinkLocal || IPAddress.IsLoopback(address) || (bytes[0] & 0xfe) == 0xfc ? Place.LocalNetwork
                : Place.Internet;
        }

        return (bytes[0], bytes[1]) switch
        {
            ( >= 224 and <= 239, _) => Place.Everybody,
            (255, 255) => Place.Everybody,
            (0 or 10 or 127, _) or (192, 168) or (169, 254) or (172, >= 16 and <= 31) or (100, >= 64 and <= 127) => Place.LocalNetwork,
            _ => Place.Internet,
        };
    }

    private static int Rank(ContentProtection protection) => protection switch
    {
        ContentProtection.Clear => 0,
        ContentProtection.Unknown => 1,
        ContentProtection.Encrypted => 2,
        _ => 3,
    };
}
