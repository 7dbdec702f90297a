using System.Buffers.Binary;
using System.Collections.Immutable;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Probing.Tls;

/// <summary>How far a server's first flight has come.</summary>
public enum FlightState
{
    /// <summary>More has to come.</summary>
    Open,

    /// <summary>All that can be read without keys is read.</summary>
    Complete,

    /// <summary>The server ended the handshake with an alert.</summary>
    Refused,

    /// <summary>It is not TLS, or breaks its rules.</summary>
    Malformed,
}

/// <summary>
/// Reads what a server says in clear after a ClientHello, from bytes in whatever pieces: records, handshake messages spread over records or
/// sharing one, alerts.
/// </summary>
public sealed class ServerFlight
{
    /// <summary>Length of a record's content at the most (RFC 8446, 5.1).</summary>
    public const int MaxRecord = 1 << 14;

    /// <summary>Length of a handshake message at the most. The field allows 2^24 - 1; a certificate chain of a device is far below.</summary>
    public const int MaxMessage = 1 << 17;

    /// <summary>Bytes of a flight at the most, record headers included.</summary>
    public const int MaxBytes = 1 << 18;

    private const int RecordHeader = 5;
    private const int MessageHeader = 4;
    private const byte MajorVersion = 3; // RFC 5246, 6.2.1: SSL 3.0 and every TLS since

    private readonly List<byte> _input = [];
    private readonly List<byte> _handshake = [];
    private readonly List<byte> _messages = [];
    private int _total;

    /// <summary>How far it has come.</summary>
    public FlightState State { get; private set; }

    /// <summary>What the server chose; null before it has.</summary>
    public ServerHello? Hello { get; private set; }

    /// <summary>Certificates, leaf first; none in TLS 1.3, which encrypts them.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Certificates { get; private set; } = [];

    /// <summary>Group or size of the key exchange; empty when it has not shown.</summary>
    public string Group { get; private set; } = "";

    /// <summary>What a ServerKeyExchange message said; of TLS 1.2 and older.</summary>
    public ServerKeyExchange Exchange { get; private set; } = ServerKeyExchange.None;

    /// <summary>Whether the server stapled the status of its certificate (RFC 6066, 8).</summary>
    public bool HasStatus { get; private set; }

    /// <summary>Whether the server wants a certificate of the client (RFC 5246, 7.4.4).</summary>
    public bool AsksForCertificate { get; private set; }

    /// <summary>The handshake messages as they came, for whoever goes on with the handshake: its end is a check over all of them (RFC 5246, 7.4.9).</summary>
    internal IReadOnlyList<byte> Messages => _messages;

    /// <summary>The last alert, or null.</summary>
    public TlsAlert? Alert { get; private set; }

    /// <summary>What is malformed; empty when nothing is.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>Takes the next bytes.</summary>
    /// <returns>How far the flight has come; what follows its end is not looked at.</returns>
    public FlightState Append(ReadOnlySpan<byte> bytes)
    {
        if (State != FlightState.Open)
        {
            return State;
        }

        _total += Math.Min(bytes.Length, MaxBytes);
        _input.AddRange(bytes[..Math.Min(bytes.Length, MaxBytes)]);
        var input = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_input);
        var used = 0;
        while (State == FlightState.Open && TryRecord(input[used..], out var length))
        {
            used += length;
        }

        _input.RemoveRange(0, used);
        if (State == FlightState.Open && _total > MaxBytes)
        {
            Break($"more than {MaxBytes} bytes without an end");
        }

        return State;
    }

    private bool TryRecord(ReadOnlySpan<byte> input, out int length)
    {
        length = 0;
        if (input.IsEmpty)
        {
            return false;
        }

        var type = (TlsContentType)input[0];
        if (type is not (TlsContentType.Handshake or TlsContentType.Alert))
        {
            // What follows a ServerHello of TLS 1.3 is encrypted; before one, nothing else may come (RFC 8446, 5).
            Break($"record type {input[0]}");
            return false;
        }

        if (input.Length > 1 && input[1] != MajorVersion)
        {
            Break($"record version 0x{input[1]:x2}");
            return false;
        }

        if (input.Length < RecordHeader)
        {
            return false;
        }

        var size = BinaryPrimitives.ReadUInt16BigEndian(input[3..]);
        if (size is 0 or > MaxRecord)
        {
            // Neither an alert nor a handshake record may be empty (RFC 8446, 5.1).
            Break($"record of {size} bytes");
            return false;
        }

        if (input.Length < RecordHeader + size)
        {
            return false;
        }

        length = RecordHeader + size;
        var content = input[RecordHeader..length];
        if (type == TlsContentType.Alert)
        {
            TakeAlerts(content);
        }
        else
        {
            _handshake.AddRange(content);
            TakeMessages();
        }

        return true;
    }

    private void TakeAlerts(ReadOnlySpan<byte> content)
    {
        if (content.Length % 2 != 0)
        {
            Break($"alert of {content.Length} bytes");
            return;
        }

        for (; !content.IsEmpty; content = content[2..])
        {
            var alert = new TlsAlert(content[0], (TlsAlertDescription)content[1]);
            Alert = alert;
            if (alert.Ends)
            {
                State = FlightState.Refused;
                return;
            }
        }
    }

    private void TakeMessages()
    {
        var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_handshake);
        var used = 0;
        while (State == FlightState.Open && bytes.Length - used >= MessageHeader)
        {
            var rest = bytes[used..];
            var length = (rest[1] << 16) | (rest[2] << 8) | rest[3];
            if (length > MaxMessage)
            {
                Break($"handshake message of {length} bytes");
                break;
            }

            if (rest.Length < MessageHeader + length)
            {
                break;
            }

            TakeMessage((TlsHandshakeType)rest[0], rest.Slice(MessageHeader, length));
            used += MessageHeader + length;
        }

        _handshake.RemoveRange(0, used);
    }

    private void TakeMessage(TlsHandshakeType type, ReadOnlySpan<byte> body)
    {
        if (type == TlsHandshakeType.HelloRequest)
        {
            // May come at any time and means nothing during a handshake, nor in its check (RFC 5246, 7.4.1.1).
            return;
        }

        _messages.AddRange([(byte)type, .. ClientHello.Prefixed(3, body.ToArray())]);

        if ((type == TlsHandshakeType.ServerHello) != (Hello is null))
        {
            Break($"handshake message {(byte)type} {(Hello is null ? "before" : "after")} the ServerHello");
            return;
        }

        switch (type)
        {
            case TlsHandshakeType.ServerHello:
                TakeHello(body);
                break;
            case TlsHandshakeType.Certificate:
                Certificates = CertificateMessage.TryParse(body, out var certificates) ? certificates : BreakWith(Certificates, "Certificate message");
                break;
            case TlsHandshakeType.ServerKeyExchange:
                var parameters = CipherSuite.ByCode.TryGetValue(Hello!.Suite, out var suite) ? suite.Parameters : KeyExchangeParameters.None;
                Exchange = ServerKeyExchange.TryParse(body, parameters, Hello.Version, out var exchange) ? exchange : BreakWith(Exchange, "ServerKeyExchange message");
                Group = Exchange.Group;
                break;
            case TlsHandshakeType.CertificateStatus:
                HasStatus = true;
                break;
            case TlsHandshakeType.CertificateRequest:
                AsksForCertificate = true;
                break;
            case TlsHandshakeType.ServerHelloDone:
                State = FlightState.Complete;
                break;
            default:
                break;
        }
    }

    private void TakeHello(ReadOnlySpan<byte> body)
    {
        if (!ServerHello.TryParse(body, out var hello))
        {
            Break("ServerHello message");
            return;
        }

        Hello = hello;
        Group = hello.Group == 0 ? "" : NamedGroup.Name(hello.Group);
        if (hello.Version.AsTls() == TlsVersion.Tls13)
        {
            State = FlightState.Complete;
        }
    }

    private T BreakWith<T>(T value, string fault)
    {
        Break(fault);
        return value;
    }

    private void Break(string fault)
    {
        Fault = fault;
        State = FlightState.Malformed;
    }
}
