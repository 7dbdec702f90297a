using System.Buffers.Binary;
using System.IO.Compression;

namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>Reads a pcap file (draft-ietf-opsawg-pcap), plain or gzip; what is broken is read as far as it goes.</summary>
public sealed class CaptureReader : IDisposable
{
    private const int FileHeader = 24;
    private const int FrameHeader = 16;

    // tcpdump writes at most 262,144 bytes of a frame; what says more is damage and no frame.
    private const int LongestFrame = 4 << 20;

    private readonly ByteWindow _window;
    private bool _swapped;
    private int _unit;
    private LinkType _link;

    private CaptureReader(ByteWindow window) => _window = window;

    /// <summary>Empty, or why and at which byte the capture ended before its end.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>Frames read so far.</summary>
    public long Frames { get; private set; }

    /// <summary>Frames that the recorder says it lost; null where the file does not tell, as pcap never does.</summary>
    public long? Dropped { get; private set; }

    /// <summary>Format, as in <c>pcap, nanoseconds</c>.</summary>
    public string Format => _unit == 1 ? "pcap, nanoseconds" : "pcap, microseconds";

    /// <summary>Opens a capture.</summary>
    /// <exception cref="CaptureFileException">The file is no capture of a known format.</exception>
    public static CaptureReader Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0, FileOptions.SequentialScan);
        try
        {
            Span<byte> head = stackalloc byte[6];
            head = head[..file.ReadAtLeast(head, head.Length, false)];
            file.Position = 0;
            if (Remedy(head) is { Length: > 0 } remedy)
            {
                throw new CaptureFileException($"{path} {remedy}");
            }

            var packed = head.StartsWith<byte>([0x1f, 0x8b]);
            var reader = new CaptureReader(new ByteWindow(packed ? new GZipStream(file, CompressionMode.Decompress) : file));
            return reader.TryHeader() ? reader : throw new CaptureFileException($"{path} is no pcap file: it begins with {Convert.ToHexString(head)}.");
        }
        catch (Exception fault)
        {
            file.Dispose();
            if (fault is InvalidDataException)
            {
                throw new CaptureFileException($"{path} can not be unpacked: {fault.Message}");
            }

            throw;
        }
    }

    /// <summary>Reads the next frame; its bytes are valid until the next call.</summary>
    /// <returns>False at the end; <see cref="Fault"/> then says whether the file is whole.</returns>
    public bool TryRead(out CapturedFrame frame)
    {
        frame = default;
        if (Fault.Length > 0)
        {
            return false;
        }

        try
        {
            return TryFrame(out frame);
        }
        catch (Exception fault) when (fault is IOException or InvalidDataException)
        {
            return Broken($"reading failed: {fault.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _window.Dispose();

    private static string Remedy(ReadOnlySpan<byte> head) =>
        head.StartsWith<byte>([0x28, 0xb5, 0x2f, 0xfd]) ? "is packed with zstd, which is not read here: unpack it with 'zstd -d'."
        : head.StartsWith<byte>([0x04, 0x22, 0x4d, 0x18]) ? "is packed with lz4, which is not read here: unpack it with 'lz4 -d'."
        : head.StartsWith<byte>([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z']) ? "is packed with xz, which is not read here: unpack it with 'xz -d'."
        : head.StartsWith<byte>([0x0a, 0x0d, 0x0d, 0x0a]) ? "is a pcapng file, which is not read yet: convert it with 'editcap -F pcap'."
        : "";

    private static bool IsHeader(ReadOnlySpan<byte> bytes, out bool swapped, out int unit)
    {
        var magic = bytes.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        swapped = magic is 0xd4c3b2a1 or 0x4d3cb2a1;
        unit = magic is 0xa1b23c4d or 0x4d3cb2a1 ? 1 : 1000;
        return swapped || magic is 0xa1b2c3d4 or 0xa1b23c4d;
    }

    private bool TryHeader()
    {
        var header = _window.Peek(FileHeader);
        if (header.Length < FileHeader || !IsHeader(header, out _swapped, out _unit))
        {
            return false;
        }

        // The upper bits say how long a frame check sequence is; the lower sixteen are the link type.
        _link = (LinkType)(Number(header[20..]) & 0xffff);
        _window.Advance(FileHeader);
        return true;
    }

    private bool TryFrame(out CapturedFrame frame)
    {
        frame = default;
        var header = _window.Peek(FrameHeader);
        while (IsHeader(header, out _, out _))
        {
            // 'cat a b': a second file begins where a frame would. Its seconds would lie in 2055 or later.
            if (!TryHeader())
            {
                return Broken("a second file header is cut off");
            }

            header = _window.Peek(FrameHeader);
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
        var bytes = _window.Peek(whole);
        if (bytes.Length < whole)
        {
            return Broken($"a frame of {captured} bytes is cut off after {bytes.Length - FrameHeader}");
        }

        frame = new CapturedFrame(++Frames, nanoseconds, _link, (int)length, bytes[FrameHeader..]);
        _window.Advance(whole);
        return true;
    }

    private bool Broken(string why)
    {
        Fault = $"ended at byte {_window.Position}: {why}";
        return false;
    }

    private uint Number(ReadOnlySpan<byte> bytes) => _swapped ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
