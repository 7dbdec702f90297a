using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DeviceConformance.Probing.Ssh;

/// <summary>A block cipher whose state runs on from packet to packet; takes whole blocks only.</summary>
internal abstract class BlockMode(SymmetricAlgorithm algorithm) : IDisposable
{
    /// <summary>Bytes of a block.</summary>
    public int BlockLength { get; } = algorithm.BlockSize / 8;

    /// <summary>Encrypts whole blocks.</summary>
    public abstract byte[] Encrypt(ReadOnlySpan<byte> clear);

    /// <summary>Decrypts whole blocks; none at all give none.</summary>
    public abstract byte[] Decrypt(ReadOnlySpan<byte> encrypted);

    /// <inheritdoc/>
    public void Dispose() => algorithm.Dispose();
}

/// <summary>Counter mode (RFC 4344, 4).</summary>
internal sealed class CounterMode(SymmetricAlgorithm algorithm, byte[] counter) : BlockMode(algorithm)
{
    private readonly SymmetricAlgorithm _algorithm = algorithm;

    public override byte[] Encrypt(ReadOnlySpan<byte> clear)
    {
        var counters = new byte[clear.Length];
        for (var at = 0; at < counters.Length; at += BlockLength)
        {
            counter.CopyTo(counters, at);
            CountUp();
        }

        var stream = _algorithm.EncryptEcb(counters, PaddingMode.None);
        for (var at = 0; at < stream.Length; at++)
        {
            stream[at] ^= clear[at];
        }

        return stream;
    }

    public override byte[] Decrypt(ReadOnlySpan<byte> encrypted) => Encrypt(encrypted);

    private void CountUp()
    {
        var place = BlockLength - 1;
        while (place >= 0 && ++counter[place] == 0)
        {
            place--;
        }
    }
}

/// <summary>Cipher block chaining, the chain going on over packets (RFC 4253, 6.3).</summary>
internal sealed class ChainingMode(SymmetricAlgorithm algorithm, byte[] iv) : BlockMode(algorithm)
{
    private readonly SymmetricAlgorithm _algorithm = algorithm;
    private byte[] _iv = iv;

    public override byte[] Encrypt(ReadOnlySpan<byte> clear)
    {
        var encrypted = _algorithm.EncryptCbc(clear, _iv, PaddingMode.None);
        _iv = encrypted[^BlockLength..];
        return encrypted;
    }

    public override byte[] Decrypt(ReadOnlySpan<byte> encrypted)
    {
        if (encrypted.IsEmpty)
        {
            return [];
        }

        var clear = _algorithm.DecryptCbc(encrypted, _iv, PaddingMode.None);
        _iv = encrypted[^BlockLength..].ToArray();
        return clear;
    }
}

/// <summary>A message authentication code.</summary>
/// <param name="Name">Its name.</param>
/// <param name="KeyLength">Bytes of its key.</param>
/// <param name="Length">Bytes of it that are sent.</param>
/// <param name="Hash">The function, given key and bytes.</param>
internal sealed record SshMac(string Name, int KeyLength, int Length, Func<byte[], byte[], byte[]> Hash)
{
    /// <summary>Whether it is made over the encrypted packet.</summary>
    public bool IsEtm { get; } = Name.EndsWith("-etm@openssh.com", StringComparison.Ordinal);

    /// <summary>The code of a packet.</summary>
    public byte[] Of(byte[] key, uint sequence, ReadOnlySpan<byte> packet)
    {
        var numbered = new byte[4 + packet.Length];
        BinaryPrimitives.WriteUInt32BigEndian(numbered, sequence);
        packet.CopyTo(numbered.AsSpan(4));
        return Hash(key, numbered)[..Length];
    }
}
