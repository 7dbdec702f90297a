using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
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

    /// <summary>One open finding for each port on which the entry declares a login that nobody saw: what other ports show tells nothing of it.</summary>
    public static IEnumerable<Finding> NotSeen(Declaration declared, ObservationSet seen, IxitEntry entry, AuthMechFacts facts) =>
        from port in facts.Logins.Where(CanBeSpoken).Select(login => login.Port).Distinct()
        where !DutServices.FirstOpen(declared, seen, port).Any()
        select Finding.Inconclusive(entry.Id, $"Port {port}, on which {entry.Id} declares its login, was not seen open.", "Bring the DUT into the state in which the login is open, then run again.", entry.Ref);

    /// <summary>Whether a password is what proves the identity.</summary>
    public static bool IsPassword(AuthMechFacts facts) => facts.Factor.Is(AuthFactor.Password);

    /// <summary>Whether this harness speaks the login.</summary>
    public static bool CanBeSpoken(LoginPoint login) => login.Protocol != LoginProtocol.Other;
}
