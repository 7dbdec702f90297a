using System.Collections.Immutable;
using System.Security.Cryptography;
using DeviceConformance.Cli.Commands;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;

namespace DeviceConformance.Cli.Runs;

/// <summary>The captures that a run looks at: those that its command names, those of its earlier sessions, and those of lab.yaml.</summary>
internal static class RunCaptures
{
    /// <summary>The declaration with all captures by their full paths.</summary>
    /// <remarks>
    /// A resumed run may take further captures, and then looks at all of them again as one watching; it never goes on without one that it
    /// has looked at, so that what was seen stays seen.
    /// </remarks>
    /// <param name="declared">The declaration as read.</param>
    /// <param name="named">Files that the command names, relative to the working folder.</param>
    /// <param name="run">The run that is finished; null for a new one.</param>
    /// <exception cref="UsageException">A file is missing or no capture, or is another than the one that the run has looked at.</exception>
    public static Declaration With(Declaration declared, IReadOnlyList<string> named, RunFolder? run)
    {
        List<string> given = [.. named.Select(Path.GetFullPath).Concat(declared.Lab.Captures.Select(file => Path.GetFullPath(Path.Combine(declared.Folder, file)))).Distinct()];
        // Findings name a capture by its file name.
        if (given.GroupBy(Path.GetFileName).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new UsageException($"{string.Join(" and ", twice)} have the same name, and findings could not tell them apart: rename one.");
        }

        // One that was moved since is named where it lies now.
        var names = given.Select(Path.GetFileName).ToHashSet();
        ImmutableArray<string> files = [.. given, .. (run?.Manifest.Captures ?? []).Where(file => !names.Contains(Path.GetFileName(file)))];
        var watched = Watched(run);
        if (watched.Count > 0 && !IsMore(files, run))
        {
            CheckSame(named.Select(Path.GetFullPath), watched);
            return declared with { Lab = declared.Lab with { Captures = files } };
        }

        foreach (var file in files)
        {
            Check(file);
        }

        CheckSame(files, watched);
        if (watched.Keys.Except(files.Select(file => Path.GetFileName(file))).FirstOrDefault() is { } gone)
        {
            throw new UsageException($"the run has looked at the capture {gone}, and further ones are looked at beside it: name it with --pcap too.");
        }

        foreach (var log in declared.Lab.KeyLogs.Select(log => Path.Combine(declared.Folder, log)).Where(log => !File.Exists(log)))
        {
            throw new UsageException($"the key log {log} does not exist; correct 'key-logs' in lab.yaml.");
        }

        return declared with { Lab = declared.Lab with { Captures = files } };
    }

    /// <summary>Whether there are captures that a run has not looked at.</summary>
    public static bool IsMore(IEnumerable<string> files, RunFolder? run) => Watched(run) is var watched && files.Any(file => !watched.ContainsKey(Path.GetFileName(file)));

    // SHA-256 of the captures that a run has looked at, by file name.
    private static Dictionary<string, string> Watched(RunFolder? run) =>
        (run?.Observations.All<TrafficSeen>() ?? []).SelectMany(seen => seen.Observation.Files).DistinctBy(file => file.Name).ToDictionary(file => file.Name, file => file.Sha256, StringComparer.Ordinal);

    private static void CheckSame(IEnumerable<string> files, Dictionary<string, string> watched)
    {
        foreach (var file in files)
        {
            if (watched.TryGetValue(Path.GetFileName(file), out var sum) && Sha256(file) != sum)
            {
                throw new UsageException($"{file} is not the capture of that name that the run has looked at (SHA-256 {sum[..16]}...): rename it if it is a further one, or bring the old one back.");
            }
        }
    }

    private static string Sha256(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the capture {file} can not be read: {fault.Message}");
        }
    }

    private static void Check(string file)
    {
        if (!File.Exists(file))
        {
            throw new UsageException($"the capture {file} does not exist; correct --pcap, or 'captures' in lab.yaml. A capture of a run that is resumed and that lies elsewhere now is named with --pcap.");
        }

        try
        {
            using var reader = CaptureReader.Open(file);
            if (!reader.TryRead(out _))
            {
                throw new UsageException($"the capture {file} holds no frame{(reader.Fault.Length > 0 ? $": {reader.Fault}" : "")}; record again, or leave it out.");
            }
        }
        catch (CaptureFileException fault)
        {
            throw new UsageException($"{fault.Message} Give a pcap or pcapng file, plain or packed by gzip.");
        }
    }
}
