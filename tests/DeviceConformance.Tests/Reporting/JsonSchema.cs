using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DeviceConformance.Tests.Reporting;

/// <summary>Checks JSON against the part of JSON Schema (draft 2020-12) that the published schema uses; any other keyword is an error.</summary>
internal sealed class JsonSchema(JsonObject root)
{
    public static JsonSchema Of(string text) => new(JsonNode.Parse(text)!.AsObject());

    /// <summary>What is wrong, each with its place; nothing when the value follows the schema.</summary>
    public IReadOnlyList<string> Complaints(JsonNode? value)
    {
        var complaints = new List<string>();
        Check(root, value, "$", complaints);
        return complaints;
    }

    private void Check(JsonObject schema, JsonNode? value, string at, List<string> complaints)
    {
        foreach (var (keyword, rule) in schema)
        {
            if (Complaint(schema, keyword, rule!, value, at, complaints) is { } complaint)
            {
                complaints.Add($"{at}: {complaint}");
            }
        }
    }

    private string? Complaint(JsonObject schema, string keyword, JsonNode? rule, JsonNode? value, string at, List<string> complaints)
    {
        switch (keyword)
        {
            case "$schema" or "$id" or "$defs" or "title" or "description" or "then" or "else":
                return null;
            case "$ref":
                Check(root["$defs"]![rule!.GetValue<string>()["#/$defs/".Length..]]!.AsObject(), value, at, complaints);
                return null;
            case "type":
                var types = rule is JsonArray several ? several.Select(type => type!.GetValue<string>()) : [rule!.GetValue<string>()];
                return types.Contains(TypeOf(value)) ? null : $"is {TypeOf(value)}, not {string.Join(" or ", types)}";
            case "enum":
                return rule!.AsArray().Any(allowed => JsonNode.DeepEquals(allowed, value)) ? null : $"{value?.ToJsonString() ?? "null"} is none of {rule.ToJsonString()}";
            case "const":
                return JsonNode.DeepEquals(rule, value) ? null : $"{value?.ToJsonString() ?? "null"} is not {rule?.ToJsonString() ?? "null"}";
            case "anyOf":
                return rule!.AsArray().Any(option => Follows(option!.AsObject(), value)) ? null : "follows none of the options";
            case "if":
                if (schema[Follows(rule!.AsObject(), value) ? "then" : "else"] is JsonObject branch)
                {
                    Check(branch, value, at, complaints);
                }

                return null;
        }

        return value switch
        {
            JsonObject item => OfObject(schema, keyword, rule!, item, at, complaints),
            JsonArray array => OfArray(keyword, rule!, array, at, complaints),
            JsonValue scalar => OfScalar(keyword, rule!, scalar),
            null => null,
            _ => throw new NotSupportedException(keyword),
        };
    }

    private string? OfObject(JsonObject schema, string keyword, JsonNode rule, JsonObject value, string at, List<string> complaints)
    {
        switch (keyword)
        {
            case "required":
                return rule.AsArray().Select(name => name!.GetValue<string>()).FirstOrDefault(name => !value.ContainsKey(name)) is { } absent ? $"has no {absent}" : null;
            case "additionalProperties":
                return value.Select(member => member.Key).FirstOrDefault(name => !schema["properties"]!.AsObject().ContainsKey(name)) is { } extra ? $"has an unknown member {extra}" : null;
            case "properties":
                foreach (var (name, member) in rule.AsObject().Where(member => value.ContainsKey(member.Key)))
                {
                    Check(member!.AsObject(), value[name], $"{at}.{name}", complaints);
                }

                return null;
            default:
                throw new NotSupportedException(keyword);
        }
    }

    private string? OfArray(string keyword, JsonNode rule, JsonArray value, string at, List<string> complaints)
    {
        switch (keyword)
        {
            case "items":
                for (var index = 0; index < value.Count; index++)
                {
                    Check(rule.AsObject(), value[index], $"{at}[{index}]", complaints);
                }

                return null;
            case "minItems":
                return value.Count >= rule.GetValue<int>() ? null : $"has fewer than {rule} items";
            case "maxItems":
                return value.Count <= rule.GetValue<int>() ? null : $"has more than {rule} items";
            case "uniqueItems":
                return value.Select(item => item!.ToJsonString()).Distinct().Count() == value.Count ? null : "has an item twice";
            default:
                throw new NotSupportedException(keyword);
        }
    }

    private static string? OfScalar(string keyword, JsonNode rule, JsonValue value) => keyword switch
    {
        // Keywords for strings say nothing about other values (JSON Schema Validation, 6).
        "minLength" or "pattern" or "format" when TypeOf(value) != "string" => null,
        "minimum" => value.GetValue<decimal>() >= rule.GetValue<decimal>() ? null : $"{value} is below {rule}",
        "minLength" => value.GetValue<string>().Length >= rule.GetValue<int>() ? null : "is too short",
        "pattern" => Regex.IsMatch(value.GetValue<string>(), rule.GetValue<string>(), RegexOptions.ECMAScript) ? null : $"{value} does not match {rule}",
        "format" => DateTimeOffset.TryParse(value.GetValue<string>(), CultureInfo.InvariantCulture, out _) ? null : $"{value} is no {rule}",
        "properties" or "required" or "additionalProperties" or "items" => null,
        _ => throw new NotSupportedException(keyword),
    };

    private bool Follows(JsonObject schema, JsonNode? value)
    {
        var complaints = new List<string>();
        Check(schema, value, "", complaints);
        return complaints.Count == 0;
    }

    private static string TypeOf(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject => "object",
        JsonArray => "array",
        _ => value.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.String => "string",
            System.Text.Json.JsonValueKind.Number => "integer",
            _ => "boolean",
        },
    };
}
