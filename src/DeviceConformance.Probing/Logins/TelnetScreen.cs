using System.Text;
using System.Text.RegularExpressions;

namespace DeviceConformance.Probing.Logins;

/// <summary>What a text terminal waits for.</summary>
public enum TerminalPrompt
{
    /// <summary>Nothing that is known.</summary>
    None,

    /// <summary>A user name.</summary>
    User,

    /// <summary>A password.</summary>
    Password,

    /// <summary>A command.</summary>
    Command,
}

/// <summary>Reads the screen of a text login: the last line shows what it waits for.</summary>
public static partial class TelnetScreen
{
    private const int LongestPrompt = 200;

    /// <summary>Text of the bytes of a terminal, without escape sequences (ECMA-48) and NUL.</summary>
    public static string TextOf(ReadOnlySpan<byte> bytes) =>
        Escapes().Replace(Encoding.Latin1.GetString(bytes), "").Replace("\0", "", StringComparison.Ordinal).Replace("\r", "\n", StringComparison.Ordinal);

    /// <summary>What the last line waits for.</summary>
    public static TerminalPrompt PromptOf(string text)
    {
        var line = LastLine(text);
        return line.Length is 0 or > LongestPrompt ? TerminalPrompt.None
            : PasswordPrompt().IsMatch(line) ? TerminalPrompt.Password
            : UserPrompt().IsMatch(line) ? TerminalPrompt.User
            : CommandPrompt().IsMatch(line) ? TerminalPrompt.Command
            : TerminalPrompt.None;
    }

    /// <summary>Whether the text says that a login failed.</summary>
    public static bool SaysRefused(string text) => Refusal().IsMatch(text);

    /// <summary>The last line, blanks at its end taken away; empty when the text ends with a line end.</summary>
    public static string LastLine(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text[(text.LastIndexOf('\n') + 1)..].Trim();
    }

    [GeneratedRegex(@"\x1b(\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Escapes();

    [GeneratedRegex(
        @"(pass ?(word|code|phrase)|\bpin|kennwort|passwort|mot de passe|contrase.{1,2}a|senha)[^:>]{0,80}[:>]$",
        RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex PasswordPrompt();

    [GeneratedRegex(
        @"(^|[^a-z])(log[- ]?in( as| name)?|user ?(name|id)?|account|benutzer(name)?|utilisateur|usuario|name)( ?\([^)]{0,40}\))? ?[:>]$",
        RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex UserPrompt();

    [GeneratedRegex(@"[#$%>]$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex CommandPrompt();

    [GeneratedRegex(
        @"incorrect|invalid|denied|fail(ed|ure)|wrong|bad (user|pass|login)|not (valid|correct|authori[sz]ed|permitted)|refused|unknown user|illegal|no such user|ung.ltig|falsch|incorrecto",
        RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Refusal();
}
