using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Yaml;

namespace DeviceConformance.Tests.Templates;

/// <summary>
/// Checks YAML nodes against the part of JSON Schema draft 07 that the committed schemas use. A keyword it does not know is an
/// error, so the check can not pass by looking away. The nodes no longer tell '1' from 1; where a schema asks for a number, both do.
/// </summary>
internal static class SchemaCheck
{
    private static readonly string[] Annotations = ["$schema", "title", "description"];

    /// <summary>Everything in the file that the schema does not allow.</summary>
    public static IReadOnlyList<string> Faults(string schema, string yaml, string file)
    {
        var complaints = new ComplaintBook();
        var root = YamlText.Parse(System.Text.Encoding.UTF8.GetBytes(yaml), file, complaints);
        var faults = complaints.InOrder().Select(complaint => $"{complaint.At}: {complaint.Message}").ToList();
        using var document = JsonDocument.Parse(schema);
        if (root is not null)
        {
            faults.AddRange(Of(document.RootElement, root));
        }

        return faults;
    }

    private static IEnumerable<string> Of(JsonElement schema, YamlNode node) =>
        schema.EnumerateObject().SelectMany(keyword => Keyword(schema, keyword.Name, keyword.Value, node));

    private static IEnumerable<string> Keyword(JsonElement schema, string name, JsonElement value, YamlNode node) => name switch
    {
        "type" => Fault(!Types(value).Any(type => Is(type, node)), node, $"is not of type {value}"),
        "enum" => Fault(!value.EnumerateArray().Any(word => Equal(word, node)), node, $"is not one of {value}"),
        "pattern" => Fault(node is YamlNode.Text { Value.Length: > 0 } text && !Regex.IsMatch(text.Value, value.GetString()!), node, $"does not match {value}"),
        "minimum" => Fault(Number(node) is { } number && number < value.GetInt64(), node, $"is less than {value}"),
        "maximum" => Fault(Number(node) is { } number && number > value.GetInt64(), node, $"is more than {value}"),
        "items" => node is YamlNode.List list ? list.Items.SelectMany(item => Of(value, item)) : [],
        "properties" => node is YamlNode.Map map
            ? map.Pairs.SelectMany(pair => value.TryGetProperty(pair.Key, out var inner) ? Of(inner, pair.Value) : [])
            : [],
        "additionalProperties" => node is YamlNode.Map map
            ? map.Pairs.Where(pair => !schema.GetProperty("properties").TryGetProperty(pair.Key, out _)).Select(pair => $"{pair.KeyAt}: unknown key {pair.Key}")
            : [],
        "required" => node is YamlNode.Map map
            ? value.EnumerateArray().Where(key => map.Pairs.All(pair => pair.Key != key.GetString())).Select(key => $"{map.At}: missing key {key}")
            : [],
        "anyOf" => Fault(value.EnumerateArray().All(choice => Of(choice, node).Any()), node, "fits none of the choices"),
        _ => Annotations.Contains(name) ? [] : throw new NotSupportedException($"This check does not know the keyword {name}."),
    };

    private static IEnumerable<string> Types(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(type => type.GetString()!) : [value.GetString()!];

    private static bool Is(string type, YamlNode node) => (type, node) switch
    {
        ("object", YamlNode.Map) or ("array", YamlNode.List) or ("string", YamlNode.Text) => true,
        ("null", YamlNode.Text { Value.Length: 0 }) => true,
        ("boolean", YamlNode.Text { Value: "true" or "false" }) => true,
        ("integer", YamlNode.Text) => Number(node) is not null,
        ("number", YamlNode.Text text) => double.TryParse(text.Value, CultureInfo.InvariantCulture, out _),
        _ => false,
    };

    private static bool Equal(JsonElement word, YamlNode node) => node is YamlNode.Text text && word.ValueKind switch
    {
        JsonValueKind.String => word.GetString() == text.Value,
        JsonValueKind.True => text.Value == "true",
        JsonValueKind.False => text.Value == "false",
        JsonValueKind.Null => text.Value.Length == 0,
        _ => false,
    };

    private static long? Number(YamlNode node) =>
        node is YamlNode.Text text && long.TryParse(text.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static IEnumerable<string> Fault(bool isFault, YamlNode node, string text) => isFault ? [$"{node.At}: {text}"] : [];
}
