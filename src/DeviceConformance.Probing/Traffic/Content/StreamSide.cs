using DeviceConformance.Model.Network;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>What the first bytes of a direction show.</summary>
internal enum StreamKind
{
    /// <summary>Too few bytes to tell.</summary>
    Open,

    /// <summary>Records of TLS.</summary>
    Tls,

    /// <summary>SSH.</summary>
    Ssh,

    /// <summary>MQTT.</summary>
    Mqtt,

    /// <summary>DNS.</summary>
    Dns,

    /// <summary>HTTP/2, of which only the beginning is known: its header fields are packed (RFC 7541).</summary>
    Http2,

    /// <summary>Text.</summary>
    Text,

    /// <summary>None of these.</summary>
    Opaque,
}

/// <summary>One direction of a connection.</summary>
internal sealed class StreamSide(FlowNotes notes, TextTalk talk, TlsSide tls, Func<bool> isKnownToEncrypt, HashSet<(string Label, string Encoding, bool FromClient)> reported, bool fromClient)
{
    private const int Head = 16;
    private const int DnsPort = 53;
    private const byte TelnetCommand = 255;
    private const byte KexInit = 20; // RFC 4253, 12
    private const int LongestSshStart = 512;

    private const string Http2Application = "HTTP/2, whose content is not read";
    private const byte Http2Settings = 4; // RFC 9113, 6.5

    private readonly KnownValues _known = new(notes, fromClient, reported);
    private readonly byte[] _head = new byte[Head];
    private int _headLength;
    private long _bytes;
    private bool _isMidway = !notes.Flow.OpenerKnown;
    private TlsFraming _candidate;
    private TextSide? _text;
    private MqttSide? _mqtt;
    private DnsSide? _dns;
    private byte[]? _sshStart;
    private int _sshLength;

    /// <summary>What it is.</summary>
    public StreamKind Kind { get; private set; }

    /// <summary>Bytes so far.</summary>
    public long Bytes => _bytes;

    /// <summary>Whether the key exchange of SSH followed its banner; null while that is open.</summary>
    public bool? HasSshPackets { get; private set; }

    /// <summary>Sample of what no protocol explains, and of text.</summary>
    public ByteSample Sample { get; private set; } = new();

    /// <summary>Whether the framing of its protocol broke.</summary>
    public bool IsBroken => Kind switch
    {
        StreamKind.Tls => tls.IsBroken,
        StreamKind.Mqtt => _mqtt!.IsBroken,
        StreamKind.Dns => _dns!.IsBroken,
        _ => false,
    };

    /// <summary>Reads on.</summary>
    public void Append(ReadOnlySpan<byte> bytes, long frame)
    {
        _bytes += bytes.Length;
        if (Kind is not (StreamKind.Tls or StreamKind.Ssh) || !(Kind == StreamKind.Tls ? tls.IsProtected && !tls.IsBroken && isKnownToEncrypt() : HasSshPackets == true))
        {
            _known.Append(bytes, frame);
        }

        if (Kind == StreamKind.Open)
        {
            var taken = Math.Min(Head - _headLength, bytes.Length);
            bytes[..taken].CopyTo(_head.AsSpan(_headLength));
            _headLength += taken;
            bytes = bytes[taken..];
            if (!Decide(_headLength == Head))
            {
                return;
            }

            Feed(_head.AsSpan(0, _headLength), frame);
        }

        Feed(bytes, frame);
    }

    /// <summary>Bytes that are in no frame.</summary>
    public void Skip(long bytes)
    {
        _known.Forget();
        switch (Kind)
        {
            case StreamKind.Open:
                (_headLength, _isMidway) = (0, true);
                break;
            case StreamKind.Tls:
                tls.Skip(bytes);
                Sample = new ByteSample();
                break;
            case StreamKind.Mqtt:
                _mqtt!.Skip(bytes);
                break;
            case StreamKind.Dns:
                _dns!.Skip();
                break;
            case StreamKind.Text:
                _text!.Skip(bytes);
                break;
        }

        _candidate = default;
    }

    /// <summary>No more bytes come: what is there has to tell.</summary>
    public void End()
    {
        if (Kind == StreamKind.Open && _headLength > 0)
        {
            Decide(true);
            Feed(_head.AsSpan(0, _headLength), 0);
        }
    }

    // RFC 9113, 3.4: what a client begins with, as far as the first bytes go; a server begins with settings, on the stream of the connection.
    private static ReadOnlySpan<byte> Http2Beginning => "PRI * HTTP/2.0\r\n"u8;

    private static ReadOnlySpan<byte> Http2Connection => [0, 0, 0, 0];

    private bool Decide(bool isLast)
    {
        var head = _head.AsSpan(0, _headLength);
        // TLS: a first record with a hello (RFC 8446, 5.1 and 4). A capture that begins midway is tried for records as it goes.
        // A server that refuses begins with an alert of two bytes (6).
        if ((head.Length >= 6 && head[0] == 22 && head[1] == 3 && head[2] <= 4 && head[5] is 1 or 2)
            || (head.Length >= 7 && head[0] == 21 && head[1] == 3 && head[2] <= 4 && head[3] == 0 && head[4] == 2 && head[5] is 1 or 2))
        {
            Kind = StreamKind.Tls;
        }
        else if (fromClient && head.StartsWith(Http2Beginning))
        {
            Kind = StreamKind.Http2;
            notes.Recognise(ServiceProtocol.Http, Http2Application);
            notes.Ledger.UnsearchedStreams += notes.IsOpened ? 0 : 1;
        }
        else if (!isLast && fromClient && Http2Beginning.StartsWith(head))
        {
            return false;
        }
        else if (!fromClient && notes.Application == Http2Application && head.Length >= 9 && head[3] == Http2Settings && head[5..9].SequenceEqual(Http2Connection))
        {
            Kind = StreamKind.Http2;
        }
        else if (head.StartsWith("SSH-"u8))
        {
            (Kind, _sshStart) = (StreamKind.Ssh, new byte[LongestSshStart]);
            notes.Recognise(ServiceProtocol.Ssh, "SSH");
        }
        else if (fromClient ? MqttSide.IsConnect(head) == true : notes.Protocol == ServiceProtocol.Mqtt && head[0] == 0x20)
        {
            (Kind, _mqtt) = (StreamKind.Mqtt, new MqttSide(notes, fromClient));
        }
        else if (notes.Flow.ServerPort == DnsPort && DnsSide.IsBeginning(head))
        {
            (Kind, _dns) = (StreamKind.Dns, new DnsSide(notes, fromClient));
        }
        else if (isLast)
        {
            var isText = true;
            foreach (var value in head)
            {
                isText &= TextSide.IsReadable(value);
            }

            var isTelnet = head.Length >= 3 && head[0] == TelnetCommand && head[1] is >= 251 and <= 254;
            Kind = isText || isTelnet ? StreamKind.Text : StreamKind.Opaque;
            _text = Kind == StreamKind.Text ? NewText() : null;
            if (isTelnet)
            {
                notes.Recognise(ServiceProtocol.Telnet, "Telnet");
            }
        }
        else if (TextEnds(head))
        {
            // A whole line of text is enough: "login: " waits for an answer, and so does a short command.
            (Kind, _text) = (StreamKind.Text, NewText());
        }

        return Kind != StreamKind.Open;
    }

    private TextSide NewText() => new(notes, talk, fromClient, new KnownValues(notes, fromClient, reported));

    private static bool TextEnds(ReadOnlySpan<byte> head)
    {
        foreach (var value in head)
        {
            if (!TextSide.IsReadable(value))
            {
                return false;
            }
        }

        return head.Length >= 6 && head[^1] is (byte)'\n' or (byte)' ';
    }

    private void Feed(ReadOnlySpan<byte> bytes, long frame)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        switch (Kind)
        {
            case StreamKind.Tls:
                Sample.Add(bytes[^tls.Append(bytes, frame)..]);
                break;
            case StreamKind.Ssh:
                FeedSsh(bytes);
                break;
            case StreamKind.Mqtt:
                _mqtt!.Append(bytes, frame);
                break;
            case StreamKind.Dns:
                _dns!.Append(bytes, frame);
                break;
            case StreamKind.Text when talk.AskedForTls && _text!.IsAtLineStart && bytes.Length >= 3 && bytes[0] == 22 && bytes[1] == 3:
                Kind = StreamKind.Tls;
                Feed(bytes, frame);
                break;
            case StreamKind.Text:
                Sample.Add(bytes);
                _text!.Append(bytes, frame);
                break;
            case StreamKind.Opaque:
                Sample.Add(bytes);
                TryMidway(bytes);
                break;
        }
    }

    // Three records in a row that begin with a segment: chance makes them once in 2 to the power of 50.
    private void TryMidway(ReadOnlySpan<byte> bytes)
    {
        if (!_isMidway)
        {
            return;
        }

        if (_candidate.IsBroken)
        {
            _candidate = default;
        }

        _candidate.Append(bytes);
        if (!_candidate.IsBroken && _candidate.Records >= 3)
        {
            Kind = StreamKind.Tls;
            tls.ContinueFrom(_candidate);
        }
    }

    // RFC 4253, 4.2 and 6: banner, then packets, the first of them KEXINIT.
    private void FeedSsh(ReadOnlySpan<byte> bytes)
    {
        if (HasSshPackets is not null)
        {
            return;
        }

        var taken = Math.Min(bytes.Length, LongestSshStart - _sshLength);
        bytes[..taken].CopyTo(_sshStart.AsSpan(_sshLength));
        _sshLength += taken;
        var start = _sshStart.AsSpan(0, _sshLength);
        var end = start.IndexOf((byte)'\n');
        if (end >= 0 && start.Length >= end + 7)
        {
            var packet = start[(end + 1)..];
            HasSshPackets = packet[0] == 0 && packet[1] == 0 && packet[4] >= 4 && packet[5] == KexInit;
        }
        else if (_sshLength == LongestSshStart)
        {
            HasSshPackets = false;
        }
    }
}
