using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Model.Judgement.Statement;

namespace DeviceConformance.Declarations.Consistency;

/// <summary>What the verification of the ICS will remark, as complaints: the same rules, so that a supplier hears of it before a laboratory does.</summary>
internal static class IcsComplaints
{
    public static void Check(Draft draft, ComplaintBook complaints)
    {
        if (!draft.HasIcs)
        {
            return;
        }

        var broken = draft.Catalogue.Tables.Where(table => draft.Broken.Contains(table.Role)).Select(table => table.Id).ToHashSet();
        foreach (var remark in IcsRules.Check(draft.Catalogue, draft.Declaration).Where(remark => remark.Rule != "missing-table" || !broken.Contains(remark.Table)))
        {
            if (remark.Weight == IcsWeight.Advice)
            {
                complaints.Warn(remark.Rule, remark.At, remark.Message, remark.Remedy, remark.Table);
            }
            else
            {
                complaints.Error(remark.Rule, remark.At, remark.Message, remark.Remedy, remark.Table);
            }
        }
    }
}
