using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using DeviceConformance.Model.Lab;

namespace DeviceConformance.Probing.Link;

/// <summary>Finds passwords in text, in all the ways in which protocols write them down.</summary>
/// <remarks>
/// Text stands for bytes, one character for each (Latin-1), or is plain text. Upper and lower case count as the same: that masks
/// hexadecimal and percent escapes of either case, and rather too much than too little.
/// </remarks>
internal sealed class SecretForms
{
    // One or two characters are no secret, and masking them would leave no transcript.
    private const int ShortestPassword = 3;

    // Shorter ones would occur by chance everywhere.
    private const int ShortestDerivedForm = 4;

    // A trial of passwords adds one after the other and looks between: only the latest are searched for anew each time.
    private const int MostRecent = 512;

    private readonly HashSet<string> _forms = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _recent = [];
    private string[] _longestFirst = [];
    private SearchValues<string> _settledSearch = SearchValues.Create([], StringComparison.OrdinalIgnoreCase);
    private SearchValues<string>? _recentSearch;

    /// <summary>Adds a password and, for protocols that send both as one, the user it belongs to.</summary>
    public void Add(string user, string password)
    {
        if (password.Length < ShortestPassword)
        {
            return;
        }

        HashSet<string> forms = [password, .. Derived(user, password).Where(form => form.Length >= ShortestDerivedForm)];
        forms.UnionWith(forms.Select(form => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(form))).ToList());
        // The transcript's own escapes, for callers that hand in text which has been through them.
        forms.UnionWith(forms.Select(form => Transcript.Printable(Encoding.Latin1.GetBytes(form), int.MaxValue)).ToList());
        _recent.AddRange(forms.Where(_forms.Add));
        _recentSearch = null;
    }

    /// <summary>Where passwords stand: ascending, not overlapping.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isCut">Whether more followed that is lost; then the beginning of a password at the end counts as one.</param>
    public List<(int Start, int Length)> Find(string text, bool isCut)
    {
        Prepare();
        var found = new List<(int Start, int Length)>();
        for (var from = 0; Next(text, from) is >= 0 and var start;)
        {
            // The longest at this place: a password that is part of another must not leave the rest of it readable.
            var end = start + LengthAt(text, start);
            // One password may begin inside another and go on after its end.
            for (var inside = start + 1; inside < end; inside++)
            {
                end = Math.Max(end, inside + LengthAt(text, inside));
            }

            found.Add((start, end - start));
            from = end;
        }

        var free = found.Count == 0 ? 0 : found[^1].Start + found[^1].Length;
        if (isCut && BeginningAtEnd(text, free) is > 0 and var beginning)
        {
            found.Add((text.Length - beginning, beginning));
        }

        return found;
    }

    /// <summary>The text with every password replaced.</summary>
    public string Mask(string text)
    {
        var found = Find(text, isCut: false);
        if (found.Count == 0)
        {
            return text;
        }

        var masked = new StringBuilder(text.Length);
        var from = 0;
        foreach (var (start, length) in found)
        {
            masked.Append(text, from, start - from).Append(Secret.Mask);
            from = start + length;
        }

        return masked.Append(text, from, text.Length - from).ToString();
    }

    private void Prepare()
    {
        if (_recentSearch is not null)
        {
            return;
        }

        _longestFirst = [.. _forms.OrderByDescending(form => form.Length)];
        if (_recent.Count > MostRecent)
        {
            _settledSearch = SearchValues.Create(_longestFirst, StringComparison.OrdinalIgnoreCase);
            _recent.Clear();
        }

        _recentSearch = SearchValues.Create([.. _recent], StringComparison.OrdinalIgnoreCase);
    }

    private int Next(string text, int from)
    {
        var settled = text.AsSpan(from).IndexOfAny(_settledSearch);
        var before = settled < 0 ? text.Length : from + settled;
        // Up to the end of the longest: a recent form may begin just before a settled one.
        var recent = text.AsSpan(from, Math.Min(text.Length, before + LongestForm) - from).IndexOfAny(_recentSearch!);
        return recent < 0 ? (settled < 0 ? -1 : before) : Math.Min(before, from + recent);
    }

    private int LongestForm => _longestFirst.Length == 0 ? 0 : _longestFirst[0].Length;

    private static IEnumerable<string> Derived(string user, string password)
    {
        var bytes = Encoding.UTF8.GetBytes(password);
        yield return Uri.EscapeDataString(password);
        // A form field writes blanks as + (WHATWG URL, 5.2); .NET's two encoders differ in what else they escape.
        yield return Uri.EscapeDataString(password).Replace("%20", "+", StringComparison.Ordinal);
        yield return WebUtility.UrlEncode(password);
        yield return string.Concat(bytes.Select(value => $"%{value:x2}"));
        yield return WebUtility.HtmlEncode(password);
        yield return password.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
        yield return JsonEncodedText.Encode(password).Value;
        yield return JsonEncodedText.Encode(password, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value;
        yield return JsonEncodedText.Encode(password, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value.Replace("/", "\\/", StringComparison.Ordinal);
        yield return Convert.ToHexStringLower(bytes);
        yield return string.Join(' ', bytes.Select(value => value.ToString("x2", CultureInfo.InvariantCulture)));
        yield return string.Join(':', bytes.Select(value => value.ToString("x2", CultureInfo.InvariantCulture)));
        yield return Encoding.Latin1.GetString(Encoding.Unicode.GetBytes(password));
        yield return Encoding.Latin1.GetString(Encoding.BigEndianUnicode.GetBytes(password));
        // Telnet doubles the byte 255 (RFC 854).
        yield return Encoding.Latin1.GetString(bytes).Replace("\u00ff", "\u00ff\u00ff", StringComparison.Ordinal);
        foreach (var value in new[] { bytes, Encoding.UTF8.GetBytes($"{user}:{password}"), Encoding.UTF8.GetBytes($"\0{user}\0{password}") })
        {
            foreach (var form in Base64Forms(value))
            {
                yield return form;
            }
        }
    }

    // Base64 of a longer text that contains the value: its characters depend on where in a group of three bytes the value begins,
    // and the first and last of them also on the neighbours. What lies between is always the same.
    private static IEnumerable<string> Base64Forms(byte[] value)
    {
        yield return Convert.ToBase64String(value);
        for (var before = 0; before < 3; before++)
        {
            var whole = Convert.ToBase64String([.. new byte[before], .. value]);
            var first = (before * 8 + 5) / 6;
            var last = (before + value.Length) * 8 / 6;
            if (last > first)
            {
                var sure = whole[first..last];
                yield return sure;
                yield return sure.Replace('+', '-').Replace('/', '_');
            }
        }
    }

    private int LengthAt(string text, int start)
    {
        var rest = text.AsSpan(start);
        foreach (var form in _longestFirst)
        {
            if (rest.StartsWith(form, StringComparison.OrdinalIgnoreCase))
            {
                return form.Length;
            }
        }

        return 0;
    }

    private int BeginningAtEnd(string text, int free)
    {
        var longest = 0;
        foreach (var form in _longestFirst)
        {
            for (var length = Math.Min(form.Length - 1, text.Length - free); length > longest; length--)
            {
                if (text.AsSpan(text.Length - length).Equals(form.AsSpan(0, length), StringComparison.OrdinalIgnoreCase))
                {
                    longest = length;
                }
            }
        }

        return longest;
    }
}
