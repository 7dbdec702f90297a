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
    /// <summary>Length of a SYN as <see cref="WriteSyn"/> makes it.</summary>
    public const int SynLength = FixedLength + 4;

    private const int FixedLength = 20;
    private const int ChecksumAt = 16;
    private const TcpFlags Known = TcpFlags.Fin | TcpFlags.Syn | TcpFlags.Rst | TcpFlags.Psh | TcpFlags.Ack;

    // What a client on Ethernet offers: some filters drop a SYN that offers nothing, which no client sends.
    private const ushort Window = 64240;
    private const ushort MaximumSegmentSize = 1440;

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

    /// <summary>Writes a SYN with the option that every client sends, the maximum segment size.</summary>
    public static void WriteSyn(Span<byte> to, ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, int sourcePort, int destinationPort, uint sequence)
    {
        var segment = to[..SynLength];
        segment.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(segment, (ushort)sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(segment[2..], (ushort)destinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], sequence);
        segment[12] = SynLength / 4 << 4;
        segment[13] = (byte)TcpFlags.Syn;
        BinaryPrimitives.WriteUInt16BigEndian(segment[14..], Window);
        // Kind 2, length 4 (RFC 9293, 3.2).
        segment[20] = 2;
        segment[21] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(segment[22..], MaximumSegmentSize);
        BinaryPrimitives.WriteUInt16BigEndian(segment[ChecksumAt..], InternetChecksum.OfTcp(source, destination, segment));
    }
}
