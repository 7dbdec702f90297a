using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DeviceConformance.Probing.Traffic.Content;

namespace DeviceConformance.Probing.Tls.Attacks;

/// <summary>A session ticket (RFC 5077, 3.3).</summary>
/// <param name="LifetimeHint">Seconds that the server means to take it for; 0 when it does not say.</param>
/// <param name="Bytes">The ticket, which means something to the server only.</param>
internal sealed record SessionTicket(uint LifetimeHint, byte[] Bytes)
{
    /// <summary>Reads the body of a NewSessionTicket message.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, out SessionTicket ticket)
    {
        ticket = null!;
        var reader = new WireReader(body);
        if (!reader.TryU32(out var hint) || !reader.TryVector16(out var bytes) || !reader.IsAtEnd)
        {
            return false;
        }

        ticket = new SessionTicket(hint, bytes.ToArray());
        return true;
    }
}

/// <summary>Reads what a server of TLS 1.2 says after the client's Finished message, from bytes in whatever pieces: a ticket, its own Finished, and what follows inside the session.</summary>
/// <param name="keys">Opens what comes after the server's ChangeCipherSpec.</param>
internal sealed class SessionTail(TlsRecordCipher keys)
{
    private const int HeaderLength = 5;
    private const int MessageHeader = 4;
    private const int LongestRecord = ServerFlight.MaxRecord + 2048; // RFC 5246, 6.2.3
    private const int MostRecords = 256;

    private readonly List<byte> _input = [];
    private readonly List<byte> _handshake = [];
    private int _records;
    private bool _isEncrypted;

    /// <summary>The ticket; null when there was none.</summary>
    public SessionTicket? Ticket { get; private set; }

    /// <summary>Whether the server's Finished message came, under the keys that were agreed on.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Whether a ServerHello came inside the session: the server renegotiates.</summary>
    public bool HasHello { get; private set; }

    /// <summary>The first alert but for the one that asks for nothing; null when there was none.</summary>
    public TlsAlert? Alert { get; private set; }

    /// <summary>What is wrong; empty when nothing is.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>Takes the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (Fault.Length > 0)
        {
            return;
        }

        _input.AddRange(bytes);
        var used = 0;
        while (Fault.Length == 0 && TryRecord(CollectionsMarshal.AsSpan(_input)[used..], out var length))
        {
            used += length;
        }

        _input.RemoveRange(0, used);
    }

    private bool TryRecord(ReadOnlySpan<byte> input, out int length)
    {
        length = 0;
        if (input.Length < HeaderLength)
        {
            return false;
        }

        var size = BinaryPrimitives.ReadUInt16BigEndian(input[3..]);
        if (input[0] is < (byte)TlsContentType.ChangeCipherSpec or > (byte)TlsContentType.Heartbeat || input[1] != 3 || size > LongestRecord || _records == MostRecords)
        {
            Fault = "it is not TLS";
            return false;
        }

        if (input.Length < HeaderLength + size)
        {
            return false;
        }

        length = HeaderLength + size;
        _records++;
        var content = input[HeaderLength..length];
        if (!_isEncrypted)
        {
            Take((TlsContentType)input[0], content);
            return true;
        }

        var plain = new byte[size];
        if (!keys.TryOpen(input[0], content, plain, out var plainLength))
        {
            Fault = "a record does not open with the keys that were agreed on";
            return false;
        }

        Take((TlsContentType)input[0], plain.AsSpan(0, plainLength));
        return true;
    }

    private void Take(TlsContentType type, ReadOnlySpan<byte> content)
    {
        switch (type)
        {
            case TlsContentType.ChangeCipherSpec:
                _isEncrypted = true;
                break;
            case TlsContentType.Alert when content.Length >= 2:
                Alert ??= new TlsAlert(content[0], (TlsAlertDescription)content[1]);
                break;
            case TlsContentType.Handshake:
                _handshake.AddRange(content);
                TakeMessages();
                break;
            default:
                // What the service says inside is nobody's business here.
                break;
        }
    }

    private void TakeMessages()
    {
        var bytes = CollectionsMarshal.AsSpan(_handshake);
        var used = 0;
        while (bytes.Length - used >= MessageHeader)
        {
            var rest = bytes[used..];
            var length = (rest[1] << 16) | (rest[2] << 8) | rest[3];
            if (length > ServerFlight.MaxMessage)
            {
                Fault = $"a handshake message of {length} bytes";
                break;
            }

            if (rest.Length < MessageHeader + length)
            {
                break;
            }

            var body = rest.Slice(MessageHeader, length);
            switch ((TlsHandshakeType)rest[0])
            {
                case TlsHandshakeType.NewSessionTicket when !IsFinished && SessionTicket.TryParse(body, out var ticket):
                    Ticket ??= ticket;
                    break;
                case TlsHandshakeType.Finished when _isEncrypted:
                    IsFinished = true;
                    break;
                case TlsHandshakeType.ServerHello when IsFinished:
                    HasHello = true;
                    break;
                default:
                    break;
            }

            used += MessageHeader + length;
        }

        _handshake.RemoveRange(0, used);
    }
}
