using System.Globalization;
using System.Text;
using DeviceConformance.Model.Lab;

namespace DeviceConformance.Probing.Link;

/// <summary>What was said on the wire for one request, as text: offsets in seconds, direction, printable bytes; secrets masked.</summary>
/// <remarks>
/// Secrets are looked for in the whole of what went in one direction of one connection, so one that came byte by byte is found too; and
/// when the transcript is read, so one that became known late is masked from the beginning.
/// </remarks>
public sealed class Transcript
{
    // Enough for every exchange that decides something; a device that pours out data must not fill the disk.
    private const int MaxKept = 256 * 1024;
    private const int MaxBytesPerLine = 4096;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly List<Line> _lines = [];
    private readonly SecretForms _secrets = new();
    private readonly bool _keeps = true;
    private int _kept;
    private int _connections;

    /// <summary>An empty transcript.</summary>
    /// <param name="time">Clock.</param>
    /// <param name="secrets">Passwords that are never to be written.</param>
    public Transcript(TimeProvider time, IEnumerable<TestCredential> secrets)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(secrets);
        _time = time;
        _start = time.GetTimestamp();
        foreach (var credential in secrets)
        {
            Mask(credential.User, credential.Password);
        }
    }

    private Transcript()
    {
        _time = TimeProvider.System;
        _keeps = false;
    }

    private enum Direction
    {
        Sent,
        Received,
        Note,
    }

    /// <summary>A transcript that keeps nothing, for sweeps.</summary>
    public static Transcript None { get; } = new();

    /// <summary>Whether anything was written.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _lines.Count == 0;
            }
        }
    }

    /// <summary>
    /// Masks a password, also in what is written already: as it is, percent-encoded, escaped for HTML and JSON, in hexadecimal, in UTF-16,
    /// and in Base64, alone or inside something longer. One or two characters are not masked: they stand everywhere by chance.
    /// </summary>
    public void Mask(string user, Secret password)
    {
        ArgumentNullException.ThrowIfNull(password);
        lock (_lock)
        {
            if (_keeps)
            {
                _secrets.Add(user, password.Reveal());
            }
        }
    }

    /// <summary>Text with every masked password replaced.</summary>
    public string Masked(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        lock (_lock)
        {
            return _secrets.Mask(text);
        }
    }

    /// <summary>Bytes as <see cref="Printable"/> text of at most <paramref name="limit"/> characters and a remark, with every masked password replaced before anything is cut.</summary>
    public string Excerpt(ReadOnlySpan<byte> bytes, int limit)
    {
        var masked = Masked(Encoding.Latin1.GetString(bytes));
        return Printable(Encoding.Latin1.GetBytes(masked), limit);
    }

    /// <summary>Bytes sent to the DUT.</summary>
    public void Sent(ReadOnlySpan<byte> bytes) => Sent(bytes, 1);

    /// <summary>Bytes received from the DUT.</summary>
    public void Received(ReadOnlySpan<byte> bytes) => Received(bytes, 1);

    /// <summary>A remark of the probe.</summary>
    public void Note(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Keep(Direction.Note, 0, text, 0);
    }

    /// <summary>The whole transcript, UTF-8.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        lock (_lock)
        {
            var text = new StringBuilder();
            var masked = MaskedLines();
            for (var index = 0; index < _lines.Count; index++)
            {
                var line = _lines[index];
                var arrow = line.Direction switch { Direction.Sent => "->", Direction.Received => "<-", _ => "--" };
                var connection = line.Connection > 1 ? $"#{line.Connection}" : "";
                text.Append(CultureInfo.InvariantCulture, $"{line.At.TotalSeconds:0.000} {arrow}{connection} {masked[index]}");
                text.Append(line.Dropped > 0 ? $" ... {line.Dropped} more bytes\n" : "\n");
            }

            if (_kept > MaxKept)
            {
                text.Append("-- the rest of this exchange is not kept: the transcript is full\n");
            }

            return Encoding.UTF8.GetBytes(text.ToString());
        }
    }

    /// <summary>Bytes as text: printable ASCII as it is, CR, LF and TAB as \r \n \t, all else as \xNN.</summary>
    public static string Printable(ReadOnlySpan<byte> bytes, int limit)
    {
        var text = new StringBuilder(Math.Min(bytes.Length, limit) + 16);
        foreach (var value in bytes[..Math.Min(bytes.Length, limit)])
        {
            _ = value switch
            {
                (byte)'\r' => text.Append("\\r"),
                (byte)'\n' => text.Append("\\n"),
                (byte)'\t' => text.Append("\\t"),
                (byte)'\\' => text.Append("\\\\"),
                >= 0x20 and < 0x7f => text.Append((char)value),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}"),
            };
        }

        return bytes.Length > limit ? text.Append(CultureInfo.InvariantCulture, $" ... {bytes.Length - limit} more bytes").ToString() : text.ToString();
    }

    internal int NextConnection() => _keeps ? Interlocked.Increment(ref _connections) : 0;

    internal void Sent(ReadOnlySpan<byte> bytes, int connection) => Keep(Direction.Sent, connection, bytes);

    internal void Received(ReadOnlySpan<byte> bytes, int connection) => Keep(Direction.Received, connection, bytes);

    private void Keep(Direction direction, int connection, ReadOnlySpan<byte> bytes)
    {
        var kept = bytes[..Math.Min(bytes.Length, MaxBytesPerLine)];
        Keep(direction, connection, Encoding.Latin1.GetString(kept), bytes.Length - kept.Length);
    }

    private void Keep(Direction direction, int connection, string text, int dropped)
    {
        lock (_lock)
        {
            if (_keeps && _kept <= MaxKept)
            {
                _kept += text.Length + 16;
                _lines.Add(new Line(_time.GetElapsedTime(_start), direction, connection, text, dropped));
            }
        }
    }

    private string[] MaskedLines()
    {
        var masked = new string[_lines.Count];
        foreach (var stream in Enumerable.Range(0, _lines.Count).GroupBy(index => (_lines[index].Direction, _lines[index].Connection)))
        {
            if (stream.Key.Direction == Direction.Note)
            {
                foreach (var index in stream)
                {
                    masked[index] = _secrets.Mask(_lines[index].Text);
                }
            }
            else
            {
                MaskStream([.. stream], masked);
            }
        }

        return masked;
    }

    // A secret that spans lines is replaced in the line in which it begins and left out of the others.
    private void MaskStream(List<int> indexes, string[] masked)
    {
        for (var first = 0; first < indexes.Count;)
        {
            // What follows a gap does not continue what was before it.
            var gap = indexes.FindIndex(first, index => _lines[index].Dropped > 0);
            var last = gap < 0 ? indexes.Count - 1 : gap;
            var part = indexes[first..(last + 1)];
            var isCut = gap >= 0 || _kept > MaxKept;
            var text = string.Concat(part.Select(index => _lines[index].Text));
            var found = _secrets.Find(text, isCut);
            var start = 0;
            foreach (var index in part)
            {
                var end = start + _lines[index].Text.Length;
                masked[index] = Render(text, start, end, found);
                start = end;
            }

            first = last + 1;
        }
    }

    private static string Render(string text, int start, int end, List<(int Start, int Length)> secrets)
    {
        var line = new StringBuilder();
        var from = start;
        foreach (var (at, length) in secrets)
        {
            if (at + length <= start || at >= end)
            {
                continue;
            }

            if (at >= from)
            {
                line.Append(PrintableText(text[from..at])).Append(Secret.Mask);
            }

            from = Math.Min(end, at + length);
        }

        return line.Append(PrintableText(text[from..end])).ToString();
    }

    private static string PrintableText(string latin) => Printable(Encoding.Latin1.GetBytes(latin), int.MaxValue);

    private sealed record Line(TimeSpan At, Direction Direction, int Connection, string Text, int Dropped);
}
