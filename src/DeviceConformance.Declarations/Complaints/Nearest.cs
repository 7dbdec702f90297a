namespace DeviceConformance.Declarations.Complaints;

/// <summary>The known word that a misspelt one was probably meant to be.</summary>
public static class Nearest
{
    private const int LongestWord = 80;

    /// <summary>The nearest of the known words, or null when none is near: about one letter in three may differ.</summary>
    public static string? Of(string word, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(word);
        ArgumentNullException.ThrowIfNull(known);
        if (word.Length is 0 or > LongestWord)
        {
            return null;
        }

        var best = known
            .Where(candidate => candidate.Length <= LongestWord)
            .Select(candidate => (candidate, distance: Distance(Plain(word), Plain(candidate))))
            .OrderBy(pair => pair.distance)
            .FirstOrDefault();
        return best.candidate is not null && best.distance <= Math.Max(1, word.Length / 3) ? best.candidate : null;
    }

    /// <summary>A remedy that begins with the nearest known word, if there is one, and otherwise lists all of them.</summary>
    public static string Remedy(string word, IReadOnlyCollection<string> known)
    {
        ArgumentNullException.ThrowIfNull(known);
        return Of(word, known) is { } nearest ? $"Did you mean {nearest}?" : $"Known are: {string.Join(", ", known)}.";
    }

    private static string Plain(string word) => word.ToLowerInvariant().Replace('_', '-').Replace(' ', '-');

    // Damerau-Levenshtein distance with adjacent swaps (optimal string alignment): the usual slips of a typing hand cost one each.
    private static int Distance(string left, string right)
    {
        var rows = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
        {
            rows[i, 0] = i;
        }

        for (var j = 0; j <= right.Length; j++)
        {
            rows[0, j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var same = left[i - 1] == right[j - 1];
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[left.Length, right.Length];
    }
}
