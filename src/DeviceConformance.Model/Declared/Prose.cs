using System.Text.RegularExpressions;

namespace DeviceConformance.Model.Declared;

/// <summary>What can be read safely out of the free text of a form: whether it says anything, yes or no, none, enabled or disabled.</summary>
public static partial class Prose
{
    /// <summary>The placeholder of a blank form that is left in a text, such as TODO, TBD, ???, &lt;your text&gt;; empty when there is none.</summary>
    public static string PlaceholderIn(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Placeholder().Match(text).Value;
    }

    /// <summary>Whether a text says that there is nothing: none, n/a, not applicable, no, or a dash, whatever reason follows.</summary>
    public static bool SaysNone(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return None().IsMatch(text);
    }

    /// <summary>Whether a text gives a reason: it is filled in, without a placeholder, and more than a bare "none" or "not applicable".</summary>
    public static bool GivesReason(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Count(char.IsLetter) > 2 && PlaceholderIn(text).Length == 0 && !Bare().IsMatch(text);
    }

    /// <summary>The answer of a text that begins with yes or no; missing when it begins with neither.</summary>
    public static Fact<bool> YesOrNo(Fact<string> text) =>
        !text.TryGet(out var said) ? Fact<bool>.Missing
        : Yes().IsMatch(said) ? Fact<bool>.Declared(true, text.At)
        : No().IsMatch(said) ? Fact<bool>.Declared(false, text.At)
        : Fact<bool>.Missing;

    /// <summary>The status of a text that begins with enabled or disabled; missing when it begins with neither or speaks of both.</summary>
    public static Fact<InterfaceStatus> Status(Fact<string> text) =>
        !text.TryGet(out var said) || (said.Contains("enabled", StringComparison.OrdinalIgnoreCase) && said.Contains("disabled", StringComparison.OrdinalIgnoreCase)) ? Fact<InterfaceStatus>.Missing
        : Enabled().IsMatch(said) ? Fact<InterfaceStatus>.Declared(InterfaceStatus.Enabled, text.At)
        : Disabled().IsMatch(said) ? Fact<InterfaceStatus>.Declared(InterfaceStatus.Disabled, text.At)
        : Fact<InterfaceStatus>.Missing;

    // "Fill in" and "to do" are also plain English, so they count only where a form would have them.
    [GeneratedRegex(
        @"\bTODO\b|\bFIXME\b|\bTB[DCA]\b|(?i:\bx{3,}\b|\blorem ipsum\b|^\s*[\[(<]?\s*fill[ -]in\b|[\[(<]\s*(?:please )?fill[ -]in\b|\bto be (?:defined|determined|completed|filled in)\b|\bplaceholder\b)|\?{3,}|^\s*\.{3,}\s*$|^\s*<[^<>]*>\s*$|<[a-zA-Z]+(?: [a-zA-Z]+)+>",
        RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();

    // "No more than five attempts" is not nothing: the words below count only where the sentence ends, breaks or goes on with a reason.
    [GeneratedRegex(@"^\s*(?:(?:no|nothing|n/?a|[-–—]+)\s*(?:$|[,.:;(–—-])|(?:none|not applicable)(?! of\b)(?:\s*$|[\s,.:;(–—-]))", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex None();

    [GeneratedRegex(@"^[\s\W]*(?:none|no|yes|n/?a|not applicable|not supported|not implemented|not fulfilled|unsupported|see above|see below|nothing|ok)[\s\W]*$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Bare();

    [GeneratedRegex(@"^\s*(?:yes|true)\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Yes();

    [GeneratedRegex(@"^\s*(?:no|none|false|n/a)\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex No();

    [GeneratedRegex(@"^\s*enabled\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Enabled();

    [GeneratedRegex(@"^\s*(?:permanently )?disabled\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Disabled();
}
