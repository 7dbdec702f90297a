using System.CommandLine;
using DeviceConformance.Cli.Runs;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases;
using Spectre.Console;

namespace DeviceConformance.Cli.Commands;

/// <summary><c>dct answer</c>: asks the examiner what only a person can see.</summary>
internal static class AnswerCommand
{
    private const string Skip = "later";
    private const string Stop = "stop here";

    public static Command Build()
    {
        var folder = Inputs.RunFolder();
        var file = new Option<string?>("--file", "-f") { Description = "Take the answers from a file such as answers.yaml instead of asking." };
        var list = new Option<bool>("--list") { Description = "List the open questions and ask nothing." };
        var by = new Option<string?>("--by") { Description = "Name of the examiner." };
        var unit = new Option<string?>("--unit", "-u") { Description = "Only this unit or case, for example '5.6-1-2 b' or 5.6-1-2; also when it is answered already." };
        var command = new Command(
            "answer",
            """
            Asks what only a person can see, one question at a time, with the declared entries beside it. Each answer is recorded at
            once, so you can stop at any question and go on another day.

            Examples:
              dct answer runs/first --by 'J. Doe'
              dct answer runs/first --list
              dct answer runs/first --file answers.yaml
            """)
        { folder, file, list, by, unit };
        command.SetAction(parsed => Answer(parsed.GetValue(folder)!, parsed.GetValue(file), parsed.GetValue(list), parsed.GetValue(by), parsed.GetValue(unit), Inputs.CommandLine(parsed)));
        return command;
    }

    private static int Answer(string folder, string? file, bool list, string? by, string? unit, string command)
    {
        using var run = list ? RunFolder.Open(folder) : RunFolder.OpenToAppend(folder);
        if (Inputs.ReadDeclaration(run.DeclarationFolder, showComplaints: false) is not { } declared)
        {
            return ExitCode.BadDeclaration;
        }

        if (file is not null && !AnswerFile.IsUsable(file, declared))
        {
            return ExitCode.BadDeclaration;
        }

        var open = OpenQuestions(run, declared, unit);
        if (list)
        {
            foreach (var (definition, question, text) in open)
            {
                Console.Out.WriteLine($"{definition.Id}  {question.Subject}\n    {text}");
            }

            Console.Out.WriteLine($"{open.Count} open questions.");
            return ExitCode.Pass;
        }

        run.Begin(new RunSession(DateTimeOffset.UtcNow, Harness.NameAndVersion, command, Harness.Host, Probes: false));
        if (file is not null)
        {
            Console.Out.WriteLine($"{AnswerFile.Import(run, declared, file)} answers recorded.");
        }
        else if (!AnsiConsole.Profile.Out.IsTerminal || Console.IsInputRedirected)
        {
            throw new UsageException("there is no terminal to ask on; give the answers with --file, or see the questions with --list.");
        }
        else
        {
            AskAll(run, declared, open, by);
        }

        run.End(new SessionEnd(DateTimeOffset.UtcNow, Complete: true));
        var assessment = Assessor.Assess(run, declared);
        ReportFiles.Write(run.Path, assessment, ReportFiles.Formats.Keys);
        RunCommand.Show(run, assessment);
        return ExitCode.Of(assessment);
    }

    private static List<(TestUnitDefinition Unit, OperatorQuestion Question, string Text)> OpenQuestions(RunFolder run, Declaration declared, string? only)
    {
        var catalogue = Harness.Catalogue(declared.Edition);
        var plan = new Planner(catalogue, Registry.For(catalogue)).Plan(declared);
        var questions = AnswerRecords.Questions(plan, Assessor.Assess(run, declared));
        return only is null
            ? [.. questions.Where(item => !run.Observations.Contains(item.Question))]
            : [.. questions.Where(item => item.Unit.Id.ToString() == only || item.Unit.Id.Case.ToString() == only || item.Unit.Id.Case.Provision.ToString() == only)];
    }

    private static void AskAll(RunFolder run, Declaration declared, List<(TestUnitDefinition Unit, OperatorQuestion Question, string Text)> open, string? by)
    {
        AnsiConsole.WriteLine($"{open.Count} open questions. Each answer is recorded at once; choose '{Stop}' to go on another day.");
        by ??= AnsiConsole.Prompt(new TextPrompt<string>("Your name:"));
        for (var index = 0; index < open.Count; index++)
        {
            var (unit, question, text) = open[index];
            AnsiConsole.Write(new Rule($"{index + 1} of {open.Count}: {Markup.Escape($"{unit.Id} for {question.Subject}")}").LeftJustified());
            ShowDeclared(declared, unit, question);
            if (text != unit.Check)
            {
                AnsiConsole.Write(new Text($"The unit: {unit.Check}\n", new Style(decoration: Decoration.Dim)));
            }

            AnsiConsole.WriteLine(text);
            var choice = AnsiConsole.Prompt(new SelectionPrompt<string>().AddChoices("pass", "fail", "inconclusive", Skip, Stop));
            if (choice == Stop)
            {
                return;
            }

            if (choice == Skip)
            {
                continue;
            }

            var reason = AnsiConsole.Prompt(new TextPrompt<string>("What did you see, and why does it follow?"));
            var files = AnsiConsole.Prompt(new TextPrompt<string>("Files to attach, separated by ';' (none: Enter):").AllowEmpty().Validate(MissingFile));
            AnswerRecords.Add(run, question, Enum.Parse<Verdict>(choice, ignoreCase: true), reason, by, DateOnly.FromDateTime(DateTime.Now), Split(files));
        }
    }

    // The entry that the question is about; for a question about the DUT, what the unit reads of every entry.
    private static void ShowDeclared(Declaration declared, TestUnitDefinition unit, OperatorQuestion question)
    {
        if (declared.Ixit.Find(question.Subject.Split('/')[0]) is { } subject)
        {
            Show(subject, subject.Fields);
            return;
        }

        foreach (var table in unit.Fields.GroupBy(reference => reference.Table, reference => reference.Field))
        {
            foreach (var entry in declared.Ixit.Tables.Where(sheet => sheet.Table.Id == table.Key).SelectMany(sheet => sheet.Entries))
            {
                // A unit that reads only which entries there are gets the first column, which says what the entry is.
                var read = entry.Fields.Where(field => table.Contains(field.Key)).ToList();
                Show(entry, read.Count > 0 ? read : entry.Fields.Take(1));
            }
        }
    }

    private static void Show(IxitEntry entry, IEnumerable<KeyValuePair<string, string>> fields)
    {
        var table = new Table().AddColumn(Markup.Escape(entry.Table.Id)).AddColumn(Markup.Escape($"{entry.Id}, as declared ({entry.At})"));
        foreach (var (name, value) in fields)
        {
            table.AddRow(new Text(name), new Text(value));
        }

        AnsiConsole.Write(table);
    }

    private static string[] Split(string files) => files.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static ValidationResult MissingFile(string files) =>
        Split(files).FirstOrDefault(file => !File.Exists(file)) is { } missing ? ValidationResult.Error($"There is no file {Markup.Escape(missing)}.") : ValidationResult.Success();
}
