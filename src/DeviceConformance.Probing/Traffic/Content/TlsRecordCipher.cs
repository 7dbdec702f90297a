using System.Buffers.Binary;
using System.Security.Cryptography;
using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>Opens the records of one direction with known keys, and seals those of a client of TLS 1.2: TLS 1.3 (RFC 8446, 5.2), TLS 1.2 with GCM, CCM, ChaCha20-Poly1305 and CBC (RFC 5246, 6.2.3; RFC 5288; RFC 6655; RFC 7905; RFC 7366).</summary>
internal sealed class TlsRecordCipher : IDisposable
{
    private const int LongestTag = 16;
    private const int Block = 16;

    private readonly AesGcm? _gcm;
    private readonly AesCcm? _ccm;
    private readonly ChaCha20Poly1305? _chacha;
    private readonly Aes? _cbc;
    private readonly byte[] _iv;
    private readonly byte[] _macKey;
    private readonly HashAlgorithmName _macHash;
    private readonly int _macLength;
    private readonly bool _isMacOverCipherText;
    private readonly int _tagLength = LongestTag;
    private readonly bool _isTls13;
    private ulong _sequence;

    private TlsRecordCipher(string name, byte[] key, byte[] iv, bool isTls13, byte[] macKey, bool isMacOverCipherText)
    {
        (_iv, _isTls13, _macKey, _isMacOverCipherText) = (iv, isTls13, macKey, isMacOverCipherText);
        (_macHash, _macLength) = MacOf(name);
        if (name.Contains("_GCM", StringComparison.Ordinal))
        {
            _gcm = new AesGcm(key, LongestTag);
        }
        else if (name.Contains("_CCM", StringComparison.Ordinal))
        {
            _tagLength = name.Contains("_CCM_8", StringComparison.Ordinal) ? 8 : LongestTag;
            _ccm = new AesCcm(key);
        }
        else if (name.Contains("CHACHA20", StringComparison.Ordinal))
        {
            _chacha = new ChaCha20Poly1305(key);
        }
        else
        {
            _cbc = Aes.Create();
            _cbc.Key = key;
        }
    }

    /// <summary>Hash of a suite's key derivation (RFC 5246, 5; RFC 8446, 7.1).</summary>
    public static HashAlgorithmName HashOf(CipherSuite suite) => suite.Name.EndsWith("_SHA384", StringComparison.Ordinal) ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;

    /// <summary>Whether records of a suite are read here.</summary>
    public static bool Reads(CipherSuite suite) => KeyLength(suite.Name) > 0;

    /// <summary>The pseudorandom function of TLS 1.2 (RFC 5246, 5).</summary>
    /// <param name="hash">Hash of the suite.</param>
    /// <param name="secret">The secret.</param>
    /// <param name="seed">Label and seed, one after the other.</param>
    /// <param name="length">Bytes wanted.</param>
    public static byte[] Derive12(HashAlgorithmName hash, byte[] secret, byte[] seed, int length) => Expand12(hash, secret, seed, length);

    /// <summary>Keys of TLS 1.3 from a traffic secret (RFC 8446, 7.3); null for a suite that is not read here.</summary>
    public static TlsRecordCipher? Of13(CipherSuite suite, byte[] secret)
    {
        var hash = HashOf(suite);
        return KeyLength(suite.Name) is 0 || secret.Length != (hash == HashAlgorithmName.SHA384 ? 48 : 32) || !IsAuthenticated(suite.Name)
            ? null
            : new TlsRecordCipher(suite.Name, HkdfLabel.Expand(hash, secret, "key", KeyLength(suite.Name)), HkdfLabel.Expand(hash, secret, "iv", 12), true, [], false);
    }

    /// <summary>Keys of TLS 1.2 from a main secret (RFC 5246, 6.3); null for a suite that is not read here.</summary>
    public static TlsRecordCipher? Of12(CipherSuite suite, byte[] secret, byte[] clientRandom, byte[] serverRandom, bool fromClient, bool isMacOverCipherText)
    {
        var keyLength = KeyLength(suite.Name);
        if (keyLength == 0)
        {
            return null;
        }

        var macLength = IsAuthenticated(suite.Name) ? 0 : MacOf(suite.Name).Length;
        var ivLength = suite.Name.Contains("CHACHA20", StringComparison.Ordinal) ? 12 : IsAuthenticated(suite.Name) ? 4 : 0;
        var block = Expand12(HashOf(suite), secret, [.. "key expansion"u8, .. serverRandom, .. clientRandom], 2 * (macLength + keyLength + ivLength));
        byte[] Part(int start, int length) => block.AsSpan(start + (fromClient ? 0 : length), length).ToArray();
        return new TlsRecordCipher(suite.Name, Part(2 * macLength, keyLength), Part(2 * (macLength + keyLength), ivLength), false, Part(0, macLength), isMacOverCipherText);
    }

    /// <summary>Opens the next record.</summary>
    /// <param name="type">Type in its header.</param>
    /// <param name="record">What follows the header.</param>
    /// <param name="plain">Takes what is inside; as long as the record.</param>
    /// <param name="length">Length of it; in TLS 1.3 the inner type and padding are part of it.</param>
    /// <returns>Whether its tag or MAC fits; otherwise the keys or the number do not.</returns>
    public bool TryOpen(byte type, ReadOnlySpan<byte> record, Span<byte> plain, out int length)
    {
        var isOpen = _cbc is not null ? TryCbc(type, record, plain, out length) : TryAuthenticated(type, record, plain, out length);
        _sequence += isOpen ? 1UL : 0;
        return isOpen;
    }

    /// <summary>Seals the next record of TLS 1.2; with CBC the MAC lies inside (RFC 5246, 6.2.3.2).</summary>
    /// <param name="type">Type for its header.</param>
    /// <param name="content">What goes inside.</param>
    /// <returns>What follows the header.</returns>
    public byte[] Seal(byte type, ReadOnlySpan<byte> content)
    {
        Span<byte> numbered = stackalloc byte[13];
        WriteNumbered(numbered, type, content.Length);
        if (_cbc is not null)
        {
            _sequence++;
            var mac = MacOver(numbered, content);
            var padding = Block - 1 - ((content.Length + mac.Length) % Block);
            byte[] text = [.. content, .. mac, .. Enumerable.Repeat((byte)padding, padding + 1)];
            var iv = RandomNumberGenerator.GetBytes(Block);
            return [.. iv, .. _cbc.EncryptCbc(text, iv, PaddingMode.None)];
        }

        var before = _chacha is null ? 8 : 0;
        Span<byte> nonce = stackalloc byte[12];
        _iv.CopyTo(nonce);
        BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], (before > 0 ? 0 : BinaryPrimitives.ReadUInt64BigEndian(nonce[4..])) ^ _sequence++);
        var record = new byte[before + content.Length + _tagLength];
        nonce[4..(4 + before)].CopyTo(record);
        var cipherText = record.AsSpan(before, content.Length);
        var tag = record.AsSpan(before + content.Length);
        if (_gcm is not null)
        {
            _gcm.Encrypt(nonce, content, cipherText, tag, numbered);
        }
        else if (_ccm is not null)
        {
            _ccm.Encrypt(nonce, content, cipherText, tag, numbered);
        }
        else
        {
            _chacha!.Encrypt(nonce, content, cipherText, tag, numbered);
        }

        return record;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gcm?.Dispose();
        _ccm?.Dispose();
        _chacha?.Dispose();
        _cbc?.Dispose();
    }

    private bool TryAuthenticated(byte type, ReadOnlySpan<byte> record, Span<byte> plain, out int length)
    {
        // TLS 1.2 sends half of the nonce with the record, but for ChaCha20 (RFC 5288, 3; RFC 7905, 2).
        var before = _isTls13 || _chacha is not null ? 0 : 8;
        length = record.Length - before - _tagLength;
        if (length < 0)
        {
            return false;
        }

        Span<byte> nonce = stackalloc byte[12];
        _iv.CopyTo(nonce);
        if (before > 0)
        {
            record[..before].CopyTo(nonce[4..]);
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], BinaryPrimitives.ReadUInt64BigEndian(nonce[4..]) ^ _sequence);
        }

        Span<byte> additional = stackalloc byte[13];
        if (_isTls13)
        {
            WriteHeader(additional, type, record.Length);
            additional = additional[..5];
        }
        else
        {
            WriteNumbered(additional, type, length);
        }

        var cipherText = record.Slice(before, length);
        var tag = record[^_tagLength..];
        try
        {
            if (_gcm is not null)
            {
                _gcm.Decrypt(nonce, cipherText, tag, plain[..length], additional);
            }
            else if (_ccm is not null)
            {
                _ccm.Decrypt(nonce, cipherText, tag, plain[..length], additional);
            }
            else
            {
                _chacha!.Decrypt(nonce, cipherText, tag, plain[..length], additional);
            }

            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            // The one way in which the BCL says that the keys do not fit.
            return false;
        }
    }

    // RFC 5246, 6.2.3.2, and with the MAC over the cipher text RFC 7366, 3.
    private bool TryCbc(byte type, ReadOnlySpan<byte> record, Span<byte> plain, out int length)
    {
        length = 0;
        var end = record.Length - (_isMacOverCipherText ? _macLength : 0);
        if (end < 2 * Block || end % Block != 0 || (_isMacOverCipherText && !IsMac(type, record[..end], record[end..])))
        {
            return false;
        }

        var text = plain[..(end - Block)];
        _cbc!.DecryptCbc(record[Block..end], record[..Block], text, PaddingMode.None);
        length = text.Length - text[^1] - 1 - (_isMacOverCipherText ? 0 : _macLength);
        return length >= 0 && (_isMacOverCipherText || IsMac(type, text[..length], text.Slice(length, _macLength)));
    }

    private bool IsMac(byte type, ReadOnlySpan<byte> content, ReadOnlySpan<byte> mac)
    {
        Span<byte> numbered = stackalloc byte[13];
        WriteNumbered(numbered, type, content.Length);
        return MacOver(numbered, content).AsSpan().SequenceEqual(mac);
    }

    private byte[] MacOver(ReadOnlySpan<byte> numbered, ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHMAC(_macHash, _macKey);
        hash.AppendData(numbered);
        hash.AppendData(content);
        return hash.GetHashAndReset();
    }

    private void WriteNumbered(Span<byte> bytes, byte type, int length)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _sequence);
        WriteHeader(bytes[8..], type, length);
    }

    private static void WriteHeader(Span<byte> bytes, byte type, int length)
    {
        (bytes[0], bytes[1], bytes[2]) = (type, 3, 3);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[3..], (ushort)length);
    }

    private static bool IsAuthenticated(string name) => !name.Contains("_CBC_", StringComparison.Ordinal);

    private static int KeyLength(string name) => name switch
    {
        _ when name.Contains("CHACHA20_POLY1305", StringComparison.Ordinal) => ChaCha20Poly1305.IsSupported ? 32 : 0,
        _ when name.Contains("AES_128_CCM", StringComparison.Ordinal) || name.Contains("AES_256_CCM", StringComparison.Ordinal) => !AesCcm.IsSupported ? 0 : name.Contains("128", StringComparison.Ordinal) ? 16 : 32,
        _ when name.Contains("AES_128_GCM", StringComparison.Ordinal) || name.Contains("AES_128_CBC", StringComparison.Ordinal) => 16,
        _ when name.Contains("AES_256_GCM", StringComparison.Ordinal) || name.Contains("AES_256_CBC", StringComparison.Ordinal) => 32,
        _ => 0,
    };

    private static (HashAlgorithmName Hash, int Length) MacOf(string name) =>
        name.EndsWith("_SHA384", StringComparison.Ordinal) ? (HashAlgorithmName.SHA384, 48)
        : name.EndsWith("_SHA256", StringComparison.Ordinal) ? (HashAlgorithmName.SHA256, 32)
        : (HashAlgorithmName.SHA1, 20);

    // RFC 5246, 5.
    private static byte[] Expand12(HashAlgorithmName hash, byte[] secret, byte[] seed, int length)
    {
        using var hmac = IncrementalHash.CreateHMAC(hash, secret);
        byte[] Of(params ReadOnlySpan<byte[]> parts)
        {
            foreach (var part in parts)
            {
                hmac.AppendData(part);
            }

            return hmac.GetHashAndReset();
        }

        var (block, at) = (new byte[length], 0);
        for (var chain = Of(seed); at < length; chain = Of(chain))
        {
            var next = Of(chain, seed);
            next.AsSpan(0, Math.Min(next.Length, length - at)).CopyTo(block.AsSpan(at));
            at += next.Length;
        }

        return block;
    }
}
