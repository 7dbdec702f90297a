using System.Security.Cryptography;
using DeviceConformance.Probing.CaptureFiles;

namespace DeviceConformance.Probing.Traffic;

/// <summary>The captures of an analysis in the order in which they are read, with names that tell them apart.</summary>
internal sealed class CaptureQueue
{
    private CaptureQueue(List<string> paths, List<string> names) => (Paths, Names) = (paths, names);

    /// <summary>Paths.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>Names without folders; of equal ones the second is "x.pcap (2)".</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Puts captures in the order of their first frame. One that is given twice is read once.</summary>
    /// <exception cref="CaptureFileException">A file can not be read, or is no capture.</exception>
    public static CaptureQueue Of(IReadOnlyList<string> files)
    {
        if (files.Count > FramePlace.MostFiles)
        {
            throw new CaptureFileException($"{files.Count} captures are more than the {FramePlace.MostFiles} that can be read together.");
        }

        var paths = files.Select(Path.GetFullPath).Distinct(StringComparer.Ordinal)
            .Select(path => new Queued(path, Path.GetFileName(path), FirstTime(path)))
            .OrderBy(file => file.First).ThenBy(file => file.Name, StringComparer.Ordinal).ThenBy(file => file.Path, StringComparer.Ordinal)
            .Select(file => file.Path).ToList();
        var names = new List<string>();
        foreach (var name in paths.Select(path => Path.GetFileName(path)))
        {
            var unique = name;
            for (var count = 2; names.Contains(unique); count++)
            {
                unique = $"{name} ({count})";
            }

            names.Add(unique);
        }

        return new CaptureQueue(paths, names);
    }

    /// <summary>Checksum of a file in lower-case hex.</summary>
    public static string Sha256(string path, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0, FileOptions.SequentialScan);
        var buffer = new byte[256 << 10];
        for (int count; (count = file.Read(buffer)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer.AsSpan(0, count));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static long FirstTime(string path)
    {
        using var reader = CaptureReader.Open(path);
        return reader.TryRead(out var frame) ? frame.Nanoseconds : long.MaxValue;
    }

    // A class: sorting values of our own would be compiled at each start.
    private sealed record Queued(string Path, string Name, long First);
}
