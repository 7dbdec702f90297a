using System.Globalization;
using System.Text;

namespace DeviceConformance.Declarations.Complaints;

/// <summary>Text of a foreign file inside our own sentences: shortened, on one line, and unable to steer a terminal.</summary>
public static class Quotation
{
    private const int Length = 60;

    /// <summary>The text in single quotes, cut after 60 characters.</summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var line = OneLine(text).Trim();
        return line.Length <= Length ? $"'{line}'" : $"'{line[..(char.IsHighSurrogate(line[Length - 1]) ? Length - 1 : Length)]}…'";
    }

    /// <summary>The text with every line break as a blank and every other invisible control as U+FFFD.</summary>
    public static string OneLine(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Any(IsUnsafe))
        {
            return text;
        }

        var line = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            line.Append(character is '\n' or '\r' or '\t' ? ' ' : IsUnsafe(character) ? '\uFFFD' : character);
        }

        return line.ToString();
    }

    /// <summary>Whether a character is a control or one that turns the direction of writing, apart from letters of any script.</summary>
    public static bool IsUnsafe(char character) =>
        char.IsControl(character)
        || character is '\u2028' or '\u2029'
        || (char.GetUnicodeCategory(character) == UnicodeCategory.Format && character is not ('\u00AD' or '\u200C' or '\u200D'));
}
