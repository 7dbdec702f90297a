using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;
using static DeviceConformance.Reporting.Html.Markup;
using static DeviceConformance.Reporting.Html.Pieces;

namespace DeviceConformance.Reporting.Html;

/// <summary>What a reader acts on: failures, what is missing, the verification of the ICS.</summary>
internal static class OutcomeSections
{
    public static Markup Failures(Assessment assessment, EvidenceIndex evidence)
    {
        var failed = assessment.Groups.Where(tested => tested.Verdict == Verdict.Fail).ToList();
        var outweighed = OutweighedFinding.Of(assessment);
        var printed = new HashSet<EvidenceRef>();
        return Section(
            "failures",
            FrontSections.Heading(assessment, "failures"),
            failed.Count == 0 ? Paragraph("No tested provision fails.") : None,
            All(failed.Select(tested => Failure(tested, evidence, printed))),
            If(outweighed.Length > 0, () => Element(
                "section",
                Class("outweighed"),
                Element("h3", "Failing findings that do not decide their case"),
                Paragraph("In these cases one declared mechanism that passes is enough; the findings are shown so that none is hidden."),
                Element("ul", All(outweighed.Select(item => Element(
                    "li",
                    Link(IdOf(item.Unit.Id), item.Unit.Id.ToString()),
                    " ",
                    Subject(item.Finding.Subject),
                    " ",
                    item.Finding.Statement)))))));
    }

    public static Markup Missing(Assessment assessment)
    {
        var items = OpenItem.Of(assessment);
        var shared = items.Where(item => item.IsShared).ToList();
        var single = items.Where(item => !item.IsShared).ToList();
        return Section(
            "missing",
            FrontSections.Heading(assessment, "missing"),
            items.IsEmpty
                ? Paragraph("Nothing: every unit that was tested could be decided.")
                : Paragraph($"{Words.Count(items.Length, "thing")} to do before every unit can be decided. INCONCLUSIVE is not a pass."),
            If(shared.Count > 0, () => All([Element("h3", "Opens several units"), Element("ul", Class("todo"), All(shared.Select(ToDo)))])),
            If(single.Count > 0, () => All(
                [
                    shared.Count > 0 ? Element("h3", "Opens one unit each") : None,
                    Element("ul", Class("todo"), All(single.Select(ToDo))),
                ])));
    }

    public static Markup Ics(Assessment assessment, EvidenceIndex evidence)
    {
        var verification = assessment.IcsVerification;
        return Section(
            "ics",
            FrontSections.Heading(assessment, "ics"),
            Paragraph(
                Badge(verification.Verdict),
                " ",
                verification.Verdict switch
                {
                    Verdict.Pass => "The implementation conformance statement is valid.",
                    Verdict.Fail => "The implementation conformance statement is not valid; this alone makes the overall verdict FAIL.",
                    _ => "It could not be decided whether the implementation conformance statement is valid.",
                }),
            All(verification.Findings
                .OrderBy(finding => finding.Verdict switch { Verdict.Fail => 0, Verdict.Inconclusive => 1, _ => 2 })
                .Select(finding => Finding(finding, evidence))),
            Excerpts(verification.Findings.Where(finding => finding.Verdict == Verdict.Fail), evidence, []),
            Conditions(assessment.Dut));
    }

    private static Markup Conditions(Dut dut) => If(!dut.Conditions.IsEmpty, () => Element(
        "details",
        Element("summary", $"Conditions that the supplier states ({dut.Conditions.Count})"),
        Element("ul", All(Json.ConditionOrder.Sort(dut.Conditions).Select(condition => Element(
            "li",
            Element("strong", $"({condition.Key})"),
            condition.Value.Holds ? " holds" : " does not hold",
            condition.Value.Because.Length > 0 ? $": {condition.Value.Because}" : None))))));

    private static Markup Failure(GroupResult tested, EvidenceIndex evidence, HashSet<EvidenceRef> printed) => Element(
        "article",
        Class("failure"),
        Element("h3", Link(IdOf(tested.Provision), tested.Provision.ToString()), " ", tested.Title, " ", Badge(tested.Verdict)),
        Element("p", Class("quiet"), $"{(tested.Status.IsMandatory ? "Mandatory" : "Recommended")}, status {tested.Status.Text}, support {Words.Of(tested.Support)}"),
        All(tested.Cases.Where(testCase => testCase.Verdict == Verdict.Fail).Select(testCase =>
            testCase.Units.Any(unit => unit.Verdict == Verdict.Fail)
                ? All(testCase.Units.Where(unit => unit.Verdict == Verdict.Fail).Select(unit => FailedUnit(unit, evidence)))
                : Paragraph($"Test case {testCase.Id} fails as a whole: no single declared mechanism passes all of its units."))),
        Excerpts(
            from testCase in tested.Cases
            where testCase.Verdict == Verdict.Fail
            from unit in testCase.Units
            where unit.Verdict == Verdict.Fail
            from finding in unit.Findings
            where finding.Verdict == Verdict.Fail
            select finding,
            evidence,
            printed));

    private static Markup FailedUnit(UnitResult unit, EvidenceIndex evidence) => Element(
        "section",
        Element("h4", Link(IdOf(unit.Id), unit.Id.ToString()), " ", Element("span", Class("check"), unit.Check)),
        All(unit.Findings.Where(finding => finding.Verdict == Verdict.Fail).Select(finding => Finding(finding, evidence))));

    private static Markup ToDo(OpenItem item) => Element(
        "li",
        Element("p", Class("do"), Element("span", Class("box"), With("aria-hidden", "true"), "☐"), item.Missing),
        Element("ul", Class("places"), All(item.Places.Select(place => Element(
            "li",
            Link(place.Unit is { } unit ? IdOf(unit) : place.Provision is { } provision ? IdOf(provision) : "ics", place.Where),
            " ",
            Subject(place.Subject),
            " ",
            place.Statement)))));
}
