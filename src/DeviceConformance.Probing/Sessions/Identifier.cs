using System.Security.Cryptography;

namespace DeviceConformance.Probing.Sessions;

/// <summary>What can be told of session identifiers without knowing how they are made.</summary>
internal static class Identifier
{
    /// <summary>Identifiers of several logins whose differing characters hold fewer bits than this follow a rule or a short random number.</summary>
    public const double FewBits = 40;

    /// <summary>Upper bound of the entropy in bits: length times the logarithm of the smallest usual alphabet that holds all characters.</summary>
    public static double BitsAtMost(string identifier) => identifier.Length * BitsPerCharacter(identifier);

    /// <summary>Whether identifiers of several logins differ in so little that the next can be guessed; needs two that differ.</summary>
    public static bool AreRegular(IReadOnlyList<string> identifiers)
    {
        var bits = BitsPerCharacter(string.Concat(identifiers));
        var pairs = from first in Enumerable.Range(0, identifiers.Count)
                    from second in Enumerable.Range(first + 1, identifiers.Count - first - 1)
                    select Differing(identifiers[first], identifiers[second]) * bits;
        return identifiers.Count > 1 && pairs.Max() < FewBits;
    }

    /// <summary>An identifier of the same shape that the device never gave: each letter and digit another of its kind.</summary>
    public static string Invent(string identifier)
    {
        var isHex = identifier.Any(char.IsAsciiLetter) && identifier.All(character => char.IsAsciiHexDigit(character) || !char.IsAsciiLetterOrDigit(character));
        return string.Concat(identifier.Select(character => Another(character, isHex)));
    }

    private static char Another(char character, bool isHex) => character switch
    {
        >= '0' and <= '9' when !isHex => Any("0123456789"),
        >= 'a' and <= 'f' or >= '0' and <= '9' when isHex => Any("0123456789abcdef"),
        >= 'A' and <= 'F' when isHex => Any("0123456789ABCDEF"),
        >= 'a' and <= 'z' => Any("abcdefghijklmnopqrstuvwxyz"),
        >= 'A' and <= 'Z' => Any("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        _ => character,
    };

    private static char Any(string alphabet) => alphabet[RandomNumberGenerator.GetInt32(alphabet.Length)];

    private static int Differing(string first, string second)
    {
        if (first.Length == second.Length)
        {
            return first.Zip(second).Count(pair => pair.First != pair.Second);
        }

        var shorter = Math.Min(first.Length, second.Length);
        var prefix = first.Zip(second).TakeWhile(pair => pair.First == pair.Second).Count();
        var suffix = first.Reverse().Zip(second.Reverse()).TakeWhile(pair => pair.First == pair.Second).Count();
        return Math.Max(first.Length, second.Length) - Math.Min(prefix + suffix, shorter);
    }

    private static double BitsPerCharacter(string text) =>
        text.All(char.IsAsciiDigit) ? Math.Log2(10)
        : text.All(char.IsAsciiHexDigit) ? 4
        : text.All(char.IsAsciiLetterLower) || text.All(char.IsAsciiLetterUpper) ? Math.Log2(26)
        : 6;
}
