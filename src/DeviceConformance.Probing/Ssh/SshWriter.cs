using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace DeviceConformance.Probing.Ssh;

/// <summary>Writes the data types of RFC 4251, 5 one after the other.</summary>
internal sealed class SshWriter
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public SshWriter Byte(byte value)
    {
        _bytes.Add(value);
        return this;
    }

    public SshWriter Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public SshWriter Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public SshWriter U32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Raw(bytes);
    }

    public SshWriter Text(ReadOnlySpan<byte> bytes) => U32((uint)bytes.Length).Raw(bytes);

    public SshWriter Text(string text) => Text(Encoding.UTF8.GetBytes(text));

    public SshWriter Names(IEnumerable<string> names) => Text(string.Join(',', names));

    /// <summary>A number of any size, not negative: big-endian, with a zero before a set sign bit, and nothing at all for zero.</summary>
    public SshWriter Number(BigInteger value) => value.IsZero ? U32(0) : Text(value.ToByteArray(isBigEndian: true));

    /// <summary>Reads a number that is not negative off the content of an mpint; false when it is negative or longer than any key.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> content, out BigInteger value)
    {
        const int longest = 16384 / 8 + 1;
        value = content.Length > longest ? default : new BigInteger(content, isUnsigned: false, isBigEndian: true);
        return content.Length <= longest && value.Sign >= 0;
    }
}
