using System.Text;

namespace DeviceConformance.Reporting.Markdown;

/// <summary>Quotes text of any origin for GitHub Flavored Markdown, so that it shows as it is and does nothing.</summary>
internal static class MarkdownText
{
    /// <summary>Longest text in one place, in characters before quoting.</summary>
    private const int Longest = 600;

    /// <summary>A character without width that parts what would otherwise be a mention, a reference or a link.</summary>
    private const string Parting = "&#8203;";

    /// <summary>The text on one line, shortened, with all that Markdown, HTML or GitHub would act on quoted.</summary>
    public static string Quote(string text, int longest = Longest)
    {
        var line = VisibleText.Clip(VisibleText.Line(text), longest);
        var quoted = new StringBuilder(line.Length + 16);
        for (var at = 0; at < line.Length; at++)
        {
            var character = line[at];
            switch (character)
            {
                case '<':
                    quoted.Append("&lt;");
                    break;
                case '>':
                    quoted.Append("&gt;");
                    break;
                case '&':
                    quoted.Append("&amp;");
                    break;
                case '\\' or '`' or '*' or '_' or '{' or '}' or '[' or ']' or '|' or '~' or '$' or '!' or '^':
                    quoted.Append('\\').Append(character);
                    break;
                // Mentions (@name) and references (#12) reach people and threads that have nothing to do with the report.
                case '@':
                    quoted.Append('@').Append(Parting);
                    break;
                case '#':
                    quoted.Append("\\#").Append(Parting);
                    break;
                // Addresses become links of their own accord: https://…, www.… (GFM, 6.9).
                case ':' when line.AsSpan(at + 1).StartsWith("//"):
                    quoted.Append(':').Append(Parting);
                    break;
                case '.' when at >= 3 && line.AsSpan(at - 3, 3).Equals("www", StringComparison.OrdinalIgnoreCase):
                    quoted.Append(Parting).Append('.');
                    break;
                // At the start of a list entry these would begin another block.
                case '-' or '+' or '=' when at == 0:
                    quoted.Append('\\').Append(character);
                    break;
                case '.' or ')' when (at + 1 == line.Length || line[at + 1] == ' ') && line[..at].All(char.IsAsciiDigit):
                    quoted.Append('\\').Append(character);
                    break;
                default:
                    quoted.Append(character);
                    break;
            }
        }

        return quoted.ToString();
    }
}
