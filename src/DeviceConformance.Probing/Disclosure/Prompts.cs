using System.Text.RegularExpressions;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>What the last line of a text service waits for.</summary>
internal enum Prompt
{
    /// <summary>Nothing that is known.</summary>
    None,

    /// <summary>A user name or a password.</summary>
    Login,

    /// <summary>A command: whoever connects may give one.</summary>
    Command,
}

/// <summary>Tells prompts from other text.</summary>
internal static class Prompts
{
    // A prompt is short; looking at more each time a byte comes would cost the square of what was said.
    private const int MaxTail = 512;

    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    private static readonly Regex _login = new(@"(?:login|log in|logon|user ?name|user|account|password|passwd|passphrase|passcode|pin|passwort|benutzer(?:name)?|kennwort|utilisateur|mot de passe)(?: ?\([^()]*\))? ?[:>?]? ?$", Linear);

    // root@host:~#, BusyBox "/ #", router "name>", "(config)#", "=> " of U-Boot, "msf5 >" and so on.
    private static readonly Regex _command = new(@"(?:^|[\w)\]~/@:.= -])[#$>] ?$|[A-Z)\]~/@:.-]% ?$", Linear);

    private static readonly Regex _debug = new(@"\b(?:debug|dbg|shell|busybox|u-boot|uboot|uart|gdb)\b", Linear);

    // Terminal control sequences (ECMA-48) colour a prompt.
    private static readonly Regex _escape = new(@"\x1b\[[0-9;?]{0,20}[A-Za-z]", Linear);

    /// <summary>What the text ends with.</summary>
    public static Prompt At(string text)
    {
        var line = LastLine(text);
        return line.Length is 0 or > 120 || line.Any(character => character is < ' ' or > '~') ? Prompt.None
            : _login.IsMatch(line) ? Prompt.Login
            : _command.IsMatch(line) ? Prompt.Command
            : Prompt.None;
    }

    /// <summary>Whether a command prompt is that of a shell, a boot loader or a debugging console, and not one that only the product's own commands follow.</summary>
    public static bool IsDebug(string text) => LastLine(text) is var line && (line.EndsWith('#') || line.EndsWith('$') || line.EndsWith("=>", StringComparison.Ordinal)) || _debug.IsMatch(text.Length > MaxTail ? text[^MaxTail..] : text);

    /// <summary>The last line, without control sequences and blanks at its end.</summary>
    public static string LastLine(string text)
    {
        var plain = _escape.Replace(text.Length > MaxTail ? text[^MaxTail..] : text, "");
        return plain[(plain.LastIndexOfAny(['\n', '\r']) + 1)..].Trim();
    }
}
