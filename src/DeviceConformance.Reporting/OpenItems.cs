using System.Collections.Immutable;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Reporting;

/// <summary>Something that is missing, once, with every place that waits for it: an entry of the reader's list of things to do.</summary>
/// <param name="Missing">What would decide it, as an instruction.</param>
/// <param name="Places">Where it is missing; at least one.</param>
internal sealed record OpenItem(string Missing, ImmutableArray<OpenPlace> Places)
{
    /// <summary>
    /// All that is missing: what several places wait for first, then in the order of the standard. A case that passes by another
    /// entry waits for nothing.
    /// </summary>
    public static ImmutableArray<OpenItem> Of(Assessment assessment)
    {
        var places =
            from finding in assessment.IcsVerification.Findings
            where finding.Verdict == Verdict.Inconclusive
            select (finding.Missing, Place: new OpenPlace(null, null, finding.Subject, finding.Statement));
        places = places.Concat(assessment.Groups.SelectMany(OfGroup));
        return
        [
            .. places
                .GroupBy(open => VisibleText.Line(open.Missing), open => open.Place)
                .Select(item => new OpenItem(item.Key, [.. item.Distinct()]))
                .OrderByDescending(item => item.IsShared)
                .ThenByDescending(item => item.IsShared ? item.UnitCount : 0),
        ];
    }

    /// <summary>Whether more than one unit waits for it.</summary>
    public bool IsShared => UnitCount > 1;

    /// <summary>How many units wait for it; the ICS verification counts as one, and so does a provision without units.</summary>
    public int UnitCount { get; } = Places.Select(place => place.Where).Distinct().Count();

    private static IEnumerable<(string Missing, OpenPlace Place)> OfGroup(GroupResult group) =>
        group.Verdict == Verdict.Inconclusive && group.Cases.IsEmpty
            ? [($"Test cases of {group.Provision} that can be judged.", new OpenPlace(group.Provision, null, "DUT", "No case of this group was judged."))]
            : group.Cases.Where(testCase => testCase.Verdict != Verdict.Pass).SelectMany(OfCase);

    private static IEnumerable<(string Missing, OpenPlace Place)> OfCase(CaseResult testCase) =>
        testCase.Verdict == Verdict.Inconclusive && testCase.Units.IsEmpty
            ? [($"Units of test case {testCase.Id} that can be judged.", new OpenPlace(testCase.Id.Provision, null, "DUT", $"No unit of test case {testCase.Id} was judged."))]
            : testCase.Units.SelectMany(OfUnit);

    private static IEnumerable<(string Missing, OpenPlace Place)> OfUnit(UnitResult unit) =>
        unit.Verdict == Verdict.Inconclusive && unit.Findings.IsEmpty
            ? [($"A finding for unit {unit.Id}.", new OpenPlace(unit.Id.Case.Provision, unit.Id, "DUT", "Nothing was found for this unit."))]
            : unit.Findings
                .Where(finding => finding.Verdict == Verdict.Inconclusive)
                .Select(finding => (finding.Missing, new OpenPlace(unit.Id.Case.Provision, unit.Id, finding.Subject, finding.Statement)));
}

/// <summary>A place that waits for something.</summary>
/// <param name="Provision">The provision; null for the ICS verification.</param>
/// <param name="Unit">The unit; null for the ICS verification, and where no unit was judged.</param>
/// <param name="Subject">What it is about.</param>
/// <param name="Statement">What was seen or not seen.</param>
internal sealed record OpenPlace(ProvisionId? Provision, TestUnitId? Unit, string Subject, string Statement)
{
    /// <summary>Number of the unit or provision, or ICS.</summary>
    public string Where => Unit?.ToString() ?? Provision?.ToString() ?? "ICS";
}

/// <summary>A finding that fails although the case does not: another declared entry decides the case.</summary>
/// <param name="Case">The case.</param>
/// <param name="Unit">The unit.</param>
/// <param name="Finding">The finding.</param>
internal sealed record OutweighedFinding(CaseResult Case, UnitResult Unit, Finding Finding)
{
    /// <summary>All of an assessment, so that no failing finding is left unsaid.</summary>
    public static ImmutableArray<OutweighedFinding> Of(Assessment assessment) =>
    [
        .. from testCase in assessment.Groups.SelectMany(tested => tested.Cases)
           where testCase.Verdict != Verdict.Fail
           from unit in testCase.Units
           from finding in unit.Findings
           where finding.Verdict == Verdict.Fail
           select new OutweighedFinding(testCase, unit, finding),
    ];
}
