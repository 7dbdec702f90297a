using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Communication;

/// <summary>Checks the mechanisms by which critical security parameters are communicated.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.5-6; TS 103 701 test case 5.5-6-2 (functional), both editions; applies case 5.5-1-2.
/// Cannot see: what travels inside the mechanism; what travels outside it only as far as captures show it readable, which can fail the unit
/// and never passes it.
/// </remarks>
public sealed class CriticalParametersTravelProtected : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.5-6-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) =>
    [
        new(
            'a',
            (declared, seen) => ReferencedMechanisms.Ask(declared, seen, Mechanisms(declared)),
            (declared, seen) => ReferencedMechanisms.Judge(declared, seen, Mechanisms(declared)).Concat(ReadableTraffic.Secrets(declared, seen))),
    ];

    private static IEnumerable<(IxitEntry Entry, ComMechFacts Facts)> Mechanisms(Declaration declared) =>
        ReferencedMechanisms.Of(declared, IxitRole.SecParam, ReferencedMechanisms.IsCritical);
}
