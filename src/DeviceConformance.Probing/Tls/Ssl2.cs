using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Tls;

/// <summary>What a server made of a CLIENT-HELLO of SSL 2.0.</summary>
internal enum Ssl2Answer
{
    /// <summary>More has to come.</summary>
    Open,

    /// <summary>A SERVER-HELLO.</summary>
    Accepted,

    /// <summary>An error of SSL 2.0, or an alert of TLS.</summary>
    Refused,

    /// <summary>Something else.</summary>
    Other,
}

/// <summary>The two messages of SSL 2.0 that tell whether a server speaks it (Hickman, "The SSL Protocol", 1995; RFC 6101, appendix E).</summary>
public static class Ssl2
{
    /// <summary>Bytes of an answer at the most: the two-byte header can name no more.</summary>
    public const int MaxAnswer = 0x7fff + 2;

    private const byte Error = 0;
    private const byte ClientHelloType = 1;
    private const byte ServerHelloType = 4;
    private const int ChallengeLength = 16;

    /// <summary>Kinds of cipher, by their three bytes, and what is weak about each; all have MD5 or SHA-1, and RSA key transport alone.</summary>
    private static readonly FrozenDictionary<int, (string Name, SuiteWeakness Weakness)> _kinds = new Dictionary<int, (string, SuiteWeakness)>
    {
        [0x010080] = ("SSL_CK_RC4_128_WITH_MD5", SuiteWeakness.Rc4 | SuiteWeakness.Md5),
        [0x020080] = ("SSL_CK_RC4_128_EXPORT40_WITH_MD5", SuiteWeakness.Rc4 | SuiteWeakness.Export | SuiteWeakness.Md5),
        [0x030080] = ("SSL_CK_RC2_128_CBC_WITH_MD5", SuiteWeakness.SmallBlock | SuiteWeakness.Cbc | SuiteWeakness.Md5),
        [0x040080] = ("SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5", SuiteWeakness.SmallBlock | SuiteWeakness.Cbc | SuiteWeakness.Export | SuiteWeakness.Md5),
        [0x050080] = ("SSL_CK_IDEA_128_CBC_WITH_MD5", SuiteWeakness.SmallBlock | SuiteWeakness.Cbc | SuiteWeakness.Md5),
        [0x060040] = ("SSL_CK_DES_64_CBC_WITH_MD5", SuiteWeakness.SmallBlock | SuiteWeakness.Des | SuiteWeakness.Cbc | SuiteWeakness.Md5),
        [0x060140] = ("SSL_CK_DES_64_CBC_WITH_SHA", SuiteWeakness.SmallBlock | SuiteWeakness.Des | SuiteWeakness.Cbc),
        [0x0700c0] = ("SSL_CK_DES_192_EDE3_CBC_WITH_MD5", SuiteWeakness.SmallBlock | SuiteWeakness.TripleDes | SuiteWeakness.Cbc | SuiteWeakness.Md5),
        [0x0701c0] = ("SSL_CK_DES_192_EDE3_CBC_WITH_SHA", SuiteWeakness.SmallBlock | SuiteWeakness.TripleDes | SuiteWeakness.Cbc),
        [0x080080] = ("SSL_CK_RC4_64_WITH_MD5", SuiteWeakness.Rc4 | SuiteWeakness.Md5),
    }.ToFrozenDictionary();

    /// <summary>An offer of every kind of cipher.</summary>
    public static byte[] ClientHello()
    {
        byte[] kinds = [.. _kinds.Keys.Order().SelectMany(kind => (byte[])[(byte)(kind >> 16), (byte)(kind >> 8), (byte)kind])];
        byte[] message =
        [
            ClientHelloType, 0, 2,
            0, (byte)kinds.Length,
            0, 0,
            0, ChallengeLength,
            .. kinds,
            .. RandomNumberGenerator.GetBytes(ChallengeLength),
        ];
        return [(byte)(0x80 | (message.Length >> 8)), (byte)message.Length, .. message];
    }

    /// <summary>Reads an answer as far as it has come.</summary>
    /// <param name="bytes">All bytes so far.</param>
    /// <param name="suites">Kinds of cipher that both know.</param>
    /// <param name="certificate">Certificate of the server; may be empty.</param>
    internal static Ssl2Answer Read(ReadOnlySpan<byte> bytes, out ImmutableArray<TlsSuiteSeen> suites, out ReadOnlyMemory<byte> certificate)
    {
        suites = [];
        certificate = default;
        if (bytes.Length < 3)
        {
            return Ssl2Answer.Open;
        }

        if (bytes[0] == (byte)TlsContentType.Alert && bytes[1] == 3)
        {
            return Ssl2Answer.Refused;
        }

        // Two bytes of header without padding, or three with it (1.2 of the specification).
        var header = (bytes[0] & 0x80) != 0 ? 2 : 3;
        var length = ((bytes[0] & (header == 2 ? 0x7f : 0x3f)) << 8) | bytes[1];
        if (bytes.Length <= header)
        {
            return Ssl2Answer.Open;
        }

        if (bytes[header] is not (Error or ServerHelloType) || length == 0)
        {
            return Ssl2Answer.Other;
        }

        if (bytes.Length < header + length)
        {
            return Ssl2Answer.Open;
        }

        var message = bytes.Slice(header + 1, length - 1);
        if (bytes[header] == Error)
        {
            return length == 3 ? Ssl2Answer.Refused : Ssl2Answer.Other;
        }

        var reader = new WireReader(message);
        if (!reader.TrySkip(2)
            || !reader.TryU16(out var version)
            || version != 2
            || !reader.TryU16(out var certificateLength)
            || !reader.TryU16(out var kindsLength)
            || kindsLength % 3 != 0
            || !reader.TrySkip(2)
            || !reader.TryBytes(certificateLength, out var der)
            || !reader.TryBytes(kindsLength, out var kinds))
        {
            return Ssl2Answer.Other;
        }

        var seen = ImmutableArray.CreateBuilder<TlsSuiteSeen>();
        for (; !kinds.IsEmpty; kinds = kinds[3..])
        {
            var code = (kinds[0] << 16) | (kinds[1] << 8) | kinds[2];
            var (name, weakness) = _kinds.GetValueOrDefault(code, ($"0x{code:x6}", SuiteWeakness.None));
            seen.Add(new TlsSuiteSeen(code, name, "", weakness | SuiteWeakness.NoForwardSecrecy));
        }

        suites = [.. seen.DistinctBy(suite => suite.Code)];
        certificate = der.ToArray();
        return Ssl2Answer.Accepted;
    }
}
