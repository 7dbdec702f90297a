using System.Text;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>
/// The words of an answer, to tell whether two answers are the same page but for numbers, times and the path they echo. A server that
/// answers every path with 200 is known by this.
/// </summary>
internal sealed class PageShape
{
    private const int MaxText = 64 * 1024;
    private const int MaxWords = 2000;
    private const double Alike = 0.85;

    private readonly int _status;
    private readonly HashSet<string> _words;
    private readonly HashSet<string> _wordsWithoutPath;
    private readonly int _length;

    private PageShape(int status, HashSet<string> words, HashSet<string> wordsWithoutPath, int length)
    {
        _status = status;
        _words = words;
        _wordsWithoutPath = wordsWithoutPath;
        _length = length;
    }

    /// <summary>Whether it was answered with 200 or the like.</summary>
    public bool IsSuccess => _status is >= 200 and < 300;

    /// <summary>The words of an answer to a path.</summary>
    public static PageShape Of(HttpAnswer answer, string path)
    {
        var text = answer.Text;
        text = text.Length > MaxText ? text[..MaxText] : text;
        var name = path[(path.LastIndexOf('/') + 1)..];
        var withoutPath = text.Replace(path, "", StringComparison.OrdinalIgnoreCase);
        withoutPath = name.Length > 2 ? withoutPath.Replace(name, "", StringComparison.OrdinalIgnoreCase) : withoutPath;
        return new PageShape(answer.Status, Words(text), Words(withoutPath), answer.Body.Length);
    }

    /// <summary>Whether two answers are one page.</summary>
    /// <remarks>A page either echoes the path or has a word that is its name by chance, and only what is an echo may be left out.</remarks>
    public bool IsLike(PageShape other) =>
        _status == other._status
        && (AreLike(_wordsWithoutPath, other._wordsWithoutPath, _length == other._length) || AreLike(_words, other._words, _length == other._length));

    private static bool AreLike(HashSet<string> words, HashSet<string> others, bool sameLength)
    {
        if (words.Count == 0 || others.Count == 0)
        {
            return words.Count == others.Count && sameLength;
        }

        var common = words.Count(others.Contains);
        return common >= Alike * (words.Count + others.Count - common);
    }

    private static HashSet<string> Words(string text)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        var word = new StringBuilder();
        foreach (var character in text)
        {
            // A run with a digit in it is a number, a time or a token.
            if (char.IsLetterOrDigit(character))
            {
                word.Append(char.ToLowerInvariant(character));
                continue;
            }

            Take(words, word);
        }

        Take(words, word);
        return words;
    }

    private static void Take(HashSet<string> words, StringBuilder word)
    {
        if (word.Length is > 1 and < 40 && words.Count < MaxWords)
        {
            var text = word.ToString();
            if (!text.Any(char.IsAsciiDigit))
            {
                words.Add(text);
            }
        }

        word.Clear();
    }
}
