using DeviceConformance.Declarations.Complaints;

namespace DeviceConformance.Declarations.Consistency;

/// <summary>Everything that is checked once all files are read: what one part of a declaration says against another.</summary>
internal static class ConsistencyRules
{
    /// <summary>Checks a declaration against itself and the catalogue.</summary>
    public static void Check(Draft draft, ComplaintBook complaints)
    {
        AddressRules.Check(draft, complaints);
        ReferenceRules.Check(draft, complaints);
        PlaceholderRules.Check(draft, complaints);
        FactRules.Check(draft, complaints);
        UpdateImageRules.Check(draft, complaints);
        RequiredFieldRules.Check(draft, complaints);
        IcsComplaints.Check(draft, complaints);
    }
}
