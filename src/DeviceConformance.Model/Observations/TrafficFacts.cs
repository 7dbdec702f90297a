using System.Collections.Immutable;
using System.Text.Json.Serialization;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Observations;

/// <summary>What does the DUT say when nobody asks? Answered from captures of its traffic, made live or by others.</summary>
public sealed record TrafficWatch : ProbeRequest<TrafficSeen>
{
    /// <summary>Watching sends nothing.</summary>
    public override Lab.ProbeImpact Impact => Lab.ProbeImpact.Passive;

    /// <inheritdoc/>
    public override DutAddress? Target => null;

    /// <inheritdoc/>
    public override string Title => "captured traffic of the DUT";
}

/// <summary>What captures show of the DUT's traffic.</summary>
/// <param name="Files">The captures, in the order of their first frame.</param>
/// <param name="Phases">Marked phases in the order of time; empty when nobody marked any.</param>
/// <param name="Addresses">Addresses that the DUT used.</param>
/// <param name="Conversations">Who talked with the DUT, most bytes first.</param>
/// <param name="Names">Names that stand for addresses, as the captures show.</param>
/// <param name="NameQueries">Names that the DUT asked for.</param>
/// <param name="TimeSources">Sources of time that the DUT asked.</param>
/// <param name="Announcements">What the DUT says to everybody in its network.</param>
/// <param name="ClearItems">Credentials, tokens, declared secrets and personal data that passed readably.</param>
/// <param name="Tally">Counts.</param>
public sealed record TrafficSeen(
    ImmutableArray<CaptureSeen> Files,
    ImmutableArray<CapturePhase> Phases,
    ImmutableArray<AddressSeen> Addresses,
    ImmutableArray<ConversationSeen> Conversations,
    ImmutableArray<NameSeen> Names,
    ImmutableArray<NameQuerySeen> NameQueries,
    ImmutableArray<TimeSourceSeen> TimeSources,
    ImmutableArray<AnnouncementSeen> Announcements,
    ImmutableArray<ClearItemSeen> ClearItems,
    TrafficTally Tally) : Observation
{
    /// <summary>Times of the first and the last frame; null when no frame has a time.</summary>
    [JsonIgnore]
    public (DateTimeOffset First, DateTimeOffset Last)? Watched =>
        Files.Where(file => file.First is not null).ToList() is { Count: > 0 } timed ? (timed.Min(file => file.First!.Value), timed.Max(file => file.Last!.Value)) : null;

    /// <summary>How long captures ran. Time between two of them, in which nobody watched, does not count; time that two of them share counts once.</summary>
    [JsonIgnore]
    public TimeSpan WatchedFor
    {
        get
        {
            var (sum, end) = (TimeSpan.Zero, DateTimeOffset.MinValue);
            foreach (var file in Files.Where(file => file.First is not null).OrderBy(file => file.First))
            {
                var from = file.First!.Value > end ? file.First.Value : end;
                end = file.Last!.Value > end ? file.Last.Value : end;
                sum += end - from;
            }

            return sum;
        }
    }

    /// <inheritdoc/>
    public override string Summary =>
        $"{Tally.DutFrames} of {Tally.Frames} frames are the DUT's, in {Conversations.Length} conversations, {ClearItems.Length} readable secrets or personal data";
}

/// <summary>Counts of an analysis.</summary>
/// <param name="Frames">Frames read.</param>
/// <param name="Bytes">Bytes of these frames on the wire.</param>
/// <param name="DutFrames">Frames from or to the DUT, without those of the harness.</param>
/// <param name="HarnessFrames">Frames between the DUT and the laboratory's own host.</param>
/// <param name="OtherFrames">Frames that do not concern the DUT.</param>
/// <param name="Undecoded">Frames of link types or of a form that could not be decoded.</param>
/// <param name="Cut">Frames of which the capture holds less than was on the wire.</param>
/// <param name="Dropped">Frames that the captures are known to have lost; null when none is known and one of them did not count.</param>
/// <param name="StreamGaps">Gaps in TCP streams, that is bytes that were acknowledged and are in no frame.</param>
/// <param name="Evicted">Conversations, streams or names that a bounded table had to give up before their end.</param>
public sealed record TrafficTally(long Frames, long Bytes, long DutFrames, long HarnessFrames, long OtherFrames, long Undecoded, long Cut, long? Dropped, long StreamGaps, long Evicted);

/// <summary>A capture.</summary>
/// <param name="Name">File name without folder.</param>
/// <param name="Sha256">SHA-256 of the file in lower-case hex.</param>
/// <param name="Format">Format in words: pcap, pcapng, pcapng (gzip).</param>
/// <param name="Frames">Frames read.</param>
/// <param name="Length">Length of the file in bytes.</param>
/// <param name="First">Time of the first frame; null when there is none.</param>
/// <param name="Last">Time of the last frame.</param>
/// <param name="Dropped">Frames that the capturing program says it lost; null when the file does not tell.</param>
/// <param name="Fault">Why reading ended before the end of the file, with the byte; empty when all was read.</param>
public sealed record CaptureSeen(string Name, string Sha256, string Format, long Frames, long Length, DateTimeOffset? First, DateTimeOffset? Last, long? Dropped, string Fault);

/// <summary>A marked phase of watching: start-up, idle, in use, update, outage, after reset.</summary>
/// <param name="Name">Name.</param>
/// <param name="From">First moment that belongs to it.</param>
/// <param name="To">First moment that no longer belongs to it.</param>
public sealed record CapturePhase(string Name, DateTimeOffset From, DateTimeOffset To);

/// <summary>Frames of a capture that show a fact.</summary>
/// <param name="File">Name of the capture.</param>
/// <param name="Frames">The first of them, numbered from 1 as Wireshark does; at most <see cref="MostFrames"/>.</param>
/// <param name="Count">How many there are in this capture.</param>
/// <param name="Filter">Display filter of Wireshark that shows them.</param>
public sealed record FrameSet(string File, ImmutableArray<long> Frames, long Count, string Filter)
{
    /// <summary>Frame numbers kept at the most.</summary>
    public const int MostFrames = 8;

    /// <summary>Frames in further captures that show the same fact.</summary>
    public ImmutableArray<FrameSet> More { get; init; } = [];

    /// <summary>For people: files, frames, filter.</summary>
    public override string ToString() => $"{string.Join("; ", More.Prepend(this).Select(set => set.InFile))}{(Filter.Length > 0 ? $" ({Filter})" : "")}";

    private string InFile => $"{File} frame{(Frames.Length == 1 ? "" : "s")} {string.Join(", ", Frames)}{(Count > Frames.Length ? $" and {Count - Frames.Length} more" : "")}";
}

/// <summary>An address that the DUT used.</summary>
/// <param name="Address">MAC address in lower case with colons, or IP address.</param>
/// <param name="Kind">Kind.</param>
/// <param name="From">How the harness knows that it is the DUT's: declared, DHCP, ARP, neighbour discovery.</param>
/// <param name="First">First frame's time.</param>
/// <param name="Last">Last frame's time.</param>
/// <param name="Where">Frames.</param>
public sealed record AddressSeen(string Address, AddressKind Kind, string From, DateTimeOffset First, DateTimeOffset Last, FrameSet Where)
{
    /// <summary>Value of <see cref="From"/> for an address that the declaration or the laboratory named.</summary>
    public const string Declared = "declared";
}

/// <summary>Kinds of addresses.</summary>
public enum AddressKind
{
    /// <summary>MAC address given by the maker (IEEE 802: universally administered).</summary>
    UniversalMac,

    /// <summary>MAC address with the local bit, as randomised ones have it.</summary>
    LocalMac,

    /// <summary>IPv4 address.</summary>
    IPv4,

    /// <summary>IPv6 address whose interface identifier is made from the MAC address (RFC 4291, appendix A).</summary>
    IPv6Eui64,

    /// <summary>Any other IPv6 address.</summary>
    IPv6Other,
}

/// <summary>Who opened a conversation.</summary>
public enum ConversationOpener
{
    /// <summary>The DUT sent the SYN or the first datagram.</summary>
    Dut,

    /// <summary>The other side did: the DUT offers the service.</summary>
    Peer,

    /// <summary>The capture begins in its middle.</summary>
    Unknown,
}

/// <summary>Whether content is protected, decided by content and never by port.</summary>
public enum ContentProtection
{
    /// <summary>Nothing was said that could be read or not.</summary>
    NoContent,

    /// <summary>An encrypting protocol was recognised (TLS, DTLS, QUIC, SSH, WireGuard ...) and its records follow.</summary>
    Encrypted,

    /// <summary>A readable protocol or readable text.</summary>
    Clear,

    /// <summary>No known protocol, and bytes of high entropy: encrypted or compressed.</summary>
    Unknown,
}

/// <summary>Everything that the DUT and one peer said over one service port.</summary>
/// <param name="Opener">Who opened it.</param>
/// <param name="Peer">Address of the peer.</param>
/// <param name="PeerNames">Names under which the DUT knew the peer, from DNS, SNI, HTTP Host; most telling first.</param>
/// <param name="Transport">Transport; null for other IP protocols.</param>
/// <param name="Port">Port of the service: the peer's when the DUT opened it, the DUT's when the peer did; 0 without ports.</param>
/// <param name="Protocol">What was spoken, recognised by content.</param>
/// <param name="Application">The same in words, with version or product where it shows: "TLS 1.3", "HTTP/1.1", "MQTT 3.1.1".</param>
/// <param name="Protection">Whether it is protected; the worst of its connections.</param>
/// <param name="Because">What tells so.</param>
/// <param name="Connections">Connections, or flows of datagrams.</param>
/// <param name="Established">Connections in which both sides spoke.</param>
/// <param name="BytesFromDut">Payload bytes that the DUT sent.</param>
/// <param name="BytesToDut">Payload bytes that the DUT received.</param>
/// <param name="First">First frame's time.</param>
/// <param name="Last">Last frame's time.</param>
/// <param name="Phases">Phases in which it was seen.</param>
/// <param name="Starts">Times at which connections began, the first ones, at most <see cref="MostStarts"/>: their rhythm.</param>
/// <param name="Tls">What its TLS or DTLS handshakes show; null without any.</param>
/// <param name="Requests">Requests that were readable: "GET /version.json", "PUBLISH home/temperature"; without values, at most 20.</param>
/// <param name="Where">Frames.</param>
public sealed record ConversationSeen(
    ConversationOpener Opener,
    string Peer,
    ImmutableArray<string> PeerNames,
    Transport? Transport,
    int Port,
    ServiceProtocol Protocol,
    string Application,
    ContentProtection Protection,
    string Because,
    long Connections,
    long Established,
    long BytesFromDut,
    long BytesToDut,
    DateTimeOffset First,
    DateTimeOffset Last,
    ImmutableArray<string> Phases,
    ImmutableArray<DateTimeOffset> Starts,
    SeenTls? Tls,
    ImmutableArray<string> Requests,
    FrameSet Where)
{
    /// <summary>Times of starts kept at the most.</summary>
    public const int MostStarts = 200;

    /// <summary>Peer with its most telling name and port, for sentences: "updates.example.com (192.0.2.7) tcp/443".</summary>
    [JsonIgnore]
    public string Title =>
        $"{(PeerNames.IsEmpty ? Peer : $"{PeerNames[0]} ({Peer})")}{(Transport is null ? "" : $" {(Transport == Network.Transport.Udp ? "udp" : "tcp")}/{Port}")}";
}

/// <summary>What the TLS or DTLS handshakes of a conversation show.</summary>
/// <param name="Handshakes">Handshakes in which client and server agreed on a version and suite.</param>
/// <param name="Completed">Handshakes after which application data or an encrypted Finished of both sides followed.</param>
/// <param name="Refused">Handshakes that ended in an alert or without an answer.</param>
/// <param name="Versions">Versions agreed on.</param>
/// <param name="Suites">Suites agreed on, by IANA name.</param>
/// <param name="OfferedVersions">Versions that the client offered.</param>
/// <param name="ServerNames">Server names that the client sent (SNI).</param>
/// <param name="Alpn">Application protocols: agreed on where it shows, else offered.</param>
/// <param name="Ja3">MD5 fingerprints of the client hellos after the JA3 method.</param>
/// <param name="Ja4">Fingerprints of the client hellos after the JA4 method.</param>
/// <param name="Certificates">Certificates that the server showed readably (TLS 1.2 and older, or opened by a key log).</param>
/// <param name="OpenedByKeyLog">Whether a key log of the laboratory opened its content.</param>
public sealed record SeenTls(
    int Handshakes,
    int Completed,
    int Refused,
    ImmutableArray<TlsVersion> Versions,
    ImmutableArray<string> Suites,
    ImmutableArray<TlsVersion> OfferedVersions,
    ImmutableArray<string> ServerNames,
    ImmutableArray<string> Alpn,
    ImmutableArray<string> Ja3,
    ImmutableArray<string> Ja4,
    ImmutableArray<SeenCertificate> Certificates,
    bool OpenedByKeyLog);

/// <summary>A certificate seen in passing.</summary>
/// <param name="Sha256">Fingerprint in lower-case hex.</param>
/// <param name="Subject">Subject.</param>
/// <param name="Issuer">Issuer.</param>
/// <param name="Names">Names in it.</param>
/// <param name="NotBefore">First moment of validity.</param>
/// <param name="NotAfter">Last moment of validity.</param>
/// <param name="Key">Kind and size of the key: "RSA 2048".</param>
/// <param name="Signature">Signature algorithm.</param>
public sealed record SeenCertificate(string Sha256, string Subject, string Issuer, ImmutableArray<string> Names, DateTimeOffset NotBefore, DateTimeOffset NotAfter, string Key, string Signature);

/// <summary>A name for an address.</summary>
/// <param name="Name">Name in lower case.</param>
/// <param name="Address">IP address.</param>
/// <param name="Source">DNS, mDNS, SNI, HTTP Host, DHCP, NetBIOS.</param>
/// <param name="Where">Frames.</param>
public sealed record NameSeen(string Name, string Address, string Source, FrameSet Where);

/// <summary>A name that the DUT asked for.</summary>
/// <param name="Name">Name in lower case.</param>
/// <param name="Types">Record types asked for: A, AAAA.</param>
/// <param name="Server">Address of the server asked.</param>
/// <param name="Port">Port of the server.</param>
/// <param name="Count">Questions.</param>
/// <param name="Answered">Questions answered with an address.</param>
/// <param name="ServerIsGiven">Whether DHCP or router advertisement named the server to the DUT; null when the capture holds neither.</param>
/// <param name="Where">Frames.</param>
public sealed record NameQuerySeen(string Name, ImmutableArray<string> Types, string Server, int Port, long Count, long Answered, bool? ServerIsGiven, FrameSet Where);

/// <summary>A source of time.</summary>
/// <param name="Server">Address.</param>
/// <param name="Names">Names of it.</param>
/// <param name="Version">NTP version that the DUT sent.</param>
/// <param name="Authenticated">Whether the messages carry a MAC or NTS fields (RFC 5905, 7.3; RFC 8915).</param>
/// <param name="Queries">Questions.</param>
/// <param name="Answers">Answers.</param>
/// <param name="Where">Frames.</param>
public sealed record TimeSourceSeen(string Server, ImmutableArray<string> Names, int Version, bool Authenticated, long Queries, long Answers, FrameSet Where);

/// <summary>Something that the DUT told everybody in its network by broadcast or multicast.</summary>
/// <param name="Protocol">DHCP, mDNS, SSDP, WS-Discovery, LLMNR, NetBIOS, ARP or in words.</param>
/// <param name="What">What kind of information: host name, vendor class, service, model, firmware version, serial number.</param>
/// <param name="Text">The information, at most 200 printable characters; secrets masked.</param>
/// <param name="Where">Frames.</param>
public sealed record AnnouncementSeen(string Protocol, string What, string Text, FrameSet Where);

/// <summary>Kinds of readable items.</summary>
public enum ClearItemKind
{
    /// <summary>User name with password, in a login of a known protocol.</summary>
    Credential,

    /// <summary>Session cookie, bearer token, API key.</summary>
    Token,

    /// <summary>A secret that declaration or laboratory knows: test credential, preset password, key.</summary>
    DeclaredSecret,

    /// <summary>A personal datum whose value the laboratory gave for the search.</summary>
    PersonalDatum,
}

/// <summary>A secret or personal datum that passed readably. The value itself is never kept.</summary>
/// <param name="Kind">Kind.</param>
/// <param name="Label">What it is, without its value: "HTTP Basic", "password of AuthMech-1", "e-mail address".</param>
/// <param name="Encoding">In what form: clear, base64, hex, URL, UTF-16, JSON, gzip.</param>
/// <param name="FromDut">Whether the DUT sent it.</param>
/// <param name="Peer">Address of the other side.</param>
/// <param name="PeerNames">Names of it.</param>
/// <param name="Transport">Transport.</param>
/// <param name="Port">Port of the service.</param>
/// <param name="Entry">IXIT entry that it belongs to; empty when none.</param>
/// <param name="Where">Frames.</param>
public sealed record ClearItemSeen(ClearItemKind Kind, string Label, string Encoding, bool FromDut, string Peer, ImmutableArray<string> PeerNames, Transport Transport, int Port, string Entry, FrameSet Where);
