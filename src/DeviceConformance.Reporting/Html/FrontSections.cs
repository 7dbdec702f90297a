using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;
using static DeviceConformance.Reporting.Html.Markup;
using static DeviceConformance.Reporting.Html.Pieces;

namespace DeviceConformance.Reporting.Html;

/// <summary>What a reader sees first: what was assessed, whether the run can be trusted, the verdict, the provisions at a glance.</summary>
internal static class FrontSections
{
    private static readonly ImmutableArray<(string Id, string Title)> Sections =
    [
        ("health", "Run health and scope"),
        ("overall", "Overall verdict"),
        ("matrix", "Provisions at a glance"),
        ("failures", "Failures"),
        ("missing", "What is missing"),
        ("ics", "Verification of the ICS"),
        ("results", "Results in detail"),
        ("untested", "Provisions not tested"),
        ("traffic", "Captured traffic"),
        ("evidence", "Evidence"),
        ("basis", "Basis of this report"),
    ];

    private const int NameLength = 120;

    private static readonly ImmutableArray<string> CountColumns = ["Level", "✗ FAIL", "? INCONCLUSIVE", "✓ PASS", "– not tested"];

    /// <summary>Heading of a section by its id, so that contents and section can not differ.</summary>
    public static string Heading(Assessment assessment, string id) => Contents(assessment).First(entry => entry.Id == id).Heading;

    public static Markup Title(Assessment assessment)
    {
        var (run, dut) = (assessment.Run, assessment.Dut);
        return Element(
            "header",
            Element("p", Class("kind"), "Conformance assessment of a consumer IoT device"),
            Element("h1", VisibleText.Clip(Words.Name(dut), NameLength)),
            Element("p", Class("standard"), $"against {assessment.Edition.Requirements}, by the method of {assessment.Edition.Assessment}"),
            Element(
                "div",
                Class("columns"),
                Element(
                    "section",
                    With("aria-labelledby", "dut-h"),
                    Element("h2", Id("dut-h"), "Device under test ", Element("small", "as declared by the supplier")),
                    Facts(
                        ("Supplier", Given(dut.Maker)),
                        ("Brand", Given(dut.Brand)),
                        ("Model", Given(dut.Model)),
                        ("Kind", Given(dut.Kind)),
                        ("Software", Given(dut.Firmware)),
                        ("Hardware", Given(dut.Hardware)),
                        ("Samples", Samples(dut.Samples)),
                        ("Constrained", Constrained(dut)),
                        ("States", Given(string.Join(", ", dut.States))),
                        ("Associated services", Given(string.Join(", ", dut.AssociatedServices))))),
                Element(
                    "section",
                    With("aria-labelledby", "run-h"),
                    Element("h2", Id("run-h"), "Assessment"),
                    Facts(
                        ("Laboratory", assessment.Laboratory.Length > 0 ? assessment.Laboratory : "not named"),
                        ("Run", Element("code", run.Id)),
                        ("Started", Words.Time(run.Started)),
                        ("Finished", Words.Time(run.Finished)),
                        ("Harness", Given(run.Harness)),
                        ("Catalogue", Given(assessment.CatalogueVersion)),
                        ("Host", Given(run.Host)),
                        ("Command", run.Command.Length > 0 ? Element("code", run.Command) : null)))),
            Element(
                "nav",
                With("aria-label", "Contents"),
                Element("ul", All(Contents(assessment).Select(entry => Element("li", Link(entry.Id, entry.Heading)))))));
    }

    public static Markup Health(Assessment assessment, EvidenceIndex evidence)
    {
        var problems = assessment.Run.Health.Problems;
        var complete = assessment.Scope.Count(line => line.IsComplete);
        return Section(
            "health",
            Heading(assessment, "health"),
            problems.IsEmpty
                ? Element("p", Class("notice"), Element("strong", "The run is sound."), " No fault of the harness, the laboratory or the evidence was recorded.")
                : Element(
                    "div",
                    Class("notice trouble"),
                    Paragraph(
                        Element("strong", $"The run is not sound: {Words.Count(problems.Length, "problem")}."),
                        " They are faults of the run, not of the device. Where they took something away, the verdict is INCONCLUSIVE."),
                    Element("ul", All(problems.Select(problem => Element(
                        "li",
                        Element("strong", Words.Of(problem.Kind)),
                        $", {Words.Time(problem.At)}: ",
                        problem.Text))))),
            assessment.Scope.IsEmpty
                ? Paragraph("No observation of the device was recorded: nothing in this report was seen on the device itself.")
                : Paragraph((complete == assessment.Scope.Length
                    ? $"All observations ({complete}) are complete: each looked at everything it asked for."
                    : $"{assessment.Scope.Length - complete} of {Words.Count(assessment.Scope.Length, "observation")} {(assessment.Scope.Length - complete == 1 ? "is" : "are")} incomplete.")
                    + " The absence of something counts only where the observation is complete."),
            If(complete < assessment.Scope.Length, () => Scope("Incomplete observations", assessment.Scope.Where(line => !line.IsComplete), evidence)),
            If(complete > 0, () => Element(
                "details",
                Element("summary", $"What was looked at completely ({complete})"),
                Scope("Complete observations", assessment.Scope.Where(line => line.IsComplete), evidence))),
            If(!assessment.Run.Requests.IsEmpty, () => Requests(assessment)));
    }

    /// <summary>Sections with their numbers; captured traffic is one only where there is any.</summary>
    private static IEnumerable<(string Id, string Heading)> Contents(Assessment assessment) => Sections
        .Where(section => section.Id != "traffic" || !assessment.Traffic.IsEmpty)
        .Select((section, at) => (section.Id, $"{at + 1} {section.Title}"));

    private static Markup Requests(Assessment assessment)
    {
        var counts = RequestCount.Of(assessment.Run.Requests);
        var interrupted = assessment.Run.Health.Problems.Any(problem => problem.Kind == HealthKind.Interrupted);
        return Element(
            "details",
            Element("summary", $"How often the device was asked ({Words.Number(counts.Sum(count => count.Total))} requests)"),
            Paragraph("A request is a connection attempt over TCP or a datagram over UDP, answered or not, sweeps included; several questions may share a connection."
                + (interrupted ? " What was asked last before an interruption may be missing from these figures." : "")),
            Table(
                "Requests that the device received",
                ["Port", "Requests"],
                counts.SelectMany(count => count.Rows).Select(row => ((string?)null, ImmutableArray.Create<Markup>(row.Ports, row.Requests)))));
    }

    public static Markup Overall(Assessment assessment)
    {
        var counts = AssessmentCounts.Of(assessment);
        var verdict = assessment.Overall.Verdict;
        return Section(
            "overall",
            Heading(assessment, "overall"),
            Element(
                "div",
                Class($"verdict {ClassOf(verdict)}"),
                Element("p", Class("word"), Symbol(verdict), " ", Words.Of(verdict)),
                Element("p", assessment.Overall.Reason)),
            Element(
                "table",
                Class("counts"),
                Element("caption", "Verdicts by level"),
                Element("thead", Element("tr", All(CountColumns.Select(column =>
                    Element("th", With("scope", "col"), column))))),
                Element(
                    "tbody",
                    CountRow("Provisions", counts.Groups, counts.UntestedGroups),
                    CountRow("Test cases", counts.Cases, null),
                    CountRow("Test units", counts.Units, null),
                    CountRow("Findings", counts.Findings, null))));
    }

    public static Markup Matrix(Assessment assessment) => Section(
        "matrix",
        Heading(assessment, "matrix"),
        Element("p", Class("legend"), Badge(Verdict.Pass), " ", Badge(Verdict.Fail), " ", Badge(Verdict.Inconclusive), " ", Badge(null), " M mandatory, R recommended. Each number leads to its results."),
        Element(
            "table",
            Class("matrix"),
            Element("caption", Class("unseen"), "Verdict of each provision, by clause"),
            Element("thead", Class("unseen"), Element("tr", Element("th", With("scope", "col"), "Clause"), Element("th", With("scope", "col"), "Provisions"))),
            Element("tbody", All(assessment.Groups.GroupBy(tested => Clauses.Number(tested.Provision)).Select(clause => Element(
                "tr",
                Element("th", With("scope", "row"), Element("span", Class("number"), clause.Key), " ", Clauses.Name(clause.First().Provision)),
                Element("td", Element("ul", All(clause.Select(Cell))))))))));

    private static Markup Cell(GroupResult group) => Element(
        "li",
        Link(
            IdOf(group.Provision),
            Class($"cell {ClassOf(group.Verdict)}"),
            With("title", $"{group.Title}: {Words.Of(group.Verdict)}"),
            Element("span", Class("number"), group.Provision.ToString()),
            " ",
            Element("span", Class("status"), group.Status.IsMandatory ? "M" : "R"),
            " ",
            Symbol(group.Verdict),
            Element("span", Class("unseen"), $" {Words.Of(group.Verdict)}")));

    private static Markup CountRow(string level, VerdictCounts counts, int? untested) => Element(
        "tr",
        Element("th", With("scope", "row"), level),
        All(new[] { $"{counts.Fail}", $"{counts.Inconclusive}", $"{counts.Pass}", untested is null ? "" : $"{untested}" }.Select(number => Element("td", number))));

    private static Markup Scope(string caption, IEnumerable<ScopeLine> lines, EvidenceIndex evidence) => Table(
        caption,
        ["Asked", "What was looked at", "Record"],
        lines.Select(line => ((string?)null, ImmutableArray.Create(line.Title, line.Statement, Citations([line.Ref], evidence)))));

    private static Markup? Samples(ImmutableArray<DutSample> samples) => samples.IsEmpty
        ? "none named"
        : Element("ul", All(samples.Select(sample => Element(
            "li",
            Element("strong", sample.Name),
            sample.Serial.Length > 0 ? $", serial number {sample.Serial}" : ", serial number not given",
            If(!sample.Mac.IsEmpty, () => All([", MAC ", Element("code", string.Join(", ", sample.Mac))])),
            If(!sample.Addresses.IsEmpty, () => All([", at ", Element("code", string.Join(", ", sample.Addresses))]))))));

    private static Markup Constrained(Dut dut) => dut.IsConstrained.TryGet(out var constrained)
        ? (constrained ? "yes" : "no") + (dut.ConstrainedJustification.Length > 0 ? $": {dut.ConstrainedJustification}" : "")
        : "not declared";
}
