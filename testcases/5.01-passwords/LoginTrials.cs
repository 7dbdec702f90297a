using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Passwords;

/// <summary>Trials of the logins that an entry of 1-AuthMech declares.</summary>
internal static class LoginTrials
{
    /// <summary>Default credentials at each declared login.</summary>
    public static IEnumerable<DefaultCredentialTrial> Defaults(Declaration declared, ObservationSet seen, AuthMechFacts facts) =>
        from login in facts.Logins
        where CanBeSpoken(login)
        from endpoint in DutServices.FirstOpen(declared, seen, login.Port)
        select new DefaultCredentialTrial(endpoint, login);

    /// <summary>The declared logins themselves: without, with a wrong and with a valid credential.</summary>
    public static IEnumerable<AccessTrial> Accesses(Declaration declared, ObservationSet seen, IxitEntry entry, AuthMechFacts facts) =>
        from login in facts.Logins
        where CanBeSpoken(login)
        from endpoint in DutServices.FirstOpen(declared, seen, login.Port)
        select new AccessTrial(endpoint, entry.Id, login, "GET", login.Path);

    /// <summary>Whether a password is what proves the identity.</summary>
    public static bool IsPassword(AuthMechFacts facts) => facts.Factor.Is(AuthFactor.Password);

    /// <summary>Whether this harness speaks the login.</summary>
    public static bool CanBeSpoken(LoginPoint login) => login.Protocol != LoginProtocol.Other;
}
