using System.Buffers.Binary;
using System.Globalization;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>DTLS 1.0 to 1.3 (RFC 4347, RFC 6347, RFC 9147): hellos and certificates from fragments in any order. Beside the assembly of the prober, which reads one server's flight and nothing of the client.</summary>
internal sealed class DtlsTalk(FlowNotes notes)
{
    private const int RecordHeader = 13;
    private const int MessageHeader = 12;
    private const int MostMessages = 16;
    private const int FewestTelling = 64;
    private const double RatherReadable = 0.75;

    private readonly TlsHandshakes _tls = new(notes, 'd');
    private readonly Dictionary<(bool FromClient, int Number), Message> _messages = [];
    private readonly ByteSample _sample = new();
    private long _datagrams;
    private long _encryptedFromClient;
    private long _encryptedFromServer;

    /// <summary>What the handshake shows; null without any.</summary>
    public SeenTls? Tls => _tls.Facts;

    /// <summary>Version in words.</summary>
    public string Application => _tls.Application == "TLS" ? "DTLS" : _tls.Application;

    /// <summary>Datagrams read.</summary>
    public long Datagrams => _datagrams;

    /// <summary>Whether what is encrypted is known to be: else what it holds is searched.</summary>
    public bool IsKnownToEncrypt => _tls.IsKnownToEncrypt;

    /// <summary>Whether it is protected, and what tells so.</summary>
    public (ContentProtection Protection, string Because) Protection => this switch
    {
        { _encryptedFromClient: 0, _encryptedFromServer: 0 } => (ContentProtection.NoContent, "DTLS handshake without encrypted records"),
        _ when _tls.HasNullSuite => (ContentProtection.Clear, $"cipher suite {_tls.SuiteName} does not encrypt"),
        _ when _tls.IsKnownToEncrypt => (ContentProtection.Encrypted, $"{Application}: all {_datagrams} datagrams are records"),
        { _sample: { Count: >= FewestTelling, Readable: >= RatherReadable } sample } => (ContentProtection.Clear, string.Create(CultureInfo.InvariantCulture, $"DTLS records hold readable text: {sample.Readable:P0} of the first {sample.Count} bytes")),
        _ => (ContentProtection.Unknown, $"all {_datagrams} datagrams are records of DTLS, but their handshake is not in the capture: the cipher suite may be one that does not encrypt"),
    };

    /// <summary>Reads a datagram.</summary>
    /// <returns>Whether records fill it to its end.</returns>
    public bool TryDatagram(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        if (!AreRecords(bytes))
        {
            return false;
        }

        _datagrams++;
        while (bytes.Length > 0)
        {
            if (IsShort(bytes))
            {
                Count(fromClient, bytes[1..]);
                break;
            }

            var content = bytes.Slice(RecordHeader, BinaryPrimitives.ReadUInt16BigEndian(bytes[11..]));
            if (BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]) > 0)
            {
                Count(fromClient, content);
            }
            else if (bytes[0] == (byte)TlsContentType.Handshake)
            {
                TakeHandshake(fromClient, content, frame);
            }

            bytes = bytes[(RecordHeader + content.Length)..];
        }

        return true;
    }

    /// <summary>It is over.</summary>
    public void End() => _tls.End();

    private void Count(bool fromClient, ReadOnlySpan<byte> content)
    {
        _encryptedFromClient += fromClient ? 1 : 0;
        _encryptedFromServer += fromClient ? 0 : 1;
        _tls.HasEncryptedBothWays = _encryptedFromClient > 0 && _encryptedFromServer > 0;
        if (!_tls.IsKnownToEncrypt)
        {
            _sample.Add(content);
        }
    }

    // RFC 6347, 4.1: whole records fill the datagram. RFC 9147, 4: encrypted ones of version 1.3 have a short header, which proves nothing by itself.
    private bool AreRecords(ReadOnlySpan<byte> bytes)
    {
        var isFirst = true;
        while (bytes.Length > 0)
        {
            if (IsShort(bytes))
            {
                return !isFirst || _tls.Application == TlsVersion.Dtls13.DisplayName();
            }

            if (bytes.Length < RecordHeader || bytes[0] is < 20 or > 26 || bytes[1] != 0xfe || bytes[2] is not (0xff or 0xfd) || BinaryPrimitives.ReadUInt16BigEndian(bytes[11..]) is var length && length > bytes.Length - RecordHeader)
            {
                return false;
            }

            bytes = bytes[(RecordHeader + length)..];
            isFirst = false;
        }

        return !isFirst;
    }

    private static bool IsShort(ReadOnlySpan<byte> bytes) => (bytes[0] & 0xe0) == 0x20 && bytes.Length >= 19;

    // RFC 6347, 4.2.2: type, length, number of the message, place and length of the fragment.
    private void TakeHandshake(bool fromClient, ReadOnlySpan<byte> content, long frame)
    {
        while (content.Length >= MessageHeader)
        {
            var reader = new WireReader(content[1..]);
            if (!reader.TryU24(out var length) || !reader.TryU16(out var number) || !reader.TryU24(out var offset) || !reader.TryU24(out var part) || part > content.Length - MessageHeader || offset + part > length)
            {
                return;
            }

            var fragment = content.Slice(MessageHeader, part);
            byte[] head = [content[0], (byte)(length >> 16), (byte)(length >> 8), (byte)length];
            content = content[(MessageHeader + part)..];
            if (!_messages.TryGetValue((fromClient, number), out var message))
            {
                if (_messages.Count >= MostMessages)
                {
                    return;
                }

                _messages[(fromClient, number)] = message = new Message(notes.Hold);
            }

            // A message is passed on whole: after it the next one's fragments may have come before.
            var before = message.Body.Capacity;
            message.Order.Add(offset, fragment, message.Body.AddRange);
            if (message.Body.Count == length && !message.IsPassed)
            {
                message.IsPassed = true;
                (fromClient ? _tls.Client : _tls.Server).Handshake([.. head, .. message.Body], frame);
                message.Body.Clear();
                message.Body.Capacity = 0;
            }

            notes.Hold(message.Body.Capacity - before);
        }
    }

    private sealed class Message(Action<long> hold)
    {
        public PieceOrder Order { get; } = new(hold);

        public List<byte> Body { get; } = [];

        public bool IsPassed { get; set; }
    }
}
