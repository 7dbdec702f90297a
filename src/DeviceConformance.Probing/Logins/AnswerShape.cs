using System.Collections.Immutable;

namespace DeviceConformance.Probing.Logins;

/// <summary>What an answer looks like once everything is taken away that differs from request to request anyway.</summary>
/// <param name="Code">Status, redirect target, names of cookies; reply code or prompt of other protocols.</param>
/// <param name="Words">Words of the text with the number of times each occurs.</param>
/// <param name="Echoes">Words of the credential, which the answer may repeat: a comparison leaves them out on both sides.</param>
internal sealed record AnswerShape(string Code, ImmutableDictionary<string, int> Words, ImmutableHashSet<string> Echoes)
{
    // Enough of any page to tell two apart; a device may pour out more.
    private const int MaxCharacters = 64 * 1024;

    // Session ids, tokens and time stamps: long and with digits.
    private const int VolatileLength = 10;

    /// <summary>No answer to a credential.</summary>
    public static AnswerShape Empty { get; } = new("", ImmutableDictionary<string, int>.Empty, []);

    /// <summary>The shape of an answer.</summary>
    /// <param name="code">What decides first.</param>
    /// <param name="text">Text of the answer.</param>
    /// <param name="echoes">Texts that the answer may repeat: user name and password.</param>
    public static AnswerShape Of(string code, string text, params ReadOnlySpan<string> echoes)
    {
        var words = ImmutableDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        foreach (var word in WordsOf(text.Length > MaxCharacters ? text[..MaxCharacters] : text))
        {
            words[word] = words.GetValueOrDefault(word) + 1;
        }

        var echoed = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach (var echo in echoes)
        {
            echoed.UnionWith(WordsOf(echo));
        }

        return new AnswerShape(code, words.ToImmutable(), echoed.ToImmutable());
    }

    /// <summary>Words of a text, those left out that differ from request to request.</summary>
    public static IEnumerable<string> WordsOf(string text)
    {
        for (var start = 0; start < text.Length; start++)
        {
            var end = start;
            var digits = false;
            while (end < text.Length && char.IsLetterOrDigit(text[end]))
            {
                digits |= char.IsAsciiDigit(text[end++]);
            }

            if (end > start && !(digits && end - start >= VolatileLength))
            {
                yield return text[start..end];
            }

            start = end;
        }
    }

    /// <summary>How many words one has and the other has not; <see cref="int.MaxValue"/> when the codes differ.</summary>
    public int DistanceTo(AnswerShape other) =>
        Code != other.Code ? int.MaxValue : Beyond(other) + other.Beyond(this);

    /// <summary>Share of words in common, 0 to 1, whatever the codes; 1 when both have none.</summary>
    public double LikenessTo(AnswerShape other)
    {
        var total = Words.Values.Sum() + other.Words.Values.Sum();
        return total == 0 ? 1 : 2.0 * Words.Sum(word => Math.Min(word.Value, other.Words.GetValueOrDefault(word.Key))) / total;
    }

    private int Beyond(AnswerShape other) =>
        Words.Where(word => !Echoes.Contains(word.Key) && !other.Echoes.Contains(word.Key)).Sum(word => Math.Max(0, word.Value - other.Words.GetValueOrDefault(word.Key)));
}
