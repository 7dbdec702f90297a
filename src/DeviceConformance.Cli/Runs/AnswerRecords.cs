using System.Collections.Immutable;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Cli.Runs;

/// <summary>Answers of the operator as records of a run.</summary>
internal static class AnswerRecords
{
    /// <summary>Records an answer and its files.</summary>
    /// <param name="run">The run.</param>
    /// <param name="question">The question.</param>
    /// <param name="verdict">The operator's verdict.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="by">The operator's name.</param>
    /// <param name="date">Day of the examination.</param>
    /// <param name="files">Full paths of attached files.</param>
    public static void Add(RunFolder run, OperatorQuestion question, Verdict verdict, string reason, string by, DateOnly date, IEnumerable<string> files)
    {
        ImmutableArray<EvidenceRef> stored = [.. files.Select(file => run.Store(File.ReadAllBytes(file), Extension(file)))];
        var now = DateTimeOffset.UtcNow;
        var answer = new OperatorAnswer(verdict, reason, by, date, stored)
        {
            Coverage = verdict == Verdict.Inconclusive ? Coverage.Partial("The examiner could not decide.") : Coverage.Complete($"Examined by {by} on {date:yyyy-MM-dd}."),
        };
        var entry = new ProbeRecord(question, new ProbeOutcome.Observed(answer), now, now, stored);
        run.Observations.Add(entry, run.Append(entry));
    }

    /// <summary>Questions of the plan and points left open, in order, each with the unit it belongs to.</summary>
    public static IEnumerable<(TestUnitDefinition Unit, OperatorQuestion Question, string Text)> Questions(Model.Reports.TestPlan plan, Model.Reports.Assessment assessment)
    {
        var results = assessment.Units.ToDictionary(unit => unit.Id);
        foreach (var unit in plan.Units)
        {
            foreach (var question in unit.Questions)
            {
                yield return (unit.Definition, question, unit.Definition.Question);
            }

            // What the unit's code left open, not what merely waits for one of the answers above.
            var asked = unit.Questions.Select(question => question.Subject).ToHashSet(StringComparer.Ordinal);
            foreach (var finding in results[unit.Definition.Id].Findings.Take(results[unit.Definition.Id].Findings.Length - asked.Count).Where(finding => finding.Verdict == Verdict.Inconclusive))
            {
                yield return (unit.Definition, OperatorQuestion.ForOpenPoint(unit.Definition.Id, finding.Subject), $"{finding.Statement} {finding.Missing}");
            }
        }
    }

    private static string Extension(string file) =>
        Path.GetExtension(file).TrimStart('.') is { Length: > 0 and <= 8 } extension && extension.All(char.IsAsciiLetterOrDigit) ? extension.ToLowerInvariant() : "bin";
}
