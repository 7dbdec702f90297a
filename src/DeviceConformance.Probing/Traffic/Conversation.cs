using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Packets;

namespace DeviceConformance.Probing.Traffic;

/// <summary>What flows are gathered by.</summary>
/// <param name="Opener">Who opened them.</param>
/// <param name="Peer">The other side.</param>
/// <param name="Protocol">Number of the IP protocol.</param>
/// <param name="Port">Port of the service; 0 without ports.</param>
internal readonly record struct ConversationKey(ConversationOpener Opener, NetworkAddress Peer, byte Protocol, int Port);

/// <summary>Everything that the DUT and one peer said over one service port, while it is gathered.</summary>
internal sealed class Conversation(ConversationKey key)
{
    // Of each list in what handshakes show; a device that makes up a name for each connection would fill any.
    private const int MostListed = 64;
    private const int MostRequests = 20;

    // What the lists and the facts of a handshake take beside their texts.
    private const int HandshakeCharacters = 500;

    private readonly FrameTally _frames = new(FilterOf(key));
    private readonly List<long> _starts = [];
    private readonly List<string> _requests = [];
    private readonly List<string> _names = [];
    private ContentFacts? _worst;
    private SeenTls? _tls;
    private ImmutableArray<string> _phases = [];

    public ConversationKey Key { get; } = key;

    public long First { get; private set; } = long.MaxValue;

    public long Last { get; private set; } = long.MinValue;

    public long Connections { get; private set; }

    public long Established { get; private set; }

    public long BytesFromDut { get; private set; }

    public long BytesToDut { get; private set; }

    public void Start(long nanoseconds)
    {
        Connections++;
        if (_starts.Count < ConversationSeen.MostStarts)
        {
            _starts.Add(nanoseconds);
        }
    }

    public void Add(long place, long nanoseconds, string? phase)
    {
        First = Math.Min(First, nanoseconds);
        Last = Math.Max(Last, nanoseconds);
        _frames.Add(place);
        if (phase is not null && !_phases.Contains(phase))
        {
            _phases = _phases.Add(phase);
        }
    }

    /// <summary>Bytes of a protocol without flows.</summary>
    public void Count(bool fromDut, int bytes)
    {
        BytesFromDut += fromDut ? bytes : 0;
        BytesToDut += fromDut ? 0 : bytes;
    }

    /// <summary>Characters of the texts that it keeps.</summary>
    public long Characters { get; private set; }

    /// <summary>A flow of it is over.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="hasRoom">Whether further texts can be kept.</param>
    /// <returns>Whether all that it shows is kept; its protection always is.</returns>
    public bool End(Flow flow, bool hasRoom)
    {
        Established += flow.Tcp?.IsEstablished ?? (flow.DutSpoke && flow.PeerSpoke) ? 1 : 0;
        BytesFromDut += flow.BytesFromDut;
        BytesToDut += flow.BytesToDut;
        if (flow.Content?.Facts is not { } facts)
        {
            return true;
        }

        // The worst protection counts; among equals the one whose protocol is known, then the first.
        if (_worst is null || Rank(facts.Protection) > Rank(_worst.Protection)
            || facts.Protection == _worst.Protection && _worst.Protocol is ServiceProtocol.Unknown && facts.Protocol is not ServiceProtocol.Unknown)
        {
            _worst = facts with { Requests = [], Names = [], Tls = null };
        }

        if (!hasRoom)
        {
            return facts.Tls is null && facts.Requests.IsEmpty && facts.Names.IsEmpty;
        }

        Union(_requests, facts.Requests, MostRequests);
        // The client's names are the server's: of a service of the DUT they say nothing about the peer.
        Union(_names, flow.DutIsClient ? facts.Names : [], MostListed);
        _tls = _tls is null || facts.Tls is null ? _tls ?? facts.Tls : Merge(_tls, facts.Tls);
        Characters = LengthOf(_requests) + LengthOf(_names) + (_tls is null ? 0 : HandshakeCharacters + LengthOf(_tls));
        return true;
    }

    public ConversationSeen ToSeen(IReadOnlyList<string> files, Func<NetworkAddress, IEnumerable<string>> namesOf) => new(
        Key.Opener,
        Key.Peer.ToString(),
        [.. _names.Concat(namesOf(Key.Peer)).Distinct(StringComparer.Ordinal).Take(MostListed)],
        Key.Protocol switch { IPProtocol.Tcp => Transport.Tcp, IPProtocol.Udp => Transport.Udp, _ => null },
        Key.Port,
        _worst?.Protocol ?? ServiceProtocol.Unknown,
        _worst?.Application ?? (Key.Protocol is IPProtocol.Tcp or IPProtocol.Udp ? "" : ProtocolName(Key.Protocol)),
        _worst?.Protection ?? ProtectionOf(Key.Protocol),
        _worst?.Because ?? (Key.Protocol is IPProtocol.Tcp or IPProtocol.Udp ? "nothing was said" : $"IP protocol {Key.Protocol}"),
        Connections,
        Established,
        BytesFromDut,
        BytesToDut,
        Times.At(First),
        Times.At(Last),
        _phases,
        [.. _starts.Select(Times.At)],
        _tls,
        [.. _requests],
        _frames.ToFrameSet(files));

    private static int Rank(ContentProtection protection) => protection switch
    {
        ContentProtection.Clear => 3,
        ContentProtection.Unknown => 2,
        ContentProtection.Encrypted => 1,
        _ => 0,
    };

    // ICMP and IGMP steer the network; ESP is encrypted by what it is (RFC 4303), unless its cipher is NULL, which nobody outside can tell.
    private static ContentProtection ProtectionOf(byte protocol) => protocol switch
    {
        IPProtocol.Tcp or IPProtocol.Udp or IPProtocol.Icmp or IPProtocol.Icmp6 or IPProtocol.Igmp or IPProtocol.NoNext => ContentProtection.NoContent,
        _ => ContentProtection.Unknown,
    };

    private static string ProtocolName(byte protocol) => protocol switch
    {
        IPProtocol.Icmp => "ICMP",
        IPProtocol.Icmp6 => "ICMPv6",
        IPProtocol.Igmp => "IGMP",
        IPProtocol.Gre => "GRE",
        IPProtocol.Esp => "ESP",
        _ => $"IP protocol {protocol}",
    };

    private static string FilterOf(ConversationKey key) =>
        DutIdentity.Filter(key.Peer) + key.Protocol switch
        {
            IPProtocol.Tcp => $" && tcp.port == {key.Port}",
            IPProtocol.Udp => $" && udp.port == {key.Port}",
            IPProtocol.Icmp => " && icmp",
            IPProtocol.Icmp6 => " && icmpv6",
            IPProtocol.Igmp => " && igmp",
            _ => key.Peer.IsIPv4 ? $" && ip.proto == {key.Protocol}" : $" && ipv6.nxt == {key.Protocol}",
        };

    private static void Union<T>(List<T> all, IEnumerable<T> more, int most)
    {
        foreach (var item in more)
        {
            if (all.Count < most && !all.Contains(item))
            {
                all.Add(item);
            }
        }
    }

    private static long LengthOf(IEnumerable<string> texts) => texts.Sum(text => (long)text.Length);

    private static long LengthOf(SeenTls tls) =>
        LengthOf(tls.ServerNames) + LengthOf(tls.Alpn) + LengthOf(tls.Ja3) + LengthOf(tls.Ja4)
        + tls.Certificates.Sum(one => one.Sha256.Length + one.Subject.Length + one.Issuer.Length + LengthOf(one.Names));

    private static SeenTls Merge(SeenTls one, SeenTls two)
    {
        static ImmutableArray<T> Both<T>(ImmutableArray<T> one, ImmutableArray<T> two) => two.All(one.Contains) ? one : [.. one.Concat(two).Distinct().Take(MostListed)];
        return new SeenTls(
            one.Handshakes + two.Handshakes,
            one.Completed + two.Completed,
            one.Refused + two.Refused,
            Both(one.Versions, two.Versions),
            Both(one.Suites, two.Suites),
            Both(one.OfferedVersions, two.OfferedVersions),
            Both(one.ServerNames, two.ServerNames),
            Both(one.Alpn, two.Alpn),
            Both(one.Ja3, two.Ja3),
            Both(one.Ja4, two.Ja4),
            [.. one.Certificates.Concat(two.Certificates).DistinctBy(certificate => certificate.Sha256).Take(MostListed)],
            one.OpenedByKeyLog || two.OpenedByKeyLog);
    }
}
