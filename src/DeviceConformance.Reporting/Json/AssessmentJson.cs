using System.Text.Encodings.Web;
using System.Text.Json;
using DeviceConformance.Model.Reports;

namespace DeviceConformance.Reporting.Json;

/// <summary>Writes and reads <c>assessment.json</c>, of which all other reports are projections.</summary>
public static class AssessmentJson
{
    /// <summary>Version of the file's shape. The number before the dot changes when an old reader would misread the file.</summary>
    public const string SchemaVersion = "1.2";

    // The file is data and never part of a page, so that only JSON's own quoting is needed and text stays readable.
    private static readonly AssessmentContext Context = new(new JsonSerializerOptions(AssessmentContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    });

    /// <summary>Writes an assessment; the same assessment always gives the same bytes (UTF-8, LF, two blanks of indentation).</summary>
    public static void Write(Stream stream, Assessment assessment)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(assessment);
        JsonSerializer.Serialize(stream, AssessmentDocument.Of(assessment), Context.AssessmentDocument);
        stream.Write("\n"u8);
    }

    /// <summary>Reads back what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">
    /// The file is no assessment of this major version, or contradicts itself: a finding passes without evidence, an untested group
    /// has a verdict, the counts are not those of its groups.
    /// </exception>
    public static Assessment Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var document = JsonSerializer.Deserialize(stream, Context.AssessmentDocument) ?? throw new JsonException("The file holds null instead of an assessment.");
        if (!document.SchemaVersion.StartsWith(SchemaVersion[..2], StringComparison.Ordinal))
        {
            throw new JsonException($"The file has schema version {document.SchemaVersion}; this harness reads version {SchemaVersion}.");
        }

        Assessment assessment;
        try
        {
            assessment = document.ToAssessment();
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException)
        {
            throw new JsonException($"The file is no assessment. {fault.Message}", fault);
        }

        return AssessmentCounts.Of(assessment) == document.Counts
            ? assessment
            : throw new JsonException("The counts of the file are not those of its groups; it was changed after it was written.");
    }
}
