using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;

namespace DeviceConformance.Reporting;

/// <summary>How often each verdict was given at one level.</summary>
/// <param name="Pass">Number of PASS.</param>
/// <param name="Fail">Number of FAIL.</param>
/// <param name="Inconclusive">Number of INCONCLUSIVE.</param>
public sealed record VerdictCounts(int Pass, int Fail, int Inconclusive)
{
    internal static VerdictCounts Of(IEnumerable<Verdict> verdicts)
    {
        var counts = new int[3];
        foreach (var verdict in verdicts)
        {
            counts[(int)verdict]++;
        }

        return new VerdictCounts(counts[(int)Verdict.Pass], counts[(int)Verdict.Fail], counts[(int)Verdict.Inconclusive]);
    }
}

/// <summary>The verdicts of an assessment, counted level by level.</summary>
/// <param name="Groups">Verdicts of the test groups that were tested.</param>
/// <param name="UntestedGroups">Groups without a verdict.</param>
/// <param name="Cases">Verdicts of the test cases.</param>
/// <param name="Units">Verdicts of the test units.</param>
/// <param name="Findings">Verdicts of the findings, those of the ICS verification not among them.</param>
public sealed record AssessmentCounts(VerdictCounts Groups, int UntestedGroups, VerdictCounts Cases, VerdictCounts Units, VerdictCounts Findings)
{
    /// <summary>Counts an assessment.</summary>
    public static AssessmentCounts Of(Assessment assessment)
    {
        ArgumentNullException.ThrowIfNull(assessment);
        return new AssessmentCounts(
            VerdictCounts.Of(assessment.Groups.Select(group => group.Verdict).OfType<Verdict>()),
            assessment.Groups.Count(group => group.Verdict is null),
            VerdictCounts.Of(assessment.Groups.SelectMany(group => group.Cases).Select(testCase => testCase.Verdict)),
            VerdictCounts.Of(assessment.Units.Select(unit => unit.Verdict)),
            VerdictCounts.Of(assessment.Units.SelectMany(unit => unit.Findings).Select(finding => finding.Verdict)));
    }
}
