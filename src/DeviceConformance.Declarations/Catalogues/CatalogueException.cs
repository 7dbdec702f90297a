using System.Collections.Immutable;
using DeviceConformance.Declarations.Complaints;

namespace DeviceConformance.Declarations.Catalogues;

/// <summary>A catalogue file is broken. Catalogues are part of the harness, so this is a fault of the harness and not of a declaration.</summary>
public sealed class CatalogueException : Exception
{
    /// <summary>An exception with all complaints, one a line, each with file and line.</summary>
    public CatalogueException(ImmutableArray<Complaint> complaints)
        : base(string.Join('\n', complaints.Select(complaint => $"{complaint.At}: {complaint.Message} {complaint.Remedy}"))) =>
        Complaints = complaints;

    /// <summary>What is wrong, in the order of the file.</summary>
    public ImmutableArray<Complaint> Complaints { get; }
}
