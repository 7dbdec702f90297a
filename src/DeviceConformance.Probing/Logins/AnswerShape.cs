using System.Collections.Immutable;

namespace DeviceConformance.Probing.Logins;

/// <summary>What an answer looks like once everything is taken away that differs from request to request anyway.</summary>
/// <param name="Code">Status, redirect target, names of cookies; reply code or prompt of other protocols.</param>
/// <param name="Words">Words of the text with the number of times each occurs.</param>
internal sealed record AnswerShape(string Code, ImmutableDictionary<string, int> Words)
{
    // Enough of any page to tell two apart; a device may pour out more.
    private const int MaxCharacters = 64 * 1024;

    // Session ids, tokens and time stamps: long and with digits.
    private const int VolatileLength = 10;

    /// <summary>No answer to a credential.</summary>
    public static AnswerShape Empty { get; } = new("", ImmutableDictionary<string, int>.Empty);

    /// <summary>The shape of an answer.</summary>
    /// <param name="code">What decides first.</param>
    /// <param name="text">Text of the answer.</param>
    /// <param name="echoes">Texts that the answer may repeat, such as the user name.</param>
    public static AnswerShape Of(string code, string text, params ReadOnlySpan<string> echoes)
    {
        var words = ImmutableDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        foreach (var echo in echoes)
        {
            text = echo.Length > 0 ? text.Replace(echo, "", StringComparison.Ordinal) : text;
        }

        var rest = text.AsSpan(0, Math.Min(text.Length, MaxCharacters));
        while (!rest.IsEmpty)
        {
            var start = 0;
            while (start < rest.Length && !char.IsLetterOrDigit(rest[start]))
            {
                start++;
            }

            var end = start;
            while (end < rest.Length && char.IsLetterOrDigit(rest[end]))
            {
                end++;
            }

            var word = rest[start..end];
            if (!word.IsEmpty && !(word.Length >= VolatileLength && word.ContainsAnyInRange('0', '9')))
            {
                var key = word.ToString();
                words[key] = words.GetValueOrDefault(key) + 1;
            }

            rest = rest[end..];
        }

        return new AnswerShape(code, words.ToImmutable());
    }

    /// <summary>How many words one has and the other has not; <see cref="int.MaxValue"/> when the codes differ.</summary>
    public int DistanceTo(AnswerShape other) =>
        Code != other.Code
            ? int.MaxValue
            : Words.Sum(word => Math.Max(0, word.Value - other.Words.GetValueOrDefault(word.Key)))
                + other.Words.Sum(word => Math.Max(0, word.Value - Words.GetValueOrDefault(word.Key)));

    /// <summary>Share of words in common, 0 to 1, whatever the codes; 1 when both have none.</summary>
    public double LikenessTo(AnswerShape other)
    {
        var total = Words.Values.Sum() + other.Words.Values.Sum();
        return total == 0 ? 1 : 2.0 * Words.Sum(word => Math.Min(word.Value, other.Words.GetValueOrDefault(word.Key))) / total;
    }
}
