using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Passwords;

/// <summary>SSH servers that take passwords against the logins that 1-AuthMech declares.</summary>
internal static class SshLogins
{
    /// <summary>Requests that tell which methods of authentication the SSH servers of the DUT list.</summary>
    public static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen) =>
        Servers(declared, seen).Select(endpoint => new SshEnumeration(endpoint));

    /// <summary>Every server that takes passwords where no password login is declared fails; one that lists no methods stays open.</summary>
    public static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen)
    {
        foreach (var endpoint in Servers(declared, seen))
        {
            var entries = DeclaredLogins.InNetwork(declared).Where(pair => DeclaredLogins.Declares(pair.Facts, endpoint, new LoginPoint(LoginProtocol.Ssh, endpoint.Port, false, "/", null))).ToList();
            if (entries.Exists(pair => LoginTrials.IsPassword(pair.Facts) || !pair.Facts.Factor.IsDeclared))
            {
                continue;
            }

            var but = entries.Count == 0
                ? "no entry of 1-AuthMech declares it"
                : $"{string.Join(", ", entries.Select(pair => pair.Entry.Id))} declares a login without a password there";
            var asked = seen.Ask(new SshEnumeration(endpoint));
            if (!asked.TryGet(out var server, out var evidence))
            {
                yield return DutServices.Gap(asked, endpoint.ToString(), $"SSH speaks on {endpoint}, {but}, and whether it takes passwords is not known")!;
            }
            else if (server.LetsInAnybody)
            {
                yield return Finding.Fail(endpoint.ToString(), $"SSH on {endpoint} lets in {server.User} without any credential, and {but}.", evidence);
            }
            else if (server.TakesPasswords)
            {
                yield return Finding.Fail(endpoint.ToString(), $"SSH on {endpoint} takes passwords (it lists {string.Join(", ", server.Methods)}), and {but}.", evidence);
            }
            else if (server.Methods.IsEmpty)
            {
                yield return Finding.Inconclusive(
                    endpoint.ToString(),
                    $"SSH speaks on {endpoint}, {but}, and whether it takes passwords is not known: {server.Coverage.Statement}",
                    $"Try a password login on TCP {endpoint.Port} and decide this point with 'dct answer', or declare the login.",
                    evidence);
            }
        }
    }

    private static IEnumerable<Endpoint> Servers(Declaration declared, ObservationSet seen) =>
        from service in DutServices.Services(declared, seen)
        where service.Service is { Protocol: ServiceProtocol.Ssh, Tls: false }
        select service.Service.Endpoint;
}
