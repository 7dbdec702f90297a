using System.Collections.Immutable;
using DeviceConformance.Declarations.Identity;
using DeviceConformance.Declarations.Laboratory;
using DeviceConformance.Declarations.Tables;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Declarations.Consistency;

/// <summary>A declaration as read so far, with the places that the Model does not keep.</summary>
/// <param name="Declaration">The declaration.</param>
/// <param name="Catalogue">The catalogue of its edition.</param>
/// <param name="HasIcs">Whether there is an ICS at all.</param>
/// <param name="UnusableRows">Provisions that have a row in the ICS whose answer is missing or can not be read.</param>
/// <param name="Broken">Tables whose file is there but could not be read; nothing is said about what they should hold.</param>
/// <param name="Identity">Places in dut.yaml.</param>
/// <param name="Tables">Places in the IXIT.</param>
/// <param name="Laboratory">Places in lab.yaml.</param>
internal sealed record Draft(
    Declaration Declaration,
    Catalogue Catalogue,
    bool HasIcs,
    ImmutableHashSet<ProvisionId> UnusableRows,
    ImmutableHashSet<IxitRole> Broken,
    DutReader Identity,
    IxitReader Tables,
    LabReader Laboratory)
{
    /// <summary>All entries of all tables.</summary>
    public IEnumerable<IxitEntry> Entries => Declaration.Ixit.Tables.SelectMany(sheet => sheet.Entries);

    /// <summary>Where a field of an entry stands; where the entry begins when it does not have the field.</summary>
    public SourceSpan PlaceOf(IxitEntry entry, string field) => Tables.FieldPlaces.TryGetValue((entry.Id, field), out var at) ? at : entry.At;

    /// <summary>Where the facts of an entry stand; where the entry begins when it has none.</summary>
    public SourceSpan PlaceOfFacts(IxitEntry entry) => Tables.FactPlaces.TryGetValue(entry.Id, out var at) ? at : entry.At;
}
