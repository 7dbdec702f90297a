using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement;

/// <summary>Which test groups are run: those of the provisions that the supplier claims (TS 103 701, clause 4).</summary>
public static class ApplicabilityRules
{
    private static readonly ProvisionId OnJustificationV2 = ProvisionId.Parse("4-1");
    private static readonly ProvisionId OnJustificationV3 = ProvisionId.Parse("5.0-1");

    /// <summary>Whether a provision is the one on justifications, which judges the ICS itself and is tested whatever the ICS answers.</summary>
    public static bool IsAlwaysTested(ProvisionId provision) => provision == OnJustificationV2 || provision == OnJustificationV3;

    /// <summary>Decides whether the test group of a provision is run.</summary>
    /// <param name="provision">The provision.</param>
    /// <param name="declared">The declaration.</param>
    public static Applicability Decide(Provision provision, Declaration declared)
    {
        ArgumentNullException.ThrowIfNull(provision);
        ArgumentNullException.ThrowIfNull(declared);
        if (IsAlwaysTested(provision.Id))
        {
            return new Applicability(true, "Tested: it judges the justifications in the ICS, whatever the ICS answers to it.");
        }

        return declared.Ics.Find(provision.Id) switch
        {
            null => new Applicability(false, $"Not tested: the ICS has no row for {provision.Id}.{Conditions(provision, declared)}"),
            { Support: Support.Yes } row => new Applicability(true, $"Tested: {row.At} answers Y.{Conditions(provision, declared)}"),
            { Support: Support.No } row => new Applicability(false, $"Not tested: {row.At} answers N, so the supplier does not claim it.{Conditions(provision, declared)}"),
            { } row => new Applicability(false, $"Not tested: {row.At} answers N/A.{Conditions(provision, declared)}"),
        };
    }

    private static string Conditions(Provision provision, Declaration declared) =>
        string.Concat(provision.Status.Conditions.Select(id => ConditionRules.Evaluate(id, declared) is var truth ? $" Condition {id} {truth.Word}: {truth.Reason}" : ""));
}
