using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Communication;

/// <summary>Checks that communication mechanisms run with the declared protection.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.5-1; TS 103 701 test case 5.5-1-2 (functional), both editions.
/// Cannot see: radio, and without captures connections that the DUT opens itself and UDP without DTLS; those are the examiner's part. A
/// capture can fail the unit and never passes it.
/// </remarks>
public sealed class CommunicationIsProtectedAsDeclared : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.5-1-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) => [new('a', Ask, Judge)];

    private static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen) =>
        DutServices.Ask(declared, seen, Depth.Services)
            .Concat(declared.Ixit.With<ComMechFacts>(IxitRole.ComMech).SelectMany(pair => DeclaredTls.Ask(declared, seen, pair.Facts).Concat(DeclaredSmb.Ask(declared, seen, pair.Facts)).Concat(SharedKeys.Ask(declared, seen, pair.Facts))));

    private static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen) =>
        ReferencedMechanisms.Judge(declared, seen, declared.Ixit.With<ComMechFacts>(IxitRole.ComMech)).Concat(ReadableTraffic.Unattributed(declared, seen))
            .Concat(declared.Ixit.With<ComMechFacts>(IxitRole.ComMech).SelectMany(pair => DeclaredSmb.Judge(declared, seen, pair.Entry, pair.Facts).Concat(SharedKeys.Judge(declared, seen, pair.Entry, pair.Facts))))
            .Concat(MudTraffic.Judge(declared, seen));
}
