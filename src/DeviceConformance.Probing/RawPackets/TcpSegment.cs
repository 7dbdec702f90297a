using System.Buffers.Binary;

namespace DeviceConformance.Probing.RawPackets;

/// <summary>Control bits of a segment (RFC 9293, 3.1) that matter to a sweep.</summary>
[Flags]
internal enum TcpFlags : byte
{
    None = 0,
    Fin = 1,
    Syn = 2,
    Rst = 4,
    Psh = 8,
    Ack = 16,
}

/// <summary>The fixed part of a TCP segment.</summary>
internal readonly record struct TcpSegment(int SourcePort, int DestinationPort, uint Sequence, uint Acknowledgement, TcpFlags Flags)
{
    private const int FixedLength = 20;
    private const TcpFlags Known = TcpFlags.Fin | TcpFlags.Syn | TcpFlags.Rst | TcpFlags.Psh | TcpFlags.Ack;

    /// <summary>Reads the fixed part; false when the bytes are too few or contradict themselves.</summary>
    /// <remarks>The checksum is not looked at: on virtual links it is left to hardware that is not there, and a cookie tells our answers.</remarks>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out TcpSegment segment)
    {
        segment = default;
        if (bytes.Length < FixedLength)
        {
            return false;
        }

        var headerLength = (bytes[12] >> 4) * 4;
        if (headerLength < FixedLength || headerLength > bytes.Length)
        {
            return false;
        }

        segment = new TcpSegment(
            BinaryPrimitives.ReadUInt16BigEndian(bytes),
            BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]),
            (TcpFlags)bytes[13] & Known);
        return true;
    }
}
