using System.Collections.Immutable;
using System.Text;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Declarations.Templates;

/// <summary>Writes blank declaration files for an edition: every field of the pro forma with its meaning as a comment.</summary>
public static class FormWriter
{
    /// <summary>Folder, below a written declaration, that holds the JSON Schemas its files name.</summary>
    public const string SchemaFolder = ".schema";

    // First line of a form; it tells an editor where the schema lies.
    private const string Modeline = "# yaml-language-server: $schema=";
    private const int Width = 120;

    /// <summary>Writes blank forms, and the schemas that they name, into a folder.</summary>
    /// <param name="folder">The folder; it is made when it does not exist.</param>
    /// <param name="catalogue">The edition.</param>
    /// <returns>The files written, relative to the folder.</returns>
    /// <exception cref="IOException">One of the files exists already, or can not be written. Nothing is ever overwritten.</exception>
    public static ImmutableArray<string> WriteBlank(string folder, Catalogue catalogue)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(catalogue);
        return Write(folder, catalogue, Blank(catalogue, SchemaFolder).ToDictionary(form => form.Key, form => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(form.Value)));
    }

    /// <summary>Writes the files of a declaration, such as an example, and the schemas into a folder; each form is made to name its schema there.</summary>
    /// <param name="folder">The folder; it is made when it does not exist.</param>
    /// <param name="catalogue">The edition.</param>
    /// <param name="files">Files by their path in the declaration, with forward slashes.</param>
    /// <returns>The files written, relative to the folder.</returns>
    /// <exception cref="IOException">One of the files exists already, or can not be written. Nothing is ever overwritten.</exception>
    public static ImmutableArray<string> Write(string folder, Catalogue catalogue, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(catalogue);
        ArgumentNullException.ThrowIfNull(files);
        var schemas = FormSchemas.All(catalogue);
        var all = files
            .Select(file => (Name: file.Key, Bytes: WithSchemaBeside(file.Key, file.Value, schemas)))
            .Concat(schemas.Select(schema => (Name: $"{SchemaFolder}/{schema.Key}", Bytes: (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(schema.Value))))
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .ToList();
        if (all.Find(file => File.Exists(PathOf(folder, file.Name))) is { Name: { } taken })
        {
            throw new IOException($"{PathOf(folder, taken)} exists already; forms go into a new folder.");
        }

        foreach (var (name, bytes) in all)
        {
            var path = PathOf(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            stream.Write(bytes.Span);
        }

        return [.. all.Select(file => file.Name)];
    }

    /// <summary>The blank forms by their path in a declaration.</summary>
    /// <param name="catalogue">The edition.</param>
    /// <param name="schemaFolder">Where the schemas lie, relative to the declaration, with forward slashes.</param>
    public static ImmutableSortedDictionary<string, string> Blank(Catalogue catalogue, string schemaFolder)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        var forms = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        forms["dut.yaml"] = Dut(catalogue, schemaFolder);
        forms["ics.yaml"] = Ics(catalogue, schemaFolder);
        forms["lab.yaml"] = Lab(schemaFolder);
        foreach (var table in catalogue.Tables)
        {
            var stem = FormSchemas.FileStem(table);
            forms[$"ixit/{stem}.yaml"] = Table(catalogue, table, $"../{schemaFolder}/ixit/{stem}.schema.json");
        }

        return forms.ToImmutable();
    }

    private static ReadOnlyMemory<byte> WithSchemaBeside(string name, ReadOnlyMemory<byte> bytes, ImmutableSortedDictionary<string, string> schemas)
    {
        var schema = name.EndsWith(".yaml", StringComparison.Ordinal) ? $"{name[..^".yaml".Length]}.schema.json" : "";
        var end = bytes.Span.IndexOf((byte)'\n');
        if (!schemas.ContainsKey(schema) || end < 0 || !bytes.Span.StartsWith(Encoding.UTF8.GetBytes(Modeline)))
        {
            return bytes;
        }

        var up = string.Concat(Enumerable.Repeat("../", name.Count(character => character == '/')));
        return (byte[])[.. Encoding.UTF8.GetBytes($"{Modeline}{up}{SchemaFolder}/{schema}"), .. bytes.Span[end..]];
    }

    private static string PathOf(string folder, string name) => Path.Combine([folder, .. name.Split('/')]);

    private static string Dut(Catalogue catalogue, string schemaFolder)
    {
        var text = new StringBuilder();
        Head(text, $"{schemaFolder}/dut.schema.json", $"Identification of the device under test: {catalogue.Edition.Requirements}, {catalogue.Edition.Assessment}.");
        foreach (var key in FormShapes.Dut(catalogue).Keys.Where(key => key.Name != "conditions"))
        {
            Comment(text, 0, key.Meaning + ".");
            Line(text, 0, key.Name switch
            {
                "edition" => $"edition: {catalogue.Edition}",
                "constrained" => "constrained: {answer: , justification: ''}",
                "states" => "states: [factory default, initialised]",
                "associated-services" => "associated-services: []",
                "samples" => "samples:",
                _ => $"{key.Name}: ''",
            });
        }

        Line(text, 2, "- {name: A, serial: '', mac: [], addresses: []}");
        Line(text, 2, "- {name: B, serial: '', mac: [], addresses: []}");
        Comment(text, 0, "Conditions of the ICS that the typed facts of the IXIT do not show. Take out the # in front of those that you state:");
        Comment(text, 0, "conditions:");
        foreach (var condition in catalogue.Conditions)
        {
            Comment(text, 0, $"  '{condition.Id}': {{holds: , because: ''}}");
            Comment(text, 0, "      " + condition.Meaning, "      ");
        }

        return text.ToString();
    }

    private static string Ics(Catalogue catalogue, string schemaFolder)
    {
        var text = new StringBuilder();
        Head(text, $"{schemaFolder}/ics.schema.json", $"Implementation conformance statement: {catalogue.Edition.Requirements}.");
        Comment(text, 0, "support: Y (fulfilled), N (not fulfilled) or N/A (the condition in brackets does not hold).");
        Comment(text, 0, "detail: the measures taken; for N and N/A the reason. A recommendation (R) without Y needs a reason.");
        Line(text, 0, "ics:");
        foreach (var provision in catalogue.Provisions)
        {
            Comment(text, 2, $"{provision.Id}  {provision.Title}  {provision.Status}");
            Comment(text, 2, provision.Requires);
            Line(text, 2, $"- {{provision: {provision.Id}, support: , detail: ''}}");
        }

        return text.ToString();
    }

    private static string Lab(string schemaFolder)
    {
        var text = new StringBuilder();
        Head(text, $"{schemaFolder}/lab.schema.json", "The laboratory's part of the declaration: what may be done to the device, and with what.");
        foreach (var key in FormShapes.Lab.Keys)
        {
            Comment(text, 0, key.Meaning + "." + (key.Shape is FormShape.Choice choice ? $" One of: {string.Join(", ", choice.Words)}." : ""));
            if (key.Shape is FormShape.ListOf { Item: FormShape.Group item })
            {
                foreach (var inner in item.Keys)
                {
                    Comment(text, 0, $"  {inner.Name}: {inner.Meaning}.", "    ");
                }
            }

            Line(text, 0, key.Name switch
            {
                "allowed-impact" => "allowed-impact: read-only",
                "allow-public-addresses" or "allow-routed-addresses" => $"{key.Name}: no",
                "limits" => Limits(LabLimits.Default),
                "sweep-method" => "sweep-method: auto",
                _ => key.Shape is FormShape.ListOf ? $"{key.Name}: []" : $"{key.Name}: ''",
            });
        }

        return text.ToString();
    }

    private static string Limits(LabLimits usual) =>
        $"limits: {{sweep: gentle, connections-per-second: {usual.ConnectionsPerSecond}, concurrent-connections: {usual.ConcurrentConnections}, connect-timeout-milliseconds: {usual.ConnectTimeoutMilliseconds}, credential-attempts: {usual.CredentialAttempts}, udp-seconds: {usual.UdpSeconds}, minutes: {usual.Minutes}}}";

    private static string Table(Catalogue catalogue, IxitTable table, string schema)
    {
        var text = new StringBuilder();
        Head(text, schema, $"IXIT {table.Id}: {table.Title} ({catalogue.Edition}).");
        Comment(text, 0, $"Needed when one of these provisions is claimed: {string.Join(", ", catalogue.Provisions.Where(provision => provision.Tables.Contains(table.Id)).Select(provision => provision.Id))}. Otherwise the file may be removed.");
        Line(text, 0, $"table: {table.Id}");
        Line(text, 0, table.HasRows ? "entries:" : "form:");
        foreach (var field in table.Fields)
        {
            if (field.Name == IxitField.IdName)
            {
                Comment(text, 2, $"{field.Meaning} Copy the block for each further row and count up.");
                Line(text, 2, $"- ID: {table.Stem}-1");
                continue;
            }

            Comment(text, table.HasRows ? 4 : 2, field.Meaning);
            Line(text, table.HasRows ? 4 : 2, $"{field.Name}: ''");
        }

        if (TypedFacts.For(table.Role) is { Length: > 0 } facts)
        {
            Comment(text, 4, "Typed facts: what the harness can act on without reading prose. Take out the # in front of those that apply.");
            Comment(text, 4, "facts:");
            Facts(text, facts, 1);
        }

        return text.ToString();
    }

    // The facts stand in comments, key by key, so that whoever fills in the form sees what can be said, and says only what is true.
    private static void Facts(StringBuilder text, ImmutableArray<FormKey> keys, int depth)
    {
        foreach (var key in keys)
        {
            var shape = key.Shape is FormShape.ListOf list ? list.Item : key.Shape;
            var words = shape switch
            {
                FormShape.Choice choice => $": {string.Join(" | ", choice.Words)}",
                FormShape.YesNo => ": yes | no",
                _ => "",
            };
            var mark = key.Shape is FormShape.ListOf ? (shape is FormShape.Group ? " (list)" : " [list]") : "";
            Comment(text, 4, $"{new string(' ', depth * 2)}{key.Name}:   # {key.Meaning}{mark}{words}", new string(' ', (depth * 2) + 4) + "# ");
            if (shape is FormShape.Group group)
            {
                Facts(text, group.Keys, depth + 1);
            }
        }
    }

    private static void Head(StringBuilder text, string schema, string title)
    {
        Line(text, 0, Modeline + schema);
        Comment(text, 0, title);
    }

    private static void Line(StringBuilder text, int indent, string line) => text.Append(' ', indent).Append(line).Append('\n');

    // Further lines of a long comment begin with the hanging text.
    private static void Comment(StringBuilder text, int indent, string comment, string hanging = "")
    {
        var room = Width - indent - 2;
        var line = comment;
        while (line.Length > room)
        {
            var cut = line.LastIndexOf(' ', room);
            if (cut <= hanging.Length)
            {
                break;
            }

            Line(text, indent, $"# {line[..cut]}");
            line = hanging + line[(cut + 1)..];
        }

        Line(text, indent, $"# {line}");
    }
}
