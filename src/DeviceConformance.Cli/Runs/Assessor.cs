using System.Collections.Immutable;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.Cli.Runs;

/// <summary>Makes the assessment of a run folder.</summary>
internal static class Assessor
{
    private const int ExcerptLength = 4000;

    /// <summary>Judges what is recorded and gathers what a report shows.</summary>
    public static Assessment Assess(RunFolder run, Declaration declared)
    {
        var catalogue = Harness.Catalogue(declared.Edition);
        var plan = new Planner(catalogue, Registry.For(catalogue)).Plan(declared);
        var judgement = Judge.Decide(catalogue, plan, declared, run.Observations);
        ImmutableArray<HealthProblem> problems =
        [
            .. run.Problems,
            .. judgement.Faults.Select(fault => new HealthProblem(HealthKind.Harness, run.LastWritten, fault)),
            .. RecordedWithOther(run, catalogue),
        ];
        return new Assessment(
            new RunInfo(
                run.Manifest.Run,
                run.Manifest.Created,
                run.LastEnd?.Finished ?? run.LastWritten,
                Harness.NameAndVersion,
                run.Manifest.Command,
                run.Sessions.LastOrDefault(session => session.Probes)?.Host ?? Harness.Host,
                new RunHealth(problems))
            {
                Requests = PortRequests.Total(run.Requests),
            },
            declared.Edition,
            $"{catalogue.Version} ({catalogue.Sha256[..12]})",
            declared.Dut,
            declared.Lab.Laboratory,
            judgement.IcsVerification,
            judgement.Overall,
            judgement.Groups,
            [.. run.Observations.Records.Where(entry => entry.Record.Request is not OperatorQuestion).Select(entry => Scope(entry.Record, entry.Ref))],
            [.. Evidence(run, declared, judgement)])
        {
            Traffic = TrafficStandings.Of(declared, run.Observations),
        };
    }

    // A recording may be judged with newer rules, which is the point of keeping it; a report must say so.
    private static IEnumerable<HealthProblem> RecordedWithOther(RunFolder run, Catalogue catalogue)
    {
        if (run.Manifest.CatalogueSha256 != catalogue.Sha256)
        {
            yield return new HealthProblem(
                HealthKind.Rejudged,
                run.LastWritten,
                $"The run was recorded with catalogue {run.Manifest.Catalogue} and is judged with {catalogue.Version}; requests that the newer rules need may be missing.");
        }
    }

    private static ScopeLine Scope(ProbeRecord entry, EvidenceRef reference) => entry.Outcome switch
    {
        ProbeOutcome.Observed observed => new ScopeLine(entry.Request.Title, observed.Observation.Coverage.Statement, observed.Observation.Coverage.IsComplete, reference),
        ProbeOutcome.Unanswered unanswered => new ScopeLine(entry.Request.Title, $"No answer: {unanswered.Text}", false, reference),
        _ => new ScopeLine(entry.Request.Title, $"Not asked: {entry.Outcome.Summary}", false, reference),
    };

    private static IEnumerable<EvidenceItem> Evidence(RunFolder run, Declaration declared, Judgement judgement)
    {
        var records = run.Observations.Records.ToDictionary(entry => entry.Ref.Address, entry => entry.Record, StringComparer.Ordinal);
        var cited = judgement.Groups.SelectMany(group => group.Cases).SelectMany(testCase => testCase.Units).SelectMany(unit => unit.Findings)
            .Concat(judgement.IcsVerification.Findings)
            .SelectMany(finding => finding.Evidence)
            .Concat(run.Observations.Records.Where(entry => entry.Record.Request is not OperatorQuestion).Select(entry => entry.Ref))
            .Distinct()
            .OrderBy(reference => reference.Address, StringComparer.Ordinal);
        foreach (var reference in cited)
        {
            yield return records.TryGetValue(reference.Address, out var entry)
                ? new EvidenceItem(reference, entry.Request.Title, Excerpt(run, entry))
                : reference.Address.StartsWith("artefacts/", StringComparison.Ordinal)
                    ? new EvidenceItem(reference, "file of the run", run.Excerpt(reference, ExcerptLength))
                    : new EvidenceItem(reference, "declared by the supplier", DeclaredText(declared, reference.Address));
        }
    }

    private static string Excerpt(RunFolder run, ProbeRecord entry) =>
        string.Join("\n\n", entry.Artefacts.Select(artefact => run.Excerpt(artefact, ExcerptLength)).Prepend(entry.Outcome.Summary).Where(text => text.Length > 0));

    private static string DeclaredText(Declaration declared, string address)
    {
        var name = address[(address.IndexOf('/', StringComparison.Ordinal) + 1)..];
        if (address.StartsWith("ics/", StringComparison.Ordinal) && ProvisionId.TryParse(name, out var provision) && declared.Ics.Find(provision) is { } row)
        {
            return $"{row.At}: {row.Support} {row.Detail}";
        }

        return declared.Ixit.Find(name) is { } entry
            ? string.Join("\n", entry.Fields.Select(column => $"{column.Key}: {column.Value}").Prepend($"{entry.At}"))
            : "";
    }
}
