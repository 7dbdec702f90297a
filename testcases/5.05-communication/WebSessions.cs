using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Communication;

/// <summary>Sessions of web logins, and forms behind them, where a trial showed that the login works.</summary>
/// <remarks>
/// Neither passes a unit: what the declaration protects is tried by itself. A recording without these trials is judged as before; a trial
/// that broke off opens the unit.
/// </remarks>
internal static class WebSessions
{
    // A guess a second finds a number of 32 bits within a lifetime of the device by chance only; shorter ones are within reach.
    private const double FewestBits = 32;

    /// <summary>Session trials for a service: once for each login by form or JSON that was seen to work.</summary>
    public static IEnumerable<WebSessionTrial> Sessions(Declaration declared, ObservationSet seen, IxitEntry entry, SoftServFacts facts) =>
        Working(declared, seen, entry, facts)
            .Where(trial => trial.Login.Protocol is LoginProtocol.HttpForm or LoginProtocol.HttpJson)
            .Select(trial => new WebSessionTrial(trial.Endpoint, trial.AuthMech, trial.Login, trial.Path));

    /// <summary>Trials of the forms behind each login that was seen to work.</summary>
    public static IEnumerable<SettingsWriteTrial> Writes(Declaration declared, ObservationSet seen, IxitEntry entry, SoftServFacts facts) =>
        Working(declared, seen, entry, facts).Select(trial => new SettingsWriteTrial(trial.Endpoint, trial.AuthMech, trial.Login, trial.Path));

    /// <summary>An identifier that anybody can make up gives access without authentication.</summary>
    public static IEnumerable<Finding> JudgeSessions(Declaration declared, ObservationSet seen, IxitEntry entry, SoftServFacts facts)
    {
        foreach (var trial in Sessions(declared, seen, entry, facts))
        {
            var asked = seen.Ask(trial);
            if (!asked.TryGet(out var session, out var evidence))
            {
                if (BrokeOff(asked.Outcome))
                {
                    yield return DutServices.Gap(asked, entry.Id, $"Whether {trial.Endpoint} takes an invented session for one of {trial.AuthMech} was not seen")!;
                }

                continue;
            }

            if (session.Invented == AccessResult.Granted)
            {
                yield return Finding.Fail(entry.Id, $"GET {session.Path} on {session.Endpoint} is given to a client that shows an invented session identifier, and {entry.Id} declares that {session.AuthMech} guards it.", evidence, entry.Ref);
            }
            else if (session.Invented == AccessResult.Unclear)
            {
                yield return Finding.Inconclusive(
                    entry.Id,
                    $"Whether GET {session.Path} on {session.Endpoint} is given to a client that shows an invented session identifier of {session.AuthMech} does not show: {session.Details}.",
                    "Try it by hand and decide this point with 'dct answer', or run again.",
                    evidence);
            }
            else if (session.Invented == AccessResult.NotTried && !session.Coverage.IsComplete)
            {
                yield return DutServices.Gap(asked, entry.Id, $"Whether {session.Endpoint} takes an invented session for one of {session.AuthMech} was not tried")!;
            }
            else if (session.Carrier == SessionCarrier.Neither)
            {
                yield return Finding.Inconclusive(
                    entry.Id,
                    $"After a login of {session.AuthMech}, {session.Endpoint} gives GET {session.Path} to whoever asks from the same address, without a session identifier.",
                    "Ask from a second address while somebody is logged in, and decide this point with 'dct answer'.",
                    evidence);
            }
            else if (session.Characters > 0 && session.BitsAtMost < FewestBits)
            {
                yield return Finding.Inconclusive(
                    entry.Id,
                    $"The session identifier of {session.AuthMech} on {session.Endpoint} has {session.Characters} characters, so that it can be guessed.",
                    "Find out whether guesses are limited, and decide this point with 'dct answer'.",
                    evidence);
            }
        }
    }

    /// <summary>Forms that are taken without a session, or with one that is none.</summary>
    public static IEnumerable<Finding> JudgeWrites(Declaration declared, ObservationSet seen, IxitEntry entry, SoftServFacts facts)
    {
        foreach (var trial in Writes(declared, seen, entry, facts))
        {
            var asked = seen.Ask(trial);
            if (!asked.TryGet(out var writes, out var evidence))
            {
                if (BrokeOff(asked.Outcome))
                {
                    yield return DutServices.Gap(asked, entry.Id, $"Whether {trial.Endpoint} takes forms without a session of {trial.AuthMech} was not seen")!;
                }

                continue;
            }

            foreach (var write in writes.Writes)
            {
                (AccessResult Result, string Who)[] refusals = [(write.Anonymous, "nobody in particular"), (write.Invented, "an invented session")];
                var let = refusals.Where(refusal => refusal.Result == AccessResult.Granted).Select(refusal => refusal.Who).ToList();
                var unclear = refusals.Where(refusal => refusal.Result == AccessResult.Unclear).Select(refusal => refusal.Who).ToList();
                if (let.Count > 0)
                {
                    yield return Finding.Fail(entry.Id, $"{writes.Endpoint} takes the form POST {write.Action} from {string.Join(" and from ", let)}, answering as to a valid session.", evidence, entry.Ref);
                }
                else if (write.Ended == AccessResult.Granted)
                {
                    yield return Finding.Inconclusive(
                        entry.Id,
                        $"{writes.Endpoint} takes the form POST {write.Action} from a session that was logged out of.",
                        "Find out how long such a session lasts and whether others can get at it, and decide this point with 'dct answer'.",
                        evidence);
                }
                else if (unclear.Count > 0 && write.Valid == AccessResult.Granted)
                {
                    yield return Finding.Inconclusive(
                        entry.Id,
                        $"Whether {writes.Endpoint} takes the form POST {write.Action} from {string.Join(" and from ", unclear)} does not show: {write.Text}.",
                        "Try it by hand with another value and decide this point with 'dct answer'.",
                        evidence);
                }
            }
        }
    }

    // A trial that was begun and lost leaves the question open; one that was never asked, is not allowed or has no credential adds nothing.
    private static bool BrokeOff(ProbeOutcome outcome) => outcome switch
    {
        ProbeOutcome.Unanswered => true,
        ProbeOutcome.NotRun notRun => notRun.Reason is not (NotRunReason.NotRecorded or NotRunReason.ImpactNotAllowed or NotRunReason.InputMissing),
        _ => false,
    };

    /// <summary>One trial for each login: a resource that it opens and that is closed without it.</summary>
    private static IEnumerable<AccessTrial> Working(Declaration declared, ObservationSet seen, IxitEntry entry, SoftServFacts facts) =>
        ServiceAccess.Trials(declared, seen, entry, facts)
            .Where(trial => trial.Method == "GET" && trial.Login.IsHttp
                && seen.Ask(trial).TryGet(out var access, out _) && access is { Valid: AccessResult.Granted, Anonymous: AccessResult.Refused })
            .DistinctBy(trial => (trial.Endpoint, trial.AuthMech, trial.Login));
}
