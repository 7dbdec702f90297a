using System.Collections.Immutable;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;

namespace DeviceConformance.Reporting.Html;

/// <summary>All evidence that a report cites, each under a number that the page links to.</summary>
internal sealed class EvidenceIndex
{
    private readonly Dictionary<EvidenceRef, int> _numbers = [];

    public EvidenceIndex(Assessment assessment)
    {
        var described = assessment.Evidence.DistinctBy(item => item.Ref).ToDictionary(item => item.Ref);
        var cited = assessment.Units.SelectMany(unit => unit.Findings)
            .Concat(assessment.IcsVerification.Findings)
            .SelectMany(finding => finding.Evidence)
            .Concat(assessment.Scope.Select(line => line.Ref))
            .Concat(assessment.Traffic.Select(traffic => traffic.Ref))
            .Append(assessment.Dut.Ref);
        var items = ImmutableArray.CreateBuilder<EvidenceItem>();
        foreach (var reference in assessment.Evidence.Select(item => item.Ref).Concat(cited))
        {
            if (_numbers.TryAdd(reference, items.Count + 1))
            {
                items.Add(described.GetValueOrDefault(reference) ?? new EvidenceItem(reference, "", ""));
            }
        }

        Items = items.ToImmutable();
    }

    /// <summary>The evidence in the order of its numbers, from 1; what the assessment cites but does not describe is at the end.</summary>
    public ImmutableArray<EvidenceItem> Items { get; }

    /// <summary>The item behind a reference.</summary>
    public EvidenceItem this[EvidenceRef reference] => Items[_numbers[reference] - 1];

    /// <summary>Id of the item's row on the page.</summary>
    public string IdOf(EvidenceRef reference) => $"e-{_numbers[reference]}";
}
