using System.Buffers.Binary;
using System.Text;

namespace DeviceConformance.Emulator.Mqtt;

/// <summary>Reads the data types of MQTT (5.0, 1.5) from a packet; every method says whether the bytes were there and right.</summary>
internal ref struct MqttReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> rest = bytes;

    /// <summary>Bytes not yet read.</summary>
    public readonly ReadOnlySpan<byte> Rest => rest;

    public bool TryByte(out byte value)
    {
        value = rest.IsEmpty ? (byte)0 : rest[0];
        return Skip(1);
    }

    public bool TryUInt16(out ushort value) => BinaryPrimitives.TryReadUInt16BigEndian(rest, out value) && Skip(2);

    public bool TryBinary(out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!TryUInt16(out var length) || rest.Length < length)
        {
            return false;
        }

        value = rest[..length];
        return Skip(length);
    }

    /// <summary>A string of valid UTF-8 without U+0000 (1.5.4).</summary>
    public bool TryString(out string value)
    {
        value = "";
        if (!TryBinary(out var binary) || binary.Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(binary))
        {
            return false;
        }

        value = StrictUtf8.GetString(binary);
        return true;
    }

    /// <summary>A number in one to four bytes (1.5.5).</summary>
    public bool TryVariableInteger(out int value)
    {
        value = 0;
        for (var shift = 0; shift <= 21; shift += 7)
        {
            if (!TryByte(out var digit))
            {
                return false;
            }

            value |= (digit & 0x7F) << shift;
            if (digit < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Passes over the properties of 5.0; nothing in them changes what this broker does.</summary>
    public bool SkipProperties() => TryVariableInteger(out var length) && rest.Length >= length && Skip(length);

    private bool Skip(int length)
    {
        if (rest.Length < length)
        {
            return false;
        }

        rest = rest[length..];
        return true;
    }
}
