using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;
using DeviceConformance.TestCases.Passwords;

namespace DeviceConformance.TestCases.Communication;

/// <summary>Access to the services of 13-SoftServ with and without authentication (5.5-4-2, and 5.5-5-2 for those that change settings).</summary>
internal static class ServiceAccess
{
    /// <summary>Services that a network reaches and that an entry of 1-AuthMech guards.</summary>
    public static IEnumerable<(IxitEntry Entry, SoftServFacts Facts)> Guarded(Declaration declared) =>
        declared.Ixit.With<SoftServFacts>(IxitRole.SoftServ)
            .Where(pair => pair.Facts.Network.Or(true) && !pair.Facts.Status.Is(InterfaceStatus.Disabled) && pair.Entry.References("Authentication Mechanism").Length > 0);

    /// <summary>Trials for a service: each protected resource by each login that guards it on its ports.</summary>
    public static IEnumerable<AccessTrial> Trials(Declaration declared, ObservationSet seen, IxitEntry entry, SoftServFacts facts) =>
        (from guard in Logins(declared, entry, facts)
         from endpoint in DutServices.FirstOpen(declared, seen, guard.Login.Port)
         from resource in Resources(facts, guard.Login)
         select new AccessTrial(endpoint, guard.AuthMech, guard.Login, resource.Method, resource.Path)).Distinct();

    /// <summary>Unit a: no access without authentication, with a wrong credential, or with too few rights.</summary>
    public static IEnumerable<Finding> JudgeRefusal(Declaration declared, ObservationSet seen, IxitEntry entry, SoftServFacts facts)
    {
        var trials = Trials(declared, seen, entry, facts).ToList();
        foreach (var open in NotTried(declared, seen, entry, facts, trials))
        {
            yield return open;
        }

        foreach (var open in Untried(declared, seen, entry, facts, trials))
        {
            yield return open;
        }

        foreach (var trial in trials)
        {
            yield return JudgeRefusal(seen, entry, trial);
        }

        foreach (var open in OpenWithoutLogin(declared, seen, entry, facts, trials))
        {
            yield return open;
        }
    }

    /// <summary>Unit b: access with a valid credential.</summary>
    public static IEnumerable<Finding> JudgeGrant(Declaration declared, ObservationSet seen, IxitEntry entry, SoftServFacts facts)
    {
        var trials = Trials(declared, seen, entry, facts).Where(trial => trial.Method == "GET").ToList();
        foreach (var open in NotTried(declared, seen, entry, facts, trials))
        {
            yield return open;
        }

        foreach (var closed in Closed(declared, seen, entry, facts, trials))
        {
            yield return closed;
        }

        foreach (var trial in trials)
        {
            var asked = seen.Ask(trial);
            yield return !asked.TryGet(out var access, out var evidence)
                ? DutServices.Gap(asked, entry.Id, $"Access to {Resource(trial)} was not tried")!
                : access.Valid == AccessResult.Granted
                    ? Finding.Pass(entry.Id, $"{Resource(trial)} is given to the valid credential of {trial.AuthMech}.", evidence)
                    : Finding.Inconclusive(
                        entry.Id,
                        $"{Resource(trial)} is not given to the credential of {trial.AuthMech} that the laboratory holds: {access.Details}",
                        $"Check the current credential for {trial.AuthMech} in lab.yaml and that the account is not locked, then run again.",
                        evidence);
        }
    }

    private static IEnumerable<(string AuthMech, LoginPoint Login)> Logins(Declaration declared, IxitEntry entry, SoftServFacts facts) =>
        from guard in entry.References("Authentication Mechanism")
        from mechanism in declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech)
        where mechanism.Entry.Id == guard
        from login in mechanism.Facts.Logins
        where LoginTrials.CanBeSpoken(login) && facts.Ports.Contains(login.Port)
        select (guard, login);

    private static ImmutableArray<ProtectedResource> Resources(SoftServFacts facts, LoginPoint login) =>
        login.IsHttp && !facts.Protects.IsEmpty ? facts.Protects : [new ProtectedResource("GET", login.Path)];

    private static IEnumerable<Finding> NotTried(Declaration declared, ObservationSet seen, IxitEntry entry, SoftServFacts facts, List<AccessTrial> trials)
    {
        if (trials.Count > 0)
        {
            yield break;
        }

        var closed = facts.Ports.Where(port => !DutServices.FirstOpen(declared, seen, port).Any()).ToList();
        var (why, remedy) = facts.Ports.IsEmpty
            ? ($"{entry.Id} gives no ports in its facts", $"Add 'ports' to the facts of {entry.Id}")
            : closed.Count > 0
                ? ($"Port {string.Join(", ", closed)} of {entry.Id} was not seen open", $"Have the service of {entry.Id} open")
                : ($"No login of {string.Join(", ", entry.References("Authentication Mechanism"))} is declared on a port of {entry.Id} that this harness speaks", $"Add 'logins' to the facts of the authentication mechanism of {entry.Id}");
        yield return Finding.Inconclusive(
            entry.Id,
            $"{why}, so that access to it was not tried.",
            $"{remedy}, then run again; or decide this point with 'dct answer'.",
            entry.Ref);
    }

    // Ports of the service of which the trials elsewhere tell nothing: closed ones with a login, and open ones that nobody looked at.
    private static IEnumerable<Finding> Untried(Declaration declared, ObservationSet seen, IxitEntry entry, SoftServFacts facts, List<AccessTrial> trials) =>
        Closed(declared, seen, entry, facts, trials).Concat(
            from open in DutServices.OpenPorts(declared, seen)
            where facts.Transport.Or(Transport.Tcp) == Transport.Tcp && facts.Ports.Contains(open.Endpoint.Port) && trials.Count > 0 && trials.TrueForAll(trial => trial.Endpoint.Port != open.Endpoint.Port)
            let service = seen.Ask(new ServiceIdentification(open.Endpoint))
            let statement = $"Whether {entry.Id} is refused on {open.Endpoint} was not seen"
            let gap = service.TryGet(out var named, out _) ? DutServices.Gap(seen.Ask(new DisclosureSurvey(named.Endpoint, named.Protocol, named.Tls)), entry.Id, statement) : DutServices.Gap(service, entry.Id, statement)
            where gap is not null
            select gap);

    private static IEnumerable<Finding> Closed(Declaration declared, ObservationSet seen, IxitEntry entry, SoftServFacts facts, List<AccessTrial> trials) =>
        trials.Count == 0 ? [] :
        from port in Logins(declared, entry, facts).Select(guard => guard.Login.Port).Distinct()
        where !DutServices.FirstOpen(declared, seen, port).Any()
        select Finding.Inconclusive(
            entry.Id,
            $"Port {port} of {entry.Id} was not seen open, so that access to it was not tried.",
            $"Have the service of {entry.Id} open, then run again; or decide this point with 'dct answer'.",
            entry.Ref);

    private static Finding JudgeRefusal(ObservationSet seen, IxitEntry entry, AccessTrial trial)
    {
        var asked = seen.Ask(trial);
        if (!asked.TryGet(out var access, out var evidence))
        {
            return DutServices.Gap(asked, entry.Id, $"Access to {Resource(trial)} was not tried")!;
        }

        (AccessResult Result, string Who)[] refusals = [(access.Anonymous, "nobody in particular"), (access.Wrong, "a wrong credential"), (access.LowRights, "a credential with too few rights")];
        var let = refusals.Where(refusal => refusal.Result == AccessResult.Granted).Select(refusal => refusal.Who).ToList();
        if (let.Count > 0)
        {
            return Finding.Fail(entry.Id, $"{Resource(trial)} is given to {string.Join(" and ", let)}, and {entry.Id} declares that {trial.AuthMech} guards it.", evidence, entry.Ref);
        }

        var unclear = refusals.Where(refusal => refusal.Result is AccessResult.Unclear || (refusal.Result == AccessResult.NotTried && refusal.Who != "a credential with too few rights")).Select(refusal => refusal.Who).ToList();
        return unclear.Count > 0
            ? Finding.Inconclusive(
                entry.Id,
                $"Whether {Resource(trial)} is refused to {string.Join(" and ", unclear)} does not show: {access.Details}",
                $"Try it by hand and decide this point with 'dct answer', or name in the facts of {entry.Id} a resource whose answer tells.",
                evidence)
            : Finding.Pass(
                entry.Id,
                $"{Resource(trial)} is refused without a credential and with a wrong one{(access.LowRights == AccessResult.Refused ? ", and to one with too few rights" : "")}.",
                evidence);
    }

    /// <summary>What a survey used without login on a port of the service whose every function is declared to be guarded.</summary>
    private static IEnumerable<Finding> OpenWithoutLogin(Declaration declared, ObservationSet seen, IxitEntry entry, SoftServFacts facts, List<AccessTrial> trials) =>
        from pair in DutServices.Surveys(declared, seen).Concat(DutServices.UdpSurveys(declared, seen))
        where facts.Ports.Contains(pair.Survey.Endpoint.Port) && facts.Transport.Or(Transport.Tcp) == pair.Survey.Endpoint.Transport
        from open in pair.Survey.Open
        where pair.Survey.Protocol != ServiceProtocol.Http || trials.Any(trial => trial.Path == open.Where)
        select Finding.Fail(entry.Id, $"{pair.Survey.Endpoint} lets anybody use {open.Where} ({open.What}), and {entry.Id} declares that it is guarded.", pair.Evidence, entry.Ref);

    private static string Resource(AccessTrial trial) => $"{trial.Method} {trial.Path} on {trial.Endpoint}";
}
