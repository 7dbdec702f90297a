namespace DeviceConformance.Probing.Packets;

/// <summary>How far a frame could be decoded.</summary>
internal enum DecodeOutcome
{
    /// <summary>Not even its link header: unknown link type, too short, or a form that is not read.</summary>
    Undecoded,

    /// <summary>The link header; what it carries is none of ARP and IP.</summary>
    Link,

    /// <summary>An IEEE 802.11 frame whose body is encrypted by WEP, TKIP, CCMP or GCMP.</summary>
    Protected,

    /// <summary>An ARP packet (RFC 826) of Ethernet and IPv4.</summary>
    Arp,

    /// <summary>The network header; no transport header could be read: another protocol, a later fragment, or cut before it.</summary>
    Network,

    /// <summary>Everything to the ports.</summary>
    Transport,
}

/// <summary>Flags of a TCP header (RFC 9293, 3.1).</summary>
[Flags]
internal enum TcpFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>No more data from sender.</summary>
    Fin = 1,

    /// <summary>Synchronize sequence numbers.</summary>
    Syn = 2,

    /// <summary>Reset the connection.</summary>
    Rst = 4,

    /// <summary>Push.</summary>
    Psh = 8,

    /// <summary>Acknowledgment field is significant.</summary>
    Ack = 16,

    /// <summary>Urgent pointer field is significant.</summary>
    Urg = 32,
}

/// <summary>Numbers of the protocols that IP carries (IANA).</summary>
internal static class IPProtocol
{
    /// <summary>ICMP.</summary>
    public const byte Icmp = 1;

    /// <summary>IGMP.</summary>
    public const byte Igmp = 2;

    /// <summary>TCP.</summary>
    public const byte Tcp = 6;

    /// <summary>UDP.</summary>
    public const byte Udp = 17;

    /// <summary>GRE.</summary>
    public const byte Gre = 47;

    /// <summary>ESP.</summary>
    public const byte Esp = 50;

    /// <summary>ICMPv6.</summary>
    public const byte Icmp6 = 58;

    /// <summary>IPv6: nothing follows.</summary>
    public const byte NoNext = 59;
}

/// <summary>What a frame says from its link header to its ports. Spans are of the frame's bytes and as short-lived.</summary>
internal ref struct PacketView
{
    /// <summary>How far it could be decoded.</summary>
    public DecodeOutcome Outcome;

    /// <summary>Whether the capture holds less than was on the wire.</summary>
    public bool IsCut;

    /// <summary>Sender's MAC address; none where the link has none.</summary>
    public LinkAddress LinkSource;

    /// <summary>Receiver's MAC address; none where the link tells none (Linux cooked).</summary>
    public LinkAddress LinkDestination;

    /// <summary>Outer VLAN; -1 when untagged.</summary>
    public int Vlan;

    /// <summary>Inner VLAN of QinQ; -1 when there is none.</summary>
    public int InnerVlan;

    /// <summary>EtherType after all tags; 0 when there is none.</summary>
    public int EtherType;

    /// <summary>Sender's address; of ARP the sender's protocol address.</summary>
    public NetworkAddress Source;

    /// <summary>Receiver's address; of ARP the target's protocol address.</summary>
    public NetworkAddress Destination;

    /// <summary>TTL or hop limit.</summary>
    public byte HopLimit;

    /// <summary>Protocol that IP carries, behind IPv6 extension headers.</summary>
    public byte Protocol;

    /// <summary>Whether it is a part of a fragmented datagram.</summary>
    public bool IsFragment;

    /// <summary>Whether fragments follow.</summary>
    public bool MoreFragments;

    /// <summary>Offset of the fragment in bytes.</summary>
    public int FragmentOffset;

    /// <summary>Identification of the fragmented datagram.</summary>
    public uint FragmentId;

    /// <summary>What IP carries: transport header and payload; of ARP the packet.</summary>
    public ReadOnlySpan<byte> Body;

    /// <summary>Bytes of the body on the wire.</summary>
    public int BodyLength;

    /// <summary>Sender's port.</summary>
    public int SourcePort;

    /// <summary>Receiver's port.</summary>
    public int DestinationPort;

    /// <summary>TCP sequence number.</summary>
    public uint Sequence;

    /// <summary>TCP acknowledgment number.</summary>
    public uint Acknowledgment;

    /// <summary>TCP flags.</summary>
    public TcpFlags Flags;

    /// <summary>Payload of TCP or UDP, as far as it was captured.</summary>
    public ReadOnlySpan<byte> Payload;

    /// <summary>Bytes of the payload on the wire.</summary>
    public int PayloadLength;

    /// <summary>Whether it has an IP header.</summary>
    public readonly bool IsNetwork => Outcome is DecodeOutcome.Network or DecodeOutcome.Transport;
}
