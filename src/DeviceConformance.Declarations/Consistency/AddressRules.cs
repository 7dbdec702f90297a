using DeviceConformance.Declarations.Complaints;

namespace DeviceConformance.Declarations.Consistency;

/// <summary>The DUT stands in the laboratory's network; probing anything else needs leave.</summary>
internal static class AddressRules
{
    public static void Check(Draft draft, ComplaintBook complaints)
    {
        foreach (var (address, at) in draft.Identity.AddressPlaces.Where(place => place.Address.IsPublic && !draft.Declaration.Lab.AllowPublicAddresses))
        {
            complaints.Reject(
                "public-address",
                at,
                $"{address} is a public address, and lab.yaml does not allow probing one.",
                "Give the DUT's address in the laboratory's network; if it really is public and yours to probe, write 'allow-public-addresses: yes' in lab.yaml.",
                "",
                "addresses");
        }
    }
}
