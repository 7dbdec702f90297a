using System.Buffers.Binary;

namespace DeviceConformance.Probing.Packets;

/// <summary>Decodes IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293) and UDP (RFC 768).</summary>
internal static class NetworkDecoder
{
    // RFC 8200, 4.1 has each header occur at most once, destination options twice; hostile packets have more.
    private const int MostExtensions = 16;

    public static void IPv4(ReadOnlySpan<byte> bytes, ref PacketView packet)
    {
        if (bytes.Length < 20 || bytes[0] >> 4 != 4)
        {
            return;
        }

        var header = (bytes[0] & 15) * 4;
        int total = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        // Segmentation by the network card leaves 0 in frames that it was to cut up.
        total = total == 0 ? bytes.Length : total;
        if (header < 20 || total < header)
        {
            return;
        }

        packet.Outcome = DecodeOutcome.Network;
        packet.HopLimit = bytes[8];
        packet.Protocol = bytes[9];
        packet.Source = NetworkAddress.ReadV4(bytes[12..]);
        packet.Destination = NetworkAddress.ReadV4(bytes[16..]);
        var fragment = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]);
        packet.FragmentId = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        packet.MoreFragments = (fragment & 0x2000) != 0;
        packet.FragmentOffset = (fragment & 0x1fff) * 8;
        packet.IsFragment = packet.MoreFragments || packet.FragmentOffset > 0;
        packet.BodyLength = total - header;
        packet.Body = bytes.Length <= header ? default : bytes[header..Math.Min(total, bytes.Length)];
        if (!packet.IsFragment)
        {
            Transport(ref packet);
        }
    }

    public static void IPv6(ReadOnlySpan<byte> bytes, ref PacketView packet)
    {
        if (bytes.Length < 40 || bytes[0] >> 4 != 6)
        {
            return;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        packet.Outcome = DecodeOutcome.Network;
        packet.HopLimit = bytes[7];
        packet.Source = NetworkAddress.ReadV6(bytes[8..]);
        packet.Destination = NetworkAddress.ReadV6(bytes[24..]);
        var rest = bytes[40..];
        // 0 is for jumbograms (RFC 2675) and what a network card was to cut up.
        length = length == 0 ? rest.Length : length;
        rest = rest.Length > length ? rest[..length] : rest;
        var next = bytes[6];
        for (var count = 0; next is 0 or 43 or 44 or 51 or 60; count++)
        {
            if (rest.Length < 8 || count == MostExtensions)
            {
                // Told as the header that could not be passed.
                packet.Protocol = next;
                return;
            }

            var size = next switch { 44 => 8, 51 => (rest[1] + 2) * 4, _ => (rest[1] + 1) * 8 };
            if (next == 44)
            {
                var fragment = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
                packet.FragmentOffset = fragment & 0xfff8;
                packet.MoreFragments = (fragment & 1) != 0;
                packet.FragmentId = BinaryPrimitives.ReadUInt32BigEndian(rest[4..]);
                // An atomic fragment is whole (RFC 6946).
                packet.IsFragment = packet.MoreFragments || packet.FragmentOffset > 0;
            }

            var isFragment = next == 44 && packet.IsFragment;
            next = rest[0];
            if (rest.Length < size)
            {
                packet.Protocol = next;
                return;
            }

            rest = rest[size..];
            length -= size;
            if (isFragment)
            {
                break;
            }
        }

        packet.Protocol = next;
        packet.Body = rest;
        packet.BodyLength = length;
        if (!packet.IsFragment)
        {
            Transport(ref packet);
        }
    }

    /// <summary>Reads the transport header from the body, which is whole: of an unfragmented packet or put together.</summary>
    public static void Transport(ref PacketView packet)
    {
        var body = packet.Body;
        if (packet.Protocol == IPProtocol.Tcp)
        {
            if (body.Length < 20 || body[12] >> 4 is var words && words < 5)
            {
                return;
            }

            packet.SourcePort = BinaryPrimitives.ReadUInt16BigEndian(body);
            packet.DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(body[2..]);
            packet.Sequence = BinaryPrimitives.ReadUInt32BigEndian(body[4..]);
            packet.Acknowledgment = BinaryPrimitives.ReadUInt32BigEndian(body[8..]);
            packet.Flags = (TcpFlags)(body[13] & 0x3f);
            packet.Payload = body.Length > words * 4 ? body[(words * 4)..] : default;
            packet.PayloadLength = Math.Max(packet.BodyLength - words * 4, 0);
            packet.Outcome = DecodeOutcome.Transport;
        }
        else if (packet.Protocol == IPProtocol.Udp)
        {
            if (body.Length < 8)
            {
                return;
            }

            packet.SourcePort = BinaryPrimitives.ReadUInt16BigEndian(body);
            packet.DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(body[2..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(body[4..]);
            // 0 is a jumbogram's (RFC 2675, 4) or a network card's; what is shorter than its own header or longer than the packet is wrong.
            length = length < 8 || length > packet.BodyLength ? packet.BodyLength : length;
            packet.PayloadLength = length - 8;
            packet.Payload = body[8..Math.Min(length, body.Length)];
            packet.Outcome = DecodeOutcome.Transport;
        }
    }
}
