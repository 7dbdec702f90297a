using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;

namespace DeviceConformance.Evidence;

/// <summary>Something is wrong with a run folder; the message names the file and the remedy.</summary>
public sealed class RunFolderException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The record of a run: a copy of the declaration, <c>observations.jsonl</c> that only grows, artefacts named by their hash, and a manifest.
/// </summary>
/// <remarks>
/// A line is on disk before <see cref="Append(ProbeRecord)"/> returns, so a run that ends at any moment can be judged and resumed. A line that was
/// being written at that moment is incomplete and counts as never written.
/// </remarks>
public sealed class RunFolder : IDisposable
{
    /// <summary>Name of the journal.</summary>
    public const string JournalName = "observations.jsonl";

    /// <summary>Name of the manifest.</summary>
    public const string ManifestName = "manifest.json";

    /// <summary>Folder with the copy of the declaration.</summary>
    public const string DeclarationName = "declaration";

    private const string ArtefactsName = "artefacts";
    private const string LockName = ".lock";
    private const int MaxLine = 64 * 1024 * 1024;

    private readonly Lock _lock = new();
    private FileStream? _writer;
    private FileStream? _journal;
    private string _previous = "";
    private int _seq;

    private RunFolder(string path, RunManifest manifest)
    {
        Path = path;
        Manifest = manifest;
    }

    /// <summary>Full path of the folder.</summary>
    public string Path { get; }

    /// <summary>The manifest as it stands.</summary>
    public RunManifest Manifest { get; private set; }

    /// <summary>Everything recorded, in order.</summary>
    public ObservationSet Observations { get; } = new();

    /// <summary>Problems recorded, in order, and those of the folder itself.</summary>
    public List<HealthProblem> Problems { get; } = [];

    /// <summary>How often ports of the DUT were asked, in the order of noting. A session that ended suddenly lacks its last round.</summary>
    public List<PortRequests> Requests { get; } = [];

    /// <summary>Sessions that wrote to the run.</summary>
    public List<RunSession> Sessions { get; } = [];

    /// <summary>End of the last session, or null when it did not end in good order.</summary>
    public SessionEnd? LastEnd { get; private set; }

    /// <summary>Whether the last session that asked the DUT ended in good order; sessions that only take answers do not count.</summary>
    public bool IsProbingComplete { get; private set; }

    /// <summary>Time of the last line.</summary>
    public DateTimeOffset LastWritten { get; private set; }

    /// <summary>Folder with the copy of the declaration.</summary>
    public string DeclarationFolder => System.IO.Path.Combine(Path, DeclarationName);

    /// <summary>Creates a run folder and copies the declaration into it.</summary>
    /// <param name="path">The folder; must not exist, or be empty.</param>
    /// <param name="manifest">Manifest; its sources and files are filled in here.</param>
    /// <param name="sources">Files of the declaration: path relative to its folder with forward slashes, content as it is to be kept.</param>
    /// <exception cref="RunFolderException">The folder is in use or can not be written.</exception>
    public static RunFolder Create(string path, RunManifest manifest, IEnumerable<SourceFile> sources)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(sources);
        path = System.IO.Path.GetFullPath(path);
        return Guarded(path, () =>
        {
            if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
            {
                throw new RunFolderException($"{path} is not empty; a run is written into a folder of its own. Name another one, or continue that run with --resume.");
            }

            Directory.CreateDirectory(System.IO.Path.Combine(path, ArtefactsName));
            foreach (var source in sources)
            {
                var target = System.IO.Path.Combine(path, DeclarationName, source.Path);
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
                File.WriteAllBytes(target, source.Kept.Span);
                manifest.Sources[source.Path] = source.Sha256;
            }

            var run = new RunFolder(path, manifest);
            run.WriteManifest();
            run.OpenJournal();
            return run;
        }, "The run did not begin; name a folder that can be written, with enough space.");
    }

    /// <summary>Opens a run to read it.</summary>
    /// <exception cref="RunFolderException">It is no run folder, or its journal can not be read at all.</exception>
    public static RunFolder Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        return Guarded(path, () =>
        {
            var run = new RunFolder(path, ReadManifest(path));
            run.ReadJournal();
            run.VerifyFiles();
            return run;
        });
    }

    /// <summary>Opens a run to read it and to add to it.</summary>
    /// <exception cref="RunFolderException">It is no run folder, or another process writes to it.</exception>
    public static RunFolder OpenToAppend(string path)
    {
        var run = Open(path);
        return Guarded(run.Path, () =>
        {
            run.OpenJournal();
            return run;
        }, "If another dct writes to it, wait for its end.");
    }

    /// <summary>Adds the start of a session.</summary>
    public void Begin(RunSession session)
    {
        Note(session);
        if (session.Probes)
        {
            // This session takes up where the interrupted one stopped.
            Problems.RemoveAll(problem => problem.Kind == HealthKind.Interrupted);
        }

        Write(seq => new JournalLine(seq, _previous, Session: session));
    }

    /// <summary>Notes the captures that the run looks at from now on, so that a later session finds them again.</summary>
    public void Take(IReadOnlyList<string> captures) => Guarded(Path, () =>
    {
        Manifest = Manifest with { Captures = captures };
        WriteManifest();
        return true;
    });

    /// <summary>Adds a record; it is on disk when this returns.</summary>
    public EvidenceRef Append(ProbeRecord entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var evidence = Write(seq => new JournalLine(seq, _previous, Record: entry));
        LastWritten = entry.Finished;
        return evidence;
    }

    /// <summary>Adds a problem.</summary>
    public void Append(HealthProblem problem)
    {
        lock (_lock)
        {
            Problems.Add(problem);
        }

        Write(seq => new JournalLine(seq, _previous, Problem: problem));
    }

    /// <summary>Adds how often ports of the DUT were asked since this was last added.</summary>
    public void Append(ImmutableArray<PortRequests> requests)
    {
        if (requests.IsEmpty)
        {
            return;
        }

        Requests.AddRange(requests);
        Write(seq => new JournalLine(seq, _previous, Requests: requests));
    }

    /// <summary>Stores bytes under their hash.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="extension">Ending of the file name without the dot.</param>
    public EvidenceRef Store(ReadOnlyMemory<byte> bytes, string extension)
    {
        var hash = Hash(bytes.Span);
        var name = $"{ArtefactsName}/{hash[..16]}.{extension}";
        var target = System.IO.Path.Combine(Path, name);
        return Guarded(Path, () =>
        {
            if (!File.Exists(target))
            {
                // Renamed into place, so that a file under its hash is always whole.
                var partial = $"{target}.{Guid.NewGuid():n}.partial";
                File.WriteAllBytes(partial, bytes.Span);
                File.Move(partial, target, overwrite: true);
            }

            return new EvidenceRef(name, hash);
        });
    }

    /// <summary>Ends a session in good order and writes the hashes of all files into the manifest.</summary>
    public void End(SessionEnd end)
    {
        Note(end);
        Write(seq => new JournalLine(seq, _previous, End: end));
        Guarded(Path, () =>
        {
            Manifest.Files.Clear();
            foreach (var file in EvidenceFiles())
            {
                using var stream = new FileStream(System.IO.Path.Combine(Path, file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                Manifest.Files[file] = Convert.ToHexStringLower(SHA256.HashData(stream));
            }

            WriteManifest();
            return true;
        });
    }

    /// <summary>Text of a piece of evidence, at most <paramref name="limit"/> characters; empty when it is not text or is not there.</summary>
    public string Excerpt(EvidenceRef evidence, int limit)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        var path = System.IO.Path.Combine(Path, evidence.Address);
        if (!evidence.Address.StartsWith(ArtefactsName, StringComparison.Ordinal) || !evidence.Address.EndsWith(".txt", StringComparison.Ordinal) || !File.Exists(path))
        {
            return "";
        }

        return Guarded(Path, () =>
        {
            using var reader = new StreamReader(path, Encoding.UTF8);
            var buffer = new char[limit];
            var count = reader.ReadBlock(buffer);
            return new string(buffer, 0, count) + (reader.Peek() >= 0 ? "\n..." : "");
        });
    }

    /// <summary>SHA-256 of bytes, lower-case hex.</summary>
    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <inheritdoc/>
    public void Dispose()
    {
        _journal?.Dispose();
        _journal = null;
        _writer?.Dispose();
        _writer = null;
    }

    private void Note(RunSession session)
    {
        Sessions.Add(session);
        LastWritten = session.Started;
        LastEnd = null;
        IsProbingComplete = IsProbingComplete && !session.Probes;
    }

    private void Note(SessionEnd end)
    {
        LastEnd = end;
        LastWritten = end.Finished;
        IsProbingComplete = Sessions is [.., { Probes: true }] ? end.Complete : IsProbingComplete;
    }

    private static RunManifest ReadManifest(string path)
    {
        var file = System.IO.Path.Combine(path, ManifestName);
        if (!File.Exists(file))
        {
            throw new RunFolderException($"{path} is no run folder: it has no {ManifestName}.");
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), RunJson.Default.RunManifest) ?? throw new JsonException("it is empty");
        }
        catch (JsonException fault)
        {
            throw new RunFolderException($"{file}: {fault.Message} Restore the file from a copy of the run.", fault);
        }
    }

    private static T Guarded<T>(string path, Func<T> action, string remedy = "What was recorded before is kept; remove the cause, then go on with --resume.")
    {
        try
        {
            return action();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new RunFolderException($"{path}: {fault.Message.TrimEnd('.')}. {remedy}", fault);
        }
    }

    private EvidenceRef Write(Func<int, JournalLine> line)
    {
        lock (_lock)
        {
            return Guarded(Path, () =>
            {
                var journal = _journal ?? throw new InvalidOperationException("The run is open for reading only.");
                var bytes = JsonSerializer.SerializeToUtf8Bytes(line(_seq + 1), RunJson.Default.JournalLine);
                var start = journal.Position;
                try
                {
                    journal.Write([.. bytes, (byte)'\n']);
                    journal.Flush(flushToDisk: true);
                }
                catch (IOException)
                {
                    // A full disk may take half a line; the file ends again where the last whole line does.
                    journal.SetLength(start);
                    throw;
                }

                _seq++;
                _previous = Hash(bytes);
                return new EvidenceRef(Address(_seq), _previous);
            });
        }
    }

    private void OpenJournal()
    {
        // One writer at a time; the system gives the lock back when the process ends, however it ends.
        _writer = new FileStream(System.IO.Path.Combine(Path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        // Without a buffer: what a full disk did not take must not be tried again when the file is closed.
        _journal = new FileStream(System.IO.Path.Combine(Path, JournalName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        var end = WholeLinesLength(_journal);
        if (end < _journal.Length)
        {
            _journal.SetLength(end);
        }

        _journal.Position = end;
    }

    // The journal's length without an incomplete last line.
    private static long WholeLinesLength(FileStream journal)
    {
        var buffer = new byte[64 * 1024];
        var end = journal.Length;
        while (end > 0)
        {
            var start = Math.Max(0, end - buffer.Length);
            journal.Position = start;
            journal.ReadExactly(buffer, 0, (int)(end - start));
            var newline = buffer.AsSpan(0, (int)(end - start)).LastIndexOf((byte)'\n');
            if (newline >= 0)
            {
                return start + newline + 1;
            }

            end = start;
        }

        return 0;
    }

    private void ReadJournal()
    {
        var file = System.IO.Path.Combine(Path, JournalName);
        if (!File.Exists(file))
        {
            return;
        }

        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var number = 0;
        foreach (var (bytes, isWhole) in Lines(stream))
        {
            number++;
            if (!isWhole)
            {
                Problems.Add(new HealthProblem(HealthKind.Interrupted, LastWritten, $"{JournalName}:{number}: the last line is incomplete, as after a sudden end; it counts as not written."));
                break;
            }

            ReadLine(bytes, number);
        }

        if (!IsProbingComplete && Sessions.Count > 0)
        {
            Problems.Add(new HealthProblem(HealthKind.Interrupted, LastWritten, "The last session that asked the DUT did not end in good order; what it had not asked is missing. Continue it with 'dct run --resume'."));
        }
    }

    private void ReadLine(byte[] bytes, int number)
    {
        JournalLine? line;
        try
        {
            line = JsonSerializer.Deserialize(bytes, RunJson.Default.JournalLine);
        }
        catch (Exception fault) when (fault is JsonException or NotSupportedException)
        {
            line = null;
            Problems.Add(new HealthProblem(HealthKind.Evidence, LastWritten, $"{JournalName}:{number}: the line can not be read and counts as missing: {fault.Message}"));
        }

        var hash = Hash(bytes);
        if (line is not null && (line.Previous != _previous || line.Seq != _seq + 1))
        {
            Problems.Add(new HealthProblem(HealthKind.Evidence, LastWritten, $"{JournalName}:{number}: a line before it was removed or altered: the chain of hashes is broken."));
        }

        _previous = hash;
        _seq = line?.Seq ?? _seq + 1;
        switch (line)
        {
            case { Record: { } entry }:
                Observations.Add(entry, new EvidenceRef(Address(_seq), hash));
                LastWritten = entry.Finished;
                break;
            case { Problem: { } problem }:
                Problems.Add(problem);
                LastWritten = problem.At;
                break;
            case { Session: { } session }:
                Note(session);
                break;
            case { End: { } end }:
                Note(end);
                break;
            case { Requests: { } requests }:
                Requests.AddRange(requests);
                break;
            default:
                break;
        }
    }

    private static IEnumerable<(byte[] Bytes, bool IsWhole)> Lines(FileStream stream)
    {
        using var line = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = stream.Read(buffer)) > 0)
        {
            var start = 0;
            for (var index = 0; index < count; index++)
            {
                if (buffer[index] == (byte)'\n')
                {
                    line.Write(buffer, start, index - start);
                    yield return (line.ToArray(), true);
                    line.SetLength(0);
                    start = index + 1;
                }
            }

            line.Write(buffer, start, count - start);
            if (line.Length > MaxLine)
            {
                throw new RunFolderException($"{stream.Name}: a line is longer than {MaxLine} bytes; this is no journal of the harness.");
            }
        }

        if (line.Length > 0)
        {
            yield return (line.ToArray(), false);
        }
    }

    private void VerifyFiles()
    {
        foreach (var (file, hash) in Manifest.Files)
        {
            // The journal goes on growing after the manifest was written; its own chain of hashes guards it.
            if (file == JournalName)
            {
                continue;
            }

            var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(Path, file));
            if (!path.StartsWith(Path + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal) || !File.Exists(path))
            {
                Problems.Add(new HealthProblem(HealthKind.Evidence, LastWritten, $"{file}: the manifest lists it, but it is not there."));
            }
            else if (HashOf(path) != hash)
            {
                Problems.Add(new HealthProblem(HealthKind.Evidence, LastWritten, $"{file}: it was altered after the run: its SHA-256 is not the one in the manifest."));
            }
        }
    }

    private static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private IEnumerable<string> EvidenceFiles() =>
        new[] { DeclarationName, ArtefactsName }
            .Select(name => System.IO.Path.Combine(Path, name))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            .Select(file => System.IO.Path.GetRelativePath(Path, file).Replace('\\', '/'))
            .Where(file => !file.EndsWith(".partial", StringComparison.Ordinal))
            .Append(JournalName)
            .Order(StringComparer.Ordinal);

    private void WriteManifest()
    {
        var target = System.IO.Path.Combine(Path, ManifestName);
        var partial = target + ".partial";
        File.WriteAllBytes(partial, JsonSerializer.SerializeToUtf8Bytes(Manifest, RunJson.Indented.RunManifest));
        File.Move(partial, target, overwrite: true);
    }

    private static string Address(int seq) => $"obs/{seq:0000}";
}

/// <summary>A file of the declaration as a run keeps it.</summary>
/// <param name="Path">Path relative to the declaration's folder, with forward slashes.</param>
/// <param name="Sha256">SHA-256 of the file as it was read.</param>
/// <param name="Kept">What the run keeps of it: the same bytes, or, for the laboratory's file, the bytes with secrets masked.</param>
public sealed record SourceFile(string Path, string Sha256, ReadOnlyMemory<byte> Kept);
