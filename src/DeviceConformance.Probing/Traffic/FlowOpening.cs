using System.Buffers.Binary;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Packets;
using DeviceConformance.Probing.Traffic.Content;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Tells from its first packet who opened a flow.</summary>
internal sealed class FlowOpening
{
    private const int MostGroupPorts = 1024;

    // What began less than this before the capture goes on in it, as far as datagrams tell.
    private const long Settled = 60 * Times.Second;

    // Answers to a question to everybody are spread over seconds (UPnP Device Architecture 2.0, 1.3.2: MX is 5 at the most).
    private const long AnswersWithin = 10 * Times.Second;

    private readonly Dictionary<(NetworkAddress Address, ushort Port), long> _groupPorts = [];

    /// <summary>Time of the first frame of the capture that is being read.</summary>
    public long Began { get; set; }

    /// <summary>Notes a packet of the DUT to everybody.</summary>
    public void Note(FlowKey key, long nanoseconds)
    {
        if (_groupPorts.Count == MostGroupPorts && !_groupPorts.ContainsKey((key.Dut, key.DutPort)))
        {
            _groupPorts.Clear();
        }

        _groupPorts[(key.Dut, key.DutPort)] = nanoseconds;
    }

    /// <summary>Who opened a flow.</summary>
    /// <param name="key">The flow.</param>
    /// <param name="packet">Its first packet.</param>
    /// <param name="fromDut">Who sent it.</param>
    /// <param name="nanoseconds">Its time.</param>
    /// <returns>Whether the DUT did, or would have; whether its opening was seen.</returns>
    public (bool DutIsClient, bool IsKnown) Of(FlowKey key, scoped in PacketView packet, bool fromDut, long nanoseconds)
    {
        if (key.Protocol == IPProtocol.Tcp)
        {
            return (packet.Flags & (TcpFlags.Syn | TcpFlags.Ack)) switch
            {
                TcpFlags.Syn => (fromDut, true),
                TcpFlags.Syn | TcpFlags.Ack => (!fromDut, true),
                // Clients take their ports from the upper range (RFC 6335, 6).
                _ => (key.DutPort > key.PeerPort, false),
            };
        }

        if (key.IsDhcp)
        {
            return (true, true);
        }

        var isToGroup = packet.Destination.IsGroup || packet.LinkDestination.IsGroup;
        if (!fromDut && !isToGroup && !IsServicePort(key.DutPort) && _groupPorts.TryGetValue((key.Dut, key.DutPort), out var asked) && nanoseconds - asked is >= 0 and < AnswersWithin)
        {
            return (true, true);
        }

        return (IsServicePort(packet.SourcePort), IsServicePort(packet.DestinationPort)) switch
        {
            // An answer whose question was not seen or went to everybody.
            (true, false) => (!fromDut, false),
            (false, true) => (fromDut, true),
            // Between two ports of no service, or of two: what is said tells, and else who speaks first stands for the opener.
            _ when !isToGroup && IsAnswering(packet.Payload) => (!fromDut, false),
            _ => (fromDut, isToGroup || nanoseconds - Began >= Settled || IsOpening(packet)),
        };
    }

    // Ports of services that are spoken by datagrams (IANA), so that a sender there answers: system ports, SSDP, STUN, WS-Discovery, IPsec NAT,
    // SIP, mDNS, LLMNR, CoAP, BACnet, WireGuard. The clients of DHCP have system ports too.
    private static bool IsServicePort(int port) => port is (< 1024 and not (68 or 546)) or 1900 or 3478 or 3702 or 4500 or 5060 or 5353 or 5355 or 5683 or 5684 or 47808 or 51820;

    // What only a client says: a long header of QUIC's Initial packet (RFC 9000, 17.2.2; 14.1: 1200 bytes), DTLS's first flight (RFC 6347, 4.2.2),
    // NTP's mode 3 (RFC 5905, 7.3), a question of DNS (RFC 1035, 4.1.1). Requests of STUN and SIP and the handshake of WireGuard are no proof: both
    // sides send them, and in the middle too.
    private static bool IsOpening(scoped in PacketView packet)
    {
        var bytes = packet.Payload;
        return bytes.Length >= 12 && packet.DestinationPort switch
        {
            123 => (bytes[0] & 7) == 3,
            53 or 5353 => (bytes[2] & 0x80) == 0,
            _ => packet.PayloadLength >= 1200 && (bytes[0] & 0xc0) == 0xc0 || bytes[0] == 22 && bytes[1] == 0xfe && bytes.Length > 13 && bytes[13] == 1
                || NtpTalk.IsPlainQuestion(bytes),
        };
    }

    // What only a server says: the answer of NTP, by its form; success or failure of STUN (RFC 8489, 5); a status of SIP (RFC 3261, 7.2).
    private static bool IsAnswering(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 12 && (NtpTalk.HasFormOfAnswer(bytes) || IsStun(bytes) && (bytes[0] & 1) == 1 || bytes.StartsWith("SIP/2.0 "u8));

    // RFC 8489, 5: two zero bits, a length in fours that fits, the fixed number.
    private static bool IsStun(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 20 && bytes[0] < 0x40 && BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) + 20 == bytes.Length && BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) == 0x2112a442;
}
