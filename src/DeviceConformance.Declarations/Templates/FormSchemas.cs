using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Declarations.Templates;

/// <summary>JSON Schemas of the declaration files, for editors. The harness itself reads by its own readers, which say more.</summary>
public static class FormSchemas
{
    // The draft that editors' YAML servers know best.
    private const string Draft = "http://json-schema.org/draft-07/schema#";

    /// <summary>All schemas of an edition by their path: <c>dut.schema.json</c>, <c>ixit/01-AuthMech.schema.json</c>.</summary>
    public static ImmutableSortedDictionary<string, string> All(Catalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        var schemas = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        schemas["dut.schema.json"] = Schema($"Identification of the device under test ({catalogue.Edition})", FormShapes.Dut(catalogue));
        schemas["ics.schema.json"] = Schema($"Implementation conformance statement ({catalogue.Edition})", FormShapes.Ics(catalogue));
        schemas["lab.schema.json"] = Schema("The laboratory's part of the declaration", FormShapes.Lab);
        schemas["answers.schema.json"] = Schema($"Answers of the examiner ({catalogue.Edition})", FormShapes.Answers(catalogue));
        foreach (var table in catalogue.Tables)
        {
            schemas[$"ixit/{FileStem(table)}.schema.json"] = Schema($"IXIT {table.Id}: {table.Title} ({catalogue.Edition})", FormShapes.Table(table));
        }

        return schemas.ToImmutable();
    }

    /// <summary>Name of a table's file without ending: two digits and the stem.</summary>
    internal static string FileStem(IxitTable table) => $"{(int)table.Role:00}-{table.Stem}";

    private static string Schema(string title, FormShape shape)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("$schema", Draft);
            json.WriteString("title", title);
            Body(json, shape, isRequired: true);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    // A value that is not required, or a text to be filled in, may be left blank: YAML reads that as null.
    private static void Body(Utf8JsonWriter json, FormShape shape, bool isRequired)
    {
        switch (shape)
        {
            case FormShape.Text:
                Types(json, "string", "number", "boolean", "null");
                break;
            case FormShape.Patterned patterned:
                Types(json, isRequired ? ["string"] : ["string", "null"]);
                json.WriteString("pattern", patterned.Pattern);
                break;
            case FormShape.YesNo:
                json.WriteStartArray("enum");
                json.WriteBooleanValue(true);
                json.WriteBooleanValue(false);
                json.WriteStringValue("yes");
                json.WriteStringValue("no");
                json.WriteNullValue();
                json.WriteEndArray();
                break;
            case FormShape.Whole whole:
                Types(json, isRequired ? ["integer"] : ["integer", "null"]);
                json.WriteNumber("minimum", whole.Least);
                json.WriteNumber("maximum", whole.Most);
                break;
            case FormShape.Choice choice:
                json.WriteStartArray("enum");
                foreach (var word in choice.Words)
                {
                    json.WriteStringValue(word);
                }

                json.WriteNullValue();
                json.WriteEndArray();
                break;
            case FormShape.ListOf list:
                List(json, list);
                break;
            case FormShape.Group group:
                Group(json, group);
                break;
        }
    }

    private static void List(Utf8JsonWriter json, FormShape.ListOf list)
    {
        if (!list.OrSingle || list.Item is FormShape.Group)
        {
            Types(json, "array", "null");
            json.WriteStartObject("items");
            Body(json, list.Item, isRequired: true);
            json.WriteEndObject();
            return;
        }

        json.WriteStartArray("anyOf");
        json.WriteStartObject();
        List(json, list with { OrSingle = false });
        json.WriteEndObject();
        json.WriteStartObject();
        Body(json, list.Item, isRequired: false);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Group(Utf8JsonWriter json, FormShape.Group group)
    {
        Types(json, "object", "null");
        json.WriteStartObject("properties");
        foreach (var key in group.Keys)
        {
            json.WriteStartObject(key.Name);
            json.WriteString("description", key.Meaning);
            Body(json, key.Shape, key.IsRequired);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        if (group.Keys.Any(key => key.IsRequired))
        {
            json.WriteStartArray("required");
            foreach (var key in group.Keys.Where(key => key.IsRequired))
            {
                json.WriteStringValue(key.Name);
            }

            json.WriteEndArray();
        }

        json.WriteBoolean("additionalProperties", false);
    }

    private static void Types(Utf8JsonWriter json, params ReadOnlySpan<string> types)
    {
        if (types.Length == 1)
        {
            json.WriteString("type", types[0]);
            return;
        }

        json.WriteStartArray("type");
        foreach (var type in types)
        {
            json.WriteStringValue(type);
        }

        json.WriteEndArray();
    }
}
