using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>What both directions of a readable conversation know of each other.</summary>
internal sealed class TextTalk
{
    /// <summary>Whether the server asked for a password and waits on the same line.</summary>
    public bool AsksPassword { get; set; }

    /// <summary>Whether a switch to TLS was asked for (RFC 3207, RFC 2595, RFC 4217).</summary>
    public bool AskedForTls { get; set; }

    /// <summary>Whether it is HTTP, RTSP or SIP: heads with fields.</summary>
    public bool HasHeads { get; set; }
}

/// <summary>One direction of a readable conversation, line by line. Bodies of HTTP are passed over.</summary>
internal sealed class TextSide(FlowNotes notes, TextTalk talk, bool fromClient)
{
    private const int LongestLine = 8 * 1024;
    private const int Escape = 27;

    private readonly StringBuilder _line = new();
    private bool _isUnreadable;
    private bool _isHead;
    private long _body;
    private long _announcedBody;

    /// <summary>Whether the next byte begins a line.</summary>
    public bool IsAtLineStart => _line.Length == 0 && !_isUnreadable && _body == 0;

    /// <summary>Whether a byte can be part of text: printable, white space, escape, or beyond ASCII.</summary>
    public static bool IsReadable(byte value) => value is >= 0x20 and not 0x7f or (byte)'\t' or (byte)'\r' or (byte)'\n' or Escape;

    /// <summary>Reads on.</summary>
    public void Append(ReadOnlySpan<byte> bytes, long frame)
    {
        while (bytes.Length > 0)
        {
            if (_body > 0)
            {
                var skipped = (int)Math.Min(_body, bytes.Length);
                _body -= skipped;
                bytes = bytes[skipped..];
                continue;
            }

            var end = bytes.IndexOf((byte)'\n');
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
        if (bytes <= _body)
        {
            _body -= bytes;
            return;
        }

        (_body, _announcedBody, _isHead) = (0, 0, false);
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
            return true;
        }

        if (words.Length != 3 || words[0].Length is 0 or > 20 || !words[0].All(unit => char.IsAsciiLetterUpper(unit) || unit is '-' or '_') || words[1].Length == 0 || Family(words[2]) is not var (protocol, application))
        {
            return false;
        }

        notes.Recognise(protocol, application);
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
        foreach (var (name, value) in names.Where(item => item.Value.Length > 0))
        {
            switch (name.ToLowerInvariant())
            {
                case "password" or "passwd" or "pwd" or "pass":
                    notes.Item(ClearItemKind.Credential, "password in a query", "clear", fromClient, frame);
                    break;
                case "token" or "access_token" or "auth_token" or "api_key" or "apikey" or "session" or "sessionid" or "sid":
                    notes.Item(ClearItemKind.Token, "token in a query", "clear", fromClient, frame);
                    break;
            }
        }
    }

    private void TakeField(string line, long frame)
    {
        if (line.Length == 0)
        {
            _isHead = false;
            (_body, _announcedBody) = (_announcedBody, 0);
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
