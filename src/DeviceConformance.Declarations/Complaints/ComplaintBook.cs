using System.Collections.Immutable;
using DeviceConformance.Model.Declared;

namespace DeviceConformance.Declarations.Complaints;

/// <summary>Collects all complaints about a set of files, so that reading never stops at the first.</summary>
public sealed class ComplaintBook
{
    /// <summary>So many complaints are kept; of the others only the number is. A hostile file could otherwise fill the memory.</summary>
    public const int Limit = 1000;

    private readonly List<Complaint> _complaints = [];
    private int _dropped;

    /// <summary>Whether everything that was written could be taken over. False after a <see cref="Reject"/>.</summary>
    public bool IsUsable { get; private set; } = true;

    /// <summary>An error: what stands there could not be taken over, so judging would rest on less than was said.</summary>
    public void Reject(string rule, SourceSpan at, string message, string remedy, string table = "", string field = "")
    {
        IsUsable = false;
        Error(rule, at, message, remedy, table, field);
    }

    /// <summary>An error that leaves what stands there readable.</summary>
    public void Error(string rule, SourceSpan at, string message, string remedy, string table = "", string field = "") =>
        Add(new Complaint(at, ComplaintSeverity.Error, rule, table, field, message, remedy));

    /// <summary>A warning.</summary>
    public void Warn(string rule, SourceSpan at, string message, string remedy, string table = "", string field = "") =>
        Add(new Complaint(at, ComplaintSeverity.Warning, rule, table, field, message, remedy));

    /// <summary>Tables and fields that are complained of so far; what only follows from that need not be said as well.</summary>
    public HashSet<(string Table, string Field)> Fields => [.. _complaints.Select(complaint => (complaint.Table, complaint.Field))];

    /// <summary>All complaints by file, line and column; equal ones once.</summary>
    public ImmutableArray<Complaint> InOrder()
    {
        var ordered = _complaints
            .Distinct()
            .OrderBy(complaint => complaint.At.File, StringComparer.Ordinal)
            .ThenBy(complaint => complaint.At.Line)
            .ThenBy(complaint => complaint.At.Column)
            .ThenBy(complaint => complaint.Rule, StringComparer.Ordinal);
        return _dropped == 0
            ? [.. ordered]
            : [.. ordered, TooMany()];
    }

    private Complaint TooMany() => new(
        _complaints[^1].At,
        ComplaintSeverity.Error,
        "too-many-complaints",
        "",
        "",
        $"There are {_dropped} more complaints, which are not shown.",
        "Mend the ones above and check again.");

    private void Add(Complaint complaint)
    {
        if (_complaints.Count >= Limit)
        {
            _dropped++;
            return;
        }

        _complaints.Add(complaint with
        {
            Message = Quotation.OneLine(complaint.Message),
            Remedy = Quotation.OneLine(complaint.Remedy),
        });
    }
}
