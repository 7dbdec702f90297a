using System.Collections.Immutable;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Ssh;

/// <summary>A server's host key (RFC 4253, 6.6; RFC 5656, 3.1; RFC 8709; RFC 8332).</summary>
internal sealed class SshHostKey
{
    private const int MostExponentBits = 256;

    private readonly ImmutableArray<byte[]> _parts;

    private SshHostKey(string type, byte[] blob, int bits, ImmutableArray<byte[]> parts)
    {
        Type = type;
        Bits = bits;
        _parts = parts;
        Sha256 = Convert.ToBase64String(SHA256.HashData(blob)).TrimEnd('=');
    }

    /// <summary>Signature algorithms that the harness checks, in its order of preference.</summary>
    public static ImmutableArray<string> Algorithms { get; } =
        ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa", "ssh-dss"];

    /// <summary>Kind of key as its blob names it: ssh-ed25519, ecdsa-sha2-nistp256, ssh-rsa, ssh-dss.</summary>
    public string Type { get; }

    /// <summary>Bits of the key: of the modulus for RSA and DSA, of the field for curves.</summary>
    public int Bits { get; }

    /// <summary>SHA-256 of the blob in Base64 without padding, as OpenSSH shows it.</summary>
    public string Sha256 { get; }

    /// <summary>Kind of key that an algorithm signs with: several algorithms share an RSA key.</summary>
    public static string TypeOf(string algorithm) => algorithm is "rsa-sha2-256" or "rsa-sha2-512" ? "ssh-rsa" : algorithm;

    /// <summary>Reads a key.</summary>
    public static bool TryParse(ReadOnlySpan<byte> blob, out SshHostKey key)
    {
        key = null!;
        var reader = new WireReader(blob);
        if (!reader.TryVector32(out var name))
        {
            return false;
        }

        var type = Encoding.ASCII.GetString(name);
        var parts = new List<byte[]>();
        while (!reader.IsAtEnd && parts.Count < 5)
        {
            if (!reader.TryVector32(out var part))
            {
                return false;
            }

            parts.Add(part.ToArray());
        }

        var bits = reader.IsAtEnd ? BitsOf(type, parts) : 0;
        key = new SshHostKey(type, blob.ToArray(), bits, [.. parts]);
        return bits > 0;
    }

    /// <summary>Whether a signature over data is this key's, by the algorithm agreed on.</summary>
    public bool Verifies(string algorithm, ReadOnlySpan<byte> signature, byte[] data)
    {
        var reader = new WireReader(signature);
        if (TypeOf(algorithm) != Type || !reader.TryVector32(out var name) || !reader.TryVector32(out var value) || !reader.IsAtEnd || !name.SequenceEqual(Encoding.ASCII.GetBytes(algorithm)))
        {
            return false;
        }

        return algorithm switch
        {
            "ssh-ed25519" => Ed25519.Verify(_parts[0], data, value),
            "rsa-sha2-512" => VerifyRsa(value, SHA512.HashData(data), "3051300d060960864801650304020305000440"),
            "rsa-sha2-256" => VerifyRsa(value, SHA256.HashData(data), "3031300d060960864801650304020105000420"),
            "ssh-rsa" => VerifyRsa(value, SHA1.HashData(data), "3021300906052b0e03021a05000414"),
            "ssh-dss" => VerifyDsa(value, SHA1.HashData(data)),
            _ => VerifyCurve(value, data),
        };
    }

    private static int BitsOf(string type, List<byte[]> parts) => (type, parts) switch
    {
        ("ssh-ed25519", [{ Length: Ed25519.KeyLength }]) => 256,
        ("ssh-rsa", [var e, var n]) when IsPositive(e, out var exponent) && IsPositive(n, out var modulus) && exponent.GetBitLength() <= MostExponentBits && !modulus.IsEven => (int)modulus.GetBitLength(),
        ("ssh-dss", [var p, var q, var g, var y]) when IsPositive(p, out var prime) && IsPositive(q, out var order) && order < prime && order > 1 && IsPositive(g, out _) && IsPositive(y, out _) => (int)prime.GetBitLength(),
        ("ecdsa-sha2-nistp256", [_, { Length: 65 }]) => 256,
        ("ecdsa-sha2-nistp384", [_, { Length: 97 }]) => 384,
        ("ecdsa-sha2-nistp521", [_, { Length: 133 }]) => 521,
        _ => 0,
    };

    private static bool IsPositive(byte[] content, out BigInteger value) => SshWriter.TryNumber(content, out value) && value.Sign > 0;

    private static BigInteger Number(byte[] content) => SshWriter.TryNumber(content, out var value) ? value : BigInteger.Zero;

    // RFC 8017, 8.2.2. Not by the platform's RSA: its policy may refuse the short keys and SHA-1 that are to be found.
    private bool VerifyRsa(ReadOnlySpan<byte> signature, byte[] hash, string prefix)
    {
        var (e, n) = (Number(_parts[0]), Number(_parts[1]));
        var length = (int)((n.GetBitLength() + 7) / 8);
        var value = new BigInteger(signature, isUnsigned: true, isBigEndian: true);
        byte[] info = [.. Convert.FromHexString(prefix), .. hash];
        if (signature.Length > length || value >= n || length < info.Length + 11)
        {
            return false;
        }

        byte[] expected = [0, 1, .. Enumerable.Repeat((byte)0xff, length - info.Length - 3), 0, .. info];
        return BigInteger.ModPow(value, e, n) == new BigInteger(expected, isUnsigned: true, isBigEndian: true);
    }

    // FIPS 186-4, 4.7; r and s are 20 bytes each (RFC 4253, 6.6).
    private bool VerifyDsa(ReadOnlySpan<byte> signature, byte[] hash)
    {
        const int half = 20;
        var (p, q, g, y) = (Number(_parts[0]), Number(_parts[1]), Number(_parts[2]), Number(_parts[3]));
        if (signature.Length != 2 * half)
        {
            return false;
        }

        var r = new BigInteger(signature[..half], isUnsigned: true, isBigEndian: true);
        var s = new BigInteger(signature[half..], isUnsigned: true, isBigEndian: true);
        if (r.IsZero || s.IsZero || r >= q || s >= q)
        {
            return false;
        }

        var w = BigInteger.ModPow(s, q - 2, q);
        var z = new BigInteger(hash, isUnsigned: true, isBigEndian: true);
        var v = BigInteger.ModPow(g, z * w % q, p) * BigInteger.ModPow(y, r * w % q, p) % p % q;
        return v == r;
    }

    private bool VerifyCurve(ReadOnlySpan<byte> signature, byte[] data)
    {
        var (curve, hash) = Type switch
        {
            "ecdsa-sha2-nistp256" => (ECCurve.NamedCurves.nistP256, HashAlgorithmName.SHA256),
            "ecdsa-sha2-nistp384" => (ECCurve.NamedCurves.nistP384, HashAlgorithmName.SHA384),
            _ => (ECCurve.NamedCurves.nistP521, HashAlgorithmName.SHA512),
        };
        var point = _parts[1];
        var half = point.Length / 2;
        var reader = new WireReader(signature);
        if (point[0] != 4 || !reader.TryVector32(out var first) || !reader.TryVector32(out var second) || !reader.IsAtEnd
            || !TryField(first, half, out var r) || !TryField(second, half, out var s))
        {
            return false;
        }

        try
        {
            using var key = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = point[1..(1 + half)], Y = point[(1 + half)..] } });
            return key.VerifyHash(SshSpoken.Hash(hash, data), (byte[])[.. r, .. s]);
        }
        catch (CryptographicException)
        {
            // A point that is not on the curve.
            return false;
        }
    }

    private static bool TryField(ReadOnlySpan<byte> content, int length, out byte[] field)
    {
        field = new byte[length];
        var isNumber = SshWriter.TryNumber(content, out var value);
        var bytes = isNumber ? value.ToByteArray(isUnsigned: true, isBigEndian: true) : [];
        if (!isNumber || bytes.Length > length)
        {
            return false;
        }

        bytes.CopyTo(field, length - bytes.Length);
        return true;
    }
}
