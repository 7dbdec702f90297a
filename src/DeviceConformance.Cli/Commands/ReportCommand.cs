using System.CommandLine;
using DeviceConformance.Cli.Runs;
using DeviceConformance.Reporting.Json;

namespace DeviceConformance.Cli.Commands;

/// <summary><c>dct report</c>: writes reports from a stored assessment.</summary>
internal static class ReportCommand
{
    public static Command Build()
    {
        var folder = Inputs.RunFolder();
        var output = new Option<string?>("--out", "-o") { Description = "Folder for the reports. Default: the run folder." };
        var format = new Option<string[]>("--format") { Description = $"Formats to write: {string.Join(", ", ReportFiles.Formats.Keys)}. Default: all.", AllowMultipleArgumentsPerToken = true };
        var command = new Command("report", "Writes reports from the assessment that a run folder holds; judges nothing.\n\nExample: dct report runs/first --format html --out public") { folder, output, format };
        command.SetAction(parsed => Report(parsed.GetValue(folder)!, parsed.GetValue(output), parsed.GetValue(format) ?? []));
        return command;
    }

    private static int Report(string folder, string? output, string[] formats)
    {
        if (formats.FirstOrDefault(format => !ReportFiles.Formats.ContainsKey(format)) is { } unknown)
        {
            throw new UsageException($"'{unknown}' is no format; use {string.Join(", ", ReportFiles.Formats.Keys)}.");
        }

        var file = Path.Combine(folder, ReportFiles.Assessment);
        if (!File.Exists(file))
        {
            throw new UsageException($"{folder} holds no {ReportFiles.Assessment}; make it with 'dct judge {folder}'.");
        }

        try
        {
            using var stream = File.OpenRead(file);
            var assessment = AssessmentJson.Read(stream);
            stream.Close();
            ReportFiles.Write(output ?? folder, assessment, formats.Length == 0 ? ReportFiles.Formats.Keys : formats);
            Console.Out.WriteLine($"Reports written to {Path.GetFullPath(output ?? folder)}.");
            return ExitCode.Pass;
        }
        catch (System.Text.Json.JsonException fault)
        {
            Console.Error.WriteLine($"dct: {file} is no assessment that this harness reads: {fault.Message} Make it again with 'dct judge {folder}'.");
            return ExitCode.Fault;
        }
    }
}
