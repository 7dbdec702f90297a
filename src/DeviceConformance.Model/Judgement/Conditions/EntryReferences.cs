using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement.Conditions;

/// <summary>References from one table to another.</summary>
internal static class EntryReferences
{
    /// <summary>Whether an entry names what communicates it; missing when it neither does nor says that nothing does.</summary>
    public static Fact<bool> Communicated(Declaration declared, IxitEntry entry)
    {
        var field = declared.Edition == StandardEdition.V2 ? "Communication Mechanisms" : "Secure Communication Mechanisms";
        return Named(declared, entry, field, IxitRole.ComMech) ? Fact<bool>.Declared(true, entry.At)
            : entry.Field(field).TryGet(out var text) && Prose.SaysNone(text) ? Fact<bool>.Declared(false, entry.At)
            : Fact<bool>.Missing;
    }

    /// <summary>Whether a column of an entry names an existing entry of a table.</summary>
    public static bool Named(Declaration declared, IxitEntry entry, string field, IxitRole role) =>
        entry.References(field).Any(id => declared.Ixit.Find(id)?.Table.Role == role);
}
