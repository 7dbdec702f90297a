using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Updates;

/// <summary>Checks that the mechanisms by which components are updated can not be misused.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.3-1; TS 103 701 test case 5.3-1-2 (functional), both editions; applies the units of 5.3-2-2.
/// Cannot see: side paths such as a recovery mode.
/// </remarks>
public sealed class ComponentsUpdateSecurely : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.3-1-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) => [new('a', (declared, _) => UpdateTrials.Ask(declared), Judge)];

    private static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen)
    {
        var mechanisms = UpdateTrials.Mechanisms(declared).ToDictionary(pair => pair.Entry.Id, StringComparer.Ordinal);
        var components = declared.Ixit.Entries(IxitRole.SoftComp).Select(component => (Component: component, Mechanisms: component.References("Update Mechanism"))).ToList();
        foreach (var used in components.SelectMany(pair => pair.Mechanisms).Distinct(StringComparer.Ordinal).Where(mechanisms.ContainsKey))
        {
            foreach (var finding in UpdateTrials.JudgeRefusal(declared, seen, mechanisms[used].Entry, mechanisms[used].Facts, UpdateTrials.Spoiled, used))
            {
                yield return finding;
            }
        }

        // A component without a mechanism is for case 5.3-1-1 to judge; here there is only nothing to try when no component has any.
        foreach (var (component, _) in components.Exists(pair => pair.Mechanisms.Any(mechanisms.ContainsKey)) ? [] : components)
        {
            yield return Finding.Inconclusive(
                component.Id,
                $"{component.Id} names no entry of 7-UpdMech, and no other component does, so that no update was tried.",
                $"Name the mechanism in the update mechanism of {component.Id}, or examine why there is none and decide this point with 'dct answer'.",
                component.Ref);
        }
    }
}
