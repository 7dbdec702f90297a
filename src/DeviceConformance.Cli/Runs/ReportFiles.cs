using DeviceConformance.Model.Reports;
using DeviceConformance.Reporting.Html;
using DeviceConformance.Reporting.Json;
using DeviceConformance.Reporting.Junit;
using DeviceConformance.Reporting.Markdown;

namespace DeviceConformance.Cli.Runs;

/// <summary>Writes the reports of an assessment.</summary>
internal static class ReportFiles
{
    public const string Assessment = "assessment.json";
    public const string Html = "report.html";
    public const string Markdown = "report.md";
    public const string Junit = "junit.xml";

    /// <summary>Formats that <c>dct report</c> knows, each with its file.</summary>
    public static IReadOnlyDictionary<string, string> Formats { get; } = new Dictionary<string, string>
    {
        ["json"] = Assessment,
        ["html"] = Html,
        ["md"] = Markdown,
        ["junit"] = Junit,
    };

    /// <summary>Writes reports into a folder; a file is replaced as a whole or not at all.</summary>
    public static void Write(string folder, Assessment assessment, IEnumerable<string> formats)
    {
        Directory.CreateDirectory(folder);
        foreach (var format in formats.Distinct())
        {
            var target = Path.Combine(folder, Formats[format]);
            var partial = target + ".partial";
            using (var stream = File.Create(partial))
            {
                Write(stream, assessment, format);
            }

            File.Move(partial, target, overwrite: true);
        }
    }

    private static void Write(Stream stream, Assessment assessment, string format)
    {
        switch (format)
        {
            case "json":
                AssessmentJson.Write(stream, assessment);
                break;
            case "junit":
                JunitReport.Write(stream, assessment);
                break;
            default:
                using (var text = new StreamWriter(stream, leaveOpen: true))
                {
                    text.Write(format == "html" ? HtmlReport.Render(assessment) : MarkdownReport.Render(assessment));
                }

                break;
        }
    }
}
