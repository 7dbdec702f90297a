using System.Collections.Immutable;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Statement;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Declarations.Consistency;

/// <summary>Every label that a text, a fact or a credential names has to exist.</summary>
internal static class ReferenceRules
{
    // Columns that hold references to rows of another table. The names differ a little between the editions.
    private static readonly ImmutableArray<(IxitRole From, string Field, ImmutableArray<IxitRole> To)> Columns =
    [
        (IxitRole.SoftComp, "Update Mechanism", [IxitRole.UpdMech]),
        (IxitRole.SecParam, "Communication Mechanisms", [IxitRole.ComMech]),
        (IxitRole.SecParam, "Secure Communication Mechanisms", [IxitRole.ComMech]),
        (IxitRole.PersData, "Communication Mechanisms", [IxitRole.ComMech]),
        (IxitRole.PersData, "Secure Communication Mechanisms", [IxitRole.ComMech]),
        (IxitRole.SoftServ, "Authentication Mechanism", [IxitRole.AuthMech]),
        (IxitRole.TelData, "Personal Data", [IxitRole.PersData]),
        (IxitRole.InpVal, "Source", [IxitRole.UserIntf, IxitRole.LogIntf, IxitRole.Intf]),
    ];

    public static void Check(Draft draft, ComplaintBook complaints)
    {
        foreach (var entry in draft.Entries)
        {
            foreach (var field in entry.Fields)
            {
                InText(draft, complaints, field.Value, draft.PlaceOf(entry, field.Key), $"{field.Key} of {entry.Id}", entry.Table.Id, field.Key);
            }
        }

        foreach (var row in draft.Declaration.Ics.Entries)
        {
            InText(draft, complaints, row.Detail, row.At, $"the detail of provision {row.Provision}", IcsReader.TableName, "detail");
        }

        foreach (var stated in draft.Declaration.Dut.Conditions)
        {
            InText(draft, complaints, stated.Value.Because, stated.Value.At, $"condition {stated.Key}", "", "conditions");
            Condition(draft, complaints, stated.Key, stated.Value);
        }

        InColumns(draft, complaints);
        InUpdateFacts(draft, complaints);
        InCredentials(draft, complaints);
        foreach (var (entry, at) in draft.Laboratory.SoughtPlaces.Where(place => place.Entry.Length > 0 && draft.Declaration.Ixit.Find(place.Entry) is null))
        {
            complaints.Error("dangling-reference", at, $"{Quotation.Of(entry)} is no entry of the IXIT, but lab.yaml says that a sought value belongs to it.", "Name a row of 21-PersData or 10-SecParam, or leave 'entry' out.", "", "entry");
        }
    }

    private static void InText(Draft draft, ComplaintBook complaints, string text, SourceSpan at, string where, string table, string field)
    {
        foreach (var id in EntryIds.In(text).Where(id => draft.Declaration.Ixit.Find(id) is null))
        {
            var stem = id[..id.IndexOf('-', StringComparison.Ordinal)];
            if (draft.Catalogue.Tables.FirstOrDefault(known => known.Stem == stem) is { } target)
            {
                if (!draft.Broken.Contains(target.Role))
                {
                    complaints.Error("dangling-reference", at, $"{id} does not exist, but {where} names it.", Existing(draft, target, id), table, field);
                }
            }
            else if (draft.Catalogue.Tables.FirstOrDefault(known => IsNear(stem, known)) is { } meant)
            {
                complaints.Warn("dangling-reference", at, $"{where} names {id}, but no table has the stem {stem}.", $"Did you mean {meant.Stem}{id[stem.Length..]}?", table, field);
            }
        }
    }

    // Labels such as SHA-256 and AES-128 look like ids too; only what is nearly a stem of some length can be a slip.
    private static bool IsNear(string stem, IxitTable table) =>
        stem.Length >= 5 && table.HasRows && Nearest.Of(stem, [table.Stem]) is not null;

    private static string Existing(Draft draft, IxitTable table, string id)
    {
        var ids = draft.Declaration.Ixit.Entries(table.Role).Select(entry => entry.Id).ToList();
        return ids.Count == 0 ? $"Add it to the table {table.Id}, which has no entries." : $"Add it to the table {table.Id}, or name one of {string.Join(", ", ids)} in place of {id}.";
    }

    private static void Condition(Draft draft, ComplaintBook complaints, string id, StatedCondition stated)
    {
        if (draft.Catalogue.Conditions.All(condition => condition.Id != id))
        {
            complaints.Reject("unknown-condition", stated.At, $"{draft.Catalogue.Edition} has no condition {Quotation.Of(id)}.", $"Known are: {string.Join(", ", draft.Catalogue.Conditions.Select(condition => condition.Id))}.", "", "conditions");
        }
    }

    private static void InColumns(Draft draft, ComplaintBook complaints)
    {
        foreach (var (from, field, to) in Columns)
        {
            foreach (var entry in draft.Declaration.Ixit.Entries(from))
            {
                var named = entry.References(field).Select(draft.Declaration.Ixit.Find).OfType<IxitEntry>().ToList();
                if (named.Count > 0 && !named.Any(target => to.Contains(target.Table.Role)))
                {
                    var tables = string.Join(" or ", draft.Catalogue.Tables.Where(table => to.Contains(table.Role)).Select(table => table.Id));
                    complaints.Error("wrong-reference", draft.PlaceOf(entry, field), $"{field} of {entry.Id} names {named[0].Id}, which is not an entry of {tables}.", $"Name entries of {tables}, or write 'none' with the reason.", entry.Table.Id, field);
                }
            }
        }
    }

    private static void InUpdateFacts(Draft draft, ComplaintBook complaints)
    {
        foreach (var (entry, facts) in draft.Declaration.Ixit.With<UpdMechFacts>(IxitRole.UpdMech))
        {
            (string Mech, SourceSpan At)[] named =
            [
                (facts.Offer.Or(null!) is UpdateOffer.Upload upload ? upload.AuthMech : "", facts.Offer.At),
                (facts.Offer.Or(null!) is UpdateOffer.Fetch { Trigger: { } trigger } ? trigger.AuthMech : "", facts.Offer.At),
                (facts.Version.TryGet(out var version) ? version.AuthMech : "", facts.Version.At),
            ];
            foreach (var (mech, at) in named.Where(pair => pair.Mech.Length > 0))
            {
                AuthMech(draft, complaints, mech, at, $"the facts of {entry.Id}", entry.Table.Id);
            }
        }
    }

    private static void InCredentials(Draft draft, ComplaintBook complaints)
    {
        var samples = draft.Declaration.Dut.Samples.Select(sample => sample.Name).ToList();
        foreach (var (mech, sample, at) in draft.Laboratory.CredentialPlaces)
        {
            if (mech.Length > 0)
            {
                AuthMech(draft, complaints, mech, at, "a credential", "");
            }

            if (sample.Length > 0 && !samples.Contains(sample))
            {
                complaints.Error("dangling-reference", at, $"A credential belongs to the sample {Quotation.Of(sample)}, which dut.yaml does not name.", samples.Count == 0 ? "Add the sample to dut.yaml." : Nearest.Remedy(sample, samples), "", "sample");
            }
        }
    }

    private static void AuthMech(Draft draft, ComplaintBook complaints, string mech, SourceSpan at, string where, string table)
    {
        if (draft.Declaration.Ixit.Find(mech)?.Table.Role != IxitRole.AuthMech && !draft.Broken.Contains(IxitRole.AuthMech))
        {
            complaints.Error("dangling-reference", at, $"{Quotation.Of(mech)} is no entry of 1-AuthMech, but {where} names it.", Existing(draft, draft.Catalogue.Table(IxitRole.AuthMech), mech), table, "auth-mech");
        }
    }
}
