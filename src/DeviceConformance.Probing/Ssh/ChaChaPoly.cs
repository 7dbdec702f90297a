using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace DeviceConformance.Probing.Ssh;

/// <summary>ChaCha20 and Poly1305 (RFC 8439) as chacha20-poly1305@openssh.com puts them together, which the base library can not.</summary>
internal static class ChaChaPoly
{
    public const int KeyLength = 32;
    public const int TagLength = 16;

    private const int BlockLength = 64;
    private static readonly BigInteger _prime = BigInteger.Pow(2, 130) - 5;
    private static readonly BigInteger _clamp = BigInteger.Parse("0ffffffc0ffffffc0ffffffc0fffffff", System.Globalization.NumberStyles.HexNumber);

    /// <summary>Encrypts or decrypts in place: a 64 bit counter of blocks and the packet's number as 64 bit nonce, as in ChaCha's first form.</summary>
    public static void Apply(ReadOnlySpan<byte> key, uint sequence, uint counter, Span<byte> data)
    {
        var block = new byte[BlockLength];
        for (var at = 0; at < data.Length; at++)
        {
            if (at % BlockLength == 0)
            {
                Block(key, sequence, counter++, block);
            }

            data[at] ^= block[at % BlockLength];
        }
    }

    /// <summary>The tag of encrypted bytes, by a key that is the first half of block 0.</summary>
    public static byte[] Tag(ReadOnlySpan<byte> key, uint sequence, ReadOnlySpan<byte> data)
    {
        var block = new byte[BlockLength];
        Block(key, sequence, 0, block);
        var r = new BigInteger(block.AsSpan(0, 16), isUnsigned: true) & _clamp;
        var sum = BigInteger.Zero;
        for (var at = 0; at < data.Length; at += 16)
        {
            byte[] part = [.. data[at..Math.Min(data.Length, at + 16)], 1];
            sum = (sum + new BigInteger(part, isUnsigned: true)) * r % _prime;
        }

        sum = (sum + new BigInteger(block.AsSpan(16, 16), isUnsigned: true)) & ((BigInteger.One << 128) - 1);
        var tag = new byte[TagLength];
        sum.TryWriteBytes(tag, out _, isUnsigned: true);
        return tag;
    }

    /// <summary>Whether a tag is right.</summary>
    public static bool IsTag(ReadOnlySpan<byte> key, uint sequence, ReadOnlySpan<byte> data, ReadOnlySpan<byte> tag) =>
        CryptographicOperations.FixedTimeEquals(Tag(key, sequence, data), tag);

    private static void Block(ReadOnlySpan<byte> key, uint sequence, uint counter, Span<byte> output)
    {
        Span<uint> start = stackalloc uint[16];
        (start[0], start[1], start[2], start[3]) = (0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);
        for (var i = 0; i < 8; i++)
        {
            start[4 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
        }

        // The nonce is the number in network order; read as two little-endian words the upper half is 0 and the lower one turned round.
        (start[12], start[13], start[14], start[15]) = (counter, 0, 0, BinaryPrimitives.ReverseEndianness(sequence));
        Span<uint> x = stackalloc uint[16];
        start.CopyTo(x);
        for (var round = 0; round < 10; round++)
        {
            Quarter(x, 0, 4, 8, 12);
            Quarter(x, 1, 5, 9, 13);
            Quarter(x, 2, 6, 10, 14);
            Quarter(x, 3, 7, 11, 15);
            Quarter(x, 0, 5, 10, 15);
            Quarter(x, 1, 6, 11, 12);
            Quarter(x, 2, 7, 8, 13);
            Quarter(x, 3, 4, 9, 14);
        }

        for (var i = 0; i < 16; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(output[(4 * i)..], x[i] + start[i]);
        }
    }

    private static void Quarter(Span<uint> x, int a, int b, int c, int d)
    {
        x[a] += x[b];
        x[d] = BitOperations.RotateLeft(x[d] ^ x[a], 16);
        x[c] += x[d];
        x[b] = BitOperations.RotateLeft(x[b] ^ x[c], 12);
        x[a] += x[b];
        x[d] = BitOperations.RotateLeft(x[d] ^ x[a], 8);
        x[c] += x[d];
        x[b] = BitOperations.RotateLeft(x[b] ^ x[c], 7);
    }
}
