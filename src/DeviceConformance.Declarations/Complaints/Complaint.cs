using System.Text.Json.Serialization;
using DeviceConformance.Model.Declared;

namespace DeviceConformance.Declarations.Complaints;

/// <summary>How bad a complaint is.</summary>
public enum ComplaintSeverity
{
    /// <summary>The declaration is wrong or contradicts itself and has to be changed.</summary>
    [JsonStringEnumMemberName("error")]
    Error,

    /// <summary>The declaration can be used as it is, but something is probably not meant like this.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,
}

/// <summary>Something wrong with a declaration or answers file, with its place and what to do about it.</summary>
/// <param name="At">Where it stands.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Rule">Which rule is broken, in kebab-case: <c>dangling-reference</c>.</param>
/// <param name="Table">IXIT table that it is about, <c>ICS</c>, or empty.</param>
/// <param name="Field">Column or key that it is about; empty when it is about a whole entry or file.</param>
/// <param name="Message">What is wrong: one sentence, present tense.</param>
/// <param name="Remedy">What to do: an instruction.</param>
public sealed record Complaint(
    SourceSpan At,
    ComplaintSeverity Severity,
    string Rule,
    string Table,
    string Field,
    string Message,
    string Remedy);
