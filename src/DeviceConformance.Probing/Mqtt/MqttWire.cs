using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DeviceConformance.Probing.Mqtt;

/// <summary>Why bytes gave no packet.</summary>
public enum MqttWireError
{
    /// <summary>There is a packet.</summary>
    None,

    /// <summary>More bytes have to come.</summary>
    Incomplete,

    /// <summary>The bytes break the rules of MQTT.</summary>
    Malformed,

    /// <summary>The packet is larger than <see cref="MqttPacket.MaxRemainingLength"/>.</summary>
    TooLarge,
}

/// <summary>Reads the data types of MQTT 5.0, section 1.5; each method leaves the position alone when it returns false.</summary>
internal ref struct MqttReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = bytes;

    public readonly int Remaining => _rest.Length;

    public bool TryByte(out byte value)
    {
        value = _rest.IsEmpty ? (byte)0 : _rest[0];
        return TrySkip(1);
    }

    public bool TryUInt16(out ushort value)
    {
        value = _rest.Length < 2 ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(_rest);
        return TrySkip(2);
    }

    public bool TryUInt32(out uint value)
    {
        value = _rest.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(_rest);
        return TrySkip(4);
    }

    /// <summary>A variable byte integer (1.5.5): at most four bytes, low seven bits first.</summary>
    public MqttWireError ReadVariable(out uint value)
    {
        value = 0;
        for (var index = 0; index < 4; index++)
        {
            if (index >= _rest.Length)
            {
                return MqttWireError.Incomplete;
            }

            value |= (uint)(_rest[index] & 0x7f) << (7 * index);
            if ((_rest[index] & 0x80) == 0)
            {
                _rest = _rest[(index + 1)..];
                return MqttWireError.None;
            }
        }

        return MqttWireError.Malformed;
    }

    public bool TryBinary(out byte[] value)
    {
        value = [];
        if (_rest.Length < 2 || BinaryPrimitives.ReadUInt16BigEndian(_rest) is var length && _rest.Length < 2 + length)
        {
            return false;
        }

        value = _rest.Slice(2, length).ToArray();
        _rest = _rest[(2 + length)..];
        return true;
    }

    /// <summary>A UTF-8 string (1.5.4): ill-formed UTF-8 and U+0000 are malformed.</summary>
    public bool TryText(out string value)
    {
        value = "";
        if (!TryBinary(out var bytes) || bytes.Contains((byte)0) || !IsWellFormed(bytes))
        {
            return false;
        }

        value = _strict.GetString(bytes);
        return true;
    }

    public bool TryTake(int count, out ReadOnlySpan<byte> taken)
    {
        taken = count <= _rest.Length ? _rest[..count] : default;
        return TrySkip(count);
    }

    public ReadOnlySpan<byte> TakeAll()
    {
        var all = _rest;
        _rest = default;
        return all;
    }

    private static bool IsWellFormed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out _, out var consumed) != OperationStatus.Done)
            {
                return false;
            }

            bytes = bytes[consumed..];
        }

        return true;
    }

    private bool TrySkip(int count)
    {
        if (_rest.Length < count)
        {
            return false;
        }

        _rest = _rest[count..];
        return true;
    }
}

/// <summary>Writes the data types of MQTT 5.0, section 1.5.</summary>
internal sealed class MqttWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public MqttWriter Byte(byte value)
    {
        _bytes.Write([value]);
        return this;
    }

    public MqttWriter UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.GetSpan(2), value);
        _bytes.Advance(2);
        return this;
    }

    public MqttWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
        return this;
    }

    public MqttWriter Variable(uint value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 268_435_455u);
        do
        {
            Byte((byte)((value & 0x7f) | (value > 0x7f ? 0x80u : 0)));
            value >>= 7;
        }
        while (value > 0);
        return this;
    }

    public MqttWriter Binary(ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, ushort.MaxValue);
        return UInt16((ushort)value.Length).Raw(value);
    }

    public MqttWriter Text(string value) => Binary(Encoding.UTF8.GetBytes(value));

    public MqttWriter Raw(ReadOnlySpan<byte> value)
    {
        _bytes.Write(value);
        return this;
    }
}
