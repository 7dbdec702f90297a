using System.Text;
using DeviceConformance.Declarations.Catalogues;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases;
using NUnit.Framework;

namespace DeviceConformance.Tests.Catalogues;

/// <summary>A broken catalogue is refused, with the line of the fault. Each case breaks one place of the real file.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class CatalogueReaderTests
{
    private static readonly string Sound = Encoding.UTF8.GetString(CatalogueFiles.Read(StandardEdition.V3).Span);

    [TestCase("edition: V3.1.3", "edition: V4.0.0", "bad-value")]
    [TestCase("    status: M F (a)", "    status: M F (b)", "status-conditions")]
    [TestCase("    status: M F (a)", "    status: X", "status")]
    [TestCase("    conditions: 14 and e", "    conditions: 14 and zz", "unknown-condition")]
    [TestCase("  - id: 5.1-2\n", "  - id: 5.9-2\n", "order")]
    [TestCase("      - id: 5.1-1-2\n", "      - id: 5.1-1-1\n", "order")]
    [TestCase("      - id: 5.1-1-2\n", "      - id: 5.1-2-9\n", "foreign-case")]
    [TestCase("          - id: b\n", "          - id: c\n", "unit-order")]
    [TestCase("          - id: b\n", "          - id: B\n", "unit-letter")]
    [TestCase("fields: [ICS.Support, ICS.Detail]", "fields: [ICS.Support, ICS.Details]", "unknown-field")]
    [TestCase("[1-AuthMech.ID, 1-AuthMech.Description]", "[1-AuthMech.ID, 1-Authmech.Description]", "unknown-field")]
    [TestCase("    ixit: [1-AuthMech]", "    ixit: [1-AuthMac]", "unknown-table")]
    [TestCase("            per: 1-AuthMech", "            per: 2-UserInfo", "per")]
    [TestCase("            per: 1-AuthMech", "            per: 1-Auth", "unknown-table")]
    [TestCase("            decided-by: [rule]", "            decided-by: [rule, operator]", "question")]
    [TestCase("            decided-by: [rule]", "            decided-by: []", "decided-by")]
    [TestCase("            decided-by: [rule]", "            decided-by: [oracle]", "bad-choice")]
    [TestCase("            uses: 5.3-2-2", "            uses: 5.3-2-3", "unknown-case")]
    [TestCase("        kind: conceptual", "        kind: conceptuel", "bad-choice")]
    [TestCase("        purpose: Judge", "        purpos: Judge", "unknown-key")]
    [TestCase("        purpose: Judge", "        purpos: Judge", "missing-key")]
    [TestCase("        kind: functional", "        kind: functional\n        fold: any-entry", "any-entry")]
    [TestCase("  - id: 3-VulnTypes", "  - id: 4-VulnTypes", "table-order")]
    [TestCase("  - id: 3-VulnTypes", "  - id: VulnTypes", "table-id")]
    [TestCase("    ixit: [1-AuthMech]", "    ixit: {1-AuthMech: x}", "wrong-kind")]
    [TestCase("    conditions: 14 and e", "    conditions: [14, e]", "wrong-kind")]
    public void A_fault_is_named_with_its_rule_and_line(string sound, string broken, string rule)
    {
        var at = Sound.IndexOf(sound, StringComparison.Ordinal);
        Assert.That(at, Is.GreaterThan(0), "The catalogue no longer holds the text that this case breaks.");
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Sound.AsSpan(0, at), broken, Sound.AsSpan(at + sound.Length)));

        var exception = Assert.Throws<CatalogueException>(() => CatalogueReader.Read(bytes, "broken.yaml"))!;

        Assert.That(exception.Complaints.Select(complaint => complaint.Rule), Does.Contain(rule));
        Assert.That(exception.Message, Does.Match(@"^broken\.yaml:\d+: "));
    }

    [Test]
    public void The_line_is_that_of_the_fault()
    {
        const string Fields = "fields: [ICS.Support, ICS.Detail]";
        var line = Sound[..Sound.IndexOf(Fields, StringComparison.Ordinal)].Count(character => character == '\n') + 1;

        var exception = Assert.Throws<CatalogueException>(() => CatalogueReader.Read(Encoding.UTF8.GetBytes(Sound.Replace(Fields, "fields: [ICS.Reason]", StringComparison.Ordinal)), "c.yaml"))!;

        Assert.That(exception.Complaints, Has.Length.EqualTo(1));
        Assert.That(exception.Complaints[0].At.ToString(), Is.EqualTo($"c.yaml:{line}"));
    }

    [TestCase("")]
    [TestCase("- a list")]
    [TestCase("edition: [")]
    [TestCase("edition: V3.1.3")]
    public void A_file_that_is_no_catalogue_is_refused(string text) =>
        Assert.Throws<CatalogueException>(() => CatalogueReader.Read(Encoding.UTF8.GetBytes(text), "c.yaml"));
}
