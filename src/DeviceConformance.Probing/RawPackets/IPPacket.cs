using System.Buffers.Binary;

namespace DeviceConformance.Probing.RawPackets;

/// <summary>Addresses and payload of an IPv4 or IPv6 packet. Refers to the bytes it was read from.</summary>
internal readonly ref struct IPPacket
{
    private const int IPv4Length = 20;
    private const int IPv6Length = 40;

    private IPPacket(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, int protocol, ReadOnlySpan<byte> payload)
    {
        Source = source;
        Destination = destination;
        Protocol = protocol;
        Payload = payload;
    }

    public ReadOnlySpan<byte> Source { get; }

    public ReadOnlySpan<byte> Destination { get; }

    /// <summary>Number of the protocol of the payload; of the first extension header where IPv6 has one: a sweep sends none.</summary>
    public int Protocol { get; }

    /// <summary>The payload, as far as it is there: ICMP quotes the beginning of a packet.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>Reads a packet; false when the header is cut or contradicts itself, or the packet is a later fragment.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IPPacket packet)
    {
        packet = default;
        return !bytes.IsEmpty && (bytes[0] >> 4) switch
        {
            4 => TryParseIPv4(bytes, out packet),
            6 => TryParseIPv6(bytes, out packet),
            _ => false,
        };
    }

    private static bool TryParseIPv4(ReadOnlySpan<byte> bytes, out IPPacket packet)
    {
        packet = default;
        const int fragmentOffset = 0x1fff;
        if (bytes.Length < IPv4Length)
        {
            return false;
        }

        var headerLength = (bytes[0] & 15) * 4;
        var total = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (headerLength < IPv4Length || headerLength > bytes.Length || total < headerLength || (BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & fragmentOffset) != 0)
        {
            return false;
        }

        packet = new IPPacket(bytes[12..16], bytes[16..20], bytes[9], bytes[headerLength..Math.Min(total, bytes.Length)]);
        return true;
    }

    private static bool TryParseIPv6(ReadOnlySpan<byte> bytes, out IPPacket packet)
    {
        packet = default;
        if (bytes.Length < IPv6Length)
        {
            return false;
        }

        var payload = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        packet = new IPPacket(bytes[8..24], bytes[24..40], bytes[6], bytes[IPv6Length..Math.Min(IPv6Length + payload, bytes.Length)]);
        return true;
    }
}
