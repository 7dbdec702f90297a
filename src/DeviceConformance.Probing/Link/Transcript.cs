using System.Globalization;
using System.Text;
using DeviceConformance.Model.Lab;

namespace DeviceConformance.Probing.Link;

/// <summary>What was said on the wire for one request, as text: offsets in seconds, direction, printable bytes; secrets masked.</summary>
public sealed class Transcript
{
    // Enough for every exchange that decides something; a device that pours out data must not fill the disk.
    private const int MaxCharacters = 256 * 1024;
    private const int MaxBytesPerLine = 4096;

    private readonly StringBuilder _text = new();
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly List<string> _masked = [];
    private bool _full;

    /// <summary>An empty transcript.</summary>
    /// <param name="time">Clock.</param>
    /// <param name="secrets">Passwords that are never to be written.</param>
    public Transcript(TimeProvider time, IEnumerable<TestCredential> secrets)
    {
        _time = time;
        _start = time.GetTimestamp();
        foreach (var credential in secrets)
        {
            Mask(credential.User, credential.Password);
        }
    }

    /// <summary>A transcript that keeps nothing, for sweeps.</summary>
    public static Transcript None { get; } = new(TimeProvider.System, []) { _full = true };

    /// <summary>Whether anything was written.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _text.Length == 0;
            }
        }
    }

    /// <summary>Masks a password from here on: in clear, as the transcript prints it, URL-encoded, HTML-encoded, in Base64 as HTTP Basic sends it, and alone in Base64.</summary>
    public void Mask(string user, Secret password)
    {
        ArgumentNullException.ThrowIfNull(password);
        var plain = password.Reveal();
        if (plain.Length == 0)
        {
            return;
        }

        lock (_lock)
        {
            string[] forms =
            [
                Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{plain}")),
                Convert.ToBase64String(Encoding.UTF8.GetBytes(plain)),
                Uri.EscapeDataString(plain),
                // A form field writes blanks as +, all else as above.
                Uri.EscapeDataString(plain).Replace("%20", "+", StringComparison.Ordinal),
                System.Net.WebUtility.UrlEncode(plain),
                System.Net.WebUtility.HtmlEncode(plain),
                Printable(Encoding.UTF8.GetBytes(plain), int.MaxValue),
                plain,
            ];
            _masked.AddRange(forms.Distinct(StringComparer.Ordinal).Where(form => form.Length >= 3 && !_masked.Contains(form)));
            // The longest first: a password that is part of another must not leave the rest of it readable.
            _masked.Sort(static (left, right) => right.Length.CompareTo(left.Length));
        }
    }

    /// <summary>Text with every masked password replaced.</summary>
    public string Masked(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        lock (_lock)
        {
            return _masked.Aggregate(text, (current, secret) => current.Replace(secret, Secret.Mask, StringComparison.Ordinal));
        }
    }

    /// <summary>Bytes sent to the DUT.</summary>
    public void Sent(ReadOnlySpan<byte> bytes) => Write("->", Printable(bytes, MaxBytesPerLine));

    /// <summary>Bytes received from the DUT.</summary>
    public void Received(ReadOnlySpan<byte> bytes) => Write("<-", Printable(bytes, MaxBytesPerLine));

    /// <summary>A remark of the probe.</summary>
    public void Note(string text) => Write("--", text);

    /// <summary>The whole transcript, UTF-8.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        lock (_lock)
        {
            return Encoding.UTF8.GetBytes(_text.ToString());
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

    private void Write(string direction, string text)
    {
        lock (_lock)
        {
            if (_full)
            {
                return;
            }

            if (_text.Length > MaxCharacters)
            {
                _full = true;
                _text.Append("-- the rest of this exchange is not kept: the transcript is full\n");
                return;
            }

            _text.Append(CultureInfo.InvariantCulture, $"{_time.GetElapsedTime(_start).TotalSeconds:0.000} {direction} ").Append(Masked(text)).Append('\n');
        }
    }
}
