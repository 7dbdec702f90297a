using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement.Conditions;

/// <summary>What the IXIT shows of personal data and telemetry: conditions 6 and 7, features t, u and w to aa.</summary>
internal static class PersonalDataConditions
{
    public static Truth GathersTelemetry(Declaration declared) =>
        new DeclaredTable(declared, IxitRole.TelData).HasEntry("is telemetry");

    public static Truth RestsOnConsent(Declaration declared) =>
        new DeclaredTable(declared, IxitRole.PersData).Any(
            entry => entry.Field("Obtaining Consent") is var consent && consent.TryGet(out var text) ? Fact<bool>.Declared(!Prose.SaysNone(text), consent.At) : Fact<bool>.Missing,
            "is handled on the strength of consent",
            "Say in its column Obtaining Consent how consent is obtained, or 'none'");

    public static Truth CollectsForAggregates(Declaration declared) =>
        new DeclaredTable(declared, IxitRole.PersData).Any(
            entry => Prose.YesOrNo(entry.Field("Aggregation")),
            "is collected for an aggregate only",
            "Begin its column Aggregation with yes or no");

    // Which of the communication mechanisms lead to associated services is prose; that there are no services, or that nothing is sent, is not.
    public static Truth SendsToServices(Declaration declared, Func<IxitEntry, Fact<bool>> test, string what)
    {
        if (WithoutServices(declared) is { } none)
        {
            return none;
        }

        var sent = new DeclaredTable(declared, IxitRole.PersData).Any(
            entry => FactLogic.And(test(entry), EntryReferences.Communicated(declared, entry)),
            $"is {what} and is communicated",
            $"Say in its columns whether it is sensitive and what communicates it");
        return sent is Truth.Holds
            ? new Truth.Unknown($"{sent.Reason.TrimEnd('.')}, but that does not show whether to an associated service.", "State the condition in dut.yaml.")
            : sent;
    }

    public static Truth KeepsPersonalDataOnServices(Declaration declared)
    {
        var data = new DeclaredTable(declared, IxitRole.PersData);
        return WithoutServices(declared) is { } none ? none
            : data.IsEmpty ? new Truth.DoesNotHold($"No entry of {data.Name} is personal data.")
            : new Truth.Unknown("The IXIT does not show whether an associated service holds personal data.", "State the condition in dut.yaml.");
    }

    public static Truth.DoesNotHold? WithoutServices(Declaration declared) =>
        declared.Dut.AssociatedServices is [var only] && Prose.SaysNone(only)
            ? new Truth.DoesNotHold("dut.yaml states that there are no associated services.", declared.Dut.Ref)
            : null;
}
