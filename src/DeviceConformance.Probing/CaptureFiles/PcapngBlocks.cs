using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>Reads the blocks of a pcapng file (draft-ietf-opsawg-pcapng), section by section.</summary>
internal sealed class PcapngBlocks(ByteWindow window)
{
    private const uint SectionHeader = 0x0a0d0d0a;
    private const uint SystemdJournal = 9;
    private const uint Custom = 0xbad;
    private const uint CustomNotCopied = 0x40000bad;
    private const uint TlsKeyLog = 0x544c534b;
    private const int LongestBlock = ByteWindow.Size;
    private const int MostInterfaces = 1 << 16;
    private const int MostKeyLog = 8 << 20;
    private const int MostFilters = 8;
    private const int InterfaceFilter = 11;

    private readonly List<PcapngInterface> _interfaces = [];
    private readonly StringBuilder _keyLog = new();
    private readonly PhaseMarks _phases = new();
    private readonly List<string> _filters = [];
    private bool _swapped;
    private long _droppedBefore;
    private bool _droppedTold;
    private bool _droppedUntold;
    private long _number;

    /// <summary>Empty, or why reading ended and at which byte the block lies that ended it.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>
    /// Frames that the recorder says it lost, by statistics where they are given and else by what packets say; null when nothing tells, and when
    /// no loss is told but of some frames nobody says it: of an interface without statistics, or after the last ones.
    /// </summary>
    public long? Dropped => _droppedTold && _droppedBefore + _interfaces.Sum(one => one.Dropped) is var sum && (sum > 0 || (!_droppedUntold && _interfaces.TrueForAll(one => one.IsTold))) ? sum : null;

    /// <summary>Filters that the interfaces say frames had to pass (option if_filter), each once, at most <see cref="MostFilters"/>.</summary>
    public ImmutableArray<string> Filters => [.. _filters];

    /// <summary>Secrets in the NSS key log format of all blocks read so far.</summary>
    public string KeyLog => _keyLog.ToString();

    /// <summary>The secrets from a character on.</summary>
    public string KeyLogFrom(int start) => _keyLog.ToString(start, _keyLog.Length - start);

    /// <summary>Length of the secrets read so far in characters: tells without a copy whether there are new ones.</summary>
    public int KeyLogLength => _keyLog.Length;

    /// <summary>Whether a phase was marked so far.</summary>
    public bool HasPhases => _phases.Any;

    /// <summary>Name of the phase of a moment, by the marks read so far.</summary>
    public string? PhaseAt(long nanoseconds) => _phases.At(nanoseconds);

    /// <summary>Phases marked in what was read so far.</summary>
    public ImmutableArray<CapturePhase> Phases => _phases.Phases();

    /// <summary>True when bytes begin a section.</summary>
    public static bool IsSection(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 12 && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == SectionHeader
        && BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) is 0x1a2b3c4d or 0x4d3c2b1a;

    /// <summary>Reads up to the next frame.</summary>
    public bool TryRead(out CapturedFrame frame)
    {
        frame = default;
        while (TryBlock(out var type, out var length))
        {
            if (length > LongestBlock)
            {
                if (!TryPass(type, length))
                {
                    return false;
                }

                continue;
            }

            var block = window.Peek((int)length);
            if (block.Length < length)
            {
                return Broken($"a block of {length} bytes is cut off after {block.Length}");
            }

            if (Number(block[^4..]) != length)
            {
                return Broken($"a block says {length} bytes at its beginning and {Number(block[^4..])} at its end");
            }

            if (!TryBody(type, block[8..^4], out var isFrame, out frame))
            {
                return false;
            }

            window.Advance((int)length);
            if (isFrame)
            {
                return true;
            }
        }

        return false;
    }

    private bool TryBlock(out uint type, out uint length)
    {
        (type, length) = (0, 0);
        var head = window.Peek(12);
        if (head.Length < 12)
        {
            return head.Length > 0 && Broken($"{head.Length} bytes are too few for a block");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(head) == SectionHeader)
        {
            if (!IsSection(head))
            {
                return Broken("the byte order of a section is not told");
            }

            _swapped = head[8] == 0x1a;
        }

        type = Number(head);
        length = Number(head[4..]);
        // A block is padded to four bytes. Some writers forget that in the length; Wireshark refuses those as well.
        return (length >= 12 && length % 4 == 0) || Broken($"a block of {length} bytes is none");
    }

    // What is not read may be longer than the window: it is passed piece by piece.
    private bool TryPass(uint type, uint length)
    {
        if (type is 1 or 2 or 3 or 4 or 5 or 6 or SystemdJournal or 10 or Custom or CustomNotCopied or SectionHeader)
        {
            return Broken($"a block of {length} bytes and type {type} is none");
        }

        var start = window.Position;
        for (var left = (long)length - 4; left > 0;)
        {
            var piece = window.Peek((int)Math.Min(left, 256 << 10)).Length;
            if (piece == 0)
            {
                break;
            }

            window.Advance(piece);
            left -= piece;
        }

        var trailer = window.Peek(4);
        if (trailer.Length < 4)
        {
            return Broken($"a block of {length} bytes is cut off after {window.Position - start + trailer.Length}", start);
        }

        if (Number(trailer) != length)
        {
            return Broken($"a block says {length} bytes at its beginning and {Number(trailer)} at its end", start);
        }

        window.Advance(4);
        return true;
    }

    private bool TryBody(uint type, ReadOnlySpan<byte> body, out bool isFrame, out CapturedFrame frame)
    {
        frame = default;
        isFrame = type is 2 or 3 or 6;
        switch (type)
        {
            case 6:
                return TryEnhanced(body, out frame);
            case 3:
                return TrySimple(body, out frame);
            case 2:
                return TryOld(body, out frame);
            case 1:
                return TryInterface(body);
            case 5:
                return TryStatistics(body);
            case 10:
                return TrySecrets(body);
            case SectionHeader:
                return TrySection(body);
            case SystemdJournal or Custom or CustomNotCopied:
                // No frames, but Wireshark numbers them with the frames, and numbers here are those that it shows.
                _number++;
                return true;
            default:
                return true;
        }
    }

    private bool TrySection(ReadOnlySpan<byte> body)
    {
        if (body.Length < 16 || Short(body[4..]) != 1)
        {
            return Broken(body.Length < 16 ? "the header of a section is too short" : $"version {Short(body[4..])} of pcapng is not known");
        }

        // Interfaces are counted from 0 again in each section.
        _droppedBefore += _interfaces.Sum(one => one.Dropped);
        _droppedUntold |= !_interfaces.TrueForAll(one => one.IsTold);
        _interfaces.Clear();
        return true;
    }

    private bool TryInterface(ReadOnlySpan<byte> body)
    {
        if (body.Length < 8 || _interfaces.Count == MostInterfaces)
        {
            return Broken(body.Length < 8 ? "the description of an interface is too short" : $"more than {MostInterfaces} interfaces");
        }

        byte resolution = 6;
        long offset = 0;
        for (var options = body[8..]; TryOption(ref options, out var code, out var value);)
        {
            if (code == 9 && value.Length == 1)
            {
                resolution = value[0];
            }
            else if (code == 14 && value.Length == 8)
            {
                offset = (long)Long(value);
            }
            else if (code == InterfaceFilter && value.Length > 1 && _filters.Count < MostFilters)
            {
                // The first byte says in what language it is: 0 is the text that libpcap takes.
                var filter = value[0] == 0 ? Encoding.UTF8.GetString(value[1..]).TrimEnd('\0').Trim() : "(of a kind that can not be read)";
                if (filter.Length > 0 && !_filters.Contains(filter))
                {
                    _filters.Add(filter);
                }
            }
        }

        _interfaces.Add(new PcapngInterface((LinkType)Short(body), Number(body[4..]), resolution, offset));
        return true;
    }

    private bool TryEnhanced(ReadOnlySpan<byte> body, out CapturedFrame frame)
    {
        frame = default;
        if (body.Length < 20)
        {
            return Broken("the header of a packet is too short");
        }

        if (!TryFrame(Number(body), (Number(body[4..]), Number(body[8..])), (Number(body[12..]), Number(body[16..])), body[20..], out frame, out var options))
        {
            return false;
        }

        // Most packets have no option.
        while (TryOption(ref options, out var code, out var value))
        {
            if (code == 4 && value.Length == 8)
            {
                Count((int)Number(body), Long(value));
            }
            else if (code == 1)
            {
                _phases.Read(value, frame.Nanoseconds);
            }
        }

        return true;
    }

    private bool TryOld(ReadOnlySpan<byte> body, out CapturedFrame frame)
    {
        frame = default;
        if (body.Length < 20)
        {
            return Broken("the header of a packet is too short");
        }

        if (!TryFrame(Short(body), (Number(body[4..]), Number(body[8..])), (Number(body[12..]), Number(body[16..])), body[20..], out frame, out _))
        {
            return false;
        }

        // 0xffff says that the number of lost packets is not known.
        if (Short(body[2..]) is not 0xffff and var lost)
        {
            Count(Short(body), lost);
        }

        return true;
    }

    private bool TrySimple(ReadOnlySpan<byte> body, out CapturedFrame frame)
    {
        frame = default;
        if (body.Length < 4 || _interfaces.Count == 0)
        {
            return Broken(body.Length < 4 ? "the header of a packet is too short" : "a packet of interface 0, which is not described");
        }

        var length = Number(body);
        var most = _interfaces[0].Snap == 0 ? length : Math.Min(length, _interfaces[0].Snap);
        if (length > int.MaxValue || most > (uint)(body.Length - 4))
        {
            return Broken($"a packet of {most} bytes in a block for {body.Length - 4}");
        }

        _interfaces[0].FramesSince++;
        frame = new CapturedFrame(++_number, CapturedFrame.NoTime, _interfaces[0].Link, (int)length, body.Slice(4, (int)most));
        return true;
    }

    private bool TryFrame(uint index, (uint High, uint Low) time, (uint Captured, uint Length) size, ReadOnlySpan<byte> rest, out CapturedFrame frame, out ReadOnlySpan<byte> options)
    {
        frame = default;
        options = default;
        if (index >= (uint)_interfaces.Count)
        {
            return Broken($"a packet of interface {index}, which is not described");
        }

        if (size.Captured > (uint)rest.Length || size.Length > int.MaxValue)
        {
            return Broken($"a packet of {Math.Max(size.Captured, size.Length)} bytes in a block for {rest.Length}");
        }

        var padded = Math.Min(rest.Length, ((int)size.Captured + 3) & ~3);
        options = rest[padded..];
        var one = _interfaces[(int)index];
        var nanoseconds = one.Nanoseconds(((ulong)time.High << 32) | time.Low);
        _phases.Last = Math.Max(_phases.Last, nanoseconds);
        one.FramesSince++;
        frame = new CapturedFrame(++_number, nanoseconds, one.Link, (int)size.Length, rest[..(int)size.Captured]);
        return true;
    }

    private bool TryStatistics(ReadOnlySpan<byte> body)
    {
        if (body.Length < 12 || Number(body) >= (uint)_interfaces.Count)
        {
            return Broken(body.Length < 12 ? "the statistics of an interface are too short" : $"statistics of interface {Number(body)}, which is not described");
        }

        long? lost = null;
        var nanoseconds = _interfaces[(int)Number(body)].Nanoseconds(((ulong)Number(body[4..]) << 32) | Number(body[8..]));
        _phases.Last = Math.Max(_phases.Last, nanoseconds);
        for (var options = body[12..]; TryOption(ref options, out var code, out var value);)
        {
            if (code == 1)
            {
                _phases.Read(value, nanoseconds);
            }

            // What the interface dropped and what the operating system dropped, since the capture began.
            if (code is 5 or 7 && value.Length == 8)
            {
                lost = Sum(lost ?? 0, Long(value));
            }
        }

        if (lost is { } told)
        {
            _interfaces[(int)Number(body)].Stated = told;
            _interfaces[(int)Number(body)].FramesSince = 0;
            _droppedTold = true;
        }

        return true;
    }

    private bool TrySecrets(ReadOnlySpan<byte> body)
    {
        if (body.Length < 8 || Number(body[4..]) > (uint)(body.Length - 8))
        {
            return Broken("a block of secrets is too short for them");
        }

        if (Number(body) != TlsKeyLog)
        {
            return true;
        }

        var text = body.Slice(8, (int)Number(body[4..]));
        if (_keyLog.Length + text.Length > MostKeyLog)
        {
            return Broken($"more than {MostKeyLog} bytes of TLS secrets");
        }

        _keyLog.Append(Encoding.Latin1.GetString(text));
        if (text.Length > 0 && text[^1] != '\n')
        {
            _keyLog.Append('\n');
        }

        return true;
    }

    private void Count(int index, ulong lost)
    {
        _interfaces[index].Counted = Sum(_interfaces[index].Counted, lost);
        _interfaces[index].IsCounted = true;
        _droppedTold = true;
    }

    // Damage may say any number; a sum stays one that many others can be added to.
    private static long Sum(long one, ulong other) => (long)Math.Min((ulong)one + Math.Min(other, 1UL << 40), 1UL << 40);

    private bool TryOption(ref ReadOnlySpan<byte> options, out int code, out ReadOnlySpan<byte> value)
    {
        code = 0;
        value = default;
        if (options.Length < 4)
        {
            return false;
        }

        code = Short(options);
        var length = Short(options[2..]);
        // What is longer than its block is no option; the block itself is whole and is kept.
        if (code == 0 || length > options.Length - 4)
        {
            return false;
        }

        value = options.Slice(4, length);
        options = options[Math.Min(options.Length, 4 + ((length + 3) & ~3))..];
        return true;
    }

    private bool Broken(string why, long? start = null)
    {
        Fault = $"ended at byte {start ?? window.Position}: {why}";
        return false;
    }

    private ushort Short(ReadOnlySpan<byte> bytes) => _swapped ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private uint Number(ReadOnlySpan<byte> bytes) => _swapped ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private ulong Long(ReadOnlySpan<byte> bytes) => _swapped ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}
