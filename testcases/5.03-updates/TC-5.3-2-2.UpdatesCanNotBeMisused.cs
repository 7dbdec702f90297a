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
    private static IEnumerable<Finding> JudgeAttacks(Declaration declared, ObservationSet seen) =>
        from pair in UpdateTrials.Mechanisms(declared)
        from tried in UpdateTrials.Seen(declared, seen, pair.Entry, pair.Facts, pair.Entry.Id)
        select tried.Gap ?? JudgeOffered(tried.Trials!, tried.Evidence, pair.Entry, pair.Facts);

    private static Finding JudgeOffered(UpdateTrialsSeen trials, EvidenceRef evidence, IxitEntry entry, UpdMechFacts facts)
    {
        var missing = UpdateTrials.Spoiled.Where(variant => trials.Trial(variant) is null or { Result: UpdateResult.NotOffered }).ToList();
        return missing.Count == 0
            ? Finding.Pass(entry.Id, $"An altered, an unsigned, a foreign-signed and an older image are offered to the DUT by {entry.Id}.", evidence)
            : Finding.Inconclusive(
                entry.Id,
                $"Of the attacks with an image on {entry.Id}, {string.Join(", ", missing)} could not be made.",
                $"Declare the missing images in the facts of {entry.Id}{(facts.OtherKey.IsDeclared ? "" : " ('other-key')")}{(facts.Older.IsDeclared ? "" : " ('older')")}.",
                evidence);
    }

    private static IEnumerable<Finding> JudgeOutcome(Declaration declared, ObservationSet seen) =>
        UpdateTrials.Mechanisms(declared).SelectMany(pair => UpdateTrials.JudgeRefusal(declared, seen, pair.Entry, pair.Facts, UpdateTrials.Spoiled, pair.Entry.Id));
}
