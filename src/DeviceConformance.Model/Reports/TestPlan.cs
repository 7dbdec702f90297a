using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Reports;

/// <summary>What a run will do with a declaration, before it does it.</summary>
/// <param name="Edition">The edition.</param>
/// <param name="Groups">One for each provision, in order.</param>
public sealed record TestPlan(StandardEdition Edition, ImmutableArray<PlannedGroup> Groups)
{
    /// <summary>All units that will be judged.</summary>
    public IEnumerable<PlannedUnit> Units => Groups.SelectMany(group => group.Cases).SelectMany(testCase => testCase.Units);
}

/// <summary>A test group in the plan.</summary>
/// <param name="Provision">The provision.</param>
/// <param name="Support">The supplier's answer, or null.</param>
/// <param name="Applicability">Whether it is tested, and why.</param>
/// <param name="Cases">Its cases; empty when it is not tested.</param>
public sealed record PlannedGroup(Provision Provision, Support? Support, Applicability Applicability, ImmutableArray<PlannedCase> Cases);

/// <summary>A test case in the plan.</summary>
/// <param name="Definition">The case.</param>
/// <param name="Units">Its units.</param>
public sealed record PlannedCase(TestCaseDefinition Definition, ImmutableArray<PlannedUnit> Units);

/// <summary>A test unit in the plan.</summary>
/// <param name="Definition">The unit.</param>
/// <param name="Code">Code that decides it, wholly or in part; null when only the operator does.</param>
/// <param name="Requests">What will be asked at first; more may follow from the answers.</param>
/// <param name="Questions">What the operator will be asked.</param>
/// <param name="Needs">What has to be there: impact, actuator, credential, second sample.</param>
/// <param name="Gaps">What can not be decided with this declaration and laboratory, and what to add.</param>
public sealed record PlannedUnit(
    TestUnitDefinition Definition,
    TestUnit? Code,
    ImmutableArray<ProbeRequest> Requests,
    ImmutableArray<OperatorQuestion> Questions,
    ImmutableArray<PlanNeed> Needs,
    ImmutableArray<string> Gaps);

/// <summary>Something that a unit needs.</summary>
/// <param name="What">What, in words.</param>
/// <param name="Impact">What it does to the DUT; null for a person or a document.</param>
public sealed record PlanNeed(string What, ProbeImpact? Impact);
