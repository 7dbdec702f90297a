using System.Buffers.Binary;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>One direction of a WebSocket (RFC 6455, 5.2): takes the mask off, so that known values are found in what the client sends.</summary>
internal sealed class WebSocketSide(FlowNotes notes, KnownValues? decoded)
{
    private const int LongestHeader = 14;

    private readonly byte[] _header = new byte[LongestHeader];
    private readonly byte[] _piece = new byte[1024];
    private int _headerLength;
    private ulong _left;
    private int _place;

    /// <summary>Whether what follows are no frames.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Reads on.</summary>
    public void Append(ReadOnlySpan<byte> bytes, long frame)
    {
        while (!IsBroken && bytes.Length > 0)
        {
            if (_left > 0)
            {
                var part = bytes[..(int)Math.Min(Math.Min(_left, (ulong)bytes.Length), (ulong)_piece.Length)];
                Unmask(part, frame);
                _left -= (ulong)part.Length;
                bytes = bytes[part.Length..];
                continue;
            }

            _header[_headerLength++] = bytes[0];
            bytes = bytes[1..];
            TakeHeader();
        }
    }

    /// <summary>Bytes that are in no frame.</summary>
    public void Skip(long bytes)
    {
        decoded?.Forget();
        if ((ulong)bytes <= _left)
        {
            _left -= (ulong)bytes;
            _place = (int)((_place + bytes) & 3);
        }
        else
        {
            IsBroken = true;
        }
    }

    private bool IsMasked => (_header[1] & 0x80) != 0;

    private void TakeHeader()
    {
        // Opcodes 3 to 7 and 11 to 15 are reserved (5.2); the bits beside belong to extensions, of which compression is common.
        IsBroken = (_header[0] & 0x07) is >= 3;
        var lengthBytes = _headerLength < 2 ? 0 : (_header[1] & 0x7f) switch { 126 => 2, 127 => 8, _ => 0 };
        if (_headerLength < 2 || _headerLength < 2 + lengthBytes + (IsMasked ? 4 : 0))
        {
            return;
        }

        _left = lengthBytes switch
        {
            2 => BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)),
            8 => BinaryPrimitives.ReadUInt64BigEndian(_header.AsSpan(2)),
            _ => (ulong)(_header[1] & 0x7f),
        };
        IsBroken |= _left > long.MaxValue;
        if (IsMasked)
        {
            _header.AsSpan(2 + lengthBytes, 4).CopyTo(_header.AsSpan(10));
        }

        (_headerLength, _place) = (0, 0);
        if ((_header[0] & 0x0f) is 1 or 2)
        {
            notes.Request((_header[0] & 0x0f) == 1 ? "WebSocket text" : "WebSocket binary");
        }
    }

    private void Unmask(ReadOnlySpan<byte> part, long frame)
    {
        // What has no mask was searched as it stands.
        if (decoded is null || !IsMasked)
        {
            return;
        }

        for (var at = 0; at < part.Length; at++)
        {
            _piece[at] = (byte)(part[at] ^ _header[10 + ((_place + at) & 3)]);
        }

        _place = (_place + part.Length) & 3;
        decoded.Append(_piece.AsSpan(0, part.Length), frame);
    }
}
