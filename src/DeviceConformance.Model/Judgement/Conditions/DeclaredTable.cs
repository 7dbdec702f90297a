using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement.Conditions;

/// <summary>A table of a declaration as evidence of what there is. That something is not there counts only when the table is.</summary>
internal readonly record struct DeclaredTable(Declaration Declaration, IxitRole Role)
{
    private IxitSheet? Sheet
    {
        get
        {
            var role = Role;
            return Declaration.Ixit.Tables.FirstOrDefault(sheet => sheet.Table.Role == role);
        }
    }

    /// <summary>Whether the declaration contains the table, with entries or without.</summary>
    public bool IsDeclared => Sheet is not null;

    /// <summary>Whether the declaration contains the table and states that it has no entry.</summary>
    public bool IsEmpty => Sheet is { Entries.IsEmpty: true };

    /// <summary>Its entries.</summary>
    public ImmutableArray<IxitEntry> Entries => Sheet?.Entries ?? [];

    /// <summary>Its name in the edition.</summary>
    public string Name => NameOf(Role, Declaration.Edition);

    /// <summary>Holds when the table has an entry.</summary>
    /// <param name="does">What an entry shows, after its id: "senses the surroundings".</param>
    public Truth HasEntry(string does) => Any(_ => Fact<bool>.Declared(true, default), does, "");

    /// <summary>Holds when an entry fulfils the test, and does not hold when the table is there and no entry does.</summary>
    /// <param name="test">Whether an entry fulfils it; missing when the entry does not say.</param>
    /// <param name="does">What an entry that fulfils it does, after its id: "uses a password".</param>
    /// <param name="missing">What to add to an entry that does not say.</param>
    public Truth Any(Func<IxitEntry, Fact<bool>> test, string does, string missing)
    {
        if (Sheet is not { } sheet)
        {
            return new Truth.Unknown($"The declaration does not contain {Name}.", $"Add {Name}, with 'entries: []' if there are none, or state the condition in dut.yaml.");
        }

        var tested = sheet.Entries.Select(entry => (entry, fulfils: test(entry))).ToList();
        if (tested.FirstOrDefault(pair => pair.fulfils.Is(true)).entry is { } found)
        {
            return new Truth.Holds($"{found.Id} of {Name} {does}.", found.Ref);
        }

        return tested.FirstOrDefault(pair => !pair.fulfils.IsDeclared).entry is { } silent
            ? new Truth.Unknown($"{silent.Id} of {Name} does not show whether it {does}.", $"{missing}, or state the condition in dut.yaml.")
            : new Truth.DoesNotHold($"No entry of {Name} {does}.", [.. sheet.Entries.Select(entry => entry.Ref)]);
    }

    /// <summary>Name of a table in an edition.</summary>
    public static string NameOf(IxitRole role, StandardEdition edition) => $"{(int)role}-" + (role switch
    {
        IxitRole.ComMech when edition != StandardEdition.V2 => "SecComMech",
        IxitRole.Intf when edition != StandardEdition.V2 => "PhyIntf",
        IxitRole.LogIntf when edition == StandardEdition.V2 => "ExtAPI",
        _ => role.ToString(),
    });
}
