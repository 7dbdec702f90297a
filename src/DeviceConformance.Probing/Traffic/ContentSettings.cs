using System.Buffers;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic;

/// <summary>A value that is looked for in readable content.</summary>
/// <param name="Kind">Kind.</param>
/// <param name="Label">What it is, without its value.</param>
/// <param name="Entry">IXIT entry; empty when none.</param>
/// <param name="Value">The value. It never leaves the search.</param>
public sealed record SoughtValue(ClearItemKind Kind, string Label, string Entry, string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Label;
}

/// <summary>How content is read: what is looked for. Built once, shared by all flows, immutable.</summary>
internal sealed class ContentSettings
{
    /// <summary>Bytes of a value at the least: shorter ones occur by chance.</summary>
    public const int ShortestValue = 4;

    private readonly SearchValues<string> _search;
    private readonly (string Text, string Encoding, SoughtValue Value)[] _forms;

    /// <summary>Prepares the search.</summary>
    public ContentSettings(IEnumerable<SoughtValue> values)
    {
        var forms = new List<(string Text, string Encoding, SoughtValue Value)>();
        var refused = ImmutableArray.CreateBuilder<string>();
        foreach (var value in values)
        {
            if (Encoding.UTF8.GetByteCount(value.Value) < ShortestValue)
            {
                refused.Add($"{value.Label}: shorter than {ShortestValue} bytes, would be found by chance");
                continue;
            }

            forms.AddRange(Forms(value.Value).Where(form => form.Text.Length >= ShortestValue).DistinctBy(form => form.Text).Select(form => (form.Text, form.Encoding, value)));
        }

        // The longest first: of several forms at one place the most telling counts.
        _forms = [.. forms.OrderByDescending(form => form.Text.Length)];
        _search = SearchValues.Create([.. _forms.Select(form => form.Text).Distinct()], StringComparison.Ordinal);
        Refused = refused.ToImmutable();
        Longest = _forms.Length == 0 ? 0 : _forms[0].Text.Length;
    }

    /// <summary>Values that are not looked for, by label, with the reason: their absence must not be claimed.</summary>
    public ImmutableArray<string> Refused { get; }

    /// <summary>Secrets that open TLS connections.</summary>
    public KeyLogBook Keys { get; init; } = new();

    /// <summary>Length of the longest form in bytes; 0 when nothing is looked for.</summary>
    public int Longest { get; }

    /// <summary>Finds the next value; text holds one character for each byte.</summary>
    /// <returns>Where it begins; -1 when there is none.</returns>
    public int Find(ReadOnlySpan<char> text, List<(SoughtValue Value, string Encoding)> found)
    {
        found.Clear();
        var at = Longest == 0 ? -1 : text.IndexOfAny(_search);
        if (at >= 0)
        {
            foreach (var form in _forms)
            {
                if (text[at..].StartsWith(form.Text, StringComparison.Ordinal) && !found.Exists(item => item.Value == form.Value))
                {
                    found.Add((form.Value, form.Encoding));
                }
            }
        }

        return at;
    }

    private static IEnumerable<(string Text, string Encoding)> Forms(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        yield return (Encoding.Latin1.GetString(bytes), "clear");
        yield return (Convert.ToHexStringLower(bytes), "hex");
        yield return (Convert.ToHexString(bytes), "hex");
        yield return (Uri.EscapeDataString(value), "URL");
        yield return (Uri.EscapeDataString(value).Replace("%20", "+", StringComparison.Ordinal), "URL");
        yield return (WebUtility.UrlEncode(value), "URL");
        yield return (Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(WebUtility.HtmlEncode(value))), "HTML");
        yield return (JsonEncodedText.Encode(value).Value, "JSON");
        yield return (string.Concat(value.Select(unit => $"\\u{(int)unit:x4}")), "JSON");
        yield return (Encoding.Latin1.GetString(Encoding.Unicode.GetBytes(value)), "UTF-16");
        yield return (Encoding.Latin1.GetString(Encoding.BigEndianUnicode.GetBytes(value)), "UTF-16");
        // Only the characters that do not depend on what stands before and behind.
        for (var before = 0; before < 3; before++)
        {
            var whole = Convert.ToBase64String([.. new byte[before], .. bytes]);
            var sure = whole[((before * 8 + 5) / 6)..((before + bytes.Length) * 8 / 6)];
            yield return (sure, "base64");
            yield return (sure.Replace('+', '-').Replace('/', '_'), "base64");
        }
    }
}
