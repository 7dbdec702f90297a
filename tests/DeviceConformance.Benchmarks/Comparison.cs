using System.Globalization;

namespace DeviceConformance.Benchmarks;

/// <summary>Our probe and the tools of specialists on the same target, in one run.</summary>
/// <param name="Name">Word of the command line.</param>
/// <param name="Does">What is compared.</param>
/// <param name="RunAsync">Compares, and prints.</param>
internal sealed record Comparison(string Name, string Does, Func<Options, Task<int>> RunAsync);

/// <summary>Command line of a comparison.</summary>
/// <param name="Rounds">How often each contender runs; the rounds are interleaved.</param>
/// <param name="Only">Word that must occur in the name of a condition; empty: all.</param>
/// <param name="Full">Whether also what takes minutes.</param>
/// <param name="Words">All words.</param>
internal sealed record Options(int Rounds, string Only, bool Full, string[] Words)
{
    public static Options Parse(string[] words)
    {
        string After(string word, string otherwise) => Array.IndexOf(words, word) is >= 0 and var at && at + 1 < words.Length ? words[at + 1] : otherwise;
        return new Options(int.Parse(After("--rounds", "3"), CultureInfo.InvariantCulture), After("--only", ""), words.Contains("--full"), words);
    }

    /// <summary>A number after a word of a comparison's own.</summary>
    public int Number(string word, int otherwise) => Array.IndexOf(Words, word) is >= 0 and var at && at + 1 < Words.Length ? int.Parse(Words[at + 1], CultureInfo.InvariantCulture) : otherwise;
}

