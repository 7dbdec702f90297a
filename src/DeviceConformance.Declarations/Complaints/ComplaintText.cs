using System.Collections.Immutable;
using System.Text;

namespace DeviceConformance.Declarations.Complaints;

/// <summary>
/// Complaints as text for a terminal: <c>file:line:column: error rule (table, field): message</c> with the remedy below; a blank line
/// between files.
/// </summary>
public static class ComplaintText
{
    /// <summary>The complaints in their order, then how many there are.</summary>
    public static string Render(ImmutableArray<Complaint> complaints)
    {
        var text = new StringBuilder();
        foreach (var file in complaints.GroupBy(complaint => complaint.At.File))
        {
            foreach (var complaint in file)
            {
                var about = string.Join(", ", new[] { complaint.Table, complaint.Field }.Where(part => part.Length > 0));
                text.Append($"{Quotation.OneLine(file.Key)}:{complaint.At.Line}:{complaint.At.Column}: {Word(complaint.Severity)} {complaint.Rule}");
                text.Append($"{(about.Length > 0 ? $" ({Quotation.OneLine(about)})" : "")}: {Quotation.OneLine(complaint.Message)}\n");
                text.Append($"    {Quotation.OneLine(complaint.Remedy)}\n");
            }

            text.Append('\n');
        }

        var errors = complaints.Count(complaint => complaint.Severity == ComplaintSeverity.Error);
        return text.Append($"{Count(errors, "error")}, {Count(complaints.Length - errors, "warning")}.").ToString();
    }

    private static string Word(ComplaintSeverity severity) => severity == ComplaintSeverity.Error ? "error" : "warning";

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}
