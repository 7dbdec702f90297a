using System.Numerics;

namespace DeviceConformance.Probing.Ssh;

/// <summary>The function X25519 (RFC 7748, 5), which the base library does not have.</summary>
/// <remarks>Plain arithmetic that does not run in constant time: fit for the throw-away keys of a probe and for nothing else.</remarks>
internal static class X25519
{
    public const int Length = 32;

    private static readonly BigInteger _a24 = 121665;

    /// <summary>The prime 2^255 - 19, which Ed25519 shares.</summary>
    internal static BigInteger Prime { get; } = BigInteger.Pow(2, 255) - 19;

    /// <summary>The public key of a private key of 32 bytes.</summary>
    public static byte[] PublicKey(ReadOnlySpan<byte> privateKey) => Multiply(privateKey, [9, .. new byte[Length - 1]]);

    /// <summary>Multiplies a point by a scalar. All zeros say that the point is one of the few of low order (RFC 7748, 6.1).</summary>
    public static byte[] Multiply(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> point)
    {
        byte[] clamped = [.. scalar];
        clamped[0] &= 248;
        clamped[31] = (byte)((clamped[31] & 127) | 64);
        byte[] masked = [.. point];
        masked[31] &= 127;
        var u = new BigInteger(masked, isUnsigned: true) % Prime;

        var (x2, z2, x3, z3) = (BigInteger.One, BigInteger.Zero, u, BigInteger.One);
        var swapped = false;
        for (var bit = 254; bit >= 0; bit--)
        {
            var set = ((clamped[bit / 8] >> (bit % 8)) & 1) == 1;
            if (set != swapped)
            {
                (x2, z2, x3, z3) = (x3, z3, x2, z2);
            }

            swapped = set;
            var (sum, difference) = (x2 + z2, x2 - z2);
            var (aa, bb) = (sum * sum % Prime, difference * difference % Prime);
            var (da, cb) = ((x3 - z3) * sum % Prime, (x3 + z3) * difference % Prime);
            var e = aa - bb;
            x3 = BigInteger.Pow(da + cb, 2) % Prime;
            z3 = u * (BigInteger.Pow(da - cb, 2) % Prime) % Prime;
            x2 = aa * bb % Prime;
            z2 = e * (aa + _a24 * e) % Prime;
        }

        if (swapped)
        {
            (x2, z2) = (x3, z3);
        }

        var result = Modulo(x2 * BigInteger.ModPow(Modulo(z2), Prime - 2, Prime));
        var bytes = new byte[Length];
        result.TryWriteBytes(bytes, out _, isUnsigned: true);
        return bytes;
    }

    /// <summary>The remainder that is not negative.</summary>
    internal static BigInteger Modulo(BigInteger value)
    {
        var rest = value % Prime;
        return rest.Sign < 0 ? rest + Prime : rest;
    }
}
