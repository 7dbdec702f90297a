using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Statement;
using DeviceConformance.Model.Declared;

namespace DeviceConformance.Declarations.Consistency;

/// <summary>Nothing of a blank form may be left in a filled one.</summary>
internal static class PlaceholderRules
{
    public static void Check(Draft draft, ComplaintBook complaints)
    {
        var dut = draft.Declaration.Dut;
        var top = new SourceSpan(Identity.DutReader.FileName, 1);
        (string Key, string Text)[] identity =
        [
            ("maker", dut.Maker), ("brand", dut.Brand), ("model", dut.Model), ("kind", dut.Kind), ("firmware", dut.Firmware), ("hardware", dut.Hardware),
            ("constrained", dut.ConstrainedJustification), .. dut.Samples.Select(sample => ("serial", sample.Serial)),
            .. dut.States.Select(state => ("states", state)), .. dut.AssociatedServices.Select(service => ("associated-services", service)),
        ];
        foreach (var (key, text) in identity)
        {
            Complain(complaints, text, top, $"'{key}' of the DUT", "", key);
        }

        foreach (var (id, stated) in dut.Conditions)
        {
            Complain(complaints, stated.Because, stated.At, $"condition {id}", "", "conditions");
        }

        foreach (var row in draft.Declaration.Ics.Entries)
        {
            Complain(complaints, row.Detail, row.At, $"the detail of provision {row.Provision}", IcsReader.TableName, "detail");
        }

        foreach (var entry in draft.Entries)
        {
            foreach (var (field, text) in entry.Fields)
            {
                Complain(complaints, text, draft.PlaceOf(entry, field), $"{field} of {entry.Id}", entry.Table.Id, field);
            }
        }
    }

    private static void Complain(ComplaintBook complaints, string text, SourceSpan at, string where, string table, string field)
    {
        if (Prose.PlaceholderIn(text) is { Length: > 0 } left)
        {
            complaints.Error("placeholder", at, $"{where} still holds the placeholder {Quotation.Of(left)}.", "Replace it by what is true of the device.", table, field);
        }
    }
}
