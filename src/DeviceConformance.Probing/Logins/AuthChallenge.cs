using System.Collections.Immutable;
using System.Text;

namespace DeviceConformance.Probing.Logins;

/// <summary>A challenge of a WWW-Authenticate header (RFC 9110, 11.6.1).</summary>
/// <param name="Scheme">Scheme in lower case: basic, digest.</param>
/// <param name="Parameters">Parameters; names in lower case.</param>
public sealed record AuthChallenge(string Scheme, ImmutableDictionary<string, string> Parameters)
{
    // Servers send one or two challenges with up to eight parameters.
    private const int MaxChallenges = 8;
    private const int MaxParameters = 32;
    private const int MaxLength = 8 * 1024;

    /// <summary>A parameter, or empty.</summary>
    public string this[string name] => Parameters.GetValueOrDefault(name) ?? "";

    /// <summary>Reads the challenges of one header value.</summary>
    /// <param name="value">The value; any text at all.</param>
    /// <param name="challenges">What could be read, in order.</param>
    /// <returns>Whether the whole value follows the grammar.</returns>
    public static bool TryParse(string value, out ImmutableArray<AuthChallenge> challenges)
    {
        ArgumentNullException.ThrowIfNull(value);
        challenges = [];
        if (value.Length > MaxLength)
        {
            return false;
        }

        var position = 0;
        while (true)
        {
            SkipSeparators(value, ref position);
            if (position == value.Length)
            {
                return !challenges.IsEmpty;
            }

            if (challenges.Length == MaxChallenges || !TryToken(value, ref position, out var scheme))
            {
                return false;
            }

            // A scheme whose parameters can not be read is still the scheme that is asked for; half of them would be answered wrongly.
            var isWhole = TryParameters(value, ref position, out var parameters);
            challenges = challenges.Add(new AuthChallenge(scheme.ToLowerInvariant(), isWhole ? parameters : ImmutableDictionary<string, string>.Empty));
            if (!isWhole)
            {
                return false;
            }
        }
    }

    private static bool TryParameters(string value, ref int position, out ImmutableDictionary<string, string> parameters)
    {
        parameters = ImmutableDictionary<string, string>.Empty;
        while (true)
        {
            SkipSeparators(value, ref position);
            var start = position;
            if (!TryToken(value, ref position, out var name))
            {
                return position == value.Length;
            }

            SkipBlanks(value, ref position);
            if (position == value.Length || value[position] != '=')
            {
                // A word without a value begins the next challenge.
                position = start;
                return true;
            }

            position++;
            SkipBlanks(value, ref position);
            if (parameters.Count == MaxParameters || !TryValue(value, ref position, out var text))
            {
                return false;
            }

            parameters = parameters.SetItem(name.ToLowerInvariant(), text);
        }
    }

    private static bool TryValue(string value, ref int position, out string text)
    {
        if (position == value.Length || value[position] != '"')
        {
            return TryToken(value, ref position, out text);
        }

        var unquoted = new StringBuilder();
        for (position++; position < value.Length; position++)
        {
            switch (value[position])
            {
                case '"':
                    position++;
                    text = unquoted.ToString();
                    return true;
                case '\\' when position + 1 < value.Length:
                    unquoted.Append(value[++position]);
                    break;
                case < ' ' or > '~':
                    text = "";
                    return false;
                default:
                    unquoted.Append(value[position]);
                    break;
            }
        }

        text = "";
        return false;
    }

    /// <summary>A token (RFC 9110, 5.6.2), widened by what token68 and careless servers write without quotes: / : + =.</summary>
    private static bool TryToken(string value, ref int position, out string token)
    {
        var start = position;
        while (position < value.Length && (char.IsAsciiLetterOrDigit(value[position]) || "!#$%&'*+-.^_`|~/:".Contains(value[position], StringComparison.Ordinal)))
        {
            position++;
        }

        token = value[start..position];
        return token.Length > 0;
    }

    private static void SkipSeparators(string value, ref int position)
    {
        while (position < value.Length && value[position] is ' ' or '\t' or ',')
        {
            position++;
        }
    }

    private static void SkipBlanks(string value, ref int position)
    {
        while (position < value.Length && value[position] is ' ' or '\t')
        {
            position++;
        }
    }
}
