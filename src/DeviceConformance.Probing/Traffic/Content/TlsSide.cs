using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>One direction of a TLS connection: follows its records, and reads the handshake messages that are readable.</summary>
internal sealed class TlsSide
{
    /// <summary>Length of a handshake message at the most.</summary>
    public const int LongestMessage = 64 * 1024;

    // Type, length, the shortest verify data (12 bytes) or hash (32), type and tag: an alert in its place is shorter (RFC 8446, 4.4.4 and 5.2).
    private const int ShortestFinished13 = 45;
    private const int Header = 4;

    private TlsFraming _framing;
    private byte[] _message = [];
    private int _length;
    private bool _isOver;
    private bool _isLost;
    private bool _hasStrayBytes;
    private TlsFraming _candidate;
    private long _recordsBefore;
    private TlsOpening? _opening;
    private bool _hasAskedForKeys;
    private bool _changesMeanNothing;
    private long _applicationBefore;

    /// <summary>Sample of the records that would be encrypted, while nothing tells that they are; null when there was none.</summary>
    public ByteSample? Sample { get; private set; }

    /// <summary>Whether the suite agreed on is known to encrypt.</summary>
    public required Func<bool> IsKnownToEncrypt { get; init; }

    /// <summary>Called with type and body of each readable handshake message.</summary>
    public required Action<TlsHandshakeType, ReadOnlyMemory<byte>, long> OnMessage { get; init; }

    /// <summary>Gives what opens the records of this side, when the first encrypted one comes; null when the laboratory has no keys.</summary>
    public Func<TlsOpening?>? Open { get; init; }

    /// <summary>Told of bytes that are held from here on; of those given back when negative.</summary>
    public required Action<long> OnHold { get; init; }

    /// <summary>Takes application data that was opened.</summary>
    public TlsOpening.Sink? OnOpened { get; init; }

    /// <summary>Whether what follows is no TLS record.</summary>
    public bool IsBroken => _isLost ? _hasStrayBytes : _framing.IsBroken;

    /// <summary>Whole record headers read.</summary>
    public long Records => _recordsBefore + _framing.Records;

    /// <summary>Records of application data.</summary>
    public long ApplicationRecords => _applicationBefore + _framing.ApplicationRecords;

    /// <summary>Whether a ChangeCipherSpec came by.</summary>
    public bool HasChangedCipher { get; private set; }

    /// <summary>Whether a handshake record came after it: in TLS 1.2 and older the encrypted Finished.</summary>
    public bool HasOldFinished { get; private set; }

    /// <summary>Whether a record came by that can hold the Finished of TLS 1.3, or data.</summary>
    public bool HasLongApplication { get; private set; }

    /// <summary>Whether a readable alert came by that ends the connection (RFC 8446, 6.2).</summary>
    public bool HasFatalAlert { get; private set; }

    /// <summary>Whether what follows is encrypted, as far as the suite encrypts.</summary>
    public bool IsProtected => HasChangedCipher || ApplicationRecords > 0;

    /// <summary>Reads on.</summary>
    /// <returns>How many bytes at the end follow the break of the framing; 0 while it holds.</returns>
    public int Append(ReadOnlySpan<byte> bytes, long frame)
    {
        if (_isLost && !TryFind(bytes))
        {
            _hasStrayBytes = true;
            return bytes.Length;
        }

        var before = bytes.Length;
        while (_framing.TryRead(ref bytes, out var content))
        {
            before = bytes.Length;
            Take(content, frame);
        }

        return IsBroken ? Math.Max(before, bytes.Length) : 0;
    }

    /// <summary>Bytes of handshake messages that came without records: in QUIC, or put together from datagrams.</summary>
    public void Handshake(ReadOnlySpan<byte> bytes, long frame) => Collect(bytes, frame);

    /// <summary>Bytes that are in no frame.</summary>
    public void Skip(long bytes)
    {
        _isOver = true;
        Drop();
        Close();
        var wasBroken = _framing.IsBroken;
        _framing.Skip(bytes);
        if (!wasBroken && _framing.IsBroken)
        {
            _isLost = true;
        }

        _candidate = default;
    }

    /// <summary>TLS 1.3 is spoken: a ChangeCipherSpec means nothing in it (RFC 8446, 5), and after a request to try again hellos follow it.</summary>
    public void IgnoreChanges() => (_changesMeanNothing, HasChangedCipher) = (true, false);

    /// <summary>No more bytes come.</summary>
    public void End() => Close();

    /// <summary>Goes on with records that were followed elsewhere, in the middle of a connection: no handshake is to be read any more.</summary>
    public void ContinueFrom(TlsFraming framing) => (_framing, _isOver) = (framing, true);

    // After a gap: what followed TLS is TLS again when records fill a segment to its end, or three follow each other.
    private bool TryFind(ReadOnlySpan<byte> bytes)
    {
        if (_candidate.IsBroken)
        {
            _candidate = default;
        }

        var before = _candidate;
        _candidate.Append(bytes);
        if (_candidate.IsBroken || !(_candidate.Records >= 3 || (_candidate.Records > 0 && _candidate.IsAtBorder)))
        {
            return false;
        }

        (_recordsBefore, _applicationBefore) = (Records, ApplicationRecords);
        // This segment is read once more, as what it is.
        (_framing, _isLost, _hasStrayBytes) = (before, false, false);
        return true;
    }

    private void Take(ReadOnlySpan<byte> content, long frame)
    {
        if (IsProtected && _framing.Type == (byte)TlsContentType.ApplicationData && !IsKnownToEncrypt())
        {
            (Sample ??= new ByteSample()).Add(content);
        }

        switch ((TlsContentType)_framing.Type)
        {
            case TlsContentType.ChangeCipherSpec:
                HasChangedCipher = !_changesMeanNothing;
                break;
            case TlsContentType.Alert when !IsProtected && _framing.Length == 2:
                // Level 2 is fatal; a warning that nobody knows the name ends nothing.
                HasFatalAlert |= content[0] == 2;
                break;
            case TlsContentType.ApplicationData:
                HasLongApplication |= _framing.Length >= ShortestFinished13;
                break;
            case TlsContentType.Handshake when HasChangedCipher:
                HasOldFinished = true;
                break;
            case TlsContentType.Handshake:
                Collect(content, frame);
                break;
        }

        if (IsProtected)
        {
            Drop();
            OpenRecord(content, frame);
        }
    }

    private void OpenRecord(ReadOnlySpan<byte> content, long frame)
    {
        if (!_hasAskedForKeys && _framing.Type != (byte)TlsContentType.ChangeCipherSpec)
        {
            (_opening, _hasAskedForKeys) = (Open?.Invoke(), true);
            OnHold(_opening is null ? 0 : TlsOpening.BufferBytes);
        }

        if (_opening is not null && OnOpened is not null)
        {
            _opening.Append(_framing.Type, content, _framing.IsAtBorder, frame, OnOpened);
            if (_opening.IsOver)
            {
                Close();
            }
        }
    }

    // What was begun can not be ended any more.
    private void Drop()
    {
        OnHold(-_message.Length);
        (_message, _length) = ([], 0);
    }

    // Records that are not in the capture leave a number that nobody knows; nothing after them can be opened.
    private void Close()
    {
        _opening?.Dispose();
        OnHold(_opening is null ? 0 : -TlsOpening.BufferBytes);
        (_opening, _hasAskedForKeys) = (null, true);
    }

    private void Collect(ReadOnlySpan<byte> content, long frame)
    {
        while (!_isOver && content.Length > 0)
        {
            var wanted = _length < Header ? Header : Header + BodyLength;
            if (wanted > LongestMessage)
            {
                _isOver = true;
                Drop();
                return;
            }

            if (_message.Length < wanted)
            {
                // Grows with what came, not with what a length field claims.
                var before = _message.Length;
                Array.Resize(ref _message, Math.Min(Math.Max(wanted, Header), Math.Max(2 * (_length + content.Length), 512)));
                OnHold(_message.Length - before);
            }

            var taken = Math.Min(Math.Min(wanted, _message.Length) - _length, content.Length);
            content[..taken].CopyTo(_message.AsSpan(_length));
            _length += taken;
            content = content[taken..];
            if (_length >= Header && _length == Header + BodyLength)
            {
                OnMessage((TlsHandshakeType)_message[0], _message.AsMemory(Header, BodyLength), frame);
                _length = 0;
            }
        }
    }

    private int BodyLength => (_message[1] << 16) | (_message[2] << 8) | _message[3];
}
