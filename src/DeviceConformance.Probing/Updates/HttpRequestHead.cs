using System.Globalization;
using System.Text;

namespace DeviceConformance.Probing.Updates;

/// <summary>Request line and the one header that a download server needs (RFC 9112, 3; RFC 9110, 14.2).</summary>
/// <param name="Method">Method.</param>
/// <param name="Path">Path without query, percent-decoded.</param>
/// <param name="Range">Bytes asked for; null: all.</param>
public sealed record HttpRequestHead(string Method, string Path, ByteRange? Range)
{
    /// <summary>Length of a head at the most; RFC 9112, 3 asks for 8000 bytes of request line at least.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>Reads a head, from the request line to the empty line.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out HttpRequestHead head)
    {
        head = null!;
        if (bytes.Length > MaxLength || bytes.ContainsAnyExcept(_textBytes))
        {
            return false;
        }

        var lines = Encoding.ASCII.GetString(bytes).Split('\n');
        var parts = lines[0].TrimEnd('\r').Split(' ');
        if (parts.Length != 3 || parts[0].Length == 0 || !parts[2].StartsWith("HTTP/1.", StringComparison.Ordinal) || !TryPath(parts[1], out var path))
        {
            return false;
        }

        ByteRange? range = null;
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line[..colon].Equals("Range", StringComparison.OrdinalIgnoreCase))
            {
                range = ByteRange.Parse(line[(colon + 1)..].Trim());
            }
        }

        head = new HttpRequestHead(parts[0], path, range);
        return true;
    }

    private static readonly System.Buffers.SearchValues<byte> _textBytes = System.Buffers.SearchValues.Create([(byte)'\t', (byte)'\r', (byte)'\n', .. Enumerable.Range(0x20, 0x5f).Select(value => (byte)value)]);

    private static bool TryPath(string target, out string path)
    {
        // A client that takes us for a proxy sends the whole address (RFC 9112, 3.2.2).
        var local = Uri.TryCreate(target, UriKind.Absolute, out var whole) && whole.Scheme == Uri.UriSchemeHttp ? whole.PathAndQuery : target;
        path = Uri.UnescapeDataString(local.Split('?')[0]);
        return local.StartsWith('/');
    }
}

/// <summary>A range of bytes as asked for: from, or the last so many, or from and to (RFC 9110, 14.1.2).</summary>
/// <param name="From">First byte; null: count from the end.</param>
/// <param name="To">Last byte, or how many from the end; null: to the end.</param>
public readonly record struct ByteRange(long? From, long? To)
{
    /// <summary>Reads the value of a Range header; null when it is none, or several ranges, which a server may ignore.</summary>
    public static ByteRange? Parse(string value)
    {
        const string unit = "bytes=";
        var parts = value.StartsWith(unit, StringComparison.OrdinalIgnoreCase) ? value[unit.Length..].Split('-') : [];
        return parts.Length == 2 && TryNumber(parts[0], out var from) && TryNumber(parts[1], out var to) && (from ?? to) is not null && !(from > to)
            ? new ByteRange(from, to)
            : null;
    }

    /// <summary>What it means for so many bytes; false when it lies beyond them.</summary>
    public bool TryApply(long length, out long offset, out long count)
    {
        offset = From ?? Math.Max(0, length - To!.Value);
        var last = From is null || To is null ? length - 1 : Math.Min(To.Value, length - 1);
        count = last - offset + 1;
        return count > 0;
    }

    private static bool TryNumber(string text, out long? number)
    {
        number = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
        return number is not null || text.Length == 0;
    }
}
