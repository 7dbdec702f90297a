using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DeviceConformance.Declarations.Complaints;

/// <summary>Complaints as JSON for editors and CI.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ImmutableArray<Complaint>))]
public sealed partial class ComplaintJson : JsonSerializerContext
{
    /// <summary>An array with one object for each complaint: at (file, line, column), severity, rule, table, field, message, remedy.</summary>
    public static string Render(ImmutableArray<Complaint> complaints) => JsonSerializer.Serialize(complaints, Default.ImmutableArrayComplaint);
}
