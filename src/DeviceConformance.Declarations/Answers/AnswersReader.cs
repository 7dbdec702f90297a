using System.Collections.Immutable;
using System.Globalization;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Declarations.Answers;

/// <summary>An answer of the examiner, as a file gives it.</summary>
/// <param name="Unit">The unit.</param>
/// <param name="Subject">IXIT entry, DUT, or * for every subject without an answer of its own.</param>
/// <param name="Verdict">The examiner's verdict.</param>
/// <param name="Reason">Why.</param>
/// <param name="By">Name.</param>
/// <param name="Date">Day of the examination.</param>
/// <param name="Files">Attached files, relative to the answers file.</param>
public sealed record GivenAnswer(TestUnitId Unit, string Subject, Verdict Verdict, string Reason, string By, DateOnly Date, ImmutableArray<string> Files);

/// <summary>What came of reading an answers file.</summary>
/// <param name="Answers">The answers that could be read, in order.</param>
/// <param name="Complaints">All complaints, by line.</param>
public sealed record AnswersReading(ImmutableArray<GivenAnswer> Answers, ImmutableArray<Complaint> Complaints)
{
    /// <summary>Whether any complaint is an error.</summary>
    public bool HasErrors => Complaints.Any(complaint => complaint.Severity == ComplaintSeverity.Error);
}

/// <summary>Reads <c>answers.yaml</c>: what the examiner found, for runs without hands.</summary>
public static class AnswersReader
{
    private const string EverySubject = "*";

    /// <summary>Reads a file and checks it against the catalogue. Nothing in the file makes it throw.</summary>
    /// <param name="path">The file.</param>
    /// <param name="catalogue">The edition.</param>
    /// <param name="declared">The declaration that the answers belong to, to see that every subject exists; null: not checked.</param>
    public static AnswersReading Read(string path, Catalogue catalogue, Declaration? declared = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(catalogue);
        var complaints = new ComplaintBook();
        path = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(path) ?? path;
        var answers = ImmutableArray.CreateBuilder<GivenAnswer>();
        if (SourceFile.Read(folder, Path.GetFileName(path), complaints) is { } file && MapReader.Open(file.Root, "the answers", complaints) is { } map)
        {
            var units = catalogue.Units.ToDictionary(unit => unit.Id);
            var seen = new HashSet<(TestUnitId, string)>();
            map.TakeRequired("answers", "Add 'answers:' with a list: {unit: 5.1-1-1 a, subject: AuthMech-1, verdict: pass, reason: ..., by: ..., date: 2026-11-21}.");
            foreach (var row in map.Maps("answers", "an answer"))
            {
                if (Row(row, units, folder) is not { } answer)
                {
                    continue;
                }

                if (!seen.Add((answer.Unit, answer.Subject)))
                {
                    row.Reject("duplicate-answer", row.At, "unit", $"Unit {answer.Unit} is answered twice for {answer.Subject}.", "Keep one answer for each unit and subject.");
                    continue;
                }

                Subject(row, answer, units[answer.Unit], declared);
                answers.Add(answer);
            }

            map.Close();
        }

        return new AnswersReading(answers.ToImmutable(), complaints.InOrder());
    }

    // An answer whose subject is misspelt would be recorded and then judge nothing.
    private static void Subject(MapReader row, GivenAnswer answer, TestUnitDefinition unit, Declaration? declared)
    {
        if (declared is null || answer.Subject == EverySubject || new OperatorQuestion(answer.Unit, answer.Subject).IsOpenPoint)
        {
            return;
        }

        var known = unit.Per is { } role ? declared.Ixit.Entries(role).Select(entry => entry.Id).ToList() : [];
        if (known.Count == 0)
        {
            known.Add(OperatorQuestion.WholeDut);
        }

        if (!known.Contains(answer.Subject))
        {
            row.Reject("unknown-subject", row.Take("subject")?.At ?? row.At, "subject", $"Unit {answer.Unit} asks nothing about {Quotation.Of(answer.Subject)}.", Nearest.Remedy(answer.Subject, [.. known, EverySubject]));
        }
    }

    private static GivenAnswer? Row(MapReader row, Dictionary<TestUnitId, TestUnitDefinition> units, string folder)
    {
        var unitText = row.RequiredText("unit", "Add 'unit:' with its number and letter, such as '5.1-1-2 a'.");
        var subject = row.Text("subject").Or(OperatorQuestion.WholeDut);
        var verdict = row.RequiredChoice<Verdict>("verdict");
        var reason = row.RequiredText("reason", "Say what was seen and why the verdict follows.");
        var by = row.RequiredText("by", "Name the examiner.");
        var dateText = row.RequiredText("date", "Give the day of the examination as yyyy-mm-dd.");
        var files = row.Texts("files");
        row.Close();
        var usable = true;
        if (!TestUnitId.TryParse(unitText, null, out var unit) || !units.TryGetValue(unit, out var definition))
        {
            if (unitText.Length > 0)
            {
                var near = Nearest.Of(unitText, units.Keys.Select(known => known.ToString()));
                row.Reject("unknown-unit", row.Take("unit")!.At, "unit", $"{Quotation.Of(unitText)} is no test unit of this edition.", near is null ? "Write case and letter as the plan does, such as '5.1-1-2 a'." : $"Did you mean '{near}'?");
            }

            return null;
        }

        if (Prose.PlaceholderIn(reason) is { Length: > 0 } left)
        {
            row.Reject("placeholder", row.Take("reason")!.At, "reason", $"The reason still holds the placeholder {Quotation.Of(left)}.", "Say what was seen and why the verdict follows.");
            usable = false;
        }

        if (!DateOnly.TryParseExact(dateText, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
        {
            usable = false;
            if (dateText.Length > 0)
            {
                row.Reject("bad-date", row.Take("date")!.At, "date", $"{Quotation.Of(dateText)} is no date.", "Write it as yyyy-mm-dd.");
            }
        }

        if (!definition.DecidedBy.HasFlag(Deciders.Operator) && !new OperatorQuestion(unit, subject).IsOpenPoint)
        {
            row.Reject("not-asked", row.At, "unit", $"Unit {unit} asks the examiner nothing; code decides it.", "Remove the answer; to decide a point that code left open, write its subject with /open behind it, such as ComMech-1/open.");
            usable = false;
        }

        foreach (var (name, at) in files.Where(name => !File.Exists(Path.Combine(folder, name.Value))))
        {
            row.Reject("missing-file", at, "files", $"The attached file {Quotation.Of(name)} is not there.", "Give its path relative to the answers file.");
            usable = false;
        }

        return usable && reason.Trim().Length > 0 && by.Trim().Length > 0
            ? new GivenAnswer(unit, subject, verdict, reason.Trim(), by.Trim(), date, [.. files.Select(file => file.Value)])
            : null;
    }
}
