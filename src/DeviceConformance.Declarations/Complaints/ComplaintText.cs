using System.Collections.Immutable;
using System.Text;

namespace DeviceConformance.Declarations.Complaints;

/// <summary>Complaints as text for a terminal: <c>file:line:column: error rule: message</c>, the remedy below.</summary>
public static class ComplaintText
{
    /// <summary>The complaints in their order, then how many there are.</summary>
    public static string Render(ImmutableArray<Complaint> complaints)
    {
        var text = new StringBuilder();
        foreach (var complaint in complaints)
        {
            var about = string.Join(", ", new[] { complaint.Table, complaint.Field }.Where(part => part.Length > 0));
            text.Append($"{complaint.At.File}:{complaint.At.Line}:{complaint.At.Column}: {Word(complaint.Severity)} {complaint.Rule}{(about.Length > 0 ? $" ({about})" : "")}: {complaint.Message}\n");
            text.Append($"    {complaint.Remedy}\n");
        }

        var errors = complaints.Count(complaint => complaint.Severity == ComplaintSeverity.Error);
        return text.Append($"{Count(errors, "error")}, {Count(complaints.Length - errors, "warning")}.").ToString();
    }

    private static string Word(ComplaintSeverity severity) => severity == ComplaintSeverity.Error ? "error" : "warning";

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}
