using System.Globalization;
using System.Text;

namespace DeviceConformance.Reporting;

/// <summary>
/// Makes text of declarations and devices safe to look at: what a terminal, a browser or a Markdown viewer would obey or hide is
/// shown by its code point instead, for example <c>⟨U+001B⟩</c>.
/// </summary>
/// <remarks>
/// Control characters could drive a terminal, bidirectional controls could show a text in another order than it is judged in, and
/// characters without width could make two different names look alike. Quoting for HTML, Markdown or XML comes after this step.
/// </remarks>
internal static class VisibleText
{
    /// <summary>The text with its line breaks and tabs, everything else that is not visible spelled out.</summary>
    public static string Block(string text)
    {
        if (text.All(IsPlain))
        {
            return text;
        }

        var visible = new StringBuilder(text.Length + 16);
        for (var at = 0; at < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, at, out var rune))
            {
                Spell(visible, text[at++]);
                continue;
            }

            at += rune.Utf16SequenceLength;
            if (rune.Value == '\r' && at < text.Length && text[at] == '\n')
            {
                continue;
            }

            if (rune.Value is '\n' or '\t' || !IsHidden(rune))
            {
                visible.Append(rune);
            }
            else
            {
                Spell(visible, rune.Value);
            }
        }

        return visible.ToString();
    }

    /// <summary>The text as a single line: any run of white space becomes one blank.</summary>
    public static string Line(string text) =>
        string.Join(' ', Block(text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The first <paramref name="length"/> characters at the most; an ellipsis stands for the rest.</summary>
    public static string Clip(string text, int length)
    {
        if (text.Length <= length)
        {
            return text;
        }

        var end = length - 1;
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[end - 1]) ? end - 1 : end), "…");
    }

    private static bool IsPlain(char character) => character is '\n' or '\t' or (>= ' ' and < '\x7f');

    private static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        // ZWNJ and ZWJ shape words of living languages; U+0600 to U+08E2 are Arabic signs with a form, except for the bidi mark.
        UnicodeCategory.Format => rune.Value is not (0x200c or 0x200d or (>= 0x0600 and <= 0x08e2 and not 0x061c)),
        // Noncharacters, which XML does not allow.
        UnicodeCategory.OtherNotAssigned => (rune.Value & 0xfffe) == 0xfffe || rune.Value is >= 0xfdd0 and <= 0xfdef,
        _ => false,
    };

    private static void Spell(StringBuilder visible, int value) => visible.Append("⟨U+").Append(value.ToString("X4", CultureInfo.InvariantCulture)).Append('⟩');
}
