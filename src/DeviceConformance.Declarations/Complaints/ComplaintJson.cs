using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DeviceConformance.Declarations.Complaints;

/// <summary>Complaints as JSON for editors and CI.</summary>
public static class ComplaintJson
{
    /// <summary>Version of the shape.</summary>
    public const int SchemaVersion = 1;

    /// <summary>
    /// An object with <c>schemaVersion</c>, the numbers of <c>errors</c> and <c>warnings</c>, and <c>complaints</c>: file, line, column,
    /// severity, rule, table, field, message and remedy of each.
    /// </summary>
    public static string Render(ImmutableArray<Complaint> complaints) => JsonSerializer.Serialize(
        new ComplaintListing(
            SchemaVersion,
            complaints.Count(complaint => complaint.Severity == ComplaintSeverity.Error),
            complaints.Count(complaint => complaint.Severity == ComplaintSeverity.Warning),
            [.. complaints.Select(ComplaintLine.Of)]),
        ComplaintJsonContext.Default.ComplaintListing);
}

/// <summary>Complaints as written to JSON.</summary>
internal sealed record ComplaintListing(int SchemaVersion, int Errors, int Warnings, ImmutableArray<ComplaintLine> Complaints);

/// <summary>A complaint as written to JSON.</summary>
internal sealed record ComplaintLine(string File, int Line, int Column, ComplaintSeverity Severity, string Rule, string Table, string Field, string Message, string Remedy)
{
    public static ComplaintLine Of(Complaint complaint) => new(
        complaint.At.File,
        complaint.At.Line,
        complaint.At.Column,
        complaint.Severity,
        complaint.Rule,
        complaint.Table,
        complaint.Field,
        complaint.Message,
        complaint.Remedy);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ComplaintListing))]
internal sealed partial class ComplaintJsonContext : JsonSerializerContext;
