using System.Collections.Immutable;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Declarations.Consistency;

/// <summary>A column that a test unit of a claimed provision reads may not be blank, unless the entry has nothing to say there.</summary>
internal static class RequiredFieldRules
{
    private static readonly ImmutableDictionary<(IxitRole, string), Func<IxitEntry, bool>> MayBeBlank = new Dictionary<(IxitRole, string), Func<IxitEntry, bool>>
    {
        [(IxitRole.AuthMech, "Password Generation Mechanism")] = entry => Auth(entry) is var facts && (facts.Origin.Is(PasswordOrigin.UserDefined) || (facts.Factor.IsDeclared && !facts.Factor.Is(AuthFactor.Password))),
        [(IxitRole.AuthMech, "Cryptographic Details")] = entry => Auth(entry).Cryptographic.Is(false),
        [(IxitRole.AuthMech, "Brute Force Prevention")] = entry => Auth(entry).NetworkAddressable.Is(false),
        [(IxitRole.AuthMech, "Default Status")] = _ => true,
        [(IxitRole.SecParam, "Generation Mechanism")] = entry => entry.Field("Type").Or("").Contains("public", StringComparison.OrdinalIgnoreCase),
        [(IxitRole.SoftServ, "Justification")] = entry => Service(entry).Status.Is(InterfaceStatus.Disabled) || Prose.Status(entry.Field("Status")).Is(InterfaceStatus.Disabled),
        [(IxitRole.SoftServ, "Authentication Mechanism")] = entry => Service(entry).Network.Is(false),
        [(IxitRole.Intf, "Disclosed Information")] = entry => Interface(entry).Physical.Is(true),
        [(IxitRole.Intf, "Debug Interface")] = entry => Interface(entry).Debug.IsDeclared || Interface(entry).Physical.Is(false),
        [(IxitRole.Intf, "Protection")] = entry => Interface(entry).Physical.Is(false),
        [(IxitRole.LogIntf, "Debug Interface")] = _ => true,
        [(IxitRole.UserIntf, "Type")] = _ => true,
        [(IxitRole.PersData, "Obtaining Consent")] = _ => true,
        [(IxitRole.PersData, "Withdrawing Consent")] = WithoutConsent,
        [(IxitRole.PersData, "Storing Consent")] = WithoutConsent,
    }.ToImmutableDictionary();

    public static void Check(Draft draft, ComplaintBook complaints)
    {
        var needed =
            from row in draft.Declaration.Ics.Entries
            where row.Support == Support.Yes
            from provision in draft.Catalogue.Provisions
            where provision.Id == row.Provision
            from field in provision.Cases.SelectMany(testCase => testCase.Units).SelectMany(unit => unit.Fields)
            where field.Field != IxitField.IdName
            group provision.Id by field;
        foreach (var field in needed)
        {
            if (draft.Declaration.Ixit.Tables.FirstOrDefault(sheet => sheet.Table.Id == field.Key.Table) is not { } sheet)
            {
                continue;
            }

            foreach (var entry in sheet.Entries.Where(entry => !entry.Field(field.Key.Field).IsDeclared && !IsExcused(entry, field.Key.Field)))
            {
                complaints.Error(
                    "missing-field",
                    draft.PlaceOf(entry, field.Key.Field),
                    $"{entry.Id} leaves the column {Quotation.Of(field.Key.Field)} blank, which the tests of {string.Join(", ", field.Distinct().Order())} read.",
                    $"Fill it in; where there is nothing to say, write 'none' with the reason.{Meaning(sheet.Table, field.Key.Field)}",
                    sheet.Table.Id,
                    field.Key.Field);
            }
        }
    }

    private static string Meaning(IxitTable table, string field) =>
        table.Fields.FirstOrDefault(column => column.Name == field) is { Meaning.Length: > 0 } column ? $" What belongs there: {column.Meaning.TrimEnd('.')}." : "";

    private static bool IsExcused(IxitEntry entry, string field) => MayBeBlank.TryGetValue((entry.Table.Role, field), out var excuse) && excuse(entry);

    private static bool WithoutConsent(IxitEntry entry) => !entry.Field("Obtaining Consent").TryGet(out var consent) || Prose.SaysNone(consent);

    private static AuthMechFacts Auth(IxitEntry entry) => entry.Facts as AuthMechFacts ?? new AuthMechFacts();

    private static SoftServFacts Service(IxitEntry entry) => entry.Facts as SoftServFacts ?? new SoftServFacts();

    private static LogIntfFacts Interface(IxitEntry entry) => entry.Facts as LogIntfFacts ?? new LogIntfFacts();
}
