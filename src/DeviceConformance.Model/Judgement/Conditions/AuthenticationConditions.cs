using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement.Conditions;

/// <summary>What the IXIT shows of authentication: conditions 1, 2 and 8, features a to e, and the limits 14.</summary>
internal static class AuthenticationConditions
{
    public static Truth AuthMech(Declaration declared, Func<AuthMechFacts, Fact<bool>> test, string what, string key) =>
        new DeclaredTable(declared, IxitRole.AuthMech).Any(entry => test(entry.Facts as AuthMechFacts ?? new AuthMechFacts()), what, $"Add '{key}' to its facts");

    public static Truth UsesPasswords(Declaration declared) =>
        AuthMech(declared, facts => FactLogic.Equal(facts.Factor, AuthFactor.Password), "uses a password", "factor");

    public static Truth UsesPresetPasswords(Declaration declared) =>
        AuthMech(declared, facts => FactLogic.And(FactLogic.Equal(facts.Factor, AuthFactor.Password), FactLogic.Not(FactLogic.Equal(facts.Origin, PasswordOrigin.UserDefined))), "uses a password that is set in advance", "origin");

    public static Truth UsesUniquePresetPasswords(Declaration declared) =>
        AuthMech(declared, facts => FactLogic.And(FactLogic.Equal(facts.Factor, AuthFactor.Password), FactLogic.Equal(facts.Origin, PasswordOrigin.PresetUnique)), "uses a password that is set in the factory and unique", "origin");

    public static Truth AuthenticatesByCryptography(Declaration declared) =>
        AuthMech(
            declared,
            facts => facts.Factor.TryGet(out var factor) && factor is AuthFactor.Password or AuthFactor.Certificate or AuthFactor.SharedKey or AuthFactor.Token
                ? Fact<bool>.Declared(true, facts.Factor.At)
                : facts.Cryptographic,
            "authenticates by cryptography",
            "cryptographic");

    public static Truth UsersAuthenticate(Declaration declared) =>
        AuthMech(declared, facts => FactLogic.Equal(facts.Subject, AuthSubject.User), "authenticates users", "subject");

    public static Truth AuthenticatesOverNetwork(Declaration declared) =>
        AuthMech(declared, NetworkAddressable, "can be addressed from a network", "network-addressable");

    public static Fact<bool> NetworkAddressable(AuthMechFacts facts) =>
        facts.Logins.IsEmpty ? facts.NetworkAddressable : Fact<bool>.Declared(true, facts.NetworkAddressable.At);

    public static Truth CanDefendAgainstGuessing(Declaration declared) =>
        declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech).FirstOrDefault(pair => NetworkAddressable(pair.Facts).Is(true) && pair.Facts.LockOut.IsDeclared).Entry is { } defended
            ? new Truth.Holds($"{defended.Id} of {new DeclaredTable(declared, IxitRole.AuthMech).Name} has such a defence.", defended.Ref)
            : ConstraintConditions.Unlimited(declared);

    public static IxitEntry? SecretOfLogin(Declaration declared) =>
        declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech)
            .FirstOrDefault(pair => pair.Facts.Factor.TryGet(out var factor) && factor is AuthFactor.Password or AuthFactor.SharedKey or AuthFactor.Certificate or AuthFactor.Token)
            .Entry;
}
