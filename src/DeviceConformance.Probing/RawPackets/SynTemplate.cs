using System.Buffers.Binary;

namespace DeviceConformance.Probing.RawPackets;

/// <summary>SYN segments that differ in port and sequence number only: what they share is summed up once.</summary>
internal sealed class SynTemplate
{
    /// <summary>Length of a SYN.</summary>
    public const int Length = 24;

    private const int ChecksumAt = 16;

    // What a client on Ethernet offers: some filters drop a SYN that offers nothing, which no client sends.
    private const ushort Window = 64240;
    private const ushort MaximumSegmentSize = 1440;

    private readonly byte[] _segment = new byte[Length];
    private readonly ushort _sum;

    /// <summary>SYNs from an address and port to an address.</summary>
    public SynTemplate(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, int sourcePort)
    {
        var segment = _segment.AsSpan();
        BinaryPrimitives.WriteUInt16BigEndian(segment, (ushort)sourcePort);
        segment[12] = Length / 4 << 4;
        segment[13] = (byte)TcpFlags.Syn;
        BinaryPrimitives.WriteUInt16BigEndian(segment[14..], Window);
        // Maximum segment size, the option that every client sends: kind 2, length 4 (RFC 9293, 3.2).
        segment[20] = 2;
        segment[21] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(segment[22..], MaximumSegmentSize);
        _sum = (ushort)~InternetChecksum.OfTcp(source, destination, segment);
    }

    /// <summary>Writes the SYN to a port.</summary>
    public void Write(Span<byte> to, int destinationPort, uint sequence)
    {
        _segment.CopyTo(to);
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], (ushort)destinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(to[4..], sequence);
        BinaryPrimitives.WriteUInt16BigEndian(to[ChecksumAt..], InternetChecksum.Finish((ulong)_sum + (uint)destinationPort + (sequence >> 16) + (sequence & ushort.MaxValue)));
    }
}
