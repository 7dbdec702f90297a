using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DeviceConformance.Emulator.Tls;

/// <summary>Keys of one direction of TLS 1.1 with TLS_RSA_WITH_AES_128_CBC_SHA, and what they do to records (RFC 4346, 6.2.3).</summary>
internal sealed class ObsoleteKeys(byte[] macKey, byte[] key) : IDisposable
{
    /// <summary>Length of the master secret in bytes.</summary>
    public const int MasterLength = 48;

    private const int MacLength = 20;
    private const int KeyLength = 16;
    private const int BlockLength = 16;

    private readonly Aes cipher = CreateCipher(key);
    private ulong sequence;

    /// <summary>The master secret (8.1).</summary>
    public static byte[] Master(byte[] premaster, byte[] clientRandom, byte[] serverRandom) => Prf(premaster, "master secret", [.. clientRandom, .. serverRandom], MasterLength);

    /// <summary>Keys for both directions (6.3).</summary>
    public static (ObsoleteKeys OfClient, ObsoleteKeys OfServer) Derive(byte[] master, byte[] clientRandom, byte[] serverRandom)
    {
        var block = Prf(master, "key expansion", [.. serverRandom, .. clientRandom], 2 * (MacLength + KeyLength));
        const int Keys = 2 * MacLength;
        return (new ObsoleteKeys(block[..MacLength], block[Keys..(Keys + KeyLength)]), new ObsoleteKeys(block[MacLength..Keys], block[(Keys + KeyLength)..]));
    }

    /// <summary>Content of a Finished message (7.4.9).</summary>
    /// <param name="master">Master secret.</param>
    /// <param name="label">"client finished" or "server finished".</param>
    /// <param name="handshake">All handshake messages before it.</param>
    public static byte[] Finished(byte[] master, string label, byte[] handshake) => Prf(master, label, [.. MD5.HashData(handshake), .. SHA1.HashData(handshake)], 12);

    /// <summary>Protects the content of a record.</summary>
    public byte[] Protect(byte type, ReadOnlySpan<byte> content)
    {
        var iv = RandomNumberGenerator.GetBytes(BlockLength);
        byte[] plain = [.. content, .. Mac(type, content)];
        var padding = (byte)(BlockLength - 1 - (plain.Length % BlockLength));
        byte[] padded = [.. plain, .. Enumerable.Repeat(padding, padding + 1)];
        return [.. iv, .. cipher.EncryptCbc(padded, iv, PaddingMode.None)];
    }

    /// <summary>Opens a record; null when it was not made with these keys.</summary>
    public byte[]? Open(byte type, ReadOnlySpan<byte> record)
    {
        if (record.Length < 3 * BlockLength || record.Length % BlockLength != 0)
        {
            return null;
        }

        var plain = cipher.DecryptCbc(record[BlockLength..], record[..BlockLength], PaddingMode.None);
        var length = plain.Length - plain[^1] - 1 - MacLength;
        if (length < 0)
        {
            return null;
        }

        var content = plain[..length];
        return CryptographicOperations.FixedTimeEquals(Mac(type, content), plain.AsSpan(length, MacLength)) ? content : null;
    }

    /// <inheritdoc/>
    public void Dispose() => cipher.Dispose();

    private byte[] Mac(byte type, ReadOnlySpan<byte> content)
    {
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteUInt64BigEndian(header, sequence++);
        header[8] = type;
        BinaryPrimitives.WriteUInt16BigEndian(header[9..], ObsoleteSession.Version);
        BinaryPrimitives.WriteUInt16BigEndian(header[11..], (ushort)content.Length);
        return HMACSHA1.HashData(macKey, (byte[])[.. header, .. content]);
    }

    // Section 5: the halves of the secret feed one hash each.
    private static byte[] Prf(byte[] secret, string label, byte[] seed, int length)
    {
        var half = (secret.Length + 1) / 2;
        byte[] labelled = [.. Encoding.ASCII.GetBytes(label), .. seed];
        var result = Expand(text => HMACMD5.HashData(secret.AsSpan(0, half), text), labelled, length);
        var second = Expand(text => HMACSHA1.HashData(secret.AsSpan(secret.Length - half), text), labelled, length);
        for (var index = 0; index < length; index++)
        {
            result[index] ^= second[index];
        }

        return result;
    }

    private static byte[] Expand(Func<byte[], byte[]> hash, byte[] seed, int length)
    {
        var result = new List<byte>(length + MacLength);
        for (var chain = hash(seed); result.Count < length; chain = hash(chain))
        {
            result.AddRange(hash([.. chain, .. seed]));
        }

        return [.. result.Take(length)];
    }

    private static Aes CreateCipher(byte[] key)
    {
        var cipher = Aes.Create();
        cipher.Key = key;
        return cipher;
    }
}
