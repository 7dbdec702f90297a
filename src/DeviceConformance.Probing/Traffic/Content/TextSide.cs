using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>One direction of a readable conversation, line by line.</summary>
/// <param name="notes">Notes of the flow.</param>
/// <param name="talk">What both directions know of each other.</param>
/// <param name="fromClient">Whether it is the client's.</param>
/// <param name="decoded">Looks for known values in what stands packed, in chunks or masked; null when nothing does.</param>
internal sealed class TextSide(FlowNotes notes, TextTalk talk, bool fromClient, KnownValues? decoded)
{
    private const int LongestLine = 8 * 1024;
    private const int Escape = 27;

    private readonly StringBuilder _line = new();
    private int _held;
    private bool _isUnreadable;
    private bool _isHead;
    private readonly HttpBody _body = new(notes, decoded, fromClient);
    private WebSocketSide? _socket;
    private long _announcedBody;
    private bool _isChunked;
    private bool _isSocketAnswer;
    private bool _hasNoBody;
    private string _coding = "";
    private string _type = "";

    /// <summary>Whether the next byte begins a line.</summary>
    public bool IsAtLineStart => _line.Length == 0 && !_isUnreadable && _body.IsDone;

    /// <summary>Whether a byte can be part of text: printable, white space, escape, or beyond ASCII.</summary>
    public static bool IsReadable(byte value) => value is >= 0x20 and not 0x7f or (byte)'\t' or (byte)'\r' or (byte)'\n' or Escape;

    /// <summary>Reads on.</summary>
    public void Append(ReadOnlySpan<byte> bytes, long frame)
    {
        while (bytes.Length > 0)
        {
            if (!_body.IsDone)
            {
                _body.Append(ref bytes, frame);
                continue;
            }

            if (talk.IsWebSocket && !_isHead && IsAtLineStart)
            {
                (_socket ??= new WebSocketSide(notes, decoded)).Append(bytes, frame);
                return;
            }

            // Telnet ends a line with a return and a zero too (RFC 854).
            var end = notes.Protocol == ServiceProtocol.Telnet ? bytes.IndexOfAny((byte)'\n', (byte)0) : bytes.IndexOf((byte)'\n');
            var part = end < 0 ? bytes : bytes[..end];
            Collect(part);
            bytes = end < 0 ? [] : bytes[(end + 1)..];
            if (end >= 0)
            {
                if (!_isUnreadable)
                {
                    TakeLine(_line.ToString().TrimEnd('\r'), frame);
                }

                _line.Clear();
                _isUnreadable = false;
            }
        }

        if (!fromClient && !talk.HasHeads && _line.Length > 0)
        {
            talk.AsksPassword = _line.ToString().TrimEnd().EndsWith("assword:", StringComparison.Ordinal);
        }
    }

    /// <summary>Bytes that are in no frame: the line that they were in can not be read.</summary>
    public void Skip(long bytes)
    {
        _socket?.Skip(bytes);
        if (_body.Skip(bytes))
        {
            return;
        }

        (_announcedBody, _isHead) = (0, false);
        _isUnreadable = true;
        _line.Clear();
    }

    private void Collect(ReadOnlySpan<byte> part)
    {
        foreach (var value in part)
        {
            _isUnreadable |= !IsReadable(value);
        }

        _isUnreadable |= _line.Length + part.Length > LongestLine;
        if (_isUnreadable)
        {
            _line.Clear();
            return;
        }

        _line.Append(Encoding.Latin1.GetString(part));
        // A builder keeps its room for the next line.
        if (sizeof(char) * _line.Capacity is var room && room > _held)
        {
            notes.Hold(room - _held);
            _held = room;
        }
    }

    private void TakeLine(string line, long frame)
    {
        if (_isHead)
        {
            TakeField(line, frame);
        }
        else if (TryOpening(line, frame))
        {
            (_isHead, talk.HasHeads) = (true, true);
            (_announcedBody, _isChunked, _coding, _type) = (0, false, "", "");
        }
        else if (!talk.HasHeads)
        {
            TakeCommand(line, frame);
        }
    }

    // RFC 9112, 3 and 4; RTSP and SIP have the same shape.
    private bool TryOpening(string line, long frame)
    {
        var words = line.Split(' ', 4);
        if (words.Length >= 2 && Family(words[0]) is var (answering, name) && words[1].Length == 3 && words[1].All(char.IsAsciiDigit))
        {
            notes.Recognise(answering, name);
            var isInterim = words[1][0] == '1';
            _isSocketAnswer = words[1] == "101";
            _hasNoBody = isInterim || words[1] is "204" or "304" || (!isInterim && talk.Asked.TryDequeue(out var isHead) && isHead);
            return true;
        }

        if (words.Length != 3 || words[0].Length is 0 or > 20 || !words[0].All(unit => char.IsAsciiLetterUpper(unit) || unit is '-' or '_') || words[1].Length == 0 || Family(words[2]) is not var (protocol, application))
        {
            return false;
        }

        notes.Recognise(protocol, application);
        (_hasNoBody, _isSocketAnswer) = (false, false);
        if (talk.Asked.Count < TextTalk.MostAsked)
        {
            talk.Asked.Enqueue(words[0] == "HEAD");
        }

        TakeTarget(words[0], words[1], frame);
        return true;
    }

    private void TakeTarget(string method, string target, long frame)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        // What stands before the @ of an address is a login.
        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        var login = scheme < 0 ? -1 : path.IndexOf('@', scheme);
        if (login > 0 && path.IndexOf('/', scheme + 3) is var slash && (slash < 0 || slash > login))
        {
            notes.Item(ClearItemKind.Credential, "login in an address", "clear", fromClient, frame);
            path = path[..(scheme + 3)] + path[(login + 1)..];
        }

        var names = query < 0 ? [] : target[(query + 1)..].Split('&', 32).Where(part => part.IndexOf('=', StringComparison.Ordinal) > 0).Select(part => (Name: part[..part.IndexOf('=', StringComparison.Ordinal)], Value: part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..])).ToList();
        notes.Request($"{method} {path}{(names.Count > 0 ? "?" : "")}{string.Join('&', names.Select(item => item.Name + "="))}");
        foreach (var (name, _) in names.Where(item => item.Value.Length > 0))
        {
            SecretNames.Take(notes, name, "query", fromClient, frame);
        }
    }

    private void TakeField(string line, long frame)
    {
        if (line.Length == 0)
        {
            _isHead = false;
            if (!_hasNoBody)
            {
                _body.Begin(_announcedBody, _isChunked, _coding, _type);
            }

            return;
        }

        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
        {
            return;
        }

        var value = line[(colon + 1)..].Trim();
        switch (line[..colon].ToLowerInvariant())
        {
            case "content-length" when long.TryParse(value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var length):
                // The blank line of the head is still to come; the body is counted from there.
                _announcedBody = length;
                break;
            case "transfer-encoding":
                _isChunked = value.EndsWith("chunked", StringComparison.OrdinalIgnoreCase);
                break;
            case "content-encoding":
                _coding = value.ToLowerInvariant();
                break;
            case "content-type":
                _type = value.ToLowerInvariant();
                break;
            case "upgrade" when _isSocketAnswer && !fromClient && value.Equals("websocket", StringComparison.OrdinalIgnoreCase):
                talk.IsWebSocket = true;
                break;
            case "host" when fromClient && notes.Protocol == ServiceProtocol.Http:
                notes.Name(value.Split(':')[0], "HTTP Host", frame);
                break;
            case "authorization" or "proxy-authorization" when value.IndexOf(' ', StringComparison.Ordinal) is var space and > 0 && value.Length > space + 1:
                TakeAuthorization(value[..space].ToLowerInvariant(), frame);
                break;
            case "cookie" or "set-cookie" when value.IndexOf('=', StringComparison.Ordinal) is var sign and > 0 && sign + 1 < value.Length && value[sign + 1] != ';':
                notes.Item(ClearItemKind.Token, "HTTP cookie", "clear", fromClient, frame);
                break;
            case "x-api-key" or "x-auth-token" when value.Length > 0:
                notes.Item(ClearItemKind.Token, "API key", "clear", fromClient, frame);
                break;
        }
    }

    private void TakeAuthorization(string scheme, long frame)
    {
        switch (scheme)
        {
            case "basic":
                notes.Item(ClearItemKind.Credential, "HTTP Basic", "base64", fromClient, frame);
                break;
            case "digest":
                notes.Item(ClearItemKind.Credential, "HTTP Digest (user name and a hash)", "hash", fromClient, frame);
                break;
            case "bearer":
                notes.Item(ClearItemKind.Token, "HTTP Bearer", "clear", fromClient, frame);
                break;
        }
    }

    private void TakeCommand(string line, long frame)
    {
        var words = line.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries);
        if (!fromClient)
        {
            TakeGreeting(line, words);
            return;
        }

        if (talk.AsksPassword)
        {
            talk.AsksPassword = false;
            if (line.Length > 0)
            {
                notes.Item(ClearItemKind.Credential, "password at a prompt", "clear", fromClient, frame);
            }

            return;
        }

        var command = words.Length == 0 ? "" : words[0].ToUpperInvariant();
        switch (command)
        {
            case "PASS" when words.Length > 1:
                notes.Item(ClearItemKind.Credential, "USER and PASS", "clear", fromClient, frame);
                notes.Request(command);
                break;
            case "AUTH" when words.Length > 1 && words[1].ToUpperInvariant() is "PLAIN" or "LOGIN":
                notes.Item(ClearItemKind.Credential, $"AUTH {words[1].ToUpperInvariant()}", "base64", fromClient, frame);
                notes.Request($"AUTH {words[1].ToUpperInvariant()}");
                break;
            case "STARTTLS" or "STLS":
            case "AUTH" when words.Length == 2 && words[1].Equals("TLS", StringComparison.OrdinalIgnoreCase):
                talk.AskedForTls = true;
                break;
            case "EHLO" or "HELO":
                notes.Recognise(ServiceProtocol.Smtp, "SMTP");
                break;
            case not "" when words.Length == 4 && words[1].Equals("LOGIN", StringComparison.OrdinalIgnoreCase):
                notes.Recognise(ServiceProtocol.Imap, "IMAP");
                notes.Item(ClearItemKind.Credential, "IMAP LOGIN", "clear", fromClient, frame);
                break;
            case not "" when words.Length >= 3 && words[1].Equals("AUTHENTICATE", StringComparison.OrdinalIgnoreCase) && words[2].ToUpperInvariant() is "PLAIN" or "LOGIN":
                notes.Recognise(ServiceProtocol.Imap, "IMAP");
                notes.Item(ClearItemKind.Credential, $"AUTHENTICATE {words[2].ToUpperInvariant()}", "base64", fromClient, frame);
                break;
            case not "" when words.Length == 2 && words[1].Equals("STARTTLS", StringComparison.OrdinalIgnoreCase):
                talk.AskedForTls = true;
                break;
            case "USER" or "RETR" or "STOR" or "LIST":
                notes.Request(command);
                break;
        }
    }

    private void TakeGreeting(string line, string[] words)
    {
        if (line.StartsWith("+OK", StringComparison.Ordinal))
        {
            notes.Recognise(ServiceProtocol.Pop3, "POP3");
        }
        else if (line.StartsWith("* OK", StringComparison.Ordinal) || line.StartsWith("* PREAUTH", StringComparison.Ordinal))
        {
            notes.Recognise(ServiceProtocol.Imap, "IMAP");
        }
        else if (words.Length > 0 && words[0] is "220")
        {
            var isMail = line.Contains("SMTP", StringComparison.OrdinalIgnoreCase);
            notes.Recognise(isMail ? ServiceProtocol.Smtp : ServiceProtocol.Ftp, isMail ? "SMTP" : "FTP");
        }
        else if (line.EndsWith("login:", StringComparison.OrdinalIgnoreCase))
        {
            notes.Recognise(ServiceProtocol.Telnet, "Telnet");
        }
    }

    private static (ServiceProtocol Protocol, string Name)? Family(string version) => version switch
    {
        "HTTP/1.0" or "HTTP/1.1" => (ServiceProtocol.Http, version),
        "RTSP/1.0" or "RTSP/2.0" => (ServiceProtocol.Rtsp, version),
        "SIP/2.0" => (ServiceProtocol.Sip, version),
        _ => null,
    };
}
