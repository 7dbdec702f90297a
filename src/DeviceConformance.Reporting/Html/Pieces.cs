using System.Collections.Immutable;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;
using static DeviceConformance.Reporting.Html.Markup;

namespace DeviceConformance.Reporting.Html;

/// <summary>Pieces that several sections of the page are made of.</summary>
internal static class Pieces
{
    /// <summary>Longest excerpt on the page, in characters; the run folder holds the whole.</summary>
    private const int ExcerptLength = 2000;

    /// <summary>A verdict as symbol and word in a box.</summary>
    public static Markup Badge(Verdict? verdict) =>
        Element("span", Class($"badge {ClassOf(verdict)}"), Symbol(verdict), Words.Of(verdict));

    /// <summary>The symbol of a verdict; it says nothing to a screen reader, the word beside it does.</summary>
    public static Markup Symbol(Verdict? verdict) =>
        Element("span", Class("symbol"), With("aria-hidden", "true"), Words.Symbol(verdict));

    /// <summary>Class of the page's style sheet for a verdict.</summary>
    public static string ClassOf(Verdict? verdict) => verdict switch
    {
        Verdict.Pass => "pass",
        Verdict.Fail => "fail",
        Verdict.Inconclusive => "inconclusive",
        _ => "untested",
    };

    /// <summary>A section with its heading.</summary>
    public static Markup Section(string id, string heading, params ReadOnlySpan<Markup> contents) =>
        Element("section", [Id(id), With("aria-labelledby", $"{id}-h"), Element("h2", Id($"{id}-h"), heading), .. contents]);

    public static Markup Paragraph(params ReadOnlySpan<Markup> contents) => Element("p", contents);

    /// <summary>Name and value pairs; pairs without a value are left out.</summary>
    public static Markup Facts(params IEnumerable<(string Name, Markup? Value)> facts) =>
        Element("dl", Class("facts"), All(facts.Where(fact => fact.Value is not null).Select(fact =>
            Element("div", Element("dt", fact.Name), Element("dd", fact.Value!)))));

    /// <summary>A fact's value when there is text, else null.</summary>
    public static Markup? Given(string text) => string.IsNullOrWhiteSpace(text) ? null : new Text(text);

    /// <summary>
    /// A table that turns into blocks on a narrow screen. Its roles are written out, since a browser drops them with the table layout.
    /// </summary>
    public static Markup Table(string caption, ImmutableArray<string> columns, IEnumerable<(string? Id, ImmutableArray<Markup> Cells)> rows) =>
        Element(
            "table",
            Class("stacks"),
            With("role", "table"),
            Element("caption", caption),
            Element("thead", With("role", "rowgroup"), Element("tr", With("role", "row"), All(columns.Select(column =>
                Element("th", With("scope", "col"), With("role", "columnheader"), column))))),
            Element("tbody", With("role", "rowgroup"), All(rows.Select(row =>
                Element("tr", With("role", "row"), row.Id is null ? None : Id(row.Id), All(row.Cells.Select((cell, at) =>
                    at == 0
                        ? Element("th", With("scope", "row"), With("role", "rowheader"), With("data-label", columns[at]), cell)
                        : Element("td", With("role", "cell"), With("data-label", columns[at]), cell))))))));

    /// <summary>A finding with what is missing and what it rests on.</summary>
    public static Markup Finding(Finding finding, EvidenceIndex evidence) =>
        Element(
            "div",
            Class($"finding {ClassOf(finding.Verdict)}"),
            Element("p", Badge(finding.Verdict), " ", Subject(finding.Subject), " ", Element("span", Class("statement"), finding.Statement)),
            If(finding.Missing.Length > 0, () => Element("p", Class("missing"), Element("strong", "Missing: "), finding.Missing)),
            If(!finding.Evidence.IsEmpty, () => Element("p", Class("cites"), "Evidence: ", Citations(finding.Evidence, evidence))));

    /// <summary>What the evidence of some findings says, each piece once, and on paper only where <paramref name="printed"/> takes it in.</summary>
    /// <param name="findings">The findings.</param>
    /// <param name="evidence">The index.</param>
    /// <param name="printed">What stands on paper already; what is added here is noted in it.</param>
    public static Markup Excerpts(IEnumerable<Finding> findings, EvidenceIndex evidence, HashSet<EvidenceRef> printed) =>
        All(findings.SelectMany(finding => finding.Evidence).Distinct().Select(reference => printed.Add(reference)
            ? Excerpt(evidence[reference])
            : Element("div", Class("screen"), Excerpt(evidence[reference]))));

    public static Markup Subject(string subject) => Element("span", Class("subject"), subject);

    /// <summary>Links to the evidence index.</summary>
    public static Markup Citations(ImmutableArray<EvidenceRef> references, EvidenceIndex evidence) =>
        All(references.Select((reference, at) => All([at > 0 ? ", " : None, Link(evidence.IdOf(reference), Element("code", reference.Address))])));

    /// <summary>What a piece of evidence says, folded away; nothing when it is not text.</summary>
    public static Markup Excerpt(EvidenceItem item) => If(item.Excerpt.Length > 0, () =>
        Element(
            "details",
            Element("summary", "Excerpt of ", Element("code", item.Ref.Address), item.Title.Length > 0 ? $": {item.Title}" : None),
            Element("pre", With("tabindex", "0"), VisibleText.Clip(item.Excerpt, ExcerptLength)),
            If(item.Excerpt.Length > ExcerptLength, () =>
                Paragraph($"Shortened to {ExcerptLength} of {item.Excerpt.Length} characters; the run folder holds the whole."))));

    public static string IdOf(ProvisionId provision) => $"p-{provision}";

    public static string IdOf(TestUnitId unit) => $"u-{unit.Case}-{unit.Letter}";
}
