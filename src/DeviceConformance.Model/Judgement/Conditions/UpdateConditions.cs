using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement.Conditions;

/// <summary>What the IXIT shows of software and its updates: conditions 3, 9, 11, 12 and 15, features f to j.</summary>
internal static class UpdateConditions
{
    // A component without a mechanism may be unchangeable for security reasons or for others; only people can tell.
    public static Truth HasChangeableSoftware(Declaration declared) =>
        new DeclaredTable(declared, IxitRole.SoftComp) is var components && components.IsEmpty
            ? new Truth.Unknown($"{components.Name} names no software component.", $"Name the components in {components.Name}.")
            : components.Any(
                entry => EntryReferences.Named(declared, entry, "Update Mechanism", IxitRole.UpdMech) ? Fact<bool>.Declared(true, entry.At) : Fact<bool>.Missing,
                "is changeable software",
                "Name its update mechanism");

    public static Truth CanBeUpdated(Declaration declared)
    {
        var mechanisms = new DeclaredTable(declared, IxitRole.UpdMech);
        return mechanisms.IsDeclared
            ? mechanisms.HasEntry("updates software")
            : new Truth.Unknown($"The declaration does not contain {mechanisms.Name}.", $"Add {mechanisms.Name}, with 'entries: []' if there is no update mechanism, or state the condition in dut.yaml.");
    }

    public static Truth CanNotBeUpdated(Declaration declared)
    {
        var updatable = CanBeUpdated(declared);
        if (updatable is Truth.Holds && IsPartlyUpdatable(declared))
        {
            return new Truth.Unknown("Some components of 6-SoftComp have an update mechanism and others do not.", "State the condition in dut.yaml.");
        }

        return updatable switch
        {
            Truth.Holds => new Truth.DoesNotHold(updatable.Reason, updatable.Evidence),
            Truth.DoesNotHold => new Truth.Holds(updatable.Reason, updatable.Evidence),
            _ => updatable,
        };
    }

    /// <summary>Whether V2.1.1 leaves open if "software components can not be updated" is said of all or of some components.</summary>
    public static bool IsPartlyUpdatable(Declaration declared) =>
        declared.Edition == StandardEdition.V2
        && !new DeclaredTable(declared, IxitRole.UpdMech).Entries.IsEmpty
        && new DeclaredTable(declared, IxitRole.SoftComp).Entries.Any(entry => !EntryReferences.Named(declared, entry, "Update Mechanism", IxitRole.UpdMech));

    public static Truth Updates(Declaration declared, Func<UpdMechFacts, Fact<bool>> test, string what, string key) =>
        new DeclaredTable(declared, IxitRole.UpdMech).Any(entry => test(entry.Facts as UpdMechFacts ?? new UpdMechFacts()), what, $"Add '{key}' to its facts");

    public static Truth UpdatesByItselfOrNotifies(Declaration declared) =>
        Updates(declared, facts => FactLogic.Or(facts.Automatic, facts.Notifies), "installs updates by itself or tells the user of them", "automatic' and 'notifies");

    public static Truth UpdatesOverNetwork(Declaration declared) =>
        Updates(declared, facts => facts.Offer.IsDeclared ? Fact<bool>.Declared(true, facts.Offer.At) : facts.Network, "brings updates over a network", "network");

    public static Truth CanHaveUpdateMechanism(Declaration declared) =>
        new DeclaredTable(declared, IxitRole.UpdMech) is var mechanisms && mechanisms.Entries.FirstOrDefault() is { } mechanism
            ? new Truth.Holds($"{mechanism.Id} of {mechanisms.Name} is an update mechanism.", mechanism.Ref)
            : ConstraintConditions.Unlimited(declared);
}
