using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Communication;

/// <summary>Checks the remotely accessible mechanisms by which critical security parameters are communicated.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.5-7; TS 103 701 test case 5.5-7-2 (functional), both editions; applies case 5.5-1-2.
/// Cannot see: what travels inside the mechanism; what travels outside it only as far as captures show it readable, which can fail the unit
/// and never passes it.
/// </remarks>
public sealed class RemoteParametersStayConfidential : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.5-7-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) =>
    [
        new(
            'a',
            (declared, seen) => ReferencedMechanisms.Ask(declared, seen, Mechanisms(declared)),
            (declared, seen) => ReferencedMechanisms.Judge(declared, seen, Mechanisms(declared)).Concat(ReadableTraffic.RemoteSecrets(declared, seen))),
    ];

    private static IEnumerable<(IxitEntry Entry, ComMechFacts Facts)> Mechanisms(Declaration declared) =>
        ReferencedMechanisms.Of(declared, IxitRole.SecParam, ReferencedMechanisms.IsCritical).Where(pair => pair.Facts.RemotelyAccessible.Or(true));
}
