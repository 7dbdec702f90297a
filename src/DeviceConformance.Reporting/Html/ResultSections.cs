using System.Collections.Immutable;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;
using static DeviceConformance.Reporting.Html.Markup;
using static DeviceConformance.Reporting.Html.Pieces;

namespace DeviceConformance.Reporting.Html;

/// <summary>All results: group, case, unit, finding; and the provisions without a result.</summary>
internal static class ResultSections
{
    private static readonly ImmutableArray<Verdict> WorstFirst = [Verdict.Fail, Verdict.Inconclusive, Verdict.Pass];

    public static Markup Results(Assessment assessment, EvidenceIndex evidence)
    {
        var tested = assessment.Groups.Where(group => group.Verdict is not null).ToList();
        return Section(
            "results",
            FrontSections.Heading(assessment, "results"),
            tested.Count == 0 ? Paragraph("No provision was tested.") : Filter(),
            All(tested.Select(group => Group(group, evidence))));
    }

    public static Markup Untested(Assessment assessment)
    {
        var untested = assessment.Groups.Where(group => group.Verdict is null).ToList();
        return Section(
            "untested",
            FrontSections.Heading(assessment, "untested"),
            untested.Count == 0
                ? Paragraph("All provisions were tested.")
                : Table(
                    "Provisions without a verdict, and why",
                    ["Provision", "Status", "Support", "Reason"],
                    untested.Select(group => ((string?)IdOf(group.Provision), ImmutableArray.Create(
                        All([Element("span", Class("number"), group.Provision.ToString()), " ", group.Title]),
                        group.Status.Text,
                        Words.Of(group.Support),
                        group.Applicability.Reason)))));
    }

    /// <summary>A choice of verdicts that the style sheet acts on; a browser that can not do so does not show it.</summary>
    private static Markup Filter() => Element(
        "fieldset",
        Class("filter"),
        Element("legend", "Show units that are"),
        Choice("all", "all", isChosen: true),
        All(WorstFirst.Select(verdict => Choice(ClassOf(verdict), $"{Words.Symbol(verdict)} {Words.Of(verdict)}", isChosen: false))));

    private static Markup Choice(string value, string label, bool isChosen) => Element(
        "label",
        Element("input", With("type", "radio"), With("name", "show"), Id($"show-{value}"), isChosen ? With("checked", "") : None),
        " ",
        label);

    private static Markup Group(GroupResult group, EvidenceIndex evidence) => Element(
        "article",
        Id(IdOf(group.Provision)),
        Class($"group {Holds(group.Cases.SelectMany(testCase => testCase.Units), group.Verdict!.Value)}"),
        Element("h3", Element("span", Class("number"), group.Provision.ToString()), " ", group.Title, " ", Badge(group.Verdict)),
        Element("p", Class("quiet"), $"Status {group.Status.Text} · support {Words.Of(group.Support)} (declared) · {group.Applicability.Reason}"),
        group.Cases.IsEmpty ? Paragraph("No test case of this group was judged.") : None,
        All(group.Cases.Select(testCase => Case(testCase, evidence))));

    private static Markup Case(CaseResult testCase, EvidenceIndex evidence) => Element(
        "section",
        Class($"case {Holds(testCase.Units, testCase.Verdict)}"),
        Element("h4", $"Test case {testCase.Id}", " ", Element("small", Words.Of(testCase.Kind)), " ", Badge(testCase.Verdict)),
        If(testCase.Purpose.Length > 0, () => Element("p", Class("purpose"), testCase.Purpose)),
        testCase.Units.IsEmpty ? Paragraph("No unit of this case was judged.") : None,
        All(testCase.Units.Select(unit => Unit(unit, evidence))));

    private static Markup Unit(UnitResult unit, EvidenceIndex evidence) => Element(
        "section",
        Id(IdOf(unit.Id)),
        Class($"unit {ClassOf(unit.Verdict)}"),
        With("aria-label", $"Unit {unit.Id}: {Words.Of(unit.Verdict)}"),
        Element("p", Class("letter"), $"{unit.Id.Letter}"),
        Element(
            "div",
            Element("p", Class("check"), unit.Check),
            Element(
                "p",
                Class("quiet"),
                Element("span", Class($"said {ClassOf(unit.Verdict)}"), Symbol(unit.Verdict), " ", Words.Of(unit.Verdict)),
                $" · decided by {Words.Of(unit.DecidedBy)}"),
            unit.Findings.IsEmpty ? Paragraph("Nothing was found for this unit.") : None,
            All(unit.Findings.Select(finding => Finding(finding, evidence)))));

    /// <summary>Classes by which the filter finds a group or case that holds a unit of a verdict.</summary>
    private static string Holds(IEnumerable<UnitResult> units, Verdict own) =>
        string.Join(' ', units.Select(unit => unit.Verdict).Append(own).Distinct().Order().Select(verdict => $"has-{ClassOf(verdict)}"));
}
