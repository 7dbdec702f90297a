using System.Collections.Immutable;
using DeviceConformance.Model.Reports;
using static DeviceConformance.Reporting.Html.Markup;
using static DeviceConformance.Reporting.Html.Pieces;

namespace DeviceConformance.Reporting.Html;

/// <summary>What the report rests on: evidence, rules, limits, and what a laboratory adds before it issues the report.</summary>
internal static class BackSections
{
    private static readonly ImmutableArray<string> LeftToLaboratory =
    [
        "Report number and date of issue",
        "Laboratory: address, and place of the tests where it differs",
        "Customer and contact",
        "Date of receipt and condition of the samples; who chose them",
        "Deviations from the method, beyond the incomplete observations of section 1",
        "Authorised by: name, function, signature",
    ];

    public static Markup Evidence(Assessment assessment, EvidenceIndex evidence) => Section(
        "evidence",
        FrontSections.Heading(assessment, "evidence"),
        evidence.Items.IsEmpty
            ? Paragraph("No evidence is cited.")
            : Table(
                "Evidence by address inside the run folder, with the SHA-256 of what stands there",
                ["Address", "What it is", "SHA-256"],
                evidence.Items.Select(item => ((string?)evidence.IdOf(item.Ref), ImmutableArray.Create(
                    Element("code", item.Ref.Address),
                    All([item.Title.Length > 0 ? item.Title : Element("span", Class("quiet"), "not described here"), Element("div", Class("screen"), Excerpt(item))]),
                    Element("code", Class("hash"), item.Ref.Sha256))))));

    public static Markup Basis(Assessment assessment) => Section(
        "basis",
        FrontSections.Heading(assessment, "basis"),
        Element("h3", "What the results relate to"),
        Paragraph($"The results relate only to the {(assessment.Dut.Samples.Length == 1 ? "sample" : "samples")} named at the top, in the software version, hardware version and state in which {(assessment.Dut.Samples.Length == 1 ? "it was" : "they were")} tested."),
        Paragraph("The tests look for indications that the device departs from its declaration or from the standard, with the effort that the test specification assumes. A PASS says that none was found; it does not say that the device has no vulnerability."),
        Element("h3", "What the supplier declares"),
        Paragraph("The identification of the device, the implementation conformance statement (support and detail), the extra information for testing (IXIT) and the stated conditions are declarations of the supplier. They are taken as given, except where a finding compares them with the device. A wrong declaration can make results wrong. Evidence whose address starts with ", Element("code", "dut"), ", ", Element("code", "ics/"), " or ", Element("code", "ixit/"), " is such a declaration."),
        Element("h3", "Decision rule"),
        Paragraph($"No numeric decision rule applies. The verdicts follow {assessment.Edition.Assessment}, clause 4 (the verification of the ICS: clause 4.4), as the harness applies it:"),
        Element(
            "ol",
            Element("li", Element("strong", "Test unit: "), "any FAIL among the findings for its subjects gives FAIL; else any INCONCLUSIVE, or no finding at all, gives INCONCLUSIVE; else PASS."),
            Element("li", Element("strong", "Test case: "), "the same over its units. Where the test specification asks for one suitable mechanism only, the case passes when all units pass for one declared entry."),
            Element("li", Element("strong", "Test group: "), "the same over its cases. A provision that does not apply or is not claimed is not tested and has no verdict."),
            Element("li", Element("strong", "Overall: "), "FAIL when the ICS is not valid or a group fails; PASS when the ICS is valid and every tested group passes; else INCONCLUSIVE.")),
        Paragraph("PASS and FAIL rest on evidence in every case. INCONCLUSIVE means that something is missing, so that neither can be justified; it is not a pass."),
        Element("h3", "To be completed by the laboratory"),
        Paragraph("The harness does not know the following. ISO/IEC 17025:2017, 7.8.2, asks for it before this record is issued as a test report."),
        Element("dl", Class("blanks"), All(LeftToLaboratory.Select(line => Element("div", Element("dt", line), Element("dd"))))));

    public static Markup End(Assessment assessment) => Element(
        "footer",
        Element("p", Class("end"), "End of report · run ", Element("code", assessment.Run.Id)));
}
