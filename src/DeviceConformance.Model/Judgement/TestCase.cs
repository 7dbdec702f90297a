using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement;

/// <summary>The code of a test case: for each of its units what to ask and how to judge what was seen.</summary>
public abstract class TestCase
{
    /// <summary>Number of the case.</summary>
    public abstract TestCaseId Id { get; }

    /// <summary>The units that code decides, wholly or in part, in an edition; none when the edition has no such case.</summary>
    /// <param name="edition">The edition. Letters differ between editions.</param>
    public abstract ImmutableArray<TestUnit> Units(StandardEdition edition);
}

/// <summary>The code of a test unit.</summary>
/// <param name="Letter">Letter of the unit.</param>
/// <param name="Ask">What to ask, given what has been seen so far; called again until it asks nothing new.</param>
/// <param name="Judge">What follows from what was seen.</param>
/// <param name="CanDecide">Deciders that this code stands for: Probe, Rule or both.</param>
public sealed record TestUnit(
    char Letter,
    Func<Declaration, ObservationSet, IEnumerable<ProbeRequest>> Ask,
    Func<Declaration, ObservationSet, IEnumerable<Finding>> Judge,
    Deciders CanDecide = Deciders.Probe)
{
    /// <summary>A unit that needs the declaration only.</summary>
    public static TestUnit OfDeclaration(char letter, Func<Declaration, IEnumerable<Finding>> judge) =>
        new(letter, (_, _) => [], (declared, _) => judge(declared), Deciders.Rule);
}
