using System.CommandLine;
using DeviceConformance.Cli.Runs;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Reports;
using DeviceConformance.Reporting;
using DeviceConformance.Reporting.Summary;
using Spectre.Console;

namespace DeviceConformance.Cli.Commands;

/// <summary><c>dct run</c>: asks the DUT, judges and writes reports.</summary>
internal static class RunCommand
{
    public static Command Build()
    {
        var folder = new Argument<string?>("DIR") { Description = "Folder of the declaration, with dut.yaml.", Arity = ArgumentArity.ZeroOrOne };
        var output = new Option<string?>("--out", "-o") { Description = "Run folder to create. Default: a new one below 'runs'." };
        var resume = new Option<string?>("--resume") { Description = "Run folder to finish: asks only what it does not hold yet." };
        var answers = new Option<string?>("--answers") { Description = "Answers of the examiner. Default: answers.yaml in DIR when it is there." };
        var captures = new Option<string[]>("--pcap") { Description = "Captures of the DUT's traffic (pcap, pcapng, also packed by gzip), beside those of lab.yaml.", AllowMultipleArgumentsPerToken = true };
        var offline = new Option<bool>("--offline") { Description = "Ask no device: judge the captures alone. What needs the device stays open; --resume asks it later." };
        var quiet = Inputs.Quiet();
        var command = new Command(
            "run",
            """
            Probes the DUT that a declaration describes, judges every test unit and writes reports into a run folder.
            Sends to the addresses in dut.yaml only, within the limits and the allowed impact of lab.yaml.

            Captures (--pcap, or 'captures' in lab.yaml) are searched for what the DUT says by itself, and for the credentials,
            'secrets' and 'personal-data' of lab.yaml. Files up to 64 MiB are copied into the run folder, with all that the DUT
            said in clear; of larger ones the run keeps name, length and SHA-256.

            Examples:
              dct run my-device --out runs/first
              dct run my-device --pcap day.pcapng night.pcapng.gz
              dct run my-device --pcap day.pcapng --offline
              dct run --resume runs/first
              dct run --resume runs/first --pcap forgotten.pcapng

            A resumed run takes further captures and looks at all of them again as one; it never goes on without one that it has seen.
            """)
        { folder, output, resume, answers, captures, offline, quiet };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(folder), parsed.GetValue(output), parsed.GetValue(resume), parsed.GetValue(answers), parsed.GetValue(captures) ?? [], parsed.GetValue(offline), parsed.GetValue(quiet), Inputs.CommandLine(parsed), cancellationToken));
        return command;
    }

    /// <summary>A folder for a new run, named by time and model.</summary>
    public static string NewFolder(Declaration declared)
    {
        var model = new string([.. declared.Dut.Model.ToLowerInvariant().Select(character => char.IsAsciiLetterOrDigit(character) ? character : '-')]).Trim('-');
        return Path.Combine("runs", $"{DateTimeOffset.UtcNow:yyyyMMdd-HHmmss}-{(model.Length > 0 ? model : "dut")}");
    }

    /// <summary>Asks, takes in answers, judges and writes reports: all that follows once run folder and declaration are there.</summary>
    public static async Task<Assessment> CompleteAsync(RunFolder run, Declaration declared, string command, string? answers, bool isOffline, bool quiet, CancellationToken cancellationToken)
    {
        await RunSessionRunner.AskAsync(run, declared, command, isOffline, quiet, cancellationToken);
        if (answers is not null)
        {
            AnswerFile.Import(run, declared, answers);
        }

        run.End(new SessionEnd(DateTimeOffset.UtcNow, Complete: true));
        var assessment = Assessor.Assess(run, declared);
        ReportFiles.Write(run.Path, assessment, ReportFiles.Formats.Keys);
        return assessment;
    }

    /// <summary>Prints the result and where the reports lie.</summary>
    public static void Show(RunFolder run, Assessment assessment)
    {
        Console.Out.WriteLine();
        // A log or another tool gets each entry as one line.
        var summary = SummaryText.Render(assessment);
        Console.Out.WriteLine(Console.IsOutputRedirected ? summary : TextLines.Fit(summary, Math.Max(40, AnsiConsole.Profile.Width), 4));
        Console.Out.WriteLine($"Report:  {Path.Combine(run.Path, ReportFiles.Html)}");
        Console.Out.WriteLine($"Also:    {string.Join(", ", ReportFiles.Formats.Values.Where(file => file != ReportFiles.Html))} in {run.Path}");
    }

    private static async Task<int> RunAsync(string? folder, string? output, string? resume, string? answers, string[] captures, bool isOffline, bool quiet, string command, CancellationToken cancellationToken)
    {
        if ((folder is null) == (resume is null))
        {
            throw new UsageException("name either the folder of a declaration, or a run to finish with --resume.");
        }

        using var run = resume is null ? null : RunFolder.OpenToAppend(resume);
        var source = folder ?? run!.Manifest.DeclarationFolder;
        if (!Directory.Exists(source))
        {
            throw new UsageException($"the folder {source} does not exist{(run is null ? "." : "; the run was recorded from it and needs its laboratory file and images.")}");
        }

        if (Inputs.ReadDeclaration(source, showComplaints: true) is not { } declared)
        {
            return ExitCode.BadDeclaration;
        }

        if (run is not null && Changed(run, declared) is { Count: > 0 } changed)
        {
            Console.Error.WriteLine($"dct: {string.Join(", ", changed)} in {source} changed since the run was recorded. A run has one declaration: start a new one with 'dct run {source}'.");
            return ExitCode.BadDeclaration;
        }

        var answerFile = answers ?? (File.Exists(Path.Combine(source, AnswerFile.Name)) ? Path.Combine(source, AnswerFile.Name) : null);
        if (answerFile is not null && !AnswerFile.IsUsable(answerFile, declared))
        {
            return ExitCode.BadDeclaration;
        }

        declared = RunCaptures.With(declared, captures, run);
        if (isOffline && declared.Lab.Captures.IsEmpty && run is null)
        {
            throw new UsageException("--offline asks no device, so it needs captures: name some with --pcap, or by 'captures' in lab.yaml.");
        }

        using var created = run is null ? RunSessionRunner.Create(output ?? NewFolder(declared), declared, command) : null;
        var open = run ?? created!;
        Console.Out.WriteLine($"Run folder: {open.Path}");
        var assessment = await CompleteAsync(open, declared, command, answerFile, isOffline, quiet, cancellationToken);
        Show(open, assessment);
        return ExitCode.Of(assessment);
    }

    // The laboratory's file may change between sessions (another limit, a further credential); what the supplier declares may not.
    private static List<string> Changed(RunFolder run, Declaration declared)
    {
        var now = DeclarationFiles.Of(declared).ToDictionary(file => file.Path, file => file.Sha256, StringComparer.Ordinal);
        return [.. run.Manifest.Sources.Where(source => source.Key is not (DeclarationFiles.Lab or AnswerFile.Name) && (!now.TryGetValue(source.Key, out var hash) || hash != source.Value)).Select(source => source.Key)];
    }
}
