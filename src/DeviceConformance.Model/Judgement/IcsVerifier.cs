using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement.Statement;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement;

/// <summary>The verification of the ICS before any test (TS 103 701, clause 4).</summary>
public static class IcsVerifier
{
    /// <summary>
    /// Verifies the ICS: one finding at least for each provision with a row. A rule that is broken fails it; what stays open leaves it
    /// inconclusive; no remark passes it.
    /// </summary>
    /// <param name="catalogue">The catalogue of the declaration's edition.</param>
    /// <param name="declared">The declaration.</param>
    public static IcsVerification Verify(Catalogue catalogue, Declaration declared)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        ArgumentNullException.ThrowIfNull(declared);
        var remarks = IcsRules.Check(catalogue, declared).Where(remark => remark.Weight != IcsWeight.Advice).ToLookup(remark => remark.Provision);
        var provisions = catalogue.Provisions.Select(provision => provision.Id).Concat(remarks.Select(group => group.Key)).Distinct().Order();
        ImmutableArray<Finding> findings = [.. provisions.SelectMany(id => Findings(id, remarks[id], catalogue, declared))];
        return new IcsVerification(Verdicts.AllOf(findings.Select(finding => finding.Verdict)), findings);
    }

    private static ImmutableArray<Finding> Findings(ProvisionId id, IEnumerable<IcsRemark> remarks, Catalogue catalogue, Declaration declared)
    {
        ImmutableArray<Finding> found = [.. remarks.Select(Of)];
        return !found.IsEmpty ? found
            : declared.Ics.Find(id) is { } row ? [Sound(catalogue.Provisions.First(provision => provision.Id == id), row, declared)]
            : [];
    }

    private static Finding Of(IcsRemark remark) =>
        remark.Weight == IcsWeight.Violation
            ? Finding.Fail(remark.Provision.ToString(), remark.Message, remark.Evidence)
            : Finding.Inconclusive(remark.Provision.ToString(), remark.Message, remark.Remedy, remark.Evidence);

    private static Finding Sound(Provision provision, IcsEntry row, Declaration declared)
    {
        var truths = provision.Status.Conditions.Select(condition => (condition, truth: ConditionRules.Evaluate(condition, declared))).ToList();
        var answer = row.Support switch
        {
            Support.Yes => "Y",
            Support.No => "N with a justification",
            _ => "N/A",
        };
        return Finding.Pass(
            provision.Id.ToString(),
            $"{row.At} answers {answer}, which the status {provision.Status} allows.{string.Concat(truths.Select(pair => $" Condition {pair.condition} {pair.truth.Word}: {pair.truth.Reason}"))}",
            [row.Ref, .. truths.SelectMany(pair => pair.truth.Evidence)]);
    }
}
