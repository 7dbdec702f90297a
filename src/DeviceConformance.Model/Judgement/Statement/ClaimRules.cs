using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement.Conditions;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement.Statement;

/// <summary>What the IXIT must contain for a provision that is claimed: its tables, and entries in the tables that say how it is fulfilled.</summary>
internal static class ClaimRules
{
    // Where the provision says that something exists, a table without it contradicts the claim.
    private static readonly ImmutableDictionary<string, IxitRole> Means = new Dictionary<string, IxitRole>
    {
        ["5.2-2"] = IxitRole.VulnTypes,
        ["5.2-3"] = IxitRole.VulnMon,
        ["5.3-2"] = IxitRole.UpdMech,
        ["5.3-8"] = IxitRole.UpdProc,
        ["5.5-2"] = IxitRole.NetSecImpl,
        ["5.6-6"] = IxitRole.CodeMin,
        ["5.6-7"] = IxitRole.PrivlCtrl,
        ["5.6-8"] = IxitRole.AccCtrl,
        ["5.6-9"] = IxitRole.SecDev,
        ["5.7-1"] = IxitRole.SecBoot,
        ["5.9-1"] = IxitRole.ResMech,
        ["5.9-2"] = IxitRole.ResMech,
    }.ToImmutableDictionary();

    // Where the provision is about all entries of a table, an empty table leaves nothing to judge: true of few devices, more often forgotten.
    private static readonly ImmutableDictionary<string, IxitRole> Subjects = new Dictionary<string, IxitRole>
    {
        ["5.3-1"] = IxitRole.UpdMech,
        ["5.3-13"] = IxitRole.SoftComp,
        ["5.5-1"] = IxitRole.ComMech,
        ["5.5-3"] = IxitRole.SoftComp,
        ["5.5-4"] = IxitRole.SoftServ,
        ["5.6-2"] = IxitRole.LogIntf,
        ["5.6-3"] = IxitRole.Intf,
        ["5.6-5"] = IxitRole.SoftServ,
        ["5.13-1"] = IxitRole.InpVal,
        ["5.13-1A"] = IxitRole.InpVal,
        ["5.13-1B"] = IxitRole.InpVal,
    }.ToImmutableDictionary();

    public static IEnumerable<IcsRemark> Check(Catalogue catalogue, Declaration declared) =>
        from row in declared.Ics.Entries
        where row.Support == Support.Yes
        from provision in catalogue.Provisions
        where provision.Id == row.Provision
        from remark in MissingTables(provision, row, declared).Concat(EmptyTables(row, declared))
        select remark;

    private static IEnumerable<IcsRemark> MissingTables(Provision provision, IcsEntry row, Declaration declared) =>
        from table in provision.Tables
        where declared.Ixit.Tables.All(sheet => sheet.Table.Id != table)
        select IcsRules.OnRow(
            IcsRules.MissingTable,
            IcsWeight.Doubt,
            row,
            $"Provision {row.Provision} is answered Y, but the declaration does not contain the table {table}, which its tests read.",
            $"Add the table {table}; write 'entries: []' where there is nothing to list.") with
        {
            Table = table,
        };

    private static IEnumerable<IcsRemark> EmptyTables(IcsEntry row, Declaration declared)
    {
        var provision = row.Provision.ToString();
        if (Means.TryGetValue(provision, out var means) && new DeclaredTable(declared, means) is { IsEmpty: true } none)
        {
            yield return Empty(row, none, IcsWeight.Violation, "so there is nothing that fulfils it");
        }

        // In V2.1.1 the logical interfaces are in 15-Intf too, and 28-ExtAPI may well be empty.
        var isOlder = declared.Edition == StandardEdition.V2;
        if (Subjects.TryGetValue(provision, out var subject)
            && !(isOlder && subject == IxitRole.SoftComp && provision == "5.3-13")
            && new DeclaredTable(declared, isOlder && subject == IxitRole.LogIntf ? IxitRole.Intf : subject) is { IsEmpty: true } empty)
        {
            yield return Empty(row, empty, IcsWeight.Doubt, "so there is nothing that could be judged");
        }

        if (provision == "5.5-8" && new DeclaredTable(declared, IxitRole.SecMgmt) is { IsEmpty: true } unmanaged && !new DeclaredTable(declared, IxitRole.SecParam).Entries.IsEmpty)
        {
            yield return Empty(row, unmanaged, IcsWeight.Violation, "although 10-SecParam lists parameters to be managed");
        }

        if (provision == "5.11-1" && new DeclaredTable(declared, IxitRole.DelFunc) is { IsEmpty: true } kept && !new DeclaredTable(declared, IxitRole.PersData).Entries.IsEmpty)
        {
            yield return Empty(row, kept, IcsWeight.Violation, "although 21-PersData lists data to be erased");
        }
    }

    private static IcsRemark Empty(IcsEntry row, DeclaredTable table, IcsWeight weight, string consequence) =>
        IcsRules.OnRow(
            "empty-table",
            weight,
            row,
            $"Provision {row.Provision} is answered Y, but {table.Name} states that it has no entry, {consequence}.",
            $"Fill in {table.Name}, or change the answer.") with
        {
            Table = table.Name,
        };
}
