using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Model.Reports;
using DeviceConformance.Reporting.Html.Traffic;
using static DeviceConformance.Reporting.Html.Markup;

namespace DeviceConformance.Reporting.Html;

/// <summary>Writes <c>report.html</c>: one file without script or external resource, for screens, phones and paper (A4).</summary>
/// <remarks>
/// Declarations and devices are not trusted: every text is encoded, characters that hide or reorder text are spelled out, and the
/// page's own policy (Content-Security-Policy) allows its style sheet and nothing else.
/// </remarks>
public static class HtmlReport
{
    /// <summary>Writes the page; the same assessment always gives the same text.</summary>
    public static void Write(TextWriter output, Assessment assessment)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(assessment);
        new MarkupWriter(output).WritePage(Page(assessment));
    }

    /// <summary>The page as a string.</summary>
    public static string Render(Assessment assessment)
    {
        using var output = new StringWriter { NewLine = "\n" };
        Write(output, assessment);
        return output.ToString();
    }

    private static Markup Page(Assessment assessment)
    {
        var css = StyleSheets.For(assessment.Run.Id);
        var evidence = new EvidenceIndex(assessment);
        return Element(
            "html",
            With("lang", "en"),
            Element(
                "head",
                Element("meta", With("charset", "utf-8")),
                Element("meta", With("http-equiv", "Content-Security-Policy"), With("content", Policy(css))),
                Element("meta", With("name", "viewport"), With("content", "width=device-width, initial-scale=1")),
                Element("meta", With("name", "referrer"), With("content", "no-referrer")),
                Element("meta", With("name", "color-scheme"), With("content", "light dark")),
                Element("meta", With("name", "generator"), With("content", assessment.Run.Harness)),
                Element("title", $"{Words.Name(assessment.Dut)}: assessment against EN 303 645 {assessment.Edition}"),
                StyleSheet(css)),
            Element(
                "body",
                FrontSections.Title(assessment),
                Element(
                    "main",
                    Id("main"),
                    FrontSections.Health(assessment, evidence),
                    FrontSections.Overall(assessment),
                    FrontSections.Matrix(assessment),
                    OutcomeSections.Failures(assessment, evidence),
                    OutcomeSections.Missing(assessment),
                    OutcomeSections.Ics(assessment, evidence),
                    ResultSections.Results(assessment, evidence),
                    ResultSections.Untested(assessment),
                    TrafficSection.Of(assessment, evidence),
                    BackSections.Evidence(assessment, evidence),
                    BackSections.Basis(assessment)),
                BackSections.End(assessment)));
    }

    private static string Policy(string css) =>
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(css)))}'; base-uri 'none'; form-action 'none'";
}
