using System.Numerics;
using System.Security.Cryptography;

namespace DeviceConformance.Probing.Ssh;

/// <summary>Verification of Ed25519 signatures (RFC 8032, 5.1.7), which the base library does not have. It signs nothing.</summary>
internal static class Ed25519
{
    public const int KeyLength = 32;
    public const int SignatureLength = 64;

    private static readonly BigInteger _p = X25519.Prime;
    private static readonly BigInteger _order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");
    private static readonly BigInteger _d = X25519.Modulo(-121665 * Inverse(121666));
    private static readonly BigInteger _rootOfMinusOne = BigInteger.ModPow(2, (_p - 1) / 4, _p);
    private static readonly Point _base = Decode([0x58, .. Enumerable.Repeat((byte)0x66, KeyLength - 1)])!.Value;

    /// <summary>Whether a signature of 64 bytes is one of the message by the key of 32 bytes.</summary>
    public static bool Verify(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (key.Length != KeyLength || signature.Length != SignatureLength || Decode(key) is not { } a)
        {
            return false;
        }

        var s = new BigInteger(signature[KeyLength..], isUnsigned: true);
        if (s >= _order)
        {
            return false;
        }

        var hash = SHA512.HashData([.. signature[..KeyLength], .. key, .. message]);
        var k = new BigInteger(hash, isUnsigned: true) % _order;
        // R has to be [s]B - [k]A.
        var r = Sum(s, _base, k, new Point(_p - a.X, a.Y, a.Z, _p - a.T));
        return signature[..KeyLength].SequenceEqual(Encode(r));
    }

    private static Point Sum(BigInteger s, Point first, BigInteger k, Point second)
    {
        var both = Add(first, second);
        var sum = new Point(0, 1, 1, 0);
        for (var bit = 252; bit >= 0; bit--)
        {
            sum = Add(sum, sum);
            var (inS, inK) = (!((s >> bit) & 1).IsZero, !((k >> bit) & 1).IsZero);
            if (inS || inK)
            {
                sum = Add(sum, inS && inK ? both : inS ? first : second);
            }
        }

        return sum;
    }

    // RFC 8032, 5.1.4; the formulas hold for doubling too.
    private static Point Add(Point one, Point two)
    {
        var a = (one.Y - one.X) * (two.Y - two.X) % _p;
        var b = (one.Y + one.X) * (two.Y + two.X) % _p;
        var c = one.T * 2 * _d % _p * two.T % _p;
        var d = one.Z * 2 * two.Z % _p;
        var (e, f, g, h) = (b - a, d - c, d + c, b + a);
        return new Point(X25519.Modulo(e * f), X25519.Modulo(g * h), X25519.Modulo(f * g), X25519.Modulo(e * h));
    }

    // RFC 8032, 5.1.3.
    private static Point? Decode(ReadOnlySpan<byte> bytes)
    {
        byte[] masked = [.. bytes];
        var isOdd = (masked[KeyLength - 1] & 0x80) != 0;
        masked[KeyLength - 1] &= 0x7f;
        var y = new BigInteger(masked, isUnsigned: true);
        if (y >= _p)
        {
            return null;
        }

        var square = X25519.Modulo((y * y - 1) * Inverse(_d * y % _p * y + 1));
        var x = BigInteger.ModPow(square, (_p + 3) / 8, _p);
        x = X25519.Modulo(x * x - square).IsZero ? x : x * _rootOfMinusOne % _p;
        if (!X25519.Modulo(x * x - square).IsZero || (x.IsZero && isOdd))
        {
            return null;
        }

        x = x.IsEven == isOdd ? _p - x : x;
        return new Point(x, y, 1, x * y % _p);
    }

    private static byte[] Encode(Point point)
    {
        var inverse = Inverse(point.Z);
        var (x, y) = (point.X * inverse % _p, point.Y * inverse % _p);
        var bytes = new byte[KeyLength];
        y.TryWriteBytes(bytes, out _, isUnsigned: true);
        bytes[KeyLength - 1] |= x.IsEven ? (byte)0 : (byte)0x80;
        return bytes;
    }

    private static BigInteger Inverse(BigInteger value) => BigInteger.ModPow(X25519.Modulo(value), _p - 2, _p);

    private readonly record struct Point(BigInteger X, BigInteger Y, BigInteger Z, BigInteger T);
}
