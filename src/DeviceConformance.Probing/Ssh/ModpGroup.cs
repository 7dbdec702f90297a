using System.Numerics;

namespace DeviceConformance.Probing.Ssh;

/// <summary>The fixed Diffie-Hellman groups of RFC 2409 and RFC 3526; all have the generator 2.</summary>
/// <remarks>Their primes are defined by the digits of pi, 2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) pi) + k), so they are computed from that.</remarks>
internal static class ModpGroup
{
    private const int MostBits = 8192;
    private static readonly Lazy<BigInteger> _pi = new(() => Pi(MostBits));

    /// <summary>Group 1 of SSH: Oakley group 2 (RFC 2409, 6.2).</summary>
    public static BigInteger Bits1024 => Prime(1024, 129093);

    /// <summary>Group 14 (RFC 3526, 3).</summary>
    public static BigInteger Bits2048 => Prime(2048, 124476);

    /// <summary>Group 15 (RFC 3526, 4).</summary>
    public static BigInteger Bits3072 => Prime(3072, 1690314);

    /// <summary>Group 16 (RFC 3526, 5).</summary>
    public static BigInteger Bits4096 => Prime(4096, 240904);

    /// <summary>Group 17 (RFC 3526, 6).</summary>
    public static BigInteger Bits6144 => Prime(6144, 929484);

    /// <summary>Group 18 (RFC 3526, 7).</summary>
    public static BigInteger Bits8192 => Prime(8192, 4743158);

    private static BigInteger Prime(int bits, int k) =>
        BigInteger.Pow(2, bits) - BigInteger.Pow(2, bits - 64) - 1 + (((_pi.Value >> (MostBits - (bits - 130))) + k) << 64);

    // Machin's formula in fixed point; the guard bits take up the roundings.
    private static BigInteger Pi(int bits)
    {
        const int guard = 64;
        var one = BigInteger.One << (bits + guard);
        return (16 * ArcTangentOfInverse(5, one) - 4 * ArcTangentOfInverse(239, one)) >> guard;
    }

    private static BigInteger ArcTangentOfInverse(int inverse, BigInteger one)
    {
        var power = one / inverse;
        var sum = power;
        for (var n = 3; !power.IsZero; n += 2)
        {
            power /= inverse * inverse;
            sum += n % 4 == 3 ? -(power / n) : power / n;
        }

        return sum;
    }
}
