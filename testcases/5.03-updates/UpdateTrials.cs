using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Updates;

/// <summary>Trials of genuine and spoiled updates, for the units that rest on them.</summary>
internal static class UpdateTrials
{
    /// <summary>Everything that is done to an update.</summary>
    public static readonly ImmutableArray<UpdateVariant> Spoiled = [UpdateVariant.BitFlipped, UpdateVariant.SignatureRemoved, UpdateVariant.OtherKey, UpdateVariant.Older];

    /// <summary>Entries of 7-UpdMech.</summary>
    public static IEnumerable<(IxitEntry Entry, UpdMechFacts Facts)> Mechanisms(Declaration declared) => declared.Ixit.With<UpdMechFacts>(IxitRole.UpdMech);

    /// <summary>A trial for each mechanism that can be offered an update over the LAN.</summary>
    public static IEnumerable<ProbeRequest> Ask(Declaration declared) =>
        from pair in Mechanisms(declared)
        from request in RequestFor(declared, pair.Entry, pair.Facts)
        select request;

    /// <summary>Finding on whether a mechanism refuses the variants.</summary>
    /// <param name="declared">The declaration.</param>
    /// <param name="seen">What was seen.</param>
    /// <param name="entry">Entry of 7-UpdMech.</param>
    /// <param name="facts">Its facts.</param>
    /// <param name="variants">Variants that have to be refused.</param>
    /// <param name="subject">What the finding is about: the mechanism, or a component that refers to it.</param>
    public static IEnumerable<Finding> JudgeRefusal(Declaration declared, ObservationSet seen, IxitEntry entry, UpdMechFacts facts, ImmutableArray<UpdateVariant> variants, string subject)
    {
        foreach (var (trials, evidence, gap) in Seen(declared, seen, entry, facts, subject))
        {
            yield return gap ?? JudgeTrials(trials!, evidence, entry, variants, subject);
        }
    }

    /// <summary>What was tried with a mechanism, or why nothing was.</summary>
    public static IEnumerable<(UpdateTrialsSeen? Trials, EvidenceRef Evidence, Finding? Gap)> Seen(Declaration declared, ObservationSet seen, IxitEntry entry, UpdMechFacts facts, string subject)
    {
        var requests = RequestFor(declared, entry, facts).ToList();
        if (requests.Count == 0)
        {
            yield return (null, entry.Ref, Finding.Inconclusive(
                subject,
                $"{entry.Id} does not say in its facts how an update can be offered over the LAN and how the version is read.",
                $"Add 'offer', 'version', 'genuine' and 'layout' to the facts of {entry.Id}, or make the attacks by hand and decide this point with 'dct answer'.",
                entry.Ref));
        }

        foreach (var request in requests)
        {
            var asked = seen.Ask(request);
            yield return asked.TryGet(out var trials, out var evidence)
                ? (trials, evidence, null)
                : (null, entry.Ref, DutServices.Gap(asked, subject, $"Spoiled updates were not offered to {entry.Id}"));
        }
    }

    private static Finding JudgeTrials(UpdateTrialsSeen trials, EvidenceRef evidence, IxitEntry entry, ImmutableArray<UpdateVariant> variants, string subject)
    {
        var made = variants.Select(trials.Trial).OfType<UpdateTrial>().ToList();
        var installed = made.Where(trial => trial.Result == UpdateResult.Installed).ToList();
        if (installed.Count > 0)
        {
            return Finding.Fail(
                subject,
                $"The DUT installs by {entry.Id} {string.Join(" and ", installed.Select(trial => $"{Words(trial.Variant)} (version {trial.VersionBefore} before, {trial.VersionAfter} after)"))}.",
                evidence,
                entry.Ref);
        }

        if (trials.Trial(UpdateVariant.Genuine) is not { Result: UpdateResult.Installed } control)
        {
            return Finding.Inconclusive(
                subject,
                $"The DUT does not install the genuine update by {entry.Id} either{(trials.Trial(UpdateVariant.Genuine) is { } failed ? $" ({failed.Answer})" : "")}, so that its refusal of the others proves nothing.",
                $"Bring the DUT to a version below the genuine image, check the facts of {entry.Id}, then run again.",
                evidence);
        }

        var open = variants.Where(variant => made.Find(trial => trial.Variant == variant) is not { Result: UpdateResult.NotInstalled }).ToList();
        return open.Count > 0
            ? Finding.Inconclusive(
                subject,
                $"Whether the DUT refuses by {entry.Id} {string.Join(" and ", open.Select(Words))} is not known: {string.Join(" ", open.Select(variant => Why(made, variant)))}",
                $"Declare the images that are missing in the facts of {entry.Id}, or remove what the answer names, then run again.",
                evidence)
            : Finding.Pass(
                subject,
                $"The DUT refuses by {entry.Id} {string.Join(", ", variants.Select(Words))}, and installs the genuine update ({control.VersionBefore} to {control.VersionAfter}).",
                evidence,
                entry.Ref);
    }

    private static IEnumerable<UpdateIntegrityTrial> RequestFor(Declaration declared, IxitEntry entry, UpdMechFacts facts) =>
        facts is { Offer.IsDeclared: true, Version.IsDeclared: true, Genuine.IsDeclared: true, Layout.IsDeclared: true } && !declared.Addresses.IsEmpty
            ? [new UpdateIntegrityTrial(entry.Id, declared.Addresses[0])]
            : [];

    private static string Why(List<UpdateTrial> made, UpdateVariant variant) =>
        made.Find(trial => trial.Variant == variant) is { } trial ? $"{Words(variant)}: {trial.Answer}" : $"{Words(variant)}: not offered.";

    private static string Words(UpdateVariant variant) => variant switch
    {
        UpdateVariant.BitFlipped => "an image with one flipped bit",
        UpdateVariant.SignatureRemoved => "an image without its signature",
        UpdateVariant.OtherKey => "an image signed with another key",
        UpdateVariant.Older => "an older image",
        _ => "the genuine image",
    };
}
