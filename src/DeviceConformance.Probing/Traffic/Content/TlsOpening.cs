using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>Opens one direction of a TLS connection with the secrets of a key log, record by record.</summary>
internal sealed class TlsOpening : IDisposable
{
    private const int LongestRecord = (1 << 14) + 2048;

    /// <summary>Bytes that one holds.</summary>
    public const int BufferBytes = 2 * LongestRecord;

    private const byte Finished = 20;
    private const byte KeyUpdate = 24; // RFC 8446, 4.6.3

    // Early data comes before what the handshake's keys open (RFC 8446, 4.2.10); its records are passed over.
    private const int MostPassedOver = 64;

    private readonly CipherSuite _suite;
    private readonly TlsSide? _messages;
    private readonly byte[] _record = new byte[LongestRecord];
    private readonly byte[] _plain = new byte[LongestRecord];
    private TlsRecordCipher? _cipher;
    private byte[]? _nextSecret;
    private byte[]? _secret;
    private int _length;
    private int _passedOver;
    private bool _isChanging;
    private bool _hasOpened;

    /// <summary>Opens TLS 1.2.</summary>
    public TlsOpening(CipherSuite suite, TlsRecordCipher cipher) => (_suite, _cipher) = (suite, cipher);

    /// <summary>Opens TLS 1.3.</summary>
    /// <param name="suite">Suite.</param>
    /// <param name="handshakeSecret">Secret of the handshake.</param>
    /// <param name="applicationSecret">First secret of what follows; null when the laboratory has none.</param>
    /// <param name="onMessage">Takes the handshake messages inside.</param>
    /// <param name="onHold">Told of bytes that are held of these.</param>
    public TlsOpening(CipherSuite suite, byte[] handshakeSecret, byte[]? applicationSecret, Action<TlsHandshakeType, ReadOnlyMemory<byte>, long> onMessage, Action<long> onHold)
    {
        (_suite, _nextSecret) = (suite, applicationSecret);
        _cipher = TlsRecordCipher.Of13(suite, handshakeSecret);
        _messages = new TlsSide
        {
            IsKnownToEncrypt = () => true,
            OnHold = onHold,
            OnMessage = (type, body, frame) =>
            {
                _isChanging |= (byte)type is Finished or KeyUpdate;
                onMessage(type, body, frame);
            },
        };
    }

    /// <summary>Takes the application data inside.</summary>
    public delegate void Sink(ReadOnlySpan<byte> bytes, long frame);

    /// <summary>Whether a record was opened.</summary>
    public bool HasOpened => _hasOpened;

    /// <summary>Whether no record can be opened any more.</summary>
    public bool IsOver => _cipher is null;

    /// <summary>Reads a piece of a record.</summary>
    /// <param name="type">Type of the record.</param>
    /// <param name="content">The piece.</param>
    /// <param name="isLast">Whether the record ends with it.</param>
    /// <param name="frame">Frame.</param>
    /// <param name="sink">Takes application data.</param>
    public void Append(byte type, ReadOnlySpan<byte> content, bool isLast, long frame, Sink sink)
    {
        if (_cipher is null || type is < 21 or > 23 || _length + content.Length > LongestRecord)
        {
            return;
        }

        content.CopyTo(_record.AsSpan(_length));
        _length += content.Length;
        if (!isLast)
        {
            return;
        }

        var record = _record.AsSpan(0, _length);
        _length = 0;
        if (!_cipher.TryOpen(type, record, _plain, out var length))
        {
            if (_hasOpened || ++_passedOver > MostPassedOver)
            {
                Dispose();
            }

            return;
        }

        _hasOpened = true;
        var plain = _plain.AsSpan(0, length);
        if (_messages is not null)
        {
            // RFC 8446, 5.4: zeros follow the type.
            var end = plain.LastIndexOfAnyExcept((byte)0);
            type = end < 0 ? (byte)0 : plain[end];
            plain = plain[..Math.Max(end, 0)];
        }

        if (type == (byte)TlsContentType.ApplicationData)
        {
            sink(plain, frame);
        }
        else if (type == (byte)TlsContentType.Handshake)
        {
            _messages?.Handshake(plain, frame);
            Change();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cipher?.Dispose();
        _cipher = null;
    }

    // After Finished the secret of the application holds; after each update the next of its chain (RFC 8446, 7.2).
    private void Change()
    {
        if (!_isChanging)
        {
            return;
        }

        _isChanging = false;
        Dispose();
        _secret = _nextSecret;
        if (_secret is not null)
        {
            _cipher = TlsRecordCipher.Of13(_suite, _secret);
            _nextSecret = HkdfLabel.Expand(TlsRecordCipher.HashOf(_suite), _secret, "traffic upd", _secret.Length);
        }
    }
}
