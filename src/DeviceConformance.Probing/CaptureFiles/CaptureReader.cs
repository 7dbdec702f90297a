using System.Collections.Immutable;
using System.IO.Compression;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>
/// Reads a capture file: pcap (draft-ietf-opsawg-pcap) or pcapng (draft-ietf-opsawg-pcapng), plain or gzip, of any length in bounded memory.
/// What is broken is read as far as it goes, and <see cref="Fault"/> says where that was.
/// </summary>
public sealed class CaptureReader : IDisposable
{
    private readonly ByteWindow _window;
    private readonly PcapRecords? _pcap;
    private readonly PcapngBlocks? _pcapng;
    private readonly bool _packed;

    private CaptureReader(ByteWindow window, PcapRecords? pcap, PcapngBlocks? pcapng, bool packed) =>
        (_window, _pcap, _pcapng, _packed) = (window, pcap, pcapng, packed);

    /// <summary>Empty, or why and at which byte (of the unpacked capture) reading ended before the end.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>Frames read so far.</summary>
    public long Frames { get; private set; }

    /// <summary>Frames that the recorder says it lost, as far as was read; null where the file does not tell, as pcap never does.</summary>
    public long? Dropped => _pcapng?.Dropped;

    /// <summary>Filters that frames had to pass before they were recorded, as far as the file tells; pcap never does.</summary>
    public ImmutableArray<string> Filters => _pcapng?.Filters ?? [];

    /// <summary>
    /// TLS secrets of the capture in the NSS key log format, as far as was read; empty when there are none. They open what was recorded:
    /// they are never to be shown or written.
    /// </summary>
    public string KeyLog => _pcapng?.KeyLog ?? "";

    /// <summary>The secrets behind those of a former <see cref="KeyLogLength"/>: thousands of blocks are read in a time that grows with their number alone.</summary>
    internal string KeyLogFrom(int start) => _pcapng?.KeyLogFrom(start) ?? "";

    /// <summary>Length of the secrets read so far in characters: tells without a copy whether there are new ones.</summary>
    public int KeyLogLength => _pcapng?.KeyLogLength ?? 0;

    /// <summary>
    /// Phases marked in the file, as far as was read, in the order of time; empty when nobody marked any. A mark is a comment <c>phase: NAME</c>
    /// on a frame or on statistics, as <see cref="CaptureWriter"/> writes it; the last phase ends just behind the last frame or statistics.
    /// </summary>
    public ImmutableArray<CapturePhase> Phases => _pcapng?.Phases ?? [];

    /// <summary>Whether a phase was marked so far.</summary>
    internal bool HasPhases => _pcapng?.HasPhases == true;

    /// <summary>Name of the phase of a moment, by the marks read so far; null outside of any. Asked for each frame, where <see cref="Phases"/> makes a list.</summary>
    internal string? PhaseAt(long nanoseconds) => _pcapng?.PhaseAt(nanoseconds);

    /// <summary>Format, as in <c>pcap, nanoseconds</c> or <c>pcapng, gzip</c>.</summary>
    public string Format => (_pcap is null ? "pcapng" : _pcap.IsFine ? "pcap, nanoseconds" : "pcap, microseconds") + (_packed ? ", gzip" : "");

    /// <summary>Opens a capture.</summary>
    /// <exception cref="CaptureFileException">The file can not be read, or is no capture of a known format.</exception>
    public static CaptureReader Open(string path)
    {
        try
        {
            return Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0, FileOptions.SequentialScan), path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CaptureFileException($"{path} can not be read: {fault.Message}");
        }
    }

    /// <summary>Opens a capture that a stream holds from its beginning; the stream belongs to the reader from here on.</summary>
    internal static CaptureReader Open(Stream stream, string name)
    {
        try
        {
            if (!stream.CanSeek)
            {
                throw new CaptureFileException($"{name} is a pipe or a device: write the capture to a file first.");
            }

            Span<byte> head = stackalloc byte[12];
            head = head[..stream.ReadAtLeast(head, head.Length, false)];
            stream.Position = 0;
            if (Remedy(head) is { Length: > 0 } remedy)
            {
                throw new CaptureFileException($"{name} {remedy}");
            }

            var packed = head.StartsWith<byte>([0x1f, 0x8b]);
            var window = new ByteWindow(packed ? new GZipStream(stream, CompressionMode.Decompress) : stream);
            if (PcapngBlocks.IsSection(window.Peek(12)))
            {
                return new CaptureReader(window, null, new PcapngBlocks(window), packed);
            }

            var records = new PcapRecords(window);
            return records.TryHeader()
                ? new CaptureReader(window, records, null, packed)
                : throw new CaptureFileException($"{name} is no pcap or pcapng file: {(packed ? "unpacked, it" : "it")} begins with '{Convert.ToHexString(window.Peek(12))}'.");
        }
        catch (Exception fault)
        {
            stream.Dispose();
            if (fault is InvalidDataException)
            {
                throw new CaptureFileException($"{name} can not be unpacked: {fault.Message}");
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
            if (_pcap is not null ? _pcap.TryRead(out frame) : _pcapng!.TryRead(out frame))
            {
                Frames++;
                return true;
            }

            Fault = _pcap?.Fault ?? _pcapng!.Fault;
        }
        catch (Exception fault) when (fault is IOException or InvalidDataException)
        {
            Fault = $"ended at byte {_window.Position}: reading failed: {fault.Message}";
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _window.Dispose();

    private static string Remedy(ReadOnlySpan<byte> head) =>
        head.StartsWith<byte>([0x28, 0xb5, 0x2f, 0xfd]) ? "is packed with zstd, which is not read here: unpack it with 'zstd -d'."
        : head.StartsWith<byte>([0x04, 0x22, 0x4d, 0x18]) ? "is packed with lz4, which is not read here: unpack it with 'lz4 -d'."
        : head.StartsWith<byte>([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z']) ? "is packed with xz, which is not read here: unpack it with 'xz -d'."
        : "";
}
