using DeviceConformance.Declarations.Catalogues;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases;
using NUnit.Framework;

namespace DeviceConformance.Tests.Catalogues;

/// <summary>The two committed catalogues.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class CatalogueTests
{
    private static readonly Dictionary<StandardEdition, Catalogue> Read = StandardEdition.All.ToDictionary(
        edition => edition,
        edition => CatalogueReader.Read(CatalogueFiles.Read(edition), edition.CatalogueFile));

    private static readonly string[] Both = ["V2.1.1", "V3.1.3"];

    [TestCase("V2.1.1", 68, 109, 226, 13)]
    [TestCase("V3.1.3", 78, 132, 261, 32)]
    public void An_edition_has_as_many_provisions_cases_units_and_conditions_as_the_standard(string edition, int provisions, int cases, int units, int conditions)
    {
        var catalogue = Of(edition);

        Assert.That(catalogue.Edition.Id, Is.EqualTo(edition));
        Assert.That(catalogue.Provisions, Has.Length.EqualTo(provisions));
        Assert.That(catalogue.Cases.Count(), Is.EqualTo(cases));
        Assert.That(catalogue.Units.Count(), Is.EqualTo(units));
        Assert.That(catalogue.Conditions, Has.Length.EqualTo(conditions));
        Assert.That(catalogue.Tables, Has.Length.EqualTo(29));
    }

    [Test]
    public void V3_has_5_numbered_and_27_lettered_conditions()
    {
        var ids = Read[StandardEdition.V3].Conditions.Select(condition => condition.Id).ToList();

        Assert.That(ids.Where(id => char.IsAsciiDigit(id[0])), Is.EqualTo((string[])["3", "12", "14", "15", "16"]));
        Assert.That(ids.Count(id => char.IsAsciiLetter(id[0])), Is.EqualTo(27));
        Assert.That(ids, Is.Unique);
    }

    [TestCaseSource(nameof(Both))]
    public void Every_condition_that_is_defined_is_used_by_a_provision_and_every_table_by_a_unit(string edition)
    {
        var catalogue = Of(edition);
        var conditions = catalogue.Provisions.SelectMany(provision => provision.Status.Conditions).Distinct();
        var tables = catalogue.Units.SelectMany(unit => unit.Fields).Select(field => field.Table).Where(table => table != "ICS").Distinct();

        Assert.That(conditions, Is.EquivalentTo(catalogue.Conditions.Select(condition => condition.Id)));
        Assert.That(tables, Is.EquivalentTo(catalogue.Tables.Select(table => table.Id)));
    }

    [TestCaseSource(nameof(Both))]
    public void A_unit_reads_only_tables_that_its_provision_asks_the_supplier_for(string edition)
    {
        var catalogue = Of(edition);
        var strangers = from provision in catalogue.Provisions
                        from testCase in provision.Cases
                        from unit in testCase.Units
                        from field in unit.Fields
                        where field.Table != "ICS" && !provision.Tables.Contains(field.Table)
                        select $"{unit.Id} reads {field}";

        Assert.That(strangers, Is.Empty);
    }

    [TestCaseSource(nameof(Both))]
    public void Conceptual_units_are_never_decided_by_a_probe(string edition)
    {
        var catalogue = Of(edition);
        var conceptual = catalogue.Units.Where(unit => unit.Kind == TestKind.Conceptual).ToList();

        Assert.That(conceptual, Is.Not.Empty);
        Assert.That(conceptual.Where(unit => unit.DecidedBy.HasFlag(Deciders.Probe)).Select(unit => unit.Id), Is.Empty);
        Assert.That(catalogue.Units.Where(unit => unit.Kind == TestKind.Mixed).Select(unit => unit.Id), Is.Empty);
    }

    [TestCaseSource(nameof(Both))]
    public void Only_5_3_10_1_has_units_of_both_kinds(string edition)
    {
        var catalogue = Of(edition);
        var mixed = catalogue.Cases.Where(testCase => testCase.Kind == TestKind.Mixed).ToList();

        Assert.That(mixed.Select(testCase => testCase.Id.ToString()), Is.EqualTo((string[])["5.3-10-1"]));
        Assert.That(mixed[0].Units.Select(unit => unit.Kind), Is.EqualTo((TestKind[])[TestKind.Conceptual, TestKind.Conceptual, TestKind.Functional]));
    }

    [Test]
    public void Two_cases_of_V2_pass_by_one_safe_update_mechanism_and_none_of_V3_does()
    {
        Assert.That(
            Read[StandardEdition.V2].Cases.Where(testCase => testCase.Fold == Fold.AnyEntry).Select(testCase => testCase.Id.ToString()),
            Is.EqualTo((string[])["5.3-2-1", "5.3-2-2"]));
        Assert.That(Read[StandardEdition.V3].Cases.Where(testCase => testCase.Fold == Fold.AnyEntry), Is.Empty);
    }

    [TestCaseSource(nameof(Both))]
    public void A_unit_that_applies_a_case_again_names_a_case_of_the_same_kind(string edition)
    {
        var catalogue = Of(edition);
        var reuses = catalogue.Units.Where(unit => unit.Uses is not null).ToList();
        var cases = catalogue.Cases.ToDictionary(testCase => testCase.Id);

        Assert.That(reuses, Is.Not.Empty);
        Assert.That(reuses.Where(unit => cases[unit.Uses!.Value].Kind != unit.Kind).Select(unit => $"{unit.Id} uses {unit.Uses}"), Is.Empty);
    }

    [TestCaseSource(nameof(Both))]
    public void Texts_are_sentences_and_questions_end_in_what_the_answer_needs(string edition)
    {
        var catalogue = Of(edition);
        var texts = catalogue.Units.Select(unit => unit.Check)
            .Concat(catalogue.Cases.SelectMany(testCase => new[] { testCase.Purpose, testCase.PassIf, testCase.FailIf }))
            .Concat(catalogue.Provisions.Select(provision => provision.Requires))
            .ToList();
        var questions = catalogue.Units.Where(unit => unit.Question.Length > 0).Select(unit => unit.Question).ToList();

        Assert.That(texts.Where(text => !char.IsAsciiLetterUpper(text[0]) || !text.EndsWith('.')), Is.Empty);
        Assert.That(questions.Where(text => !text.Contains('?', StringComparison.Ordinal) || text.Contains('{', StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void The_tables_have_the_same_number_and_meaning_in_both_editions()
    {
        var (old, current) = (Read[StandardEdition.V2], Read[StandardEdition.V3]);

        Assert.That(old.Tables.Select(table => table.Role), Is.EqualTo(Enum.GetValues<IxitRole>()));
        Assert.That(current.Tables.Select(table => table.Role), Is.EqualTo(Enum.GetValues<IxitRole>()));
        Assert.That(
            old.Tables.Zip(current.Tables).Where(pair => pair.First.Id != pair.Second.Id).Select(pair => $"{pair.First.Id} {pair.Second.Id}"),
            Is.EqualTo((string[])["11-ComMech 11-SecComMech", "15-Intf 15-PhyIntf", "28-ExtAPI 28-LogIntf"]));
        Assert.That(
            old.Tables.Where(table => !table.HasRows).Concat(current.Tables.Where(table => !table.HasRows)).Select(table => table.Id),
            Is.EqualTo((string[])["2-UserInfo", "4-Conf", "9-ReplSup", "2-UserInfo", "4-Conf", "9-ReplSup"]));
    }

    [Test]
    public void The_hash_is_that_of_the_file()
    {
        var bytes = CatalogueFiles.Read(StandardEdition.V3);

        Assert.That(Read[StandardEdition.V3].Sha256, Is.EqualTo(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes.Span))));
        using var stream = new MemoryStream(bytes.ToArray());
        Assert.That(CatalogueReader.Read(stream, "again.yaml").Sha256, Is.EqualTo(Read[StandardEdition.V3].Sha256));
    }

    private static Catalogue Of(string edition) => Read[StandardEdition.Parse(edition)];
}
