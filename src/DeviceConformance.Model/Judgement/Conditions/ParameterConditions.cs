using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement.Conditions;

/// <summary>What the IXIT shows of security parameters: conditions 10 and 16, features k to m and o.</summary>
internal static class ParameterConditions
{
    public static Truth HasCriticalParameters(Declaration declared) =>
        AuthenticationConditions.SecretOfLogin(declared) is { } login
            ? new Truth.Holds($"{login.Id} of 1-AuthMech rests on a secret.", login.Ref)
            : new DeclaredTable(declared, IxitRole.SecParam).Any(IsCritical, "is a critical security parameter", "Say in its column Type whether it is a public or a critical security parameter");

    public static Truth StoresSensitiveParameters(Declaration declared)
    {
        var preset = AuthenticationConditions.UsesUniquePresetPasswords(declared) is Truth.Holds unique ? unique : AuthenticationConditions.UsesPresetPasswords(declared) as Truth.Holds;
        if (preset is not null)
        {
            return new Truth.Holds($"{preset.Reason.TrimEnd('.')}, so it is kept in non-volatile storage.", preset.Evidence);
        }

        var parameters = new DeclaredTable(declared, IxitRole.SecParam);
        return parameters.IsEmpty && AuthenticationConditions.SecretOfLogin(declared) is null
            ? new Truth.DoesNotHold($"No entry of {parameters.Name} is a security parameter.")
            : new Truth.Unknown($"{parameters.Name} does not show whether a parameter is kept in non-volatile storage.", "State the condition in dut.yaml.");
    }

    public static Truth HasHardCodedIdentity(Declaration declared) =>
        new DeclaredTable(declared, IxitRole.SecParam) is var parameters && parameters.IsEmpty
            ? new Truth.DoesNotHold($"No entry of {parameters.Name} is a security parameter.")
            : new Truth.Unknown($"{parameters.Name} does not show whether a hard-coded identity serves security.", "State the condition in dut.yaml.");

    public static Truth HasParametersForUpdatesOrServices(Declaration declared) =>
        NoCriticalParameter(declared)
        ?? new Truth.Unknown("10-SecParam does not show whether a critical security parameter serves update checks or traffic with associated services.", "State the condition in dut.yaml.");

    public static Truth SendsCriticalParameters(Declaration declared) =>
        NoCriticalParameter(declared)
        ?? new DeclaredTable(declared, IxitRole.SecParam).Any(
            entry => FactLogic.And(IsCritical(entry), EntryReferences.Communicated(declared, entry)),
            "is a critical security parameter and is communicated",
            $"Name its entries of {new DeclaredTable(declared, IxitRole.ComMech).Name}, or 'none'") switch
        {
            Truth.DoesNotHold when AuthenticationConditions.SecretOfLogin(declared) is { } login => new Truth.Unknown($"{login.Id} of 1-AuthMech rests on a secret, and 10-SecParam does not show whether it is communicated.", "Add the secret to 10-SecParam, or state the condition in dut.yaml."),
            var truth => truth,
        };

    public static Truth? NoCriticalParameter(Declaration declared) =>
        HasCriticalParameters(declared) is Truth.DoesNotHold none ? none : null;

    public static Fact<bool> IsCritical(IxitEntry entry)
    {
        var type = entry.Field("Type");
        return !type.TryGet(out var text) ? Fact<bool>.Missing
            : text.Contains("critical", StringComparison.OrdinalIgnoreCase) ? Fact<bool>.Declared(true, type.At)
            : text.Contains("public", StringComparison.OrdinalIgnoreCase) ? Fact<bool>.Declared(false, type.At)
            : Fact<bool>.Missing;
    }
}
