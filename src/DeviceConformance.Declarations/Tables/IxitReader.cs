using System.Collections.Immutable;
using System.Text.RegularExpressions;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Declarations.Tables;

/// <summary>Reads the IXIT: every file of the folder <c>ixit</c>, each with one table.</summary>
internal sealed partial class IxitReader(Catalogue catalogue, ComplaintBook complaints)
{
    /// <summary>Name of the folder.</summary>
    public const string FolderName = "ixit";

    private readonly Dictionary<string, SourceSpan> _ids = new(StringComparer.Ordinal);

    /// <summary>Where every field of every entry stands, by entry id and column, for the rules that look at texts.</summary>
    public Dictionary<(string Id, string Field), SourceSpan> FieldPlaces { get; } = [];

    /// <summary>Where the facts of an entry stand.</summary>
    public Dictionary<string, SourceSpan> FactPlaces { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads files into tables, in the order of the standard.</summary>
    public Ixit Read(IEnumerable<SourceFile> files)
    {
        var sheets = new List<IxitSheet>();
        foreach (var file in files)
        {
            if (Sheet(file) is not { } sheet)
            {
                continue;
            }

            if (sheets.FirstOrDefault(earlier => earlier.Table == sheet.Table) is { } twin)
            {
                complaints.Reject("duplicate-table", file.Top, $"The table {sheet.Table.Id} stands in {twin.File} already.", "Put all entries of a table into one file.", sheet.Table.Id);
                continue;
            }

            sheets.Add(sheet);
        }

        return new Ixit([.. sheets.OrderBy(sheet => sheet.Table.Role)]);
    }

    private IxitSheet? Sheet(SourceFile file)
    {
        if (MapReader.Open(file.Root, "the table", complaints) is not { } map)
        {
            return null;
        }

        var table = Table(map, file);
        if (table is null)
        {
            return null;
        }

        map = MapReader.Open(file.Root, $"the table {table.Id}", complaints, table.Id)!;
        map.Take("table");
        var entries = table.HasRows ? Rows(map, table, file) : Form(map, table, file);
        map.Close();
        return new IxitSheet(table, entries, file.Name);
    }

    private IxitTable? Table(MapReader map, SourceFile file)
    {
        var ids = catalogue.Tables.Select(table => table.Id).ToArray();
        if (map.TakeRequired("table", "Add 'table:' with the name of the table, such as 1-AuthMech.") is not YamlNode.Text text)
        {
            if (map.Take("table") is YamlNode.List or YamlNode.Map)
            {
                map.Reject("wrong-kind", map.At, "table", "'table' is no text.", "Give the name of the table, such as 1-AuthMech.");
            }

            return null;
        }

        var wanted = text.Value.Trim();
        if (catalogue.Tables.FirstOrDefault(table => table.Id == wanted) is not { } found)
        {
            var namesake = catalogue.Tables.FirstOrDefault(table => wanted.StartsWith($"{(int)table.Role}-", StringComparison.Ordinal));
            complaints.Reject(
                "unknown-table",
                text.At,
                $"{catalogue.Edition} has no IXIT table {Quotation.Of(wanted)}.",
                namesake is null ? Nearest.Remedy(wanted, ids) : $"In this edition table {(int)namesake.Role} is {namesake.Id}.",
                wanted);
            return null;
        }

        var name = FileOf(found);
        if (Path.GetFileName(file.Name) != name)
        {
            complaints.Error("file-name", text.At, $"The table {found.Id} stands in a file called {Quotation.Of(Path.GetFileName(file.Name))}.", $"Call the file {name}.", found.Id);
        }

        return found;
    }

    /// <summary>Name of the file that a table belongs in: two digits and the table's stem.</summary>
    public static string FileOf(IxitTable table) => $"{(int)table.Role:00}-{table.Stem}.yaml";

    private ImmutableArray<IxitEntry> Rows(MapReader map, IxitTable table, SourceFile file)
    {
        var entries = ImmutableArray.CreateBuilder<IxitEntry>();
        var node = map.Take("entries");
        if (node is not YamlNode.List)
        {
            map.Reject(
                node is null ? "missing-key" : "wrong-kind",
                node?.At ?? map.At,
                "entries",
                $"The table {table.Id} has no list of entries.",
                "Add 'entries:' with a list; write 'entries: []' to state that there are none.");
            return [];
        }

        foreach (var row in map.Maps("entries", $"an entry of {table.Id}"))
        {
            if (Id(row, table) is { } id)
            {
                entries.Add(Entry(row, table, id, file));
            }
        }

        return entries.ToImmutable();
    }

    private ImmutableArray<IxitEntry> Form(MapReader map, IxitTable table, SourceFile file) =>
        map.TakeRequired("form", "Add 'form:' with the fields below it; this table has no rows.") is { } node
        && MapReader.Open(node, $"the form {table.Id}", complaints, table.Id) is { } form
            ? [Entry(form, table, table.Stem, file)]
            : [];

    private string? Id(MapReader row, IxitTable table)
    {
        var id = row.RequiredText(IxitField.IdName, $"Give the entry a label: {table.Stem}-1.").Trim();
        if (id.Length == 0)
        {
            return null;
        }

        var at = row.Take(IxitField.IdName)!.At;
        if (_ids.TryGetValue(id, out var first))
        {
            row.Reject("duplicate-id", at, IxitField.IdName, $"The label {id} stands in {first} already.", "Give every entry a label of its own.");
            return null;
        }

        _ids.Add(id, at);
        if (!Label().IsMatch(id) || id[..id.IndexOf('-', StringComparison.Ordinal)] != table.Stem)
        {
            complaints.Error("id-stem", at, $"The label {Quotation.Of(id)} does not fit the table {table.Id}.", $"Call it {table.Stem}-1, {table.Stem}-2 and so on; other tables find it by that.", table.Id, IxitField.IdName);
        }

        return id;
    }

    private IxitEntry Entry(MapReader row, IxitTable table, string id, SourceFile file)
    {
        var fields = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var pair in row.Pairs.Where(pair => pair.Key is not (IxitField.IdName or "facts")))
        {
            row.Take(pair.Key);
            FieldPlaces[(id, pair.Key)] = pair.Value.At;
            fields.Add(new(pair.Key, Prose(pair, id, table)));
            if (!table.Fields.Any(column => column.Name == pair.Key))
            {
                complaints.Warn(
                    "unknown-field",
                    pair.KeyAt,
                    $"{id} has the column {Quotation.Of(pair.Key)}, which {table.Id} does not have in {catalogue.Edition}. It is kept, but no test reads it.",
                    Nearest.Remedy(pair.Key, [.. table.Fields.Select(column => column.Name)]),
                    table.Id,
                    pair.Key);
            }
        }

        return new IxitEntry(table, id, fields.ToImmutable(), Facts(row, table, id), row.At, file.Ref($"ixit/{id}"));
    }

    // References to other entries are often written as a list: [UpdMech-1, UpdMech-2]. It reads as the text 'UpdMech-1, UpdMech-2'.
    private string Prose(YamlPair pair, string id, IxitTable table)
    {
        if (pair.Value is YamlNode.Text text)
        {
            return text.Value;
        }

        if (pair.Value is YamlNode.List list && list.Items.All(item => item is YamlNode.Text))
        {
            return string.Join(", ", list.Items.Cast<YamlNode.Text>().Select(item => item.Value));
        }

        complaints.Reject("wrong-kind", pair.Value.At, $"{Quotation.Of(pair.Key)} of {id} is {pair.Value.Kind}; it has to be a text or a list of texts.", "Write it as one text; put it in quotes if it has brackets, braces or ': '.", table.Id, pair.Key);
        return "";
    }

    private IxitFacts? Facts(MapReader row, IxitTable table, string id)
    {
        var node = row.Take("facts");
        var kind = FactKinds.For(table.Role);
        if (node is null or YamlNode.Text { IsBlank: true })
        {
            if (kind is { IsExpected: true })
            {
                complaints.Warn("missing-facts", row.At, $"{id} has no typed facts, so the harness can neither probe it nor decide what applies because of it.", $"Add 'facts:' with {string.Join(", ", kind.Keys)}.", table.Id, "facts");
            }

            return null;
        }

        FactPlaces[id] = node.At;
        if (kind is null)
        {
            complaints.Reject("no-such-facts", node.At, $"Entries of {table.Id} have no typed facts.", "Remove 'facts:' or write it into the columns.", table.Id, "facts");
            return null;
        }

        if (MapReader.Open(node, $"the facts of {id}", complaints, table.Id) is not { } map)
        {
            return null;
        }

        var facts = kind.Read(map);
        map.Close();
        return facts;
    }

    [GeneratedRegex(@"^[A-Z][A-Za-z]+-\d+[a-z]?$", RegexOptions.CultureInvariant)]
    private static partial Regex Label();
}
