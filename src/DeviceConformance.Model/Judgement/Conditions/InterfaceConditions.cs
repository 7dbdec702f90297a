using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement.Conditions;

/// <summary>What the IXIT shows of services and interfaces: condition 13, features n and p to r.</summary>
internal static class InterfaceConditions
{
    public static Truth ConfiguresOverNetwork(Declaration declared) =>
        new DeclaredTable(declared, IxitRole.SoftServ).Any(
            entry => (entry.Facts as SoftServFacts ?? new SoftServFacts()) is var facts
                ? FactLogic.And(FactLogic.Otherwise(facts.AllowsConfiguration, Prose.YesOrNo(entry.Field("Allows Configuration"))), facts.Ports.IsEmpty ? facts.Network : FactLogic.Otherwise(facts.Network, Fact<bool>.Declared(true, entry.At)))
                : Fact<bool>.Missing,
            "changes security-relevant settings over a network",
            "Add 'allows-configuration' and 'network' to its facts");

    // Interfaces that nobody listed are what the sweep looks for, so a list of used ones never proves that there are no others.
    public static Truth HasUnusedInterfaces(Declaration declared)
    {
        var unused = Interfaces(declared).FirstOrDefault(pair => pair.Facts.Network.Is(true) && (pair.Facts.Needed.Is(false) || pair.Facts.Status.Is(InterfaceStatus.Disabled))).Entry;
        return unused is not null
            ? new Truth.Holds($"{unused.Id} of {unused.Table.Id} is a network interface that is not used.", unused.Ref)
            : new Truth.Unknown("The IXIT lists no unused network interface, which does not show that there is none.", "State the condition in dut.yaml.");
    }

    public static IEnumerable<(IxitEntry Entry, LogIntfFacts Facts)> Interfaces(Declaration declared) =>
        declared.Ixit.With<LogIntfFacts>(IxitRole.Intf).Concat(declared.Ixit.With<LogIntfFacts>(IxitRole.LogIntf));

    public static Truth HasDebugInterface(Declaration declared)
    {
        Truth Of(IxitRole role) => new DeclaredTable(declared, role).Any(IsDebug, "is a debug interface", "Add 'debug' to its facts");
        return (Of(IxitRole.Intf), Of(IxitRole.LogIntf)) switch
        {
            (Truth.Holds found, _) => found,
            (_, Truth.Holds found) => found,
            (Truth.Unknown open, _) => open,
            (_, Truth.Unknown open) => open,
            var (physical, logical) => new Truth.DoesNotHold($"{physical.Reason} {logical.Reason}", [.. physical.Evidence, .. logical.Evidence]),
        };
    }

    public static Truth HasDebugPort(Declaration declared) =>
        new DeclaredTable(declared, IxitRole.Intf).Any(
            entry => FactLogic.And(IsDebug(entry), Mentions(entry.Field("Type"), "port")),
            "is a debug interface in the form of a port",
            "Add 'debug' to its facts and say in its column Type whether it is a physical port");

    public static Truth HasPhysicalDebugInterface(Declaration declared) =>
        new DeclaredTable(declared, IxitRole.Intf).Any(
            entry => FactLogic.And(IsDebug(entry), FactLogic.Otherwise((entry.Facts as LogIntfFacts)?.Physical ?? Fact<bool>.Missing, Mentions(entry.Field("Type"), "physical"))),
            "is a debug interface that can be reached physically",
            "Add 'debug' and 'physical' to its facts");

    public static Fact<bool> IsDebug(IxitEntry entry) =>
        FactLogic.Otherwise((entry.Facts as LogIntfFacts)?.Debug ?? Fact<bool>.Missing, Prose.YesOrNo(entry.Field("Debug Interface")));

    public static Fact<bool> Mentions(Fact<string> text, string word) =>
        text.TryGet(out var said) ? Fact<bool>.Declared(said.Contains(word, StringComparison.OrdinalIgnoreCase), text.At) : Fact<bool>.Missing;
}
