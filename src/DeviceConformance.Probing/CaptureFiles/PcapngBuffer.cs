using System.Buffers.Binary;
using System.Text;

namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>Whole blocks of a pcapng file (draft-ietf-opsawg-pcapng) on their way to the file, little-endian, one interface with times in nanoseconds.</summary>
internal sealed class PcapngBuffer
{
    /// <summary>Bytes that it holds; the longest block fits many times.</summary>
    public const int Capacity = 2 << 20;

    /// <summary>Bytes of an interface statistics block without a comment.</summary>
    public const int StatisticsSize = 88;

    private const int BlockFrame = 12;
    private const int PacketHeader = 20;
    private const int LongestText = 1000;
    private const ushort Comment = 1;

    private readonly byte[] _bytes = new byte[Capacity];
    private int _end;

    /// <summary>What is in it.</summary>
    public ReadOnlySpan<byte> Blocks => _bytes.AsSpan(0, _end);

    /// <summary>Bytes of a frame's block at the most.</summary>
    public static int SizeOfFrame(int captured, string comment) => BlockFrame + PacketHeader + captured + 3 + (comment.Length == 0 ? 0 : LongestText + 12);

    /// <summary>True when so many bytes fit behind what is there.</summary>
    public bool HasRoom(int bytes) => bytes <= Capacity - _end;

    /// <summary>Forgets everything.</summary>
    public void Clear() => _end = 0;

    /// <summary>Section header block: a file begins.</summary>
    public void AddSection(string system, string program, string comment)
    {
        var start = Begin(0x0a0d0d0a);
        Number(0x1a2b3c4d);
        Short(1);
        Short(0);
        // The length of the section is not known.
        Long(ulong.MaxValue);
        Option(3, system);
        Option(4, program);
        Option(Comment, comment);
        End(start, hasOptions: true);
    }

    /// <summary>Interface description block.</summary>
    public void AddInterface(CaptureOrigin origin)
    {
        var start = Begin(1);
        Short((ushort)origin.Link);
        Short(0);
        Number((uint)origin.SnapLength);
        Option(2, origin.Interface);
        // Nanoseconds: 10 to the minus 9.
        Option(9, [9]);
        if (origin.Filter.Length > 0)
        {
            // The first byte says that a text in the language of libpcap follows.
            Option(11, [0, .. Text(origin.Filter)]);
        }

        End(start, hasOptions: true);
    }

    /// <summary>Enhanced packet block.</summary>
    public void AddFrame(long nanoseconds, int length, ReadOnlySpan<byte> bytes, string comment)
    {
        var start = Begin(6);
        Number(0);
        Time(nanoseconds);
        Number((uint)bytes.Length);
        Number((uint)length);
        Padded(bytes);
        Option(Comment, comment);
        End(start, hasOptions: comment.Length > 0);
    }

    /// <summary>Interface statistics block that marks a moment by a comment and counts nothing.</summary>
    public void AddMark(long nanoseconds, string comment)
    {
        var start = Begin(5);
        Number(0);
        Time(nanoseconds);
        Option(Comment, comment);
        End(start, hasOptions: true);
    }

    /// <summary>Interface statistics block.</summary>
    public void AddStatistics(long from, long to, CaptureCounts counts, long written, string comment)
    {
        var start = Begin(5);
        Number(0);
        Time(to);
        TimeOption(2, from);
        TimeOption(3, to);
        CountOption(4, counts.Received);
        // All losses in one number, as dumpcap writes them: Wireshark shows no other.
        CountOption(5, counts.Lost);
        CountOption(8, written);
        Option(Comment, comment);
        End(start, hasOptions: true);
    }

    private static byte[] Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = Math.Min(bytes.Length, LongestText);
        // Not in the middle of a character.
        while (length < bytes.Length && (bytes[length] & 0xc0) == 0x80)
        {
            length--;
        }

        return bytes[..length];
    }

    private int Begin(uint type)
    {
        var start = _end;
        Number(type);
        Number(0);
        return start;
    }

    private void End(int start, bool hasOptions)
    {
        if (hasOptions)
        {
            Number(0);
        }

        var length = (uint)(_end - start + 4);
        Number(length);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(start + 4), length);
    }

    private void Option(ushort code, string text)
    {
        if (text.Length > 0)
        {
            Option(code, Text(text));
        }
    }

    private void Option(ushort code, ReadOnlySpan<byte> value)
    {
        Short(code);
        Short((ushort)value.Length);
        Padded(value);
    }

    private void TimeOption(ushort code, long nanoseconds)
    {
        Short(code);
        Short(8);
        Time(nanoseconds);
    }

    private void CountOption(ushort code, long count)
    {
        Short(code);
        Short(8);
        Long((ulong)count);
    }

    // Unlike any other number of 64 bits, a time has its upper half first.
    private void Time(long nanoseconds)
    {
        Number((uint)(nanoseconds >> 32));
        Number((uint)nanoseconds);
    }

    private void Padded(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(_end));
        var padded = (bytes.Length + 3) & ~3;
        _bytes.AsSpan(_end + bytes.Length, padded - bytes.Length).Clear();
        _end += padded;
    }

    private void Short(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_end), value);
        _end += 2;
    }

    private void Number(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_end), value);
        _end += 4;
    }

    private void Long(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(_end), value);
        _end += 8;
    }
}
