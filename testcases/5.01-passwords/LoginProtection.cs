using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Passwords;

/// <summary>How a login is protected on the wire against what 1-AuthMech and the communication mechanisms declare (5.1-3-2 and 5.5-4-2 c).</summary>
internal static class LoginProtection
{
    /// <summary>Requests for an entry of 1-AuthMech.</summary>
    public static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen, IxitEntry entry, AuthMechFacts facts)
    {
        foreach (var access in LoginTrials.Accesses(declared, seen, entry, facts))
        {
            yield return access;
        }

        foreach (var request in facts.Logins.Where(login => login.Tls).SelectMany(login => declared.EndpointsOf(login.Port)).Distinct().SelectMany(endpoint => DeclaredTls.AskTls(seen, endpoint)))
        {
            yield return request;
        }

        foreach (var request in facts.Logins.Where(IsSsh).SelectMany(login => declared.EndpointsOf(login.Port)).Distinct())
        {
            yield return new SshEnumeration(request);
        }
    }

    /// <summary>Findings for an entry of 1-AuthMech.</summary>
    public static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen, IxitEntry entry, AuthMechFacts facts)
    {
        var findings = InClear(declared, seen, entry, facts).Concat(PerhapsInClear(declared, seen, entry, facts)).Concat(ServersOf(declared, seen, entry, facts)).Concat(UndeclaredServersOf(declared, seen, entry, facts)).Concat(SshServersOf(declared, seen, entry, facts)).ToList();
        if (findings.Exists(finding => finding.Verdict == Verdict.Fail))
        {
            return findings.Where(finding => finding.Verdict == Verdict.Fail);
        }

        return [.. findings, .. LoginTrials.NotSeen(declared, seen, entry, facts), .. facts.Logins.SelectMany(login => JudgeLogin(declared, seen, entry, login))];
    }

    private static IEnumerable<Finding> JudgeLogin(Declaration declared, ObservationSet seen, IxitEntry entry, LoginPoint login)
    {
        if (!LoginTrials.CanBeSpoken(login))
        {
            yield return Finding.Inconclusive(
                entry.Id,
                $"{entry.Id} declares a login over {login.Protocol} on port {login.Port}, which this harness does not speak.",
                $"Record a login over port {login.Port}, compare it with the cryptographic details of {entry.Id} and decide this point with 'dct answer'.",
                entry.Ref);
            yield break;
        }

        foreach (var trial in DutServices.FirstOpen(declared, seen, login.Port).Select(endpoint => new AccessTrial(endpoint, entry.Id, login, "GET", login.Path)))
        {
            var asked = seen.Ask(trial);
            yield return !asked.TryGet(out var access, out var evidence)
                ? DutServices.Gap(asked, entry.Id, $"The login of {entry.Id} on {trial.Endpoint} was not observed")!
                : access.PasswordInClear && login.Tls
                    ? Finding.Fail(entry.Id, $"The login of {entry.Id} on {trial.Endpoint} sends the password in clear, and {entry.Id} declares TLS.", evidence, entry.Ref)
                    : access.Valid == AccessResult.Granted
                        ? Finding.Pass(entry.Id, $"The login of {entry.Id} on {trial.Endpoint} runs {(access.Tls ? "inside TLS" : IsSsh(login) ? "over SSH" : "in clear")}, as declared.", evidence, entry.Ref)
                        : Finding.Inconclusive(entry.Id, $"No successful login of {entry.Id} on {trial.Endpoint} was observed: {access.Details}", $"Give lab.yaml a current credential for {entry.Id} that logs in, then run again.", evidence);
        }
    }

    /// <summary>A login of the same kind that the DUT also offers without the declared protection.</summary>
    private static IEnumerable<Finding> InClear(Declaration declared, ObservationSet seen, IxitEntry entry, AuthMechFacts facts) =>
        from pair in DutServices.Surveys(declared, seen)
        from login in pair.Survey.Logins
        where !login.Tls && facts.Logins.Any(point => point.Tls && point.Protocol == login.Protocol && point.Form?.PasswordField == login.Form?.PasswordField)
            && !facts.Logins.Any(point => !point.Tls && point.Port == pair.Survey.Endpoint.Port)
        select Finding.Fail(
            entry.Id,
            $"{pair.Survey.Endpoint} offers the same login as {entry.Id} in clear, and {entry.Id} declares it inside TLS only.",
            pair.Evidence,
            entry.Ref);

    /// <summary>Services in clear that might offer the login too, where it was not all seen what they ask for.</summary>
    private static IEnumerable<Finding> PerhapsInClear(Declaration declared, ObservationSet seen, IxitEntry entry, AuthMechFacts facts) =>
        from pair in DutServices.Services(declared, seen)
        let service = pair.Service
        where !service.Tls && facts.Logins.Any(point => point.Tls && Carries(service.Protocol, point.Protocol)) && !facts.Logins.Any(point => !point.Tls && point.Port == service.Endpoint.Port)
        let gap = DutServices.Gap(seen.Ask(new DisclosureSurvey(service.Endpoint, service.Protocol, false)), entry.Id, $"Whether {service.Endpoint} offers the login of {entry.Id} in clear was not all seen")
        where gap is not null
        select gap;

    private static bool Carries(ServiceProtocol service, LoginProtocol login) => login switch
    {
        LoginProtocol.HttpBasic or LoginProtocol.HttpDigest or LoginProtocol.HttpForm or LoginProtocol.HttpJson => service == ServiceProtocol.Http,
        LoginProtocol.RtspBasic or LoginProtocol.RtspDigest => service == ServiceProtocol.Rtsp,
        LoginProtocol.Mqtt => service == ServiceProtocol.Mqtt,
        LoginProtocol.Ftp => service == ServiceProtocol.Ftp,
        LoginProtocol.Telnet => service == ServiceProtocol.Telnet,
        _ => false,
    };

    private static bool IsSsh(LoginPoint login) => login.Protocol == LoginProtocol.Ssh;

    /// <summary>What speaks against the SSH servers of the login, where no communication mechanism is declared on their port and judged for it.</summary>
    private static IEnumerable<Finding> SshServersOf(Declaration declared, ObservationSet seen, IxitEntry entry, AuthMechFacts facts)
    {
        foreach (var endpoint in facts.Logins.Where(IsSsh).Where(login => !DeclaredTls.On(declared, login.Port).Any()).SelectMany(login => DutServices.FirstOpen(declared, seen, login.Port)).Distinct())
        {
            var asked = seen.Ask(new SshEnumeration(endpoint));
            var findings = asked.TryGet(out var server, out var evidence)
                ? DeclaredSsh.Offer(asked, entry, server, evidence)
                : [DutServices.Gap(asked, entry.Id, $"The SSH server that the login of {entry.Id} runs over, on {endpoint}, was not seen")!];
            foreach (var finding in findings)
            {
                yield return finding;
            }
        }
    }

    /// <summary>What the TLS servers of the login offer, where no communication mechanism is declared on their port and judged for it.</summary>
    private static IEnumerable<Finding> UndeclaredServersOf(Declaration declared, ObservationSet seen, IxitEntry entry, AuthMechFacts facts) =>
        facts.Logins.Where(login => login.Tls && !DeclaredTls.On(declared, login.Port).Any())
            .SelectMany(login => DutServices.FirstOpen(declared, seen, login.Port)).Distinct()
            .SelectMany(endpoint => DeclaredTls.Offer(seen, entry, endpoint));

    /// <summary>Deviations of the TLS and SSH servers that carry the login from the communication mechanism declared on their port.</summary>
    private static IEnumerable<Finding> ServersOf(Declaration declared, ObservationSet seen, IxitEntry entry, AuthMechFacts facts) =>
        from port in facts.Logins.Where(login => login.Tls || IsSsh(login)).Select(login => login.Port).Distinct()
        from mechanism in DeclaredTls.On(declared, port)
        from finding in DeclaredTls.Judge(declared, seen, mechanism.Entry, mechanism.Facts)
        where finding.Verdict != Verdict.Pass
        select finding.Verdict == Verdict.Fail
            ? Finding.Fail(entry.Id, $"The login of {entry.Id} runs over {mechanism.Entry.Id}: {finding.Statement}", finding.Evidence)
            : Finding.Inconclusive(entry.Id, $"The login of {entry.Id} runs over {mechanism.Entry.Id}: {finding.Statement}", finding.Missing, finding.Evidence);
}
