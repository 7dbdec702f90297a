using System.Buffers.Binary;

namespace DeviceConformance.Probing.RawPackets;

/// <summary>The checksum of the Internet protocols (RFC 1071).</summary>
internal static class InternetChecksum
{
    private const int TcpProtocol = 6;

    /// <summary>The checksum over bytes.</summary>
    public static ushort Of(ReadOnlySpan<byte> bytes) => Finish(Sum(bytes));

    /// <summary>The checksum of a TCP segment whose checksum field is zero; 0 for one whose field is right.</summary>
    /// <remarks>
    /// The pseudo headers of IPv4 (RFC 9293, 3.1) and IPv6 (RFC 8200, 8.1) lay out addresses, length and protocol differently, but the sum
    /// of their words is the same.
    /// </remarks>
    public static ushort OfTcp(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, ReadOnlySpan<byte> segment) =>
        Finish(Sum(source) + Sum(destination) + TcpProtocol + (ulong)segment.Length + Sum(segment));

    private static ulong Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0UL;
        for (; bytes.Length >= 2; bytes = bytes[2..])
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        }

        return bytes.IsEmpty ? sum : sum + ((ulong)bytes[0] << 8);
    }

    /// <summary>The checksum of what adds up to a sum.</summary>
    public static ushort Finish(ulong sum)
    {
        while (sum > ushort.MaxValue)
        {
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
