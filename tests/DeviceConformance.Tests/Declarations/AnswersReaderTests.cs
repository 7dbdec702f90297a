using DeviceConformance.Declarations.Answers;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.Declarations;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class AnswersReaderTests
{
    private const string Sound = """
        answers:
        - {unit: 5.1-1-1 a, subject: AuthMech-1, verdict: pass, reason: The label shows it., by: J. Doe, date: 2026-11-21, files: [new.img]}
        - {unit: 5.1-3-1 a, subject: '*', verdict: inconclusive, reason: No document., by: J. Doe, date: 2026-11-21}
        - {unit: 5.2-1-2 a, verdict: fail, reason: The page is gone., by: J. Doe, date: 2026-11-21}
        - {unit: 5.1-2-2 a, subject: AuthMech-1/open, verdict: pass, reason: Twelve random characters., by: J. Doe, date: 2026-11-21}
        """;

    [Test]
    public void Answers_arrive_whole()
    {
        var reading = Read(Sound);

        Assert.That(reading.Complaints.Select(complaint => $"{complaint.At} {complaint.Rule}: {complaint.Message}"), Is.Empty);
        Assert.That(reading.Answers.Select(answer => (answer.Unit.ToString(), answer.Subject, answer.Verdict)), Is.EqualTo(new[]
        {
            ("5.1-1-1 a", "AuthMech-1", Verdict.Pass), ("5.1-3-1 a", "*", Verdict.Inconclusive), ("5.2-1-2 a", "DUT", Verdict.Fail), ("5.1-2-2 a", "AuthMech-1/open", Verdict.Pass),
        }));
        var first = reading.Answers[0];
        Assert.That((first.Reason, first.By, first.Date), Is.EqualTo(("The label shows it.", "J. Doe", new DateOnly(2026, 11, 21))));
        Assert.That(first.Files, Is.EqualTo(new[] { "new.img" }));
    }

    [TestCase("answers:", "answer:", "missing-key", 1)]
    [TestCase("answers:", "anwsers:", "unknown-key", 1)]
    [TestCase("unit: 5.1-1-1 a", "unit: 5.1-1-1 z", "unknown-unit", 2)]
    [TestCase("unit: 5.1-1-1 a", "unit: 5.1-99-1 a", "unknown-unit", 2)]
    [TestCase("unit: 5.1-1-1 a, ", "", "missing-key", 2)]
    [TestCase("subject: AuthMech-1,", "subject: AuthMech-7,", "unknown-subject", 2)]
    [TestCase("subject: AuthMech-1,", "", "unknown-subject", 2)]
    [TestCase("unit: 5.2-1-2 a,", "unit: 5.2-1-2 a, subject: AuthMech-1,", "unknown-subject", 4)]
    [TestCase("verdict: pass", "verdict: passed", "bad-choice", 2)]
    [TestCase("verdict: fail, ", "", "missing-key", 4)]
    [TestCase("reason: The label shows it.", "reason: ''", "missing-key", 2)]
    [TestCase("reason: The label shows it.", "reason: TODO", "placeholder", 2)]
    [TestCase("by: J. Doe, date: 2026-11-21, files", "date: 2026-11-21, files", "missing-key", 2)]
    [TestCase("date: 2026-11-21, files", "date: 21.11.2026, files", "bad-date", 2)]
    [TestCase("date: 2026-11-21, files", "date: 2026-02-30, files", "bad-date", 2)]
    [TestCase("files: [new.img]", "files: [photo.jpg]", "missing-file", 2)]
    [TestCase("subject: AuthMech-1/open", "subject: AuthMech-1", "not-asked", 5)]
    [TestCase("unit: 5.1-3-1 a, subject: '*'", "unit: 5.1-1-1 a, subject: AuthMech-1", "duplicate-answer", 3)]
    [TestCase("- {unit: 5.1-1-1 a,", "- {unit: 5.1-1-1 a, mood: good,", "unknown-key", 2)]
    [TestCase("- {unit: 5.1-1-1 a,", "- {unit: 5.1-1-1 a", "yaml-syntax", 2)]
    public void What_is_wrong_is_a_complaint_at_its_line(string old, string by, string rule, int line)
    {
        var reading = Read(ReplaceFirst(Sound, old, by));

        Assert.That(reading.Complaints.Select(complaint => (complaint.Rule, complaint.At.Line)), Does.Contain((rule, line)));
        Assert.That(reading.HasErrors);
    }

    [Test]
    public void A_misspelt_unit_brings_the_nearest()
    {
        var complaint = Read(Sound.Replace("5.1-1-1 a", "5.1-1-1 aa", StringComparison.Ordinal)).Complaints.Single();

        Assert.That(complaint.Remedy, Is.EqualTo("Did you mean '5.1-1-1 a'?"));
    }

    [Test]
    public void Without_a_declaration_subjects_are_taken_as_they_are()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Write("answers.yaml", Sound.Replace("subject: AuthMech-1,", "subject: AuthMech-7,", StringComparison.Ordinal));

        Assert.That(AnswersReader.Read(Path.Combine(folder.Path_, "answers.yaml"), folder.Catalogue).Complaints, Is.Empty);
    }

    [Test]
    public void A_missing_file_is_a_complaint()
    {
        Assert.That(AnswersReader.Read("/nowhere/answers.yaml", DeclarationFolder.Of(StandardEdition.V3)).Complaints.Single().Rule, Is.EqualTo("file-missing"));
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public bool Cut_off_or_garbled_answers_never_throw(ushort at, byte value)
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        var bytes = System.Text.Encoding.UTF8.GetBytes(Sound);
        bytes[at % bytes.Length] = value;
        folder.Write("answers.yaml", value % 2 == 0 ? bytes : bytes[..(at % bytes.Length)]);

        var reading = AnswersReader.Read(Path.Combine(folder.Path_, "answers.yaml"), folder.Catalogue);

        return reading.HasErrors || reading.Answers.Length > 0;
    }

    private static string ReplaceFirst(string text, string old, string by)
    {
        var at = text.IndexOf(old, StringComparison.Ordinal);
        Assert.That(at, Is.GreaterThanOrEqualTo(0), $"There is no '{old}'.");
        return text[..at] + by + text[(at + old.Length)..];
    }

    private static AnswersReading Read(string text)
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Write("answers.yaml", text);
        return AnswersReader.Read(Path.Combine(folder.Path_, "answers.yaml"), folder.Catalogue, folder.Declared());
    }
}
