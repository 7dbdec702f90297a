using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Passwords;

/// <summary>Checks that the DUT has no undeclared network login and that guessing is stopped as declared.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.1-5; TS 103 701 test case 5.1-5-2 (functional), both editions.
/// Cannot see: limits that count per hour or day; logins over UDP or radio.
/// </remarks>
public sealed class GuessingIsImpracticable : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.1-5-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) =>
    [
        new('a', (declared, seen) => DutServices.Ask(declared, seen, Depth.Surveys), JudgeCompleteness),
        new('b', AskGuessing, JudgeGuessing),
    ];

    private static IEnumerable<Finding> JudgeCompleteness(Declaration declared, ObservationSet seen) =>
        DeclaredLogins.Completeness(declared, seen, _ => true, "network login");

    private static IEnumerable<(IxitEntry Entry, AuthMechFacts Facts)> Guessable(Declaration declared) =>
        DeclaredLogins.InNetwork(declared).Where(pair => LoginTrials.IsPassword(pair.Facts) && pair.Facts.NetworkAddressable.Or(true));

    private static IEnumerable<ProbeRequest> AskGuessing(Declaration declared, ObservationSet seen) =>
        DutServices.Ask(declared, seen, Depth.Ports).Concat(Guessable(declared).SelectMany(pair => LoginTrials.Defaults(declared, seen, pair.Facts)));

    private static IEnumerable<Finding> JudgeGuessing(Declaration declared, ObservationSet seen)
    {
        foreach (var (entry, facts) in Guessable(declared))
        {
            foreach (var login in facts.Logins.Where(login => !LoginTrials.CanBeSpoken(login)))
            {
                yield return Finding.Inconclusive(entry.Id, $"{entry.Id} declares a login over {login.Protocol} on port {login.Port}, which this harness does not speak.", $"Try to guess on port {login.Port} and decide this point with 'dct answer'.", entry.Ref);
            }

            foreach (var trial in LoginTrials.Defaults(declared, seen, facts))
            {
                yield return JudgeTrial(seen, trial, entry, facts);
            }

            foreach (var closed in LoginTrials.NotSeen(declared, seen, entry, facts))
            {
                yield return closed;
            }
        }
    }

    private static Finding JudgeTrial(ObservationSet seen, DefaultCredentialTrial trial, IxitEntry entry, AuthMechFacts facts)
    {
        var asked = seen.Ask(trial);
        if (!asked.TryGet(out var tried, out var evidence))
        {
            return DutServices.Gap(asked, entry.Id, $"No wrong logins were tried at {trial.Endpoint}")!;
        }

        if (tried.NonsenseAccepted)
        {
            return Finding.Fail(entry.Id, $"{trial.Endpoint} lets in any password, so there is nothing to guess.", evidence, entry.Ref);
        }

        if (!facts.LockOut.TryGet(out var declared))
        {
            return Finding.Inconclusive(
                entry.Id,
                $"{trial.Endpoint} answers {tried.Attempts} wrong logins with {Words(tried)}; {entry.Id} gives no figure to compare that with.",
                $"Add 'lock-out' to the facts of {entry.Id}, or compare with its brute force prevention and decide this point with 'dct answer'.",
                evidence,
                entry.Ref);
        }

        // A count may be off by one: whether the last allowed attempt or the first refused one is meant.
        return tried.Reaction == GuessingReaction.LockOut && tried.ReactionAfter <= declared.Attempts + 1
            ? Finding.Pass(entry.Id, $"{trial.Endpoint} locks after {tried.ReactionAfter} wrong logins; {entry.Id} declares {declared.Attempts}.", evidence, entry.Ref)
            : (tried.Reaction == GuessingReaction.LockOut ? tried.ReactionAfter : tried.Attempts) > declared.Attempts + 1
                ? Finding.Fail(entry.Id, $"{trial.Endpoint} answers {tried.Attempts} wrong logins with {Words(tried)}; {entry.Id} declares that it locks after {declared.Attempts}.", evidence, entry.Ref)
                : Finding.Inconclusive(
                    entry.Id,
                    $"Only {tried.Attempts} wrong logins were answered at {trial.Endpoint}; {entry.Id} declares that it locks after {declared.Attempts}.",
                    "Raise 'credential-attempts' in lab.yaml above the declared number, and check that the login answers.",
                    evidence);
    }

    private static string Words(DefaultCredentialsTried tried) => tried.Reaction switch
    {
        GuessingReaction.LockOut => $"a lock-out after {tried.ReactionAfter}",
        GuessingReaction.Delay => $"growing delays from {tried.ReactionAfter} on",
        GuessingReaction.Disconnect => "closed connections but no delay",
        _ => "no reaction",
    };
}
