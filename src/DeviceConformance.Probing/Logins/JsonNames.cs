using System.Collections.Immutable;
using System.Text.Json;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Logins;

/// <summary>Names that JSON logins use (<c>json-names.txt</c>), and what an answer holds under them.</summary>
internal static class JsonNames
{
    private const int MaxDepth = 16;
    private const int MaxToken = 4096;

    private static readonly ImmutableArray<string[]> _rows = DataFile.Read("Logins.json-names.txt", 3);

    /// <summary>Names of tokens in answers, the most usual first.</summary>
    public static ImmutableArray<string> Tokens { get; } = Of("token");

    /// <summary>Names of the user, the most usual first.</summary>
    public static ImmutableArray<string> Users { get; } = Of("user");

    /// <summary>Names of the password, the most usual first.</summary>
    public static ImmutableArray<string> Passwords { get; } = Of("password");

    /// <summary>The token of an answer; empty when there is none.</summary>
    /// <param name="utf8">The body; any bytes at all.</param>
    /// <param name="name">Name of the token; empty: one of the usual ones.</param>
    public static string TokenIn(ReadOnlySpan<byte> utf8, string name)
    {
        var names = name.Length > 0 ? [name] : Tokens;
        var best = (Rank: int.MaxValue, Text: "");
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            var current = "";
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    current = reader.GetString() ?? "";
                }
                else if (reader.TokenType == JsonTokenType.String && Rank(names, current) is var rank and >= 0 && rank < best.Rank && reader.GetString() is { } text && IsToken(text))
                {
                    best = (rank, text);
                }
            }
        }
        // The reader throws the second for text that is not UTF-8. What came before the fault counts.
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return best.Text;
        }

        return best.Text;
    }

    /// <summary>A JSON object with the given texts; dots in names lead into objects.</summary>
    public static string Object(params ReadOnlySpan<(string Name, string Text)> values)
    {
        var root = new System.Text.Json.Nodes.JsonObject();
        foreach (var (name, text) in values)
        {
            var at = root;
            var parts = name.Split('.');
            foreach (var part in parts[..^1])
            {
                if (at[part] is not System.Text.Json.Nodes.JsonObject inner)
                {
                    inner = [];
                    at[part] = inner;
                }

                at = inner;
            }

            at[parts[^1]] = text;
        }

        return root.ToJsonString();
    }

    // What stands in a header: visible ASCII (RFC 6750, 2.1, widened by what devices make up).
    private static bool IsToken(string text) => text.Length is >= 4 and <= MaxToken && text.All(character => character is > ' ' and < '\u007f');

    private static int Rank(ImmutableArray<string> names, string name)
    {
        for (var rank = 0; rank < names.Length; rank++)
        {
            if (names[rank].Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return rank;
            }
        }

        return -1;
    }

    private static ImmutableArray<string> Of(string kind) => [.. _rows.Where(row => row[0] == kind).Select(row => row[1])];
}
