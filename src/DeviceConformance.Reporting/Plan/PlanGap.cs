using System.Collections.Immutable;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Reporting.Plan;

/// <summary>Something to add to the declaration or the laboratory, once, with the units that can not be decided without it.</summary>
/// <param name="Add">What to add.</param>
/// <param name="Units">The units; at least one.</param>
internal sealed record PlanGap(string Add, ImmutableArray<TestUnitId> Units)
{
    /// <summary>All gaps of a plan, those that most units wait for first.</summary>
    public static ImmutableArray<PlanGap> Of(TestPlan plan) =>
    [
        .. plan.Units
            .SelectMany(unit => unit.Gaps.Select(gap => (Add: gap, Unit: unit.Definition.Id)))
            .GroupBy(gap => gap.Add, gap => gap.Unit)
            .Select(gap => new PlanGap(gap.Key, [.. gap.Distinct()]))
            .OrderByDescending(gap => gap.Units.Length),
    ];
}
