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
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) => [new('a', (declared, _) => Preset(declared).Select(entry => new PresetPasswordInspection(entry.Id)), JudgeGeneration)];

    private static IEnumerable<IxitEntry> Preset(Declaration declared) =>
        declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech)
            .Where(pair => LoginTrials.IsPassword(pair.Facts) && !pair.Facts.Origin.Is(PasswordOrigin.UserDefined))
            .Select(pair => pair.Entry);

    private static IEnumerable<Finding> JudgeGeneration(Declaration declared, ObservationSet seen) =>
        Preset(declared).Select(entry => PresetPasswords.Judge(seen, entry, [.. Enum.GetValues<PresetPasswordFlaw>()]));
}
