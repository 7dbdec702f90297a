using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Updates;

/// <summary>Checks that the DUT itself refuses updates that are not authentic or were altered.</summary>
/// <remarks>
/// Source: EN 303 645 V3.1.3 provision 5.3-9; TS 103 701 V2.1.1 test case 5.3-9-2 (functional). The trial speaks to the DUT alone, so
/// what refuses is the DUT.
/// Cannot see: mechanisms that can not be offered an update over the LAN.
/// </remarks>
public sealed class DeviceVerifiesUpdates : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.3-9-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) => edition == StandardEdition.V3
        ?
        [
            new('a', (declared, _) => UpdateTrials.Ask(declared), (declared, seen) => Judge(declared, seen, [UpdateVariant.OtherKey, UpdateVariant.SignatureRemoved])),
            new('b', (declared, _) => UpdateTrials.Ask(declared), (declared, seen) => Judge(declared, seen, [UpdateVariant.BitFlipped])),
        ]
        : [];

    private static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen, ImmutableArray<UpdateVariant> variants) =>
        UpdateTrials.Mechanisms(declared).SelectMany(pair => UpdateTrials.JudgeRefusal(declared, seen, pair.Entry, pair.Facts, variants, pair.Entry.Id));
}
