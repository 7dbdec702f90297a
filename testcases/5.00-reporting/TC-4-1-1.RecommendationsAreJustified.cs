using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Reporting;

/// <summary>Checks that the ICS gives a reason for each recommendation that is not applicable or not fulfilled.</summary>
/// <remarks>
/// Source: EN 303 645 V2.1.1 provision 4-1 and V3.1.3 provision 5.0-1; TS 103 701 test cases 4-1-1 and 5.0-1-1 (conceptual).
/// Cannot see: whether a reason is a good one.
/// </remarks>
/// <param name="id">Number of the case.</param>
/// <param name="having">Edition that has it.</param>
/// <param name="catalogue">Provisions of that edition, to tell recommendations.</param>
public sealed class RecommendationsAreJustified(TestCaseId id, StandardEdition having, Catalogue catalogue) : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => id;

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) => edition == having ? [TestUnit.OfDeclaration('a', Judge)] : [];

    private IEnumerable<Finding> Judge(Declaration declared)
    {
        var recommendations = catalogue.Provisions.Where(provision => !provision.Status.IsMandatory).Select(provision => provision.Id).ToHashSet();
        var rows = declared.Ics.Entries.Where(entry => recommendations.Contains(entry.Provision)).ToList();
        var unmet = rows.Where(entry => entry.Support != Support.Yes).ToList();
        foreach (var row in unmet)
        {
            var answer = row.Support == Support.No ? "N" : "N/A";
            yield return string.IsNullOrWhiteSpace(row.Detail)
                ? Finding.Fail(row.Provision.ToString(), $"The ICS answers recommendation {row.Provision} with {answer} and gives no reason ({row.At}).", row.Ref)
                : Finding.Pass(row.Provision.ToString(), $"The ICS gives a reason for answering recommendation {row.Provision} with {answer}.", row.Ref);
        }

        foreach (var absent in recommendations.Where(provision => declared.Ics.Find(provision) is null).Order())
        {
            yield return Finding.Inconclusive(absent.ToString(), $"The ICS has no row for recommendation {absent}.", $"Answer {absent} in ics.yaml.");
        }

        if (unmet.Count == 0 && rows.Count == recommendations.Count && rows.Count > 0)
        {
            yield return Finding.Pass(OperatorQuestion.WholeDut, "The ICS claims every recommendation, so none needs a reason.", rows.Select(row => row.Ref));
        }
    }
}
