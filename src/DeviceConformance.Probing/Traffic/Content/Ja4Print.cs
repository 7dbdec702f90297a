using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>
/// Fingerprint of a client hello after the JA4 method (FoxIO, JA4 technical details): version, server name, counts and first protocol readable, then
/// hashes of the sorted suites and of the sorted extensions with the signature algorithms in their order.
/// </summary>
internal static class Ja4Print
{
    private const int ServerName = 0;
    private const int Alpn = 16;

    /// <summary>The highest version of the extension (RFC 8446, 4.2.1); of DTLS the lowest number is the highest version.</summary>
    public static int Highest(ReadOnlySpan<byte> numbers, int otherwise)
    {
        var highest = -1;
        for (; numbers.Length >= 2; numbers = numbers[2..])
        {
            int number = BinaryPrimitives.ReadUInt16BigEndian(numbers);
            if (!SeenClientHello.IsGrease(number))
            {
                highest = highest < 0 ? number : number >> 8 == 0xfe ? Math.Min(highest, number) : Math.Max(highest, number);
            }
        }

        return highest < 0 ? otherwise : highest;
    }

    /// <summary>The fingerprint without its first letter: t for TCP, q for QUIC, d for DTLS.</summary>
    public static string Of(int version, ReadOnlySpan<byte> suites, List<int> extensions, ReadOnlySpan<byte> alpn, ReadOnlySpan<byte> signatures)
    {
        var ciphers = Numbers(suites);
        var known = extensions.Where(type => !SeenClientHello.IsGrease(type)).ToList();
        var hashed = string.Join(',', known.Where(type => type is not (ServerName or Alpn)).Order().Select(Hex));
        var schemes = string.Join(',', Numbers(signatures).Select(Hex));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Version(version)}{(known.Contains(ServerName) ? 'd' : 'i')}{Math.Min(99, ciphers.Count):00}{Math.Min(99, known.Count):00}{Ends(alpn)}_{Hash(string.Join(',', ciphers.Order().Select(Hex)))}_{Hash(hashed.Length == 0 || schemes.Length == 0 ? hashed : $"{hashed}_{schemes}")}");
    }

    private static string Version(int version) => version switch
    {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        0xfeff => "d1",
        0xfefd => "d2",
        0xfefc => "d3",
        _ => "00",
    };

    private static string Ends(ReadOnlySpan<byte> alpn)
    {
        if (alpn.IsEmpty)
        {
            return "00";
        }

        var (first, last) = ((char)alpn[0], (char)alpn[^1]);
        return char.IsAsciiLetterOrDigit(first) && char.IsAsciiLetterOrDigit(last) ? $"{first}{last}" : $"{Convert.ToHexStringLower(alpn[..1])[0]}{Convert.ToHexStringLower(alpn[^1..])[1]}";
    }

    private static List<int> Numbers(ReadOnlySpan<byte> bytes)
    {
        var numbers = new List<int>();
        for (; bytes.Length >= 2; bytes = bytes[2..])
        {
            int number = BinaryPrimitives.ReadUInt16BigEndian(bytes);
            if (!SeenClientHello.IsGrease(number))
            {
                numbers.Add(number);
            }
        }

        return numbers;
    }

    private static string Hex(int number) => number.ToString("x4", CultureInfo.InvariantCulture);

    private static string Hash(string text) => text.Length == 0 ? "000000000000" : Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)))[..12];
}
