using System.Collections.Immutable;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Declarations.Statement;

/// <summary>Reads <c>ics.yaml</c>. Whether the answers are right is for the ICS rules; here they only have to be readable.</summary>
internal static class IcsReader
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "ics.yaml";

    /// <summary>Name by which complaints call the ICS where they would otherwise name an IXIT table.</summary>
    public const string TableName = "ICS";

    private static readonly ImmutableSortedDictionary<string, Support> Words = new Dictionary<string, Support>
    {
        ["y"] = Support.Yes,
        ["n"] = Support.No,
        ["n/a"] = Support.NotApplicable,
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>Reads the rows, in the order of the standard.</summary>
    /// <param name="file">The file.</param>
    /// <param name="complaints">Takes what is wrong with it.</param>
    /// <param name="unusable">Provisions that have a row without a usable answer.</param>
    public static Ics Read(SourceFile file, ComplaintBook complaints, out ImmutableHashSet<ProvisionId> unusable)
    {
        unusable = [];
        if (MapReader.Open(file.Root, "the ICS", complaints, TableName) is not { } map)
        {
            return new Ics([]);
        }

        var entries = new Dictionary<ProvisionId, IcsEntry>();
        if (map.TakeRequired("ics", "Add 'ics:' with a list of rows: {provision: 5.1-1, support: Y, detail: '...'}.") is YamlNode.Text or YamlNode.Map)
        {
            map.Reject("wrong-kind", map.At, "ics", "'ics' is no list.", "Write one row for each provision: {provision: 5.1-1, support: Y, detail: '...'}.");
        }

        foreach (var row in map.Take("ics") is YamlNode.List ? map.Maps("ics", "a row of the ICS") : [])
        {
            var (provision, entry) = Row(row, file);
            if (entry is null)
            {
                unusable = provision is { } id ? unusable.Add(id) : unusable;
            }
            else if (!entries.TryAdd(entry.Provision, entry))
            {
                row.Reject("duplicate-row", row.At, "provision", $"Provision {entry.Provision} stands here a second time; the first is on line {entries[entry.Provision].At.Line}.", "Keep one row for each provision.");
            }
        }

        map.Close();
        return new Ics([.. entries.Values.OrderBy(entry => entry.Provision)]);
    }

    private static (ProvisionId? Provision, IcsEntry? Entry) Row(MapReader row, SourceFile file)
    {
        var node = row.TakeRequired("provision", "Add 'provision:' with its number, such as 5.1-1.");
        var which = node is YamlNode.Text { Value: var name } ? $"for provision {Quotation.OneLine(name)}" : "for its provision";
        var support = row.TakeRequired("support", $"Answer Y, N or N/A {which}.") is null ? Fact<Support>.Missing : row.OneOf("support", Words);
        var detail = row.Text("detail").Or("");
        row.Close();
        if (node is null)
        {
            return default;
        }

        if (node is not YamlNode.Text text || !ProvisionId.TryParse(text.Value.Trim(), out var provision))
        {
            row.Reject("bad-provision", node.At, "provision", $"{(node is YamlNode.Text { Value: var value } ? Quotation.Of(value) : MapReader.Capital(node.Kind))} is not the number of a provision.", "Write it as the standard does: 5.3-9, 6-1.");
            return default;
        }

        return support.TryGet(out var answer)
            ? (provision, new IcsEntry(provision, answer, detail, row.At, file.Ref($"ics/{provision}")))
            : (provision, null);
    }
}
