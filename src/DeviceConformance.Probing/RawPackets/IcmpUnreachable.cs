using System.Buffers.Binary;

namespace DeviceConformance.Probing.RawPackets;

/// <summary>An ICMP message that says that a TCP segment did not get through (RFC 792, RFC 4443, 3.1). Refers to the bytes it was read from.</summary>
internal readonly ref struct IcmpUnreachable
{
    private const int HeaderLength = 8;
    // RFC 792: the first 64 bits of the payload come back; they hold ports and sequence number.
    private const int LeastQuoted = 8;
    private const int TcpProtocol = 6;
    private const byte TypeIPv4 = 3;
    private const byte TypeIPv6 = 1;
    // Fragmentation needed (RFC 1191): no verdict on the port.
    private const byte TooBigIPv4 = 4;

    private IcmpUnreachable(IPPacket quoted)
    {
        Source = quoted.Source;
        Destination = quoted.Destination;
        SourcePort = BinaryPrimitives.ReadUInt16BigEndian(quoted.Payload);
        DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(quoted.Payload[2..]);
        Sequence = BinaryPrimitives.ReadUInt32BigEndian(quoted.Payload[4..]);
    }

    /// <summary>Where the segment came from.</summary>
    public ReadOnlySpan<byte> Source { get; }

    /// <summary>Where it was to go.</summary>
    public ReadOnlySpan<byte> Destination { get; }

    public int SourcePort { get; }

    public int DestinationPort { get; }

    public uint Sequence { get; }

    /// <summary>Reads a message; false when it is another one, or does not quote enough of a TCP segment.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, bool ipv6, out IcmpUnreachable message)
    {
        message = default;
        if (bytes.Length < HeaderLength || bytes[0] != (ipv6 ? TypeIPv6 : TypeIPv4) || (!ipv6 && bytes[1] == TooBigIPv4)
            || !IPPacket.TryParse(bytes[HeaderLength..], out var quoted)
            || quoted.Source.Length != (ipv6 ? 16 : 4)
            || quoted.Protocol != TcpProtocol
            || quoted.Payload.Length < LeastQuoted)
        {
            return false;
        }

        message = new IcmpUnreachable(quoted);
        return true;
    }
}
