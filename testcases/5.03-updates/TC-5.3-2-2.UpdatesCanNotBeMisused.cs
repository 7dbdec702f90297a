using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Updates;

/// <summary>Checks that update mechanisms withstand what a baseline attacker can try with an image.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.3-2; TS 103 701 test case 5.3-2-2 (functional), both editions.
/// Cannot see: attacks on the way of the update other than a changed image; those are the examiner's part.
/// </remarks>
public sealed class UpdatesCanNotBeMisused : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.3-2-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) =>
    [
        new('a', (declared, _) => UpdateTrials.Ask(declared), JudgeAttacks),
        new('b', (declared, _) => UpdateTrials.Ask(declared), JudgeOutcome),
    ];

    /// <summary>The attacks with an image are devised when each of them could be offered; whether they succeeded is for unit b.</summary>
    private static IEnumerable<Finding> JudgeAttacks(Declaration declared, ObservationSet seen)
    {
        foreach (var (entry, facts) in UpdateTrials.Mechanisms(declared))
        {
            var offered = seen.All<UpdateTrialsSeen>().Where(trials => trials.Observation.UpdMech == entry.Id).ToList();
            var missing = UpdateTrials.Spoiled.Where(variant => offered.TrueForAll(trials => trials.Observation.Trial(variant) is null or { Result: UpdateResult.NotOffered })).ToList();
            yield return offered.Count > 0 && missing.Count == 0
                ? Finding.Pass(entry.Id, $"An altered, an unsigned, a foreign-signed and an older image are offered to the DUT by {entry.Id}.", offered.Select(trials => trials.Evidence))
                : Finding.Inconclusive(
                    entry.Id,
                    $"Of the attacks with an image on {entry.Id}, {(offered.Count == 0 ? "none was" : $"{string.Join(", ", missing)} could not be")} made.",
                    offered.Count == 0
                        ? $"Allow state-changing probes in lab.yaml and declare 'offer', 'version', 'genuine', 'older', 'other-key' and 'layout' in the facts of {entry.Id}."
                        : $"Declare the missing images in the facts of {entry.Id}{(facts.OtherKey.IsDeclared ? "" : " ('other-key')")}{(facts.Older.IsDeclared ? "" : " ('older')")}.",
                    offered.Select(trials => trials.Evidence));
        }
    }

    private static IEnumerable<Finding> JudgeOutcome(Declaration declared, ObservationSet seen) =>
        UpdateTrials.Mechanisms(declared).SelectMany(pair => UpdateTrials.JudgeRefusal(declared, seen, pair.Entry, pair.Facts, UpdateTrials.Spoiled, pair.Entry.Id));
}
