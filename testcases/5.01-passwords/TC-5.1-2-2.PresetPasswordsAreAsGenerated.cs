using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Passwords;

/// <summary>Checks that the preset passwords of the samples show no sign of another generation than declared.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.1-2; TS 103 701 test case 5.1-2-2 (functional), both editions.
/// Cannot see: regularities that need more samples than the laboratory has.
/// </remarks>
public sealed class PresetPasswordsAreAsGenerated : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.1-2-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) => [new('a', AskGeneration, JudgeGeneration)];

    private static IEnumerable<(IxitEntry Entry, AuthMechFacts Facts)> Preset(Declaration declared) =>
        declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech)
            .Where(pair => LoginTrials.IsPassword(pair.Facts) && !pair.Facts.Origin.Is(PasswordOrigin.UserDefined));

    private static IEnumerable<ProbeRequest> AskGeneration(Declaration declared, ObservationSet seen) =>
        Preset(declared).SelectMany(pair => LoginTrials.Defaults(declared, seen, pair.Facts).Prepend<ProbeRequest>(new PresetPasswordInspection(pair.Entry.Id)));

    private static IEnumerable<Finding> JudgeGeneration(Declaration declared, ObservationSet seen) =>
        Preset(declared).SelectMany(pair => Obvious(declared, seen, pair).Prepend(PresetPasswords.Judge(seen, pair.Entry, [.. Enum.GetValues<PresetPasswordFlaw>()])));

    // That no such password was accepted proves nothing about the rest of the generation: it only adds failures.
    private static IEnumerable<Finding> Obvious(Declaration declared, ObservationSet seen, (IxitEntry Entry, AuthMechFacts Facts) preset)
    {
        foreach (var trial in LoginTrials.Defaults(declared, seen, preset.Facts))
        {
            if (seen.Ask(trial).TryGet(out var tried, out var evidence) && !tried.NonsenseAccepted && tried.Accepted.FirstOrDefault(accepted => accepted.IsOfUnit) is { } accepted)
            {
                yield return Finding.Fail(preset.Entry.Id, $"{trial.Endpoint} accepts a password that follows from what is printed on the unit ({accepted.Pair}, {accepted.Origin}).", evidence, preset.Entry.Ref);
            }
        }
    }
}
