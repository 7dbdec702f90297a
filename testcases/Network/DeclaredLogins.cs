using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Network;

/// <summary>Logins that the DUT shows against those that 1-AuthMech declares.</summary>
internal static class DeclaredLogins
{
    /// <summary>Entries of 1-AuthMech with a login in the network.</summary>
    public static IEnumerable<(IxitEntry Entry, AuthMechFacts Facts)> InNetwork(Declaration declared) =>
        declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech).Where(pair => !pair.Facts.Logins.IsEmpty);

    /// <summary>
    /// Findings on the completeness of 1-AuthMech: every login seen that no entry declares fails; what could not be seen stays open.
    /// </summary>
    /// <param name="declared">The declaration.</param>
    /// <param name="seen">What was seen.</param>
    /// <param name="concerns">Whether a login belongs to what the unit looks for.</param>
    /// <param name="what">What the unit looks for, as in "password login".</param>
    public static IEnumerable<Finding> Completeness(Declaration declared, ObservationSet seen, Func<LoginPoint, bool> concerns, string what)
    {
        var evidence = new List<EvidenceRef>();
        var sound = true;
        foreach (var (survey, reference) in DutServices.Surveys(declared, seen))
        {
            evidence.Add(reference);
            foreach (var login in survey.Logins.Where(concerns))
            {
                if (Undeclared(declared, survey, login, what, reference) is { } finding)
                {
                    sound = false;
                    yield return finding;
                }
            }
        }

        foreach (var gap in DutServices.Gaps(declared, seen, Depth.Surveys).Concat(UnknownServices(declared, seen, what)))
        {
            sound = false;
            yield return gap;
        }

        if (sound)
        {
            var ports = DutServices.OpenPorts(declared, seen).ToList();
            yield return Finding.Pass(
                OperatorQuestion.WholeDut,
                $"Every {what} that the {ports.Count} open TCP ports show is declared in 1-AuthMech.{PortsAtEnd.Remark(declared, seen)}",
                [.. evidence, .. SweepEvidence(declared, seen)]);
        }
    }

    /// <summary>The sweeps as evidence.</summary>
    public static IEnumerable<EvidenceRef> SweepEvidence(Declaration declared, ObservationSet seen) =>
        (from address in declared.Addresses
         let sweep = DutServices.Observed(seen.Ask(new TcpPortSweep(address)))
         where sweep is not null
         select sweep.Value.Evidence).Concat(PortsAtEnd.Evidence(declared, seen));

    /// <summary>
    /// Whether an entry declares the login: same port, same way of speaking, same protection. How a script speaks a login is read from its
    /// text, so that a declared login of another kind than the harness speaks may be that one.
    /// </summary>
    public static bool Declares(AuthMechFacts facts, Endpoint endpoint, LoginPoint login) =>
        facts.Logins.Any(point => point.Port == endpoint.Port && point.Tls == login.Tls
            && (point.Protocol == login.Protocol || (login.Protocol, point.Protocol) is (LoginProtocol.HttpJson, LoginProtocol.Other) or (LoginProtocol.Other, LoginProtocol.HttpJson)
                // What the harness came to speak later stands as something else in declarations.
                || (point.Protocol == LoginProtocol.Other && login.Protocol is LoginProtocol.RtspBasic or LoginProtocol.RtspDigest or LoginProtocol.Smb)));

    private static Finding? Undeclared(Declaration declared, DisclosureSeen survey, LoginPoint login, string what, EvidenceRef reference)
    {
        var matching = declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech).Where(pair => Declares(pair.Facts, survey.Endpoint, login)).ToList();
        if (matching.Count == 0 && login.Protocol is LoginProtocol.HttpJson or LoginProtocol.Other && survey.Protocol == ServiceProtocol.Http && SpokenOtherwise(declared, survey.Endpoint, login) is { Length: > 0 } otherwise)
        {
            // How a script sends a login is read from its text and not from what it does.
            return Finding.Inconclusive(
                survey.Endpoint.ToString(),
                $"{survey.Endpoint} has a login{At(login)} that a script sends or that the harness does not speak; it may be that of {otherwise}, which is declared to be spoken otherwise.",
                $"Correct 'protocol' among the logins of {otherwise} (http-json for JSON), or decide this point with 'dct answer'.",
                reference);
        }

        if (matching.Count == 0)
        {
            return Finding.Fail(
                survey.Endpoint.ToString(),
                $"{survey.Endpoint} asks for a login by {Name(login)}{Protection(login)}{At(login)}, and no entry of 1-AuthMech declares this {what}.",
                reference);
        }

        var paths = matching.SelectMany(pair => pair.Facts.Logins).Where(point => point.Port == survey.Endpoint.Port && point.Protocol == login.Protocol).ToList();
        return login.Protocol != LoginProtocol.HttpForm || paths.Exists(point => SamePlace(point, login))
            ? null
            : Finding.Inconclusive(
                survey.Endpoint.ToString(),
                $"{survey.Endpoint} shows a login form at {login.Path} that none of {string.Join(", ", matching.Select(pair => pair.Entry.Id))} names; it may be another mechanism.",
                "State in 1-AuthMech which mechanism the form belongs to: add its path to that entry's logins.",
                reference);
    }

    private static string SpokenOtherwise(Declaration declared, Endpoint endpoint, LoginPoint login) =>
        string.Join(", ", declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech)
            .Where(pair => pair.Facts.Logins.Any(point => point.Port == endpoint.Port && point.Tls == login.Tls && point.Protocol is LoginProtocol.HttpForm or LoginProtocol.HttpJson))
            .Select(pair => pair.Entry.Id));

    private static bool SamePlace(LoginPoint declared, LoginPoint seen) =>
        declared.Path == seen.Path || (Action(declared) == Action(seen) && declared.Form?.PasswordField == seen.Form?.PasswordField);

    private static string Action(LoginPoint login) => login.Form is { Action.Length: > 0 } form ? form.Action : login.Path;

    // SSH brings its own protection.
    private static string Protection(LoginPoint login) => login.Tls ? " inside TLS" : login.Protocol == LoginProtocol.Ssh ? "" : " in clear";

    private static string At(LoginPoint login) => login.Path.Length > 1 ? $" at {login.Path}" : "";

    private static string Name(LoginPoint login) => login.Protocol switch
    {
        LoginProtocol.HttpBasic => "HTTP Basic",
        LoginProtocol.HttpDigest => "HTTP Digest",
        LoginProtocol.HttpForm => "an HTML form",
        LoginProtocol.HttpJson => "JSON over HTTP",
        LoginProtocol.Ssh => "SSH",
        LoginProtocol.RtspBasic => "RTSP Basic",
        LoginProtocol.RtspDigest => "RTSP Digest",
        LoginProtocol.Smb => "SMB (NTLM)",
        LoginProtocol.Other => "a protocol of its own",
        var protocol => protocol.ToString(),
    };

    // A port on which nothing known speaks may well ask for a password in a language of its own.
    private static IEnumerable<Finding> UnknownServices(Declaration declared, ObservationSet seen, string what) =>
        from service in DutServices.Services(declared, seen)
        where service.Service.Protocol is ServiceProtocol.Unknown or ServiceProtocol.Tls
        select Finding.Inconclusive(
            service.Service.Endpoint.ToString(),
            $"{service.Service.Endpoint} is open, but nothing that the harness speaks was understood there; whether it is a {what} is not known.",
            $"Find out what speaks on TCP {service.Service.Endpoint.Port} and decide this point with 'dct answer'.",
            service.Evidence);
}
