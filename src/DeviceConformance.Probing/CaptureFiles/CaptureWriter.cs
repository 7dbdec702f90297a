using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>
/// Records frames of one interface into a pcapng file (draft-ietf-opsawg-pcapng) or a ring of such files, with times in nanoseconds. What was
/// written is in the file after half a second at the latest, in whole blocks: a recording that is killed stays readable up to there.
/// May be used by several threads.
/// </summary>
/// <remarks>
/// Phases are comments <c>phase: NAME</c> on a statistics block, which has the moment of the change, and on the first frame from then on, where
/// Wireshark shows them. Frames that the source lost are told by the last block of each file. A file without that block, because its writer
/// was killed, tells no number: how much is missing is then not known.
/// </remarks>
public sealed class CaptureWriter : IDisposable
{
    private static readonly TimeSpan _flushInterval = TimeSpan.FromSeconds(0.5);

    private readonly string _path;
    private readonly CaptureOrigin _origin;
    private readonly CaptureRing? _ring;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly PcapngBuffer _buffer = new();
    private readonly Queue<string> _files = [];
    private readonly ITimer _timer;
    private FileStream _file;
    private int _number;
    private long _fileBytes;
    private long _fileFrames;
    private long _fileFrom;
    private CaptureCounts _counts;
    private CaptureCounts _countsBefore;
    private readonly Queue<(string Comment, long From)> _ahead = [];
    private string _comment = "";
    private string _fault = "";
    private bool _ended;

    private CaptureWriter(string path, CaptureOrigin origin, CaptureRing? ring, TimeProvider clock)
    {
        (_path, _origin, _ring, _clock) = (path, origin, ring, clock);
        _file = Open();
        _timer = clock.CreateTimer(_ => FlushByTime(), null, _flushInterval, _flushInterval);
    }

    /// <summary>Frames recorded.</summary>
    public long Frames { get; private set; }

    /// <summary>Bytes of these frames on the wire.</summary>
    public long Bytes { get; private set; }

    /// <summary>Files of the ring that were deleted to make room for newer ones.</summary>
    public int DeletedFiles { get; private set; }

    /// <summary>Files that there are, oldest first.</summary>
    public ImmutableArray<string> Files
    {
        get
        {
            lock (_gate)
            {
                return [.. _files];
            }
        }
    }

    /// <summary>Begins a recording.</summary>
    /// <param name="path">File to write; in a ring each file has its number before the extension.</param>
    /// <param name="origin">Where the frames come from.</param>
    /// <param name="ring">Sizes of a ring of files; null for one file without limit.</param>
    /// <param name="clock">Clock of phases and of writing out; the system's when null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of its range.</exception>
    /// <exception cref="CaptureFileException">The file is there already, or can not be written.</exception>
    public static CaptureWriter Create(string path, CaptureOrigin origin, CaptureRing? ring = null, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentOutOfRangeException.ThrowIfLessThan(origin.SnapLength, 1, nameof(origin));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(origin.SnapLength, CaptureOrigin.MostBytes, nameof(origin));
        if (ring is not null)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(ring.FileBytes, CaptureRing.LeastFileBytes, nameof(ring));
            ArgumentOutOfRangeException.ThrowIfLessThan(ring.Files, 1, nameof(ring));
        }

        var writer = new CaptureWriter(path, origin, ring, clock ?? TimeProvider.System);
        try
        {
            // Whoever is killed at once leaves a capture without frames and no empty file.
            writer.WriteOut();
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Records a frame.</summary>
    /// <param name="nanoseconds">Time since 1970-01-01 UTC.</param>
    /// <param name="length">Length on the wire in bytes.</param>
    /// <param name="bytes">The bytes that were captured; what is longer than the snap length is cut.</param>
    /// <exception cref="CaptureFileException">The file can not be written any more; what was recorded stays readable.</exception>
    public void Write(long nanoseconds, int length, ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, _origin.SnapLength)];
        lock (_gate)
        {
            ThrowIfOver();
            var comment = TakeMark(nanoseconds);
            var size = PcapngBuffer.SizeOfFrame(bytes.Length, comment);
            if (_ring is not null && _fileFrames > 0 && _fileBytes + _buffer.Blocks.Length + size + PcapngBuffer.StatisticsSize > _ring.FileBytes)
            {
                TurnOver(nanoseconds);
                // The new file says the phase again.
                comment = _comment;
            }

            if (!_buffer.HasRoom(size))
            {
                WriteOut();
            }

            _buffer.AddFrame(nanoseconds, length, bytes, comment);
            _fileFrames++;
            Frames++;
            Bytes += length;
        }
    }

    /// <summary>Marks that a phase begins now and the one before ends.</summary>
    /// <param name="name">Name; characters that control a terminal are taken out, and at most 100 are kept.</param>
    /// <exception cref="ArgumentException">Nothing is left of the name.</exception>
    /// <exception cref="CaptureFileException">The file can not be written any more.</exception>
    public void BeginPhase(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var clean = PhaseMarks.NameOf(name);
        if (clean.Length == 0)
        {
            throw new ArgumentException("A phase needs a name.", nameof(name));
        }

        lock (_gate)
        {
            ThrowIfOver();
            var mark = (Comment: PhaseMarks.Prefix + clean, From: Now());
            _ahead.Enqueue(mark);
            Mark(mark.From, mark.Comment);
            WriteOut();
        }
    }

    /// <summary>Writes out what was recorded so far.</summary>
    /// <exception cref="CaptureFileException">The file can not be written any more.</exception>
    public void Flush()
    {
        lock (_gate)
        {
            ThrowIfOver();
            WriteOut();
        }
    }

    /// <summary>Tells what the source counted since the recording began; the counts stand at the end of each file.</summary>
    public void Count(CaptureCounts counts)
    {
        lock (_gate)
        {
            _counts = counts;
        }
    }

    /// <summary>Ends the recording with what the source counted. Afterwards nothing can be written.</summary>
    /// <param name="counts">What the source counted since the recording began.</param>
    /// <param name="fault">Why the recording ends before it was stopped, noted in the file; empty when it was stopped.</param>
    /// <exception cref="CaptureFileException">The file can not be written any more.</exception>
    public void Complete(CaptureCounts counts, string fault = "")
    {
        lock (_gate)
        {
            ThrowIfOver();
            _counts = counts;
            AddStatistics(fault.Length > 0 ? $"recording ended: {fault}" : "");
            WriteOut();
            _ended = true;
        }
    }

    /// <summary>Writes out what is still on its way and closes the file. Without <see cref="Complete"/> the file does not say what was lost.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_gate)
        {
            // Who wants to know of a fault has completed the recording; here another one is under way.
            FlushUnlocked();
            _ended = true;
            _file.Dispose();
        }
    }

    private FileStream Open()
    {
        var path = _ring is null ? _path : Path.Combine(Path.GetDirectoryName(_path) ?? "", $"{Path.GetFileNameWithoutExtension(_path)}-{++_number:00000}{Path.GetExtension(_path)}");
        var comment = _ring is null ? "" : $"file {_number} of a ring of {_ring.Files}{(DeletedFiles > 0 ? $"; {DeletedFiles} earlier files were deleted" : "")}";
        try
        {
            // A recording is evidence: it never replaces another.
            var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 0);
            _files.Enqueue(path);
            (_fileBytes, _fileFrames, _fileFrom, _countsBefore) = (0, 0, Now(), _counts);
            _buffer.AddSection(RuntimeInformation.OSDescription, "DeviceConformance dct", comment);
            _buffer.AddInterface(_origin);
            return file;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CaptureFileException(File.Exists(path) ? $"{path} is there already; name another file." : $"{path} can not be written: {fault.Message}");
        }
    }

    // Frames come some time after they passed, so that one or more phases may have begun meanwhile.
    private string TakeMark(long nanoseconds)
    {
        var taken = "";
        while (_ahead.TryPeek(out var next) && nanoseconds >= next.From)
        {
            _comment = taken = next.Comment;
            _ahead.Dequeue();
        }

        return taken;
    }

    private void TurnOver(long nanoseconds)
    {
        AddStatistics("");
        WriteOut();
        _file.Dispose();
        while (_files.Count >= _ring!.Files)
        {
            try
            {
                File.Delete(_files.Peek());
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw Over($"{_files.Peek()} can not be deleted to make room: {fault.Message}");
            }

            _files.Dequeue();
            DeletedFiles++;
        }

        try
        {
            _file = Open();
        }
        catch (CaptureFileException fault)
        {
            throw Over(fault.Message);
        }

        if (_comment.Length > 0)
        {
            Mark(nanoseconds, _comment);
        }

        foreach (var (comment, from) in _ahead)
        {
            Mark(from, comment);
        }
    }

    private void Mark(long nanoseconds, string comment)
    {
        MakeRoom();
        _buffer.AddMark(nanoseconds, comment);
    }

    private void AddStatistics(string comment)
    {
        MakeRoom();
        // Each file tells its own losses, so that those of several files add up.
        var counts = new CaptureCounts(_counts.Received - _countsBefore.Received, _counts.Dropped - _countsBefore.Dropped, _counts.InterfaceDropped - _countsBefore.InterfaceDropped);
        _buffer.AddStatistics(_fileFrom, Now(), counts, _fileFrames, comment);
    }

    private void MakeRoom()
    {
        if (!_buffer.HasRoom(PcapngBuffer.SizeOfFrame(0, "comment")))
        {
            WriteOut();
        }
    }

    private void FlushByTime()
    {
        lock (_gate)
        {
            FlushUnlocked();
        }
    }

    // A fault is kept and told to the next who writes.
    private void FlushUnlocked()
    {
        try
        {
            if (!_ended && _fault.Length == 0)
            {
                WriteOut();
            }
        }
        catch (CaptureFileException)
        {
            _ended = true;
        }
    }

    private void WriteOut()
    {
        var blocks = _buffer.Blocks;
        if (blocks.IsEmpty)
        {
            return;
        }

        try
        {
            _file.Write(blocks);
            _fileBytes += blocks.Length;
            _buffer.Clear();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Over($"{_file.Name} can not be written any more: {fault.Message} {KeepWholeBlocks(blocks)}");
        }
    }

    // A full disk may have taken a part. The file ends behind the last whole block, so that every reader takes it for sound.
    private string KeepWholeBlocks(ReadOnlySpan<byte> blocks)
    {
        try
        {
            var room = _file.Length - _fileBytes;
            var kept = 0;
            var lost = 0;
            for (var at = 0; at < blocks.Length;)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(blocks[(at + 4)..]);
                var isFrame = BinaryPrimitives.ReadInt32LittleEndian(blocks[at..]) == 6;
                at += length;
                kept = at <= room ? at : kept;
                if (at > room && isFrame)
                {
                    lost++;
                }
            }

            _file.SetLength(_fileBytes + kept);
            Frames -= lost;
            return $"What was recorded before stays readable ({Frames} frames).";
        }
        catch (IOException fault)
        {
            return $"Its end may be cut: {fault.Message}";
        }
    }

    private CaptureFileException Over(string why)
    {
        _fault = why;
        return new CaptureFileException(why);
    }

    private void ThrowIfOver()
    {
        if (_fault.Length > 0)
        {
            throw new CaptureFileException(_fault);
        }

        ObjectDisposedException.ThrowIf(_ended, this);
    }

    private long Now() => Times.Of(_clock.GetUtcNow());
}
