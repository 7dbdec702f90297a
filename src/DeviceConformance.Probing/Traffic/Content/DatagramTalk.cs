using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Dns;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>A flow of datagrams.</summary>
internal sealed class DatagramTalk(FlowNotes notes)
{
    private const string Dtls = "DTLS";
    private const int DnsPort = 53;
    private const int MdnsPort = 5353;
    private const int NtpPort = 123;
    private const double MostlyReadable = 0.9;

    private readonly HashSet<(string Label, string Encoding, bool FromClient)> _reported = [];
    private readonly ByteSample _sample = new();
    private KnownValues? _fromClient;
    private KnownValues? _fromServer;
    private long _known;
    private readonly LocalDatagrams _local = new(notes);
    private DtlsTalk? _dtls;
    private WireGuardTalk? _wireGuard;
    private long _sealed;
    private long _other;
    private QuicTalk? _quic;
    private ulong _timeAsked;
    private long _timeFrame;
    private bool _isTime;

    /// <summary>Whether it is protected, and what tells so.</summary>
    public (ContentProtection Protection, string Because) Protection => this switch
    {
        { _known: > 0 } => (ContentProtection.Clear, $"readable {notes.Application}"),
        { _other: > 0 } when _sample.Count == 0 => (ContentProtection.NoContent, "empty datagrams"),
        { _other: > 0 } => _sample.Readable >= MostlyReadable
            ? (ContentProtection.Clear, string.Create(CultureInfo.InvariantCulture, $"readable text: {_sample.Readable:P0} of the first {_sample.Count} bytes"))
            : (ContentProtection.Unknown, string.Create(CultureInfo.InvariantCulture, $"no known protocol; {_sample.Entropy:0.0} bits of entropy for each of the first {_sample.Count} bytes")),
        { _quic: { IsProven: true } quic } => quic.Protection,
        { _dtls: { Datagrams: > 0 } dtls } => dtls.Protection,
        { _wireGuard: { HasAny: true } wireGuard } => wireGuard.Protection,
        { _sealed: > 0 } => (ContentProtection.Encrypted, $"{_sealed} messages of {notes.Application} with encrypted data"),
        _ => (ContentProtection.NoContent, "no content"),
    };

    /// <summary>What the handshake of QUIC shows; null without any.</summary>
    public SeenTls? Tls => _quic is { IsProven: true } quic ? quic.Tls : _dtls?.Tls;

    /// <summary>What was spoken, in words.</summary>
    public string Application => notes.Application == Dtls && _dtls is not null ? _dtls.Application : notes.Application;

    /// <summary>It is over.</summary>
    public void End()
    {
        _dtls?.End();
        _quic?.End();
        _quic?.Dispose();
    }

    /// <summary>Reads a datagram.</summary>
    public void Append(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        // A connection begins with a long header and a version; then its packets are tried first.
        if ((_quic is not null || (bytes.Length > 6 && bytes[0] >= 0xc0)) && (_quic ??= new QuicTalk(notes)).TryDatagram(fromClient, bytes, frame))
        {
            return;
        }

        // The form of a record, or of one with the short header of version 1.3.
        var isDtls = bytes.Length > 0 && (bytes[0] is >= 20 and <= 26 || (_dtls is not null && bytes[0] >> 5 == 1)) && (_dtls ??= new DtlsTalk(notes)).TryDatagram(fromClient, bytes, frame);
        if (isDtls)
        {
            notes.Recognise(ServiceProtocol.Tls, Dtls);
            if (_dtls!.IsKnownToEncrypt)
            {
                return;
            }
        }
        else if (bytes.Length >= 32 && bytes[0] is >= 1 and <= 4 && (_wireGuard ??= new WireGuardTalk(notes)).TryDatagram(fromClient, bytes))
        {
            return;
        }

        var known = fromClient ? _fromClient ??= new KnownValues(notes, true, _reported) : _fromServer ??= new KnownValues(notes, false, _reported);
        known.Append(bytes, frame);
        known.Forget();
        if (isDtls)
        {
            return;
        }

        if (TryDns(fromClient, bytes, frame) || TryNtp(fromClient, bytes, frame) || TryDhcp(fromClient, bytes, frame) || TrySsdp(bytes, frame))
        {
            _known++;
            return;
        }

        switch (_local.Read(fromClient, bytes, frame))
        {
            case ContentProtection.Clear:
                _known++;
                return;
            case ContentProtection.Encrypted:
                _sealed++;
                return;
            case ContentProtection.NoContent:
                return;
        }

        _other++;
        _sample.Add(bytes);
        _local.TakeUnknown(fromClient, bytes, frame);
    }

    private bool IsOn(int port) => notes.Flow.ServerPort == port || notes.Flow.ClientPort == port;

    private bool TryDns(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        var isMdns = IsOn(MdnsPort);
        // Away from its ports a message has to be a plain question with one name, or the answer to it: other forms occur by chance.
        if (IsOn(LocalDatagrams.LlmnrPort) || IsOn(LocalDatagrams.NetbiosPort) || bytes.Length < 17 || (bytes[2] & 0x78) != 0 || (!isMdns && !IsOn(DnsPort) && (bytes[4] != 0 || bytes[5] != 1 || bytes[6] != 0 || bytes[8] != 0 || bytes[10] != 0 || (bytes[3] & 0x40) != 0)))
        {
            return false;
        }

        if (!DnsMessage.TryParse(bytes.ToArray(), out var message) || (message.Questions.IsEmpty && message.Records.IsEmpty))
        {
            return false;
        }

        if (!isMdns && !IsOn(DnsPort) && !(Enum.IsDefined(message.Questions[0].Type) && message.Questions[0].Name.All(unit => char.IsAsciiLetterOrDigit(unit) || unit is '.' or '-' or '_')))
        {
            return false;
        }

        notes.Recognise(isMdns ? ServiceProtocol.Mdns : ServiceProtocol.Dns, isMdns ? "mDNS" : "DNS");
        if (isMdns)
        {
            DnsFacts.TakeMulticast(notes, fromClient, message, frame);
        }
        else
        {
            DnsFacts.Take(notes, fromClient, message, frame);
        }

        return true;
    }

    // RFC 5905, 7.3: 48 bytes, then extension fields or a MAC. The form is too loose to be told from others without the port.
    private bool TryNtp(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        if (bytes.Length < 48 || bytes.Length % 4 != 0)
        {
            return false;
        }

        var (version, mode) = ((bytes[0] >> 3) & 7, bytes[0] & 7);
        if (version is < 1 or > 4 || mode is < 1 or > 5 || (!IsOn(NtpPort) && !IsNtpElsewhere(fromClient, mode, bytes, frame)))
        {
            return false;
        }

        notes.Recognise(ServiceProtocol.Ntp, $"NTP version {version}");
        if (notes.Flow.DutIsClient)
        {
            notes.Ledger.AddTime(version, bytes.Length > 48, !fromClient, notes.Flow, frame);
        }

        return true;
    }

    // Away from its port the answer proves it: it repeats the 64 bits of the question's time of sending (RFC 5905, 7.3 and 8).
    private bool IsNtpElsewhere(bool fromClient, int mode, ReadOnlySpan<byte> bytes, long frame)
    {
        if (fromClient && mode == 3)
        {
            (_timeAsked, _timeFrame) = (BinaryPrimitives.ReadUInt64BigEndian(bytes[40..]), frame);
            return _isTime;
        }

        if (fromClient || mode != 4 || _timeAsked == 0 || BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]) != _timeAsked)
        {
            return false;
        }

        if (!_isTime && notes.Flow.DutIsClient)
        {
            notes.Ledger.AddTime((bytes[0] >> 3) & 7, bytes.Length > 48, isAnswer: false, notes.Flow, _timeFrame);
        }

        return _isTime = true;
    }

    // RFC 2131, 2 and RFC 2132: options begin with a fixed number at byte 236.
    private bool TryDhcp(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        if (bytes.Length < 240 || bytes[0] is not (1 or 2) || BinaryPrimitives.ReadUInt32BigEndian(bytes[236..]) != 0x63825363)
        {
            return false;
        }

        notes.Recognise(ServiceProtocol.Dhcp, "DHCP");
        var (isFromDut, isRequest) = (fromClient == notes.Flow.DutIsClient, bytes[0] == 1);
        var options = bytes[240..];
        while (options.Length > 0 && options[0] != 255)
        {
            if (options[0] == 0)
            {
                options = options[1..];
                continue;
            }

            if (options.Length < 2 || options[1] > options.Length - 2)
            {
                break;
            }

            var value = options.Slice(2, options[1]);
            switch (options[0])
            {
                case 12 when isFromDut && isRequest:
                    Announce("host name", value, frame);
                    break;
                case 60 when isFromDut && isRequest:
                    Announce("vendor class", value, frame);
                    break;
                case 6 when !isFromDut && !isRequest:
                    for (var rest = value; rest.Length >= 4; rest = rest[4..])
                    {
                        notes.Ledger.AddGivenServer(new IPAddress(rest[..4]));
                    }

                    break;
            }

            options = options[(2 + options[1])..];
        }

        return true;
    }

    private void Announce(string what, ReadOnlySpan<byte> value, long frame) => notes.Ledger.AddAnnouncement("DHCP", what, notes.Mask(Encoding.Latin1.GetString(value)), notes.Flow, frame);

    // UPnP Device Architecture 2.0, 1.2.2 and 1.3.2.
    private bool TrySsdp(ReadOnlySpan<byte> bytes, long frame)
    {
        var isNotice = bytes.StartsWith("NOTIFY * HTTP/1.1\r\n"u8);
        if (!isNotice && !bytes.StartsWith("M-SEARCH * HTTP/1.1\r\n"u8) && !(IsOn(1900) && bytes.StartsWith("HTTP/1.1 200"u8)))
        {
            return false;
        }

        notes.Recognise(ServiceProtocol.Ssdp, "SSDP");
        if (isNotice && notes.Flow.DutIsClient)
        {
            foreach (var line in Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 2048)]).Split("\r\n", 64))
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                var what = colon < 0 ? "" : line[..colon].ToUpperInvariant() switch { "SERVER" => "product", "NT" => "service", "LOCATION" => "description at", _ => "" };
                if (what.Length > 0)
                {
                    notes.Ledger.AddAnnouncement("SSDP", what, notes.Mask(line[(colon + 1)..].Trim()), notes.Flow, frame);
                }
            }
        }

        return true;
    }
}
