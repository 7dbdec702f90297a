using System.Buffers.Binary;
using System.Numerics;

namespace DeviceConformance.Probing.Smb;

/// <summary>MD4 (RFC 1320), of which the platform has none: NTLM makes its key of a password by it (MS-NLMP, 3.3.2). It protects nothing.</summary>
internal static class Md4
{
    /// <summary>Length of the digest in bytes.</summary>
    public const int Length = 16;

    private const int Block = 64;

    /// <summary>The digest of a message.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> message)
    {
        var padded = new byte[((message.Length + 8) / Block + 1) * Block];
        message.CopyTo(padded);
        padded[message.Length] = 0x80;
        BinaryPrimitives.WriteUInt64LittleEndian(padded.AsSpan(padded.Length - 8), (ulong)message.Length * 8);
        Span<uint> state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
        Span<uint> words = stackalloc uint[16];
        for (var at = 0; at < padded.Length; at += Block)
        {
            for (var index = 0; index < 16; index++)
            {
                words[index] = BinaryPrimitives.ReadUInt32LittleEndian(padded.AsSpan(at + index * 4));
            }

            Take(state, words);
        }

        var digest = new byte[Length];
        for (var index = 0; index < 4; index++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(digest.AsSpan(index * 4), state[index]);
        }

        return digest;
    }

    private static void Take(Span<uint> state, ReadOnlySpan<uint> words)
    {
        ReadOnlySpan<int> shifts = [3, 7, 11, 19, 3, 5, 9, 13, 3, 9, 11, 15];
        ReadOnlySpan<int> third = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15];
        var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
        for (var step = 0; step < 48; step++)
        {
            var (mix, word, constant) = (step / 16) switch
            {
                0 => ((b & c) | (~b & d), step, 0u),
                1 => ((b & c) | (b & d) | (c & d), step % 4 * 4 + step % 16 / 4, 0x5a827999u),
                _ => (b ^ c ^ d, third[step - 32], 0x6ed9eba1u),
            };
            var turned = BitOperations.RotateLeft(a + mix + words[word] + constant, shifts[step / 16 * 4 + step % 4]);
            (a, b, c, d) = (d, turned, b, c);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
    }
}
