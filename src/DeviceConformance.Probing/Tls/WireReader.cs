using System.Buffers.Binary;

namespace DeviceConformance.Probing.Tls;

/// <summary>Reads numbers in network order, and vectors with a length before them (RFC 8446, 3.4; RFC 4251, 5), off a span; a read past the end says false and moves nothing.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public bool TryByte(out byte value)
    {
        value = _rest.IsEmpty ? default : _rest[0];
        return TrySkip(1);
    }

    public bool TryU16(out int value)
    {
        var isThere = BinaryPrimitives.TryReadUInt16BigEndian(_rest, out var number);
        value = number;
        return isThere && TrySkip(2);
    }

    public bool TryU24(out int value)
    {
        value = _rest.Length < 3 ? 0 : (_rest[0] << 16) | (_rest[1] << 8) | _rest[2];
        return TrySkip(3);
    }

    public bool TryU32(out uint value) => BinaryPrimitives.TryReadUInt32BigEndian(_rest, out value) && TrySkip(4);

    public bool TrySkip(int count)
    {
        if (_rest.Length < count)
        {
            return false;
        }

        _rest = _rest[count..];
        return true;
    }

    public bool TryBytes(int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = _rest.Length < count ? default : _rest[..count];
        return TrySkip(count);
    }

    public bool TryVector8(out ReadOnlySpan<byte> bytes)
    {
        var before = _rest;
        return (TryByte(out var length) & TryBytes(length, out bytes)) || Undo(before);
    }

    public bool TryVector16(out ReadOnlySpan<byte> bytes)
    {
        var before = _rest;
        return (TryU16(out var length) & TryBytes(length, out bytes)) || Undo(before);
    }

    public bool TryVector24(out ReadOnlySpan<byte> bytes)
    {
        var before = _rest;
        return (TryU24(out var length) & TryBytes(length, out bytes)) || Undo(before);
    }

    public bool TryVector32(out ReadOnlySpan<byte> bytes)
    {
        var before = _rest;
        bytes = default;
        return (TryU32(out var length) && length <= int.MaxValue && TryBytes((int)length, out bytes)) || Undo(before);
    }

    private bool Undo(ReadOnlySpan<byte> before)
    {
        _rest = before;
        return false;
    }
}
