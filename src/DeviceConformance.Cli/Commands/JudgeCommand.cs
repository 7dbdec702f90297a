using System.CommandLine;
using DeviceConformance.Cli.Runs;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;
using DeviceConformance.Reporting.Json;

namespace DeviceConformance.Cli.Commands;

/// <summary><c>dct judge</c>: judges a recording with today's rules.</summary>
internal static class JudgeCommand
{
    public static Command Build()
    {
        var folder = Inputs.RunFolder();
        var output = new Option<string?>("--out", "-o") { Description = "Folder for the reports. Default: the run folder." };
        var command = new Command("judge", "Judges a recording again with the rules of this harness, contacts no device, and shows what changed.\n\nExample: dct judge runs/first") { folder, output };
        command.SetAction(parsed => JudgeAgain(parsed.GetValue(folder)!, parsed.GetValue(output)));
        return command;
    }

    private static int JudgeAgain(string folder, string? output)
    {
        using var run = RunFolder.Open(folder);
        if (Inputs.ReadDeclaration(run.DeclarationFolder, showComplaints: false) is not { } declared)
        {
            return ExitCode.BadDeclaration;
        }

        var assessment = Assessor.Assess(run, declared);
        foreach (var change in Changes(Before(run.Path), assessment))
        {
            Console.Out.WriteLine(change);
        }

        ReportFiles.Write(output ?? run.Path, assessment, ReportFiles.Formats.Keys);
        RunCommand.Show(run, assessment);
        return ExitCode.Of(assessment);
    }

    private static Assessment? Before(string folder)
    {
        var file = Path.Combine(folder, ReportFiles.Assessment);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            using var stream = File.OpenRead(file);
            return AssessmentJson.Read(stream);
        }
        catch (System.Text.Json.JsonException fault)
        {
            Console.Error.WriteLine($"dct: {file} can not be read, so changes are not shown: {fault.Message}");
            return null;
        }
    }

    private static IEnumerable<string> Changes(Assessment? before, Assessment after)
    {
        if (before is null)
        {
            yield break;
        }

        var old = before.Units.ToDictionary(unit => unit.Id, unit => unit.Verdict);
        var changes = 0;
        foreach (var unit in after.Units)
        {
            Verdict? was = old.TryGetValue(unit.Id, out var verdict) ? verdict : null;
            if (was != unit.Verdict)
            {
                changes++;
                yield return $"{unit.Id}: {Word(was)} -> {Word(unit.Verdict)}";
            }
        }

        var gone = old.Keys.Except(after.Units.Select(unit => unit.Id)).Order().ToList();
        foreach (TestUnitId unit in gone)
        {
            yield return $"{unit}: {Word(old[unit])} -> not tested";
        }

        yield return changes + gone.Count == 0 ? "No verdict of a unit changed." : $"{changes + gone.Count} verdicts of units changed.";
    }

    private static string Word(Verdict? verdict) => verdict?.ToString().ToUpperInvariant() ?? "not tested";
}
