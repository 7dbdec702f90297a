using System.Globalization;
using System.IO.Compression;
using System.Text;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>
/// The body of a message of HTTP: its end by length or chunks (RFC 9112, 6 and 7.1), known values inside what chunks and compression hide (RFC 9110, 8.4),
/// and logins in forms. Bounded: of a compressed body at most <see cref="MostPacked"/> bytes are kept and <see cref="MostUnpacked"/> come of them.
/// </summary>
internal sealed class HttpBody(FlowNotes notes, KnownValues? decoded, bool fromClient)
{
    /// <summary>Bytes of a compressed body that are kept at the most.</summary>
    public const int MostPacked = 256 * 1024;

    /// <summary>Bytes that are unpacked at the most, whatever the ratio.</summary>
    public const int MostUnpacked = 1024 * 1024;

    private const int LongestForm = 4096;
    private const int LongestSizeLine = 1024;

    private byte[] _kept = [];
    private int _keptLength;
    private readonly StringBuilder _sizeLine = new();
    private long _left;
    private string _coding = "";
    private string _type = "";
    private bool _isChunked;
    private bool _isInTrailer;
    private bool _isDone = true;

    /// <summary>Whether the message is over.</summary>
    public bool IsDone => _isDone;

    /// <summary>A head is over: its body follows.</summary>
    /// <param name="length">Length in its fields.</param>
    /// <param name="isChunked">Whether it comes in chunks; then the length counts no more (RFC 9112, 6.3).</param>
    /// <param name="coding">Content coding in lower case.</param>
    /// <param name="type">Content type in lower case.</param>
    public void Begin(long length, bool isChunked, string coding, string type)
    {
        (_left, _isChunked, _coding, _type) = (isChunked ? 0 : length, isChunked, coding, type);
        (_isInTrailer, _isDone) = (false, !isChunked && length <= 0);
        _sizeLine.Clear();
        Drop();
    }

    /// <summary>Reads on to the end of the body.</summary>
    /// <param name="bytes">What is left to read.</param>
    /// <param name="frame">Frame.</param>
    public void Append(ref ReadOnlySpan<byte> bytes, long frame)
    {
        while (!_isDone && bytes.Length > 0)
        {
            if (_left > 0)
            {
                var part = bytes[..(int)Math.Min(_left, bytes.Length)];
                bytes = bytes[part.Length..];
                _left -= part.Length;
                Take(part, frame);
                if (_left == 0 && !_isChunked)
                {
                    End(frame);
                }

                continue;
            }

            TakeSizeLine(bytes[0], frame);
            bytes = bytes[1..];
        }
    }

    /// <summary>Bytes that are in no frame.</summary>
    /// <returns>Whether the body goes on after them.</returns>
    public bool Skip(long bytes)
    {
        decoded?.Forget();
        // What is missing can neither be unpacked nor read as a form.
        (_coding, _type) = ("", "");
        Drop();
        if (_isDone || bytes > _left)
        {
            _isDone = true;
            return false;
        }

        _left -= bytes;
        _isDone = _left == 0 && !_isChunked;
        return true;
    }

    // A line before each chunk, one after it, and after the last fields up to an empty one.
    private void TakeSizeLine(byte value, long frame)
    {
        if (value != '\n')
        {
            if (_sizeLine.Length >= LongestSizeLine)
            {
                End(frame);
                return;
            }

            _sizeLine.Append((char)value);
            return;
        }

        var line = _sizeLine.ToString().TrimEnd('\r');
        _sizeLine.Clear();
        if (_isInTrailer)
        {
            if (line.Length == 0)
            {
                End(frame);
            }
        }
        else if (line.Length > 0)
        {
            var size = line.Split(';')[0].Trim();
            if (!long.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _left) || _left < 0)
            {
                _left = 0;
                End(frame);
            }
            else
            {
                _isInTrailer = _left == 0;
            }
        }
    }

    // Most connections have no packed body: what one needed is given back.
    private void Drop()
    {
        notes.Hold(-_kept.Length);
        (_kept, _keptLength) = ([], 0);
    }

    private void Take(ReadOnlySpan<byte> part, long frame)
    {
        var isPacked = _coding is "gzip" or "x-gzip" or "deflate";
        if (_isChunked && !isPacked)
        {
            decoded?.Append(part, frame);
        }

        var most = isPacked ? MostPacked : fromClient && IsForm ? LongestForm : 0;
        var kept = Math.Min(part.Length, Math.Max(0, most - _keptLength));
        if (_keptLength + kept > _kept.Length)
        {
            // Grows with what came, not with what a length field claims.
            var before = _kept.Length;
            Array.Resize(ref _kept, Math.Min(most, Math.Max(2 * (_keptLength + kept), 512)));
            notes.Hold(_kept.Length - before);
        }

        part[..kept].CopyTo(_kept.AsSpan(_keptLength));
        _keptLength += kept;
    }

    private bool IsForm => _type.StartsWith("application/x-www-form-urlencoded", StringComparison.Ordinal) || _type.StartsWith("multipart/form-data", StringComparison.Ordinal) || _type.StartsWith("application/json", StringComparison.Ordinal);

    private void End(long frame)
    {
        _isDone = true;
        decoded?.Forget();
        if (_keptLength == 0)
        {
            return;
        }

        if (_coding is "gzip" or "x-gzip" or "deflate")
        {
            Unpack(frame);
        }
        else if (fromClient)
        {
            TakeForm(Encoding.Latin1.GetString(_kept, 0, _keptLength), frame);
        }

        Drop();
    }

    private void Unpack(long frame)
    {
        using var packed = new MemoryStream(_kept, 0, _keptLength, writable: false);
        // "deflate" is the format of RFC 1950 around that of RFC 1951.
        using Stream stream = _coding == "deflate" ? new ZLibStream(packed, CompressionMode.Decompress) : new GZipStream(packed, CompressionMode.Decompress);
        var buffer = new byte[16 * 1024];
        var form = new StringBuilder();
        try
        {
            for (var unpacked = 0; unpacked < MostUnpacked;)
            {
                var count = stream.Read(buffer, 0, Math.Min(buffer.Length, MostUnpacked - unpacked));
                if (count == 0)
                {
                    break;
                }

                unpacked += count;
                decoded?.Append(buffer.AsSpan(0, count), frame, "gzip");
                if (fromClient && IsForm && form.Length < LongestForm)
                {
                    form.Append(Encoding.Latin1.GetString(buffer, 0, Math.Min(count, LongestForm)));
                }
            }
        }
        catch (InvalidDataException)
        {
            // The one way in which the BCL says that the rest is not packed so; what came before it was searched.
        }

        decoded?.Forget();
        TakeForm(form.ToString(), frame);
    }

    private void TakeForm(string text, long frame)
    {
        if (_type.StartsWith("multipart/", StringComparison.Ordinal))
        {
            // RFC 7578, 4.2: the name in the head of a part, its value behind an empty line.
            for (var at = 0; (at = text.IndexOf("name=\"", at, StringComparison.OrdinalIgnoreCase)) >= 0;)
            {
                at += 6;
                var (quote, value) = (text.IndexOf('"', at), text.IndexOf("\r\n\r\n", at, StringComparison.Ordinal));
                if (quote > 0 && value > quote && value + 4 < text.Length && text[value + 4] != '\r')
                {
                    SecretNames.Take(notes, text[at..quote], "form", fromClient, frame);
                }
            }
        }
        else if (_type.StartsWith("application/json", StringComparison.Ordinal))
        {
            for (var at = 0; (at = text.IndexOf("\":", at, StringComparison.Ordinal)) >= 0; at += 2)
            {
                var name = text.LastIndexOf('"', Math.Max(at - 1, 0));
                var value = text.AsSpan(at + 2).TrimStart();
                if (name >= 0 && name < at && value.Length > 1 && value[0] == '"' && value[1] != '"')
                {
                    SecretNames.Take(notes, text[(name + 1)..at], "JSON body", fromClient, frame);
                }
            }
        }
        else
        {
            foreach (var pair in text.Split('&', 64))
            {
                var sign = pair.IndexOf('=', StringComparison.Ordinal);
                if (sign > 0 && sign + 1 < pair.Length)
                {
                    SecretNames.Take(notes, pair[..sign], "form", fromClient, frame);
                }
            }
        }
    }
}

/// <summary>Names of fields that hold passwords and tokens.</summary>
internal static class SecretNames
{
    /// <summary>Notes an item when the name is one of these.</summary>
    public static void Take(FlowNotes notes, string name, string place, bool fromClient, long frame)
    {
        switch (name.Trim().ToLowerInvariant())
        {
            case "password" or "passwd" or "pwd" or "pass":
                notes.Item(ClearItemKind.Credential, $"password in a {place}", "clear", fromClient, frame);
                break;
            case "token" or "access_token" or "auth_token" or "refresh_token" or "api_key" or "apikey" or "session" or "sessionid" or "sid":
                notes.Item(ClearItemKind.Token, $"token in a {place}", "clear", fromClient, frame);
                break;
        }
    }
}
