using System.Collections.Immutable;

namespace DeviceConformance.Probing.Tls;

/// <summary>
/// Puts what a server of DTLS says in clear together, from datagrams that may come twice, out of order and in fragments (RFC 6347, 4.2),
/// and reads it as a flight of TLS.
/// </summary>
internal sealed class DtlsAssembly
{
    /// <summary>Header of a record (RFC 6347, 4.1).</summary>
    public const int RecordHeader = 13;

    private const int MessageHeader = 12; // RFC 6347, 4.2.2
    private const int MostMessages = 16;
    private const int MostDatagrams = 256;
    private const byte Major = 0xfe;

    private readonly Dictionary<int, Partial> _messages = [];
    private int _next = -1;
    private int _datagrams;
    private bool _isBroken;

    /// <summary>The flight so far.</summary>
    public ServerFlight Flight { get; } = new();

    /// <summary>Cookie that the server wants to have repeated, or null; taken by reading it.</summary>
    public ImmutableArray<byte>? Cookie { get; set; }

    /// <summary>Whether a datagram came that is not DTLS, or far too many did.</summary>
    public bool IsBroken => _isBroken || Flight.State == FlightState.Malformed;

    /// <summary>Whether nothing more is worth waiting for.</summary>
    public bool IsOver => IsBroken || Flight.State != FlightState.Open;

    /// <summary>Takes a datagram.</summary>
    public void Append(ReadOnlySpan<byte> datagram)
    {
        _isBroken |= ++_datagrams > MostDatagrams;
        while (!datagram.IsEmpty && !IsOver)
        {
            if (datagram.Length < RecordHeader || datagram[1] != Major)
            {
                // Encrypted records of DTLS 1.3 have another header (RFC 9147, 4); before its ServerHello there are none.
                _isBroken |= Flight.Hello is null;
                return;
            }

            var length = (datagram[11] << 8) | datagram[12];
            if (datagram.Length < RecordHeader + length)
            {
                _isBroken |= Flight.Hello is null;
                return;
            }

            var isInClear = datagram[3] == 0 && datagram[4] == 0;
            var content = datagram.Slice(RecordHeader, length);
            if (isInClear && datagram[0] == (byte)TlsContentType.Alert && length == 2)
            {
                Flight.Append([(byte)TlsContentType.Alert, 3, 3, 0, 2, .. content]);
            }
            else if (isInClear && datagram[0] == (byte)TlsContentType.Handshake)
            {
                TakeFragments(content);
            }

            datagram = datagram[(RecordHeader + length)..];
        }
    }

    private void TakeFragments(ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            if (content.Length < MessageHeader)
            {
                _isBroken = true;
                return;
            }

            int U24(ReadOnlySpan<byte> bytes) => (bytes[0] << 16) | (bytes[1] << 8) | bytes[2];
            var (type, total, sequence, offset, length) = (content[0], U24(content[1..]), (content[4] << 8) | content[5], U24(content[6..]), U24(content[9..]));
            if (content.Length < MessageHeader + length || offset + length > total || total > ServerFlight.MaxMessage)
            {
                _isBroken = true;
                return;
            }

            Take(type, total, sequence, offset, content.Slice(MessageHeader, length));
            content = content[(MessageHeader + length)..];
        }
    }

    private void Take(byte type, int total, int sequence, int offset, ReadOnlySpan<byte> fragment)
    {
        if (_next >= 0 && (sequence < _next || sequence >= _next + MostMessages))
        {
            // Repeated, or far ahead.
            return;
        }

        if (!_messages.TryGetValue(sequence, out var message))
        {
            if (_messages.Count == MostMessages)
            {
                return;
            }

            _messages.Add(sequence, message = new Partial(type, total));
        }

        if (!message.Add(type, total, offset, fragment))
        {
            return;
        }

        if (type == (byte)TlsHandshakeType.HelloVerifyRequest)
        {
            TakeCookie(message.Bytes);
            _messages.Remove(sequence);
        }
        else if (_next < 0 && type == (byte)TlsHandshakeType.ServerHello)
        {
            // Its number depends on whether the server counts its request for a cookie.
            _next = sequence;
        }

        while (_next >= 0 && _messages.TryGetValue(_next, out var ready) && ready.IsComplete)
        {
            _messages.Remove(_next++);
            Deliver(ready);
        }
    }

    private void TakeCookie(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        if (reader.TryU16(out _) && reader.TryVector8(out var cookie) && !cookie.IsEmpty)
        {
            Cookie = [.. cookie];
        }
        else
        {
            _isBroken = true;
        }
    }

    // As records of TLS, so that one reader knows the messages.
    private void Deliver(Partial message)
    {
        byte[] bytes = [message.Type, .. ClientHello.Prefixed(3, message.Bytes)];
        foreach (var part in bytes.Chunk(ServerFlight.MaxRecord))
        {
            Flight.Append([(byte)TlsContentType.Handshake, 3, 3, .. ClientHello.U16(part.Length), .. part]);
        }
    }

    /// <summary>A message of which fragments came.</summary>
    private sealed class Partial(byte type, int total)
    {
        private readonly bool[] _has = new bool[total];
        private int _missing = total;

        public byte Type => type;

        public byte[] Bytes { get; } = new byte[total];

        public bool IsComplete => _missing == 0;

        /// <summary>Adds a fragment; true when that completes the message.</summary>
        public bool Add(byte ofType, int ofTotal, int offset, ReadOnlySpan<byte> fragment)
        {
            if (ofType != type || ofTotal != Bytes.Length || (IsComplete && ofTotal > 0))
            {
                return false;
            }

            for (var i = 0; i < fragment.Length; i++)
            {
                if (!_has[offset + i])
                {
                    _has[offset + i] = true;
                    _missing--;
                }

                Bytes[offset + i] = fragment[i];
            }

            return IsComplete;
        }
    }
}
