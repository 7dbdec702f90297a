using System.Collections.Immutable;
using System.Net;

namespace DeviceConformance.Probing.Logins;

/// <summary>An HTML form that asks for a password.</summary>
/// <param name="Action">Where it is sent to, as written; empty when the page does not say.</param>
/// <param name="Hidden">Names and values of its hidden fields, such as tokens against forged requests.</param>
/// <param name="Fields">Names of all its fields.</param>
public sealed record HtmlForm(string Action, ImmutableArray<KeyValuePair<string, string>> Hidden, ImmutableArray<string> Fields)
{
    // A login form has a handful of fields; a page may have any number.
    private const int MaxFields = 64;
    private const int MaxAttributes = 32;

    /// <summary>Finds the first form that has a password field.</summary>
    /// <param name="html">The page; any text at all.</param>
    /// <param name="passwordField">Name of the password field; empty: any field of type password.</param>
    /// <param name="form">The form.</param>
    public static bool TryFind(string html, string passwordField, out HtmlForm form)
    {
        ArgumentNullException.ThrowIfNull(html);
        ArgumentNullException.ThrowIfNull(passwordField);
        var action = "";
        var hidden = new List<KeyValuePair<string, string>>();
        var fields = new List<string>();
        var found = false;
        var position = 0;
        while (TryNextTag(html, ref position, out var name, out var attributes))
        {
            switch (name)
            {
                // Many device pages have fields and no form around them, or forget to close one.
                case "form" or "/form" when found:
                    form = new HtmlForm(action, [.. hidden], [.. fields]);
                    return true;
                case "form":
                    action = Value(attributes, "action");
                    hidden.Clear();
                    fields.Clear();
                    break;
                case "/form":
                    action = "";
                    hidden.Clear();
                    fields.Clear();
                    break;
                case "input" when fields.Count < MaxFields:
                    var field = Value(attributes, "name");
                    var type = Value(attributes, "type").ToLowerInvariant();
                    found |= passwordField.Length > 0 ? field == passwordField || Value(attributes, "id") == passwordField : type == "password";
                    if (field.Length > 0)
                    {
                        fields.Add(field);
                        if (type == "hidden")
                        {
                            hidden.Add(KeyValuePair.Create(field, Value(attributes, "value")));
                        }
                    }

                    break;
            }
        }

        form = new HtmlForm(action, [.. hidden], [.. fields]);
        return found;
    }

    private static string Value(List<KeyValuePair<string, string>> attributes, string name) =>
        attributes.Find(attribute => attribute.Key == name).Value ?? "";

    /// <summary>Reads the next tag; comments and scripts are stepped over. Each character is looked at once.</summary>
    private static bool TryNextTag(string html, ref int position, out string name, out List<KeyValuePair<string, string>> attributes)
    {
        name = "";
        attributes = [];
        while (true)
        {
            position = html.IndexOf('<', Math.Min(position, html.Length));
            if (position < 0)
            {
                position = html.Length;
                return false;
            }

            if (html.AsSpan(position).StartsWith("<!--", StringComparison.Ordinal))
            {
                position = After(html, "-->", position + 4);
                continue;
            }

            var start = ++position;
            while (position < html.Length && (char.IsAsciiLetterOrDigit(html[position]) || (html[position] == '/' && position == start)))
            {
                position++;
            }

            name = html[start..position].ToLowerInvariant();
            if (name.Length == 0)
            {
                continue;
            }

            attributes = ReadAttributes(html, ref position);
            if (name is "script" or "style")
            {
                position = After(html, "</" + name, position);
                continue;
            }

            return true;
        }
    }

    private static int After(string html, string end, int from)
    {
        var found = html.IndexOf(end, Math.Min(from, html.Length), StringComparison.OrdinalIgnoreCase);
        return found < 0 ? html.Length : found + end.Length;
    }

    private static List<KeyValuePair<string, string>> ReadAttributes(string html, ref int position)
    {
        var attributes = new List<KeyValuePair<string, string>>();
        while (position < html.Length && html[position] != '>')
        {
            if (char.IsWhiteSpace(html[position]) || html[position] is '/' or '=' or '"' or '\'')
            {
                position++;
                continue;
            }

            var start = position;
            while (position < html.Length && !char.IsWhiteSpace(html[position]) && html[position] is not ('=' or '>' or '/'))
            {
                position++;
            }

            var name = html[start..position].ToLowerInvariant();
            SkipBlanks(html, ref position);
            var value = "";
            if (position < html.Length && html[position] == '=')
            {
                position++;
                SkipBlanks(html, ref position);
                value = ReadValue(html, ref position);
            }

            if (attributes.Count < MaxAttributes)
            {
                attributes.Add(KeyValuePair.Create(name, WebUtility.HtmlDecode(value)));
            }
        }

        return attributes;
    }

    private static string ReadValue(string html, ref int position)
    {
        if (position < html.Length && html[position] is '"' or '\'')
        {
            var quote = html[position++];
            var end = html.IndexOf(quote, position);
            end = end < 0 ? html.Length : end;
            var quoted = html[position..end];
            position = Math.Min(end + 1, html.Length);
            return quoted;
        }

        var start = position;
        while (position < html.Length && !char.IsWhiteSpace(html[position]) && html[position] != '>')
        {
            position++;
        }

        return html[start..position];
    }

    private static void SkipBlanks(string html, ref int position)
    {
        while (position < html.Length && char.IsWhiteSpace(html[position]))
        {
            position++;
        }
    }
}
