namespace DeviceConformance.Reporting;

/// <summary>Text in lines of limited width.</summary>
public static class TextLines
{
    /// <summary>Breaks a text between words; a word that is longer than the width has a line of its own.</summary>
    /// <param name="text">The text; runs of white space count as one blank, and hidden characters are spelled out.</param>
    /// <param name="width">Characters in a line at the most.</param>
    /// <param name="first">What the first line begins with; the others are indented as far.</param>
    public static IEnumerable<string> Broken(string text, int width, string first)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(first);
        var line = first;
        var isEmpty = true;
        foreach (var word in VisibleText.Line(text).Split(' '))
        {
            if (!isEmpty && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = new string(' ', first.Length);
                isEmpty = true;
            }

            line += isEmpty ? word : $" {word}";
            isEmpty = false;
        }

        yield return line;
    }

    /// <summary>Finished text for a narrow window: lines that are too long are broken, the rest of each below its text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="width">Characters in a line at the most.</param>
    /// <param name="hang">Characters at the beginning of a long line that stay; its rest begins below what follows them.</param>
    public static string Fit(string text, int width, int hang)
    {
        ArgumentNullException.ThrowIfNull(text);
        return string.Join('\n', text.Split('\n').SelectMany(line => line.Length <= width ? [line] : Broken(line[hang..], width, line[..hang])));
    }
}
