using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement.Conditions;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement;

/// <summary>
/// Whether the conditions, features and capabilities hold that the status column of the ICS names. The tables and typed facts of the
/// IXIT come first; where they do not show it, what dut.yaml states counts; else it is unknown.
/// </summary>
/// <remarks>Source: EN 303 645, Table B.1 with its list of conditions, V2.1.1 and V3.1.3.</remarks>
public static class ConditionRules
{
    // Conditions 1 to 13 of V2.1.1.
    private static readonly ImmutableDictionary<string, Func<Declaration, Truth>> OfV2 = new Dictionary<string, Func<Declaration, Truth>>
    {
        ["1"] = AuthenticationConditions.UsesPasswords,
        ["2"] = AuthenticationConditions.UsesPresetPasswords,
        ["3"] = UpdateConditions.CanNotBeUpdated,
        ["4"] = declared => ConstraintConditions.Constrained(declared, true),
        ["5"] = declared => ConstraintConditions.Constrained(declared, false),
        ["6"] = PersonalDataConditions.GathersTelemetry,
        ["7"] = PersonalDataConditions.RestsOnConsent,
        ["8"] = AuthenticationConditions.UsersAuthenticate,
        ["9"] = UpdateConditions.UpdatesByItselfOrNotifies,
        ["10"] = ParameterConditions.HasHardCodedIdentity,
        ["11"] = UpdateConditions.UpdatesOverNetwork,
        ["12"] = UpdateConditions.CanBeUpdated,
        ["13"] = InterfaceConditions.HasPhysicalDebugInterface,
    }.ToImmutableDictionary();

    // Conditions 3, 12 and 14 to 16, and features a to aa, of V3.1.3.
    private static readonly ImmutableDictionary<string, Func<Declaration, Truth>> OfV3 = new Dictionary<string, Func<Declaration, Truth>>
    {
        ["3"] = UpdateConditions.CanNotBeUpdated,
        ["12"] = UpdateConditions.CanBeUpdated,
        ["14"] = AuthenticationConditions.CanDefendAgainstGuessing,
        ["15"] = UpdateConditions.CanHaveUpdateMechanism,
        ["16"] = ParameterConditions.HasCriticalParameters,
        ["a"] = AuthenticationConditions.UsesPasswords,
        ["b"] = AuthenticationConditions.UsesUniquePresetPasswords,
        ["c"] = AuthenticationConditions.AuthenticatesByCryptography,
        ["d"] = AuthenticationConditions.UsersAuthenticate,
        ["e"] = AuthenticationConditions.AuthenticatesOverNetwork,
        ["f"] = UpdateConditions.HasChangeableSoftware,
        ["g"] = UpdateConditions.CanBeUpdated,
        ["h"] = declared => UpdateConditions.Updates(declared, facts => facts.Automatic, "installs updates without the user", "automatic"),
        ["i"] = declared => UpdateConditions.Updates(declared, facts => facts.Notifies, "tells the user of updates", "notifies"),
        ["j"] = UpdateConditions.UpdatesOverNetwork,
        ["k"] = ParameterConditions.StoresSensitiveParameters,
        ["l"] = ParameterConditions.HasHardCodedIdentity,
        ["m"] = ParameterConditions.HasParametersForUpdatesOrServices,
        ["n"] = InterfaceConditions.ConfiguresOverNetwork,
        ["o"] = ParameterConditions.SendsCriticalParameters,
        ["p"] = InterfaceConditions.HasUnusedInterfaces,
        ["q"] = InterfaceConditions.HasDebugInterface,
        ["r"] = InterfaceConditions.HasDebugPort,
        ["s"] = declared => new DeclaredTable(declared, IxitRole.SecBoot).HasEntry("detects changes of software"),
        ["t"] = declared => PersonalDataConditions.SendsToServices(declared, entry => Fact<bool>.Declared(true, entry.At), "personal data"),
        ["u"] = declared => PersonalDataConditions.SendsToServices(declared, entry => Prose.YesOrNo(entry.Field("Sensitive")), "sensitive personal data"),
        ["v"] = declared => new DeclaredTable(declared, IxitRole.ExtSens).HasEntry("senses the surroundings"),
        ["w"] = PersonalDataConditions.GathersTelemetry,
        ["x"] = PersonalDataConditions.KeepsPersonalDataOnServices,
        ["y"] = PersonalDataConditions.RestsOnConsent,
        ["z"] = declared => new DeclaredTable(declared, IxitRole.PersData).HasEntry("is personal data"),
        ["aa"] = PersonalDataConditions.CollectsForAggregates,
    }.ToImmutableDictionary();

    /// <summary>Whether a condition holds: as the IXIT shows; where it does not, as dut.yaml states; else unknown.</summary>
    /// <param name="conditionId">Number (12) or letter (aa) in the declaration's edition.</param>
    /// <param name="declared">The declaration.</param>
    public static Truth Evaluate(string conditionId, Declaration declared)
    {
        ArgumentNullException.ThrowIfNull(declared);
        var derived = Derive(conditionId, declared);
        return derived is Truth.Unknown ? State(conditionId, declared) ?? derived : derived;
    }

    /// <summary>Whether a condition holds as the IXIT and the identification of the DUT show it, whatever dut.yaml states expressly.</summary>
    /// <inheritdoc cref="Evaluate"/>
    public static Truth Derive(string conditionId, Declaration declared)
    {
        ArgumentNullException.ThrowIfNull(declared);
        return (declared.Edition == StandardEdition.V2 ? OfV2 : OfV3).TryGetValue(conditionId, out var rule)
            ? rule(declared)
            : new Truth.Unknown($"{declared.Edition} has no condition {conditionId}.", "Name a condition of the edition.");
    }

    /// <summary>What dut.yaml states expressly of a condition; null when it states nothing.</summary>
    /// <inheritdoc cref="Evaluate"/>
    public static Truth? State(string conditionId, Declaration declared)
    {
        ArgumentNullException.ThrowIfNull(declared);
        return !declared.Dut.Conditions.TryGetValue(conditionId, out var stated) ? null
            : stated.Holds ? new Truth.Holds($"{stated.At} states so: {stated.Because.TrimEnd('.')}.", declared.Dut.Ref)
            : new Truth.DoesNotHold($"{stated.At} states so: {stated.Because.TrimEnd('.')}.", declared.Dut.Ref);
    }
}
