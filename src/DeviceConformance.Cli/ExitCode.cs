using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;

namespace DeviceConformance.Cli;

/// <summary>Exit codes of <c>dct</c>.</summary>
internal static class ExitCode
{
    public const int Pass = 0;
    public const int Fail = 1;
    public const int Inconclusive = 2;
    public const int Fault = 3;
    public const int Usage = 64;
    public const int BadDeclaration = 65;

    /// <summary>
    /// The code for an assessment. A fail that was seen stays a fail; otherwise a fault of the harness, the laboratory or the
    /// evidence comes before the verdict.
    /// </summary>
    public static int Of(Assessment assessment) =>
        assessment.Overall.Verdict == Verdict.Fail ? Fail
        : assessment.Run.Health.Problems.Any(problem => problem.Kind is HealthKind.Harness or HealthKind.Lab or HealthKind.Evidence) ? Fault
        : assessment.Overall.Verdict == Verdict.Pass ? Pass
        : Inconclusive;
}
