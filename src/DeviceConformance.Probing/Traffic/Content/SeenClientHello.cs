using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>What a client hello shows (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2).</summary>
/// <param name="Versions">Versions offered: those of the extension (RFC 8446, 4.2.1), else the one of the hello, up to which older ones may be meant.</param>
/// <param name="ServerName">Server name (RFC 6066, 3); empty without any.</param>
/// <param name="Alpn">Application protocols (RFC 7301, 3.1).</param>
/// <param name="Ja3">MD5 after the JA3 method.</param>
/// <param name="Ja4">Fingerprint after the JA4 method, without the letter of the transport before it.</param>
/// <param name="OffersOnlyEncryption">Whether every suite offered is known, and encrypts: then the server can choose no other.</param>
internal sealed record SeenClientHello(ImmutableArray<TlsVersion> Versions, string ServerName, ImmutableArray<string> Alpn, string Ja3, string Ja4, bool OffersOnlyEncryption)
{
    private const int ServerNameType = 0;
    private const int Groups = 10;
    private const int PointFormats = 11;
    private const int AlpnType = 16;
    private const int SignatureAlgorithms = 13;
    private const int SupportedVersions = 43;
    private const int MostProtocols = 16;
    private const int LongestName = 255; // RFC 1035, 2.3.4

    /// <summary>Reads the body of a client hello.</summary>
    /// <param name="body">The body.</param>
    /// <param name="isDatagram">Whether it is of DTLS, where a cookie stands in it (RFC 6347, 4.2.1).</param>
    /// <param name="hello">What it shows.</param>
    public static bool TryParse(ReadOnlySpan<byte> body, bool isDatagram, out SeenClientHello hello)
    {
        hello = null!;
        var reader = new WireReader(body);
        if (!reader.TryU16(out var version) || !reader.TrySkip(32) || !reader.TryVector8(out _) || (isDatagram && !reader.TryVector8(out _)) || !reader.TryVector16(out var suites) || suites.Length % 2 != 0 || !reader.TryVector8(out _))
        {
            return false;
        }

        ReadOnlySpan<byte> extensions = default;
        ReadOnlySpan<byte> signatures = default;
        ReadOnlySpan<byte> firstAlpn = default;
        var highest = version;
        if (!reader.IsAtEnd && !reader.TryVector16(out extensions))
        {
            return false;
        }

        var (name, groups, formats) = ("", "", "");
        var types = new List<int>();
        var alpn = ImmutableArray.CreateBuilder<string>();
        var versions = ImmutableArray.CreateBuilder<TlsVersion>();
        var list = new WireReader(extensions);
        while (!list.IsAtEnd)
        {
            if (!list.TryU16(out var type) || !list.TryVector16(out var content))
            {
                return false;
            }

            types.Add(type);
            var inner = new WireReader(content);
            switch (type)
            {
                case ServerNameType when inner.TryVector16(out var names) && new WireReader(names) is var one && one.TryByte(out var kind) && kind == 0 && one.TryVector16(out var host):
                    name = Printable(host[..Math.Min(host.Length, LongestName)]);
                    break;
                case Groups when inner.TryVector16(out var numbers):
                    groups = Numbers(numbers, 2);
                    break;
                case PointFormats when inner.TryVector8(out var numbers):
                    formats = Numbers(numbers, 1);
                    break;
                case AlpnType when inner.TryVector16(out var protocols):
                    firstAlpn = new WireReader(protocols) is var first && first.TryVector8(out var preferred) ? preferred : default;
                    var protocol = new WireReader(protocols);
                    while (alpn.Count < MostProtocols && protocol.TryVector8(out var text))
                    {
                        alpn.Add(Printable(text));
                    }

                    break;
                case SignatureAlgorithms when inner.TryVector16(out var schemes):
                    signatures = schemes;
                    break;
                case SupportedVersions when inner.TryVector8(out var numbers):
                    highest = Ja4Print.Highest(numbers, highest);
                    var number = new WireReader(numbers);
                    while (number.TryU16(out var offered))
                    {
                        if (Enum.IsDefined((TlsVersion)offered) && !versions.Contains((TlsVersion)offered))
                        {
                            versions.Add((TlsVersion)offered);
                        }
                    }

                    break;
            }
        }

        if (versions.Count == 0 && Enum.IsDefined((TlsVersion)version))
        {
            versions.Add((TlsVersion)version);
        }

        var order = string.Join('-', types.Where(type => !IsGrease(type)));
        hello = new SeenClientHello(
            versions.ToImmutable(),
            name,
            alpn.ToImmutable(),
            Md5($"{version},{Numbers(suites, 2)},{order},{groups},{formats}"),
            Ja4Print.Of(highest, suites, types, firstAlpn, signatures),
            IsOnlyEncryption(suites));
        return true;
    }

    /// <summary>Bytes of a name as text, anything unprintable as a question mark.</summary>
    public static string Printable(ReadOnlySpan<byte> bytes) => string.Concat(Encoding.Latin1.GetString(bytes).Select(unit => unit is > ' ' and < '\x7f' ? unit : '?'));

    private static string Numbers(ReadOnlySpan<byte> bytes, int size)
    {
        var text = new StringBuilder();
        for (; bytes.Length >= size; bytes = bytes[size..])
        {
            var number = size == 1 ? bytes[0] : (bytes[0] << 8) | bytes[1];
            if (size == 1 || !IsGrease(number))
            {
                text.Append(text.Length > 0 ? "-" : "").Append(number);
            }
        }

        return text.ToString();
    }

    // Signals in the place of suites: renegotiation (RFC 5746, 3.3), fallback (RFC 7507, 2).
    private static bool IsOnlyEncryption(ReadOnlySpan<byte> suites)
    {
        for (var rest = suites; rest.Length >= 2; rest = rest[2..])
        {
            var code = (rest[0] << 8) | rest[1];
            if (!IsGrease(code) && code is not (0x00ff or 0x5600) && (!CipherSuite.ByCode.TryGetValue(code, out var suite) || suite.Weakness.HasFlag(SuiteWeakness.NullCipher)))
            {
                return false;
            }
        }

        return !suites.IsEmpty;
    }

    /// <summary>Whether a number is one of those that stand for nothing and change from hello to hello (RFC 8701, 2).</summary>
    public static bool IsGrease(int number) => (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff);

    private static string Md5(string text)
    {
        // The method asks for MD5; it is a name here, not a protection.
#pragma warning disable CA5351
        return Convert.ToHexStringLower(MD5.HashData(Encoding.ASCII.GetBytes(text)));
#pragma warning restore CA5351
    }
}
