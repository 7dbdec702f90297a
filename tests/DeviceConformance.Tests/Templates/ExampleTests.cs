using DeviceConformance.Declarations;
using DeviceConformance.Declarations.Catalogues;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases;
using NUnit.Framework;

namespace DeviceConformance.Tests.Templates;

/// <summary>The example device is declared soundly and completely, and its examiner has left ten units open.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ExampleTests
{
    private const int OpenOnPurpose = 10;

    private static readonly string[] Editions = ["V2.1.1", "V3.1.3"];

    [TestCaseSource(nameof(Editions))]
    public void The_example_draws_no_complaint(string edition)
    {
        var reading = Read(edition);

        Assert.That(reading.Complaints.Select(complaint => $"{complaint.At}: {complaint.Message}"), Is.Empty);
        Assert.That(reading.Declaration, Is.Not.Null);
    }

    [TestCaseSource(nameof(Editions))]
    public void Every_provision_has_its_answer_and_every_claimed_one_its_tables(string edition)
    {
        var declared = Read(edition).Declaration!;
        var catalogue = Of(edition);

        Assert.That(declared.Ics.Entries.Select(entry => entry.Provision), Is.EqualTo(catalogue.Provisions.Select(provision => provision.Id)));
        Assert.That(declared.Ics.Entries.Where(entry => string.IsNullOrWhiteSpace(entry.Detail)).Select(entry => entry.Provision), Is.Empty);
        Assert.That(
            from provision in Claimed(catalogue, declared)
            from field in provision.Cases.SelectMany(testCase => testCase.Units).SelectMany(unit => unit.Fields)
            where field.Table != "ICS" && declared.Ixit.Tables.All(sheet => sheet.Table.Id != field.Table)
            select $"{provision.Id} reads {field}",
            Is.Empty);
    }

    [TestCaseSource(nameof(Editions))]
    public void No_mandatory_provision_that_applies_is_left_unfulfilled(string edition)
    {
        var declared = Read(edition).Declaration!;

        foreach (var provision in Of(edition).Provisions.Where(provision => provision.Status.IsMandatory))
        {
            var answer = declared.Ics.Find(provision.Id)!.Support;
            Assert.That(answer, Is.EqualTo(Support.Yes).Or.EqualTo(Support.NotApplicable), provision.Id.ToString());
            if (answer == Support.NotApplicable)
            {
                Assert.That(
                    provision.Status.Conditions.Any(id => declared.Dut.Conditions.TryGetValue(id, out var stated) && !stated.Holds),
                    $"{provision.Id} is not applicable, so one of its conditions is stated not to hold.");
            }
        }
    }

    [TestCaseSource(nameof(Editions))]
    public void Every_question_is_answered_once_but_for_the_units_that_the_file_names(string edition)
    {
        var declared = Read(edition).Declaration!;
        var text = File.ReadAllText(Path.Combine(Folder(edition), "answers.yaml"));
        var answers = Answers(edition, text);
        var questions = Claimed(Of(edition), declared)
            .SelectMany(provision => provision.Cases)
            .SelectMany(testCase => testCase.Units)
            .Where(unit => unit.DecidedBy.HasFlag(Deciders.Operator))
            .ToDictionary(unit => unit.Id.ToString(), unit => Subjects(unit, declared));

        Assert.That(answers, Is.Unique);
        Assert.That(answers.Where(answer => !questions.TryGetValue(answer.Unit, out var subjects) || (answer.Subject != "*" && !subjects.Contains(answer.Subject))), Is.Empty);
        var open = questions
            .Where(question => question.Value.Any(subject => !answers.Contains((question.Key, subject)) && !answers.Contains((question.Key, "*"))))
            .Select(question => question.Key)
            .ToList();
        Assert.That(open, Has.Count.EqualTo(OpenOnPurpose));
        Assert.That(text, Does.Contain($"# {string.Join(", ", open)}.\n"));
    }

    private static IEnumerable<Provision> Claimed(Catalogue catalogue, Declaration declared) =>
        catalogue.Provisions.Where(provision => declared.Ics.Find(provision.Id)?.Support == Support.Yes);

    private static List<string> Subjects(TestUnitDefinition unit, Declaration declared) =>
        unit.Per is { } role && declared.Ixit.Entries(role) is { IsEmpty: false } entries ? [.. entries.Select(entry => entry.Id)] : ["DUT"];

    private static List<(string Unit, string Subject)> Answers(string edition, string text)
    {
        var complaints = new ComplaintBook();
        var root = MapReader.Open(YamlText.Parse(System.Text.Encoding.UTF8.GetBytes(text), $"{edition}/answers.yaml", complaints)!, "the answers", complaints)!;
        return [.. root.Maps("answers", "an answer").Select(answer => (answer.Text("unit").Or(""), answer.Text("subject").Or("")))];
    }

    private static DeclarationReading Read(string edition) => DeclarationReader.Read(Folder(edition), known => Of(known.Id));

    private static string Folder(string edition) => Path.Combine(Golden.RepositoryRoot, "ixit-templates", "examples", "water-heater", edition.ToLowerInvariant());

    private static Catalogue Of(string edition) =>
        CatalogueReader.Read(CatalogueFiles.Read(StandardEdition.Parse(edition)), StandardEdition.Parse(edition).CatalogueFile);
}
