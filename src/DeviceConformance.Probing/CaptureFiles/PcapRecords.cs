using System.Buffers.Binary;

namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>Reads the records of a pcap file (draft-ietf-opsawg-pcap).</summary>
internal sealed class PcapRecords(ByteWindow window)
{
    private const int FileHeader = 24;
    private const int FrameHeader = 16;

    // tcpdump writes at most 262,144 bytes of a frame; what says more is damage and no frame.
    private const int LongestFrame = 4 << 20;

    private bool _swapped;
    private int _unit;
    private LinkType _link;
    private long _frames;

    /// <summary>Empty, or why reading ended and at which byte.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>True when times are given in nanoseconds.</summary>
    public bool IsFine => _unit == 1;

    /// <summary>Reads the header of a file.</summary>
    /// <returns>False when there is none.</returns>
    public bool TryHeader()
    {
        var header = window.Peek(FileHeader);
        if (header.Length < FileHeader || !IsHeader(header, out var swapped, out var unit))
        {
            return false;
        }

        (_swapped, _unit) = (swapped, unit);
        // The upper bits say how long a frame check sequence is; the lower sixteen are the link type.
        _link = (LinkType)(Number(header[20..]) & 0xffff);
        window.Advance(FileHeader);
        return true;
    }

    /// <summary>Reads the next frame.</summary>
    public bool TryRead(out CapturedFrame frame)
    {
        frame = default;
        var header = window.Peek(FrameHeader);
        while (IsHeader(header, out _, out _))
        {
            // 'cat a b': a second file begins where a frame would. Its seconds would lie in 2055 or later.
            if (!TryHeader())
            {
                return Broken("a second file header is cut off");
            }

            header = window.Peek(FrameHeader);
        }

        if (header.Length < FrameHeader)
        {
            return header.Length > 0 && Broken($"{header.Length} bytes are too few for the header of a frame");
        }

        var nanoseconds = (Number(header) * 1_000_000_000L) + (Number(header[4..]) * (long)_unit);
        var captured = Number(header[8..]);
        var length = Number(header[12..]);
        if (captured > LongestFrame || length > int.MaxValue)
        {
            return Broken($"a frame of {Math.Max(captured, length)} bytes is none");
        }

        var whole = FrameHeader + (int)captured;
        var bytes = window.Peek(whole);
        if (bytes.Length < whole)
        {
            return Broken($"a frame of {captured} bytes is cut off after {bytes.Length - FrameHeader}");
        }

        frame = new CapturedFrame(++_frames, nanoseconds, _link, (int)length, bytes[FrameHeader..]);
        window.Advance(whole);
        return true;
    }

    private static bool IsHeader(ReadOnlySpan<byte> bytes, out bool swapped, out int unit)
    {
        var magic = bytes.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        swapped = magic is 0xd4c3b2a1 or 0x4d3cb2a1;
        unit = magic is 0xa1b23c4d or 0x4d3cb2a1 ? 1 : 1000;
        return swapped || magic is 0xa1b2c3d4 or 0xa1b23c4d;
    }

    private bool Broken(string why)
    {
        Fault = $"ended at byte {window.Position}: {why}";
        return false;
    }

    private uint Number(ReadOnlySpan<byte> bytes) => _swapped ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
