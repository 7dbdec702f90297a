using System.Buffers.Binary;

namespace DeviceConformance.Probing.Snmp;

/// <summary>The few rules of BER (ITU-T X.690, 8.1) that SNMP needs; every length is checked.</summary>
internal ref struct BerReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Whether nothing is left.</summary>
    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>Goes into a value; what follows it is left behind.</summary>
    public bool TryEnter(byte tag)
    {
        if (!TryRead(tag, out var content))
        {
            return false;
        }

        _rest = content;
        return true;
    }

    /// <summary>Reads the next value when it has the tag.</summary>
    public bool TryRead(byte tag, out ReadOnlySpan<byte> content)
    {
        content = default;
        return _rest.Length > 0 && _rest[0] == tag && TryReadAny(out _, out content);
    }

    /// <summary>Reads the next value.</summary>
    public bool TryReadAny(out byte tag, out ReadOnlySpan<byte> content)
    {
        tag = 0;
        content = default;
        if (_rest.Length < 2)
        {
            return false;
        }

        var length = (int)_rest[1];
        var start = 2;
        if (length > 0x7f)
        {
            var digits = length & 0x7f;
            // Net-SNMP and others write more digits than needed; three hold every datagram.
            if (digits is 0 or > 3 || _rest.Length < 2 + digits)
            {
                return false;
            }

            length = 0;
            foreach (var digit in _rest.Slice(2, digits))
            {
                length = (length << 8) | digit;
            }

            start += digits;
        }

        if (length > _rest.Length - start)
        {
            return false;
        }

        tag = _rest[0];
        content = _rest.Slice(start, length);
        _rest = _rest[(start + length)..];
        return true;
    }

    /// <summary>Reads an INTEGER of at most 32 bits.</summary>
    public bool TryReadInteger(out int value)
    {
        value = 0;
        if (!TryRead(0x02, out var content) || content.Length is 0 or > 5)
        {
            return false;
        }

        var number = BerNumber(content);
        value = unchecked((int)number);
        return number is >= int.MinValue and <= uint.MaxValue;
    }

    /// <summary>A number of at most eight bytes, two's complement.</summary>
    public static long BerNumber(ReadOnlySpan<byte> content)
    {
        Span<byte> whole = stackalloc byte[8];
        whole.Fill(content.Length > 0 && content[0] >= 0x80 ? (byte)0xff : (byte)0);
        var tail = content[Math.Max(0, content.Length - 8)..];
        tail.CopyTo(whole[(8 - tail.Length)..]);
        return BinaryPrimitives.ReadInt64BigEndian(whole);
    }
}
