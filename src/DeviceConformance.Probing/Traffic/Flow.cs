using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Packets;

namespace DeviceConformance.Probing.Traffic;

/// <summary>What packets of one connection or exchange of datagrams have in common, seen from the DUT.</summary>
/// <param name="Dut">The DUT's address.</param>
/// <param name="Peer">The other side's.</param>
/// <param name="DutPort">The DUT's port.</param>
/// <param name="PeerPort">The other side's.</param>
/// <param name="Protocol">TCP or UDP.</param>
internal readonly record struct FlowKey(NetworkAddress Dut, NetworkAddress Peer, ushort DutPort, ushort PeerPort, byte Protocol)
{
    private const ushort DhcpClient = 68;
    private const ushort DhcpServer = 67;
    private const ushort Dhcp6Client = 546;
    private const ushort Dhcp6Server = 547;

    /// <summary>Its transport.</summary>
    public Transport Transport => Protocol == IPProtocol.Udp ? Transport.Udp : Transport.Tcp;

    /// <summary>Whether it is an exchange of the DUT as client of DHCP.</summary>
    public bool IsDhcp => Protocol == IPProtocol.Udp && (DutPort, PeerPort) is (DhcpClient, DhcpServer) or (Dhcp6Client, Dhcp6Server);

    /// <summary>Of a packet with ports.</summary>
    public static FlowKey Of(scoped in PacketView packet, bool fromDut)
    {
        var key = fromDut
            ? new FlowKey(packet.Source, packet.Destination, (ushort)packet.SourcePort, (ushort)packet.DestinationPort, packet.Protocol)
            : new FlowKey(packet.Destination, packet.Source, (ushort)packet.DestinationPort, (ushort)packet.SourcePort, packet.Protocol);
        if (!key.IsDhcp)
        {
            return key;
        }

        // One exchange however it is addressed: from nobody yet, to everybody, to an address not yet taken (RFC 2131, 4.1; RFC 8415, 7.1: ff02::1:2).
        return key.DutPort == DhcpClient
            ? key with { Dut = new NetworkAddress(0, 0xffffUL << 32), Peer = new NetworkAddress(0, 0xffffffffffffUL) }
            : key with { Dut = default, Peer = new NetworkAddress(0xff02UL << 48, 0x10002) };
    }

    /// <inheritdoc/>
    public override int GetHashCode() => Peer.GetHashCode() * 31 + Dut.GetHashCode() * 17 + ((DutPort << 16 | PeerPort) ^ Protocol) * -1640531535;
}

/// <summary>A connection or exchange of datagrams of the DUT.</summary>
internal sealed class Flow(FlowKey key, bool dutIsClient) : IStreamSink
{
    public FlowKey Key { get; } = key;

    public bool DutIsClient { get; } = dutIsClient;

    /// <summary>Whether the laboratory's host opened it: then its content is not read.</summary>
    public bool IsHarness { get; init; }

    /// <summary>Row that it counts for; null for the harness's and when there was no room.</summary>
    public Conversation? Conversation { get; init; }

    /// <summary>Reads its content; null when nobody has to.</summary>
    public ContentReader? Content { get; init; }

    /// <summary>Both directions of a TCP connection; null for datagrams and the harness's.</summary>
    public TcpConnection? Tcp { get; init; }

    /// <summary>Time of its latest packet.</summary>
    public long Last { get; set; }

    public bool DutSpoke { get; set; }

    public bool PeerSpoke { get; set; }

    public long BytesFromDut { get; set; }

    public long BytesToDut { get; set; }

    /// <summary>Its place in the order of the latest packets.</summary>
    public LinkedListNode<Flow>? Place { get; set; }

    /// <summary>Whether it may be forgotten soon: datagrams, connections that are over, and those that only one side speaks in.</summary>
    public bool IsShort { get; set; }

    public void Stream(bool fromClient, ReadOnlySpan<byte> bytes, long frame, long nanoseconds) => Content?.Stream(fromClient, bytes, frame, nanoseconds);

    public void Gap(bool fromClient, long bytes) => Content?.Gap(fromClient, bytes);
}
