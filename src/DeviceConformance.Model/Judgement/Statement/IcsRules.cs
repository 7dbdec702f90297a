using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement.Statement;

/// <summary>The rules for a valid ICS: each answer against the status of its provision, the conditions, and the IXIT.</summary>
/// <remarks>Source: EN 303 645, clause 4 and Table B.1; TS 103 701, clause 4 (verification of the ICS).</remarks>
public static class IcsRules
{
    /// <summary>Name by which remarks call the ICS where they would otherwise name a table.</summary>
    public const string IcsName = "ICS";

    /// <summary>Rule on provisions that the ICS does not answer at all.</summary>
    public const string MissingRow = "missing-row";

    /// <summary>Rule on tables that a claimed provision needs and the declaration does not contain.</summary>
    public const string MissingTable = "missing-table";

    /// <summary>Rule on provisions that are answered N/A although nothing shows that their condition does not hold.</summary>
    public const string ConditionOpen = "condition-open";

    /// <summary>Checks the ICS; no remark when it is valid. In the order of the standard.</summary>
    /// <param name="catalogue">The catalogue of the declaration's edition.</param>
    /// <param name="declared">The declaration.</param>
    public static ImmutableArray<IcsRemark> Check(Catalogue catalogue, Declaration declared)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        ArgumentNullException.ThrowIfNull(declared);
        IEnumerable<IcsRemark> remarks =
        [
            .. UnknownRows(catalogue, declared),
            .. catalogue.Provisions.SelectMany(provision => Row(provision, declared)),
            .. ClaimRules.Check(catalogue, declared),
            .. ConditionConsistency.Check(catalogue, declared),
            .. ClaimContradictions.Check(declared),
        ];
        return [.. remarks.OrderBy(remark => remark.Provision)];
    }

    private static IEnumerable<IcsRemark> UnknownRows(Catalogue catalogue, Declaration declared) =>
        from row in declared.Ics.Entries
        where catalogue.Provisions.All(provision => provision.Id != row.Provision)
        select OnRow(
            "unknown-provision",
            IcsWeight.Doubt,
            row,
            $"{declared.Edition} has no provision {row.Provision}.",
            Namesakes(catalogue, row.Provision) is { Length: > 0 } near ? $"This edition has {string.Join(", ", near)} in its place." : "Remove the row or mend the number.");

    private static ImmutableArray<ProvisionId> Namesakes(Catalogue catalogue, ProvisionId wanted) =>
    [
        .. catalogue.Provisions
            .Select(provision => provision.Id)
            .Where(id => (id.Clause, id.SubClause, id.Number) == (wanted.Clause, wanted.SubClause, wanted.Number)),
    ];

    private static IEnumerable<IcsRemark> Row(Provision provision, Declaration declared)
    {
        if (declared.Ics.Find(provision.Id) is not { } row)
        {
            return Missing(provision, declared);
        }

        return row.Support switch
        {
            Support.Yes => Yes(provision, row, declared),
            Support.No => No(provision, row, declared),
            _ => NotApplicable(provision, row, declared),
        };
    }

    // Table B.1 of V2.1.1 may have no row for 4-1; the group is judged from the ICS itself in any case.
    private static IEnumerable<IcsRemark> Missing(Provision provision, Declaration declared)
    {
        if (ApplicabilityRules.IsAlwaysTested(provision.Id) && declared.Edition == StandardEdition.V2)
        {
            yield break;
        }

        var at = declared.Ics.Entries.LastOrDefault(row => row.Provision < provision.Id)?.At ?? new SourceSpan("ics.yaml", 1);
        yield return new IcsRemark(
            MissingRow,
            provision.Status.IsMandatory && !ApplicabilityRules.IsAlwaysTested(provision.Id) ? IcsWeight.Violation : IcsWeight.Doubt,
            provision.Id,
            at,
            IcsName,
            $"The ICS has no row for provision {provision.Id} ({provision.Title}), whose status is {provision.Status}.",
            "Add a row and answer it Y, N or N/A.",
            [Whole(declared)]);
    }

    // A missing row has no evidence of its own; the ICS as a whole is what shows that it is not there.
    private static EvidenceRef Whole(Declaration declared) =>
        declared.Ics.Entries.IsEmpty ? declared.Dut.Ref : new EvidenceRef("ics", declared.Ics.Entries[0].Ref.Sha256);

    private static IEnumerable<IcsRemark> Yes(Provision provision, IcsEntry row, Declaration declared) =>
        from condition in provision.Status.Conditions
        let truth = ConditionRules.Evaluate(condition, declared)
        where truth is Truth.DoesNotHold
        select OnRow(
            "claim-without-condition",
            IcsWeight.Violation,
            row,
            $"Provision {provision.Id} is answered Y, but condition {condition} does not hold. {truth.Reason}",
            "Answer N/A with the reason, or mend the IXIT or the statement in dut.yaml.",
            truth.Evidence);

    private static IEnumerable<IcsRemark> No(Provision provision, IcsEntry row, Declaration declared)
    {
        if (!provision.Status.IsMandatory)
        {
            if (!Prose.GivesReason(row.Detail))
            {
                yield return Unjustified(provision, row);
            }

            yield break;
        }

        var absent = provision.Status.Conditions.Select(id => (id, truth: ConditionRules.Evaluate(id, declared))).FirstOrDefault(pair => pair.truth is Truth.DoesNotHold);
        yield return absent.truth is null
            ? OnRow(
                "mandatory-not-supported",
                IcsWeight.Violation,
                row,
                $"Provision {provision.Id} is mandatory ({provision.Status}) and answered N.",
                "Fulfil it and answer Y. A device that does not fulfil it can not pass.")
            : OnRow(
                "not-applicable-answered-no",
                IcsWeight.Doubt,
                row,
                $"Provision {provision.Id} is answered N, but condition {absent.id} does not hold. {absent.truth.Reason}",
                "Answer N/A with the reason.",
                absent.truth.Evidence);
    }

    private static IEnumerable<IcsRemark> NotApplicable(Provision provision, IcsEntry row, Declaration declared)
    {
        if (!Prose.GivesReason(row.Detail))
        {
            yield return provision.Status.IsMandatory
                ? OnRow("missing-reason", IcsWeight.Advice, row, $"Provision {provision.Id} is answered N/A without a reason.", "Say in 'detail' why its condition does not hold.")
                : Unjustified(provision, row);
        }

        if (!provision.Status.IsConditional)
        {
            yield return OnRow(
                "unconditional-not-applicable",
                provision.Status.IsMandatory ? IcsWeight.Violation : IcsWeight.Doubt,
                row,
                $"Provision {provision.Id} is answered N/A, but its status {provision.Status} has no condition.",
                provision.Status.IsMandatory ? "Answer Y or N; where the device has nothing of the kind, declare the tables empty and answer Y." : "Answer N and keep the reason.");
            yield break;
        }

        var truths = provision.Status.Conditions.Select(id => (id, truth: ConditionRules.Evaluate(id, declared))).ToList();
        if (truths.Any(pair => pair.truth is Truth.DoesNotHold))
        {
            yield break;
        }

        var open = truths.FirstOrDefault(pair => pair.truth is Truth.Unknown);
        yield return open.truth is Truth.Unknown unknown
            ? OnRow(
                ConditionOpen,
                IcsWeight.Doubt,
                row,
                $"Provision {provision.Id} is answered N/A, but nothing shows that condition {open.id} does not hold. {unknown.Reason}",
                $"{unknown.Missing} To state it: conditions: {{'{open.id}': {{holds: no, because: ...}}}}.")
            : OnRow(
                "condition-holds",
                IcsWeight.Violation,
                row,
                $"Provision {provision.Id} is answered N/A, but its condition holds. {string.Join(' ', truths.Select(pair => pair.truth.Reason))}",
                "Answer Y, or N if it is not fulfilled; or mend the IXIT.",
                [.. truths.SelectMany(pair => pair.truth.Evidence)]);
    }

    private static IcsRemark Unjustified(Provision provision, IcsEntry row) => OnRow(
        "missing-justification",
        IcsWeight.Violation,
        row,
        $"Recommendation {provision.Id} is answered {(row.Support == Support.No ? "N" : "N/A")} without a justification.",
        "Say in 'detail' why it is not applicable or not fulfilled (EN 303 645, clause 4).");

    /// <summary>A remark on a row of the ICS.</summary>
    internal static IcsRemark OnRow(string rule, IcsWeight weight, IcsEntry row, string message, string remedy, params ImmutableArray<EvidenceRef> evidence) =>
        new(rule, weight, row.Provision, row.At, IcsName, message, remedy, [row.Ref, .. evidence]);
}
