using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace DeviceConformance.Model.Declared;

/// <summary>Labels of IXIT entries inside free text.</summary>
public static partial class EntryIds
{
    /// <summary>Every label such as <c>UpdMech-2</c> in the text, each once, in order of appearance.</summary>
    public static ImmutableArray<string> In(string text) =>
        [.. Label().Matches(text).Select(match => match.Value).Distinct(StringComparer.Ordinal)];

    [GeneratedRegex(@"\b[A-Z][A-Za-z]+-\d+[a-z]?\b", RegexOptions.CultureInvariant)]
    private static partial Regex Label();
}
