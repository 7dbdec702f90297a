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

        var remarks = IcsRules.Check(draft.Catalogue, draft.Declaration).ToLookup(remark => remark.Rule == IcsRules.MissingTable);
        MissingTables(draft, complaints, remarks[true]);

        // What a condition is open for want of may stand in a table that is there but broken.
        // A row that is there but can not be used has a complaint of its own.
        var telling = remarks[false].Where(remark => remark.Rule switch
        {
            IcsRules.ConditionOpen => draft.Broken.IsEmpty,
            IcsRules.MissingRow => !draft.UnusableRows.Contains(remark.Provision),
            _ => true,
        });
        foreach (var remark in telling)
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

    // Many claims need the same table; its absence is one thing to mend. A table whose file is broken is complained of already.
    private static void MissingTables(Draft draft, ComplaintBook complaints, IEnumerable<IcsRemark> remarks)
    {
        var broken = draft.Catalogue.Tables.Where(table => draft.Broken.Contains(table.Role)).Select(table => table.Id).ToHashSet();
        foreach (var table in remarks.Where(remark => !broken.Contains(remark.Table)).GroupBy(remark => remark.Table))
        {
            var first = table.First();
            var message = table.Count() == 1
                ? first.Message
                : $"Provisions {string.Join(", ", table.Select(remark => remark.Provision))} are answered Y, but the declaration does not contain the table {table.Key}, which their tests read.";
            complaints.Error(first.Rule, first.At, message, first.Remedy, first.Table);
        }
    }
}
