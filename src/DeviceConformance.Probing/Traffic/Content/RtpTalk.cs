using System.Buffers.Binary;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>RTP (RFC 3550, 5.1), recognised by headers that follow each other, and its reports (6).</summary>
/// <remarks>
/// The header is the same where SRTP encrypts what follows it (RFC 3711, 3.1), so that RTP alone is neither readable nor encrypted. Reports that fill
/// their datagram are readable: encrypted ones have an index and a tag behind them (3.4).
/// </remarks>
internal sealed class RtpTalk(FlowNotes notes)
{
    private const int Header = 12;
    private const int FewestInOrder = 5;
    private const int MostMissing = 20;
    private const byte SenderReport = 200;
    private const byte Description = 202;
    private const byte LastReport = 207; // RFC 3611, 5

    private readonly Stream[] _streams = [new(), new()];

    /// <summary>Whether headers followed each other.</summary>
    public bool IsProven { get; private set; }

    /// <summary>Looks at a datagram that no other protocol explains.</summary>
    public void Take(bool fromClient, ReadOnlySpan<byte> bytes)
    {
        if (IsProven || bytes.Length < Header || bytes[0] >> 6 != 2)
        {
            return;
        }

        var (kind, number, time, source) = (bytes[1] & 0x7f, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));
        var stream = _streams[fromClient ? 0 : 1];
        var isNext = stream.InOrder > 0 && stream.Kind == kind && stream.Source == source && (ushort)(number - stream.Number) is > 0 and <= MostMissing && time - stream.Time < 1u << 31;
        (stream.Kind, stream.Number, stream.Time, stream.Source) = (kind, number, time, source);
        stream.InOrder = isNext ? stream.InOrder + 1 : 1;
        if (stream.InOrder == FewestInOrder)
        {
            IsProven = true;
            notes.Recognise(ServiceProtocol.Other, "RTP");
        }
    }

    /// <summary>Reads reports: a sender's or receiver's first, then a description of the sources, to the end of the datagram (RFC 3550, 6.1).</summary>
    public bool TryReports(ReadOnlySpan<byte> bytes)
    {
        var rest = bytes;
        var (isFirst, isDescribed) = (true, false);
        while (rest.Length >= 4 && rest[0] >> 6 == 2 && rest[1] is >= SenderReport and <= LastReport && (!isFirst || rest[1] <= SenderReport + 1))
        {
            var length = 4 * (BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) + 1);
            if (length > rest.Length)
            {
                return false;
            }

            isDescribed |= rest[1] == Description;
            rest = rest[length..];
            isFirst = false;
        }

        if (!rest.IsEmpty || !isDescribed)
        {
            return false;
        }

        notes.Recognise(ServiceProtocol.Other, "RTCP");
        return true;
    }

    private sealed class Stream
    {
        public int Kind { get; set; }

        public ushort Number { get; set; }

        public uint Time { get; set; }

        public uint Source { get; set; }

        public int InOrder { get; set; }
    }
}
