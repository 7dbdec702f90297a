using System.Collections.Immutable;
using DeviceConformance.Cli.Commands;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;

namespace DeviceConformance.Cli.Runs;

/// <summary>The captures that a run looks at: those that its command names, those of an interrupted session, and those of lab.yaml.</summary>
internal static class RunCaptures
{
    /// <summary>The declaration with all captures by their full paths.</summary>
    /// <param name="declared">The declaration as read.</param>
    /// <param name="named">Files that the command names, relative to the working folder.</param>
    /// <param name="run">The run that is finished; null for a new one.</param>
    /// <exception cref="UsageException">A file is missing or no capture, or the run has looked at captures already.</exception>
    public static Declaration With(Declaration declared, IReadOnlyList<string> named, RunFolder? run)
    {
        if (run is not null && run.Observations.Ask(new TrafficWatch()).TryGet(out _, out _))
        {
            return named.Count == 0
                ? declared
                : throw new UsageException("the run has looked at captures already; start a new run that names all of them with --pcap.");
        }

        ImmutableArray<string> files =
        [
            .. named.Select(Path.GetFullPath)
                .Concat(run?.Manifest.Captures ?? [])
                .Concat(declared.Lab.Captures.Select(file => Path.GetFullPath(Path.Combine(declared.Folder, file))))
                .Distinct(),
        ];
        foreach (var file in files)
        {
            Check(file);
        }

        // Findings name a capture by its file name.
        if (files.GroupBy(Path.GetFileName).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new UsageException($"{string.Join(" and ", twice)} have the same name, and findings could not tell them apart: rename one.");
        }

        foreach (var log in declared.Lab.KeyLogs.Select(log => Path.Combine(declared.Folder, log)).Where(log => !File.Exists(log)))
        {
            throw new UsageException($"the key log {log} does not exist; correct 'key-logs' in lab.yaml.");
        }

        return declared with { Lab = declared.Lab with { Captures = files } };
    }

    private static void Check(string file)
    {
        if (!File.Exists(file))
        {
            throw new UsageException($"the capture {file} does not exist; correct --pcap, or 'captures' in lab.yaml.");
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
