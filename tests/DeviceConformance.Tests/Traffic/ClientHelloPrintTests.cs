using System.Buffers.Binary;
using System.Text;
using DeviceConformance.Probing.Traffic.Content;
using NUnit.Framework;

namespace DeviceConformance.Tests.Traffic;

/// <summary>Fingerprints of client hellos against published ones.</summary>
[Parallelizable]
public sealed class ClientHelloPrintTests
{
    private static readonly int[] _suites = [0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035];

    // The example of the method's description: the extensions in any order, for they are sorted.
    private static readonly int[] _example = [0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015];

    // Chrome 143, as a public test page showed it: JA3 and JA4 of one hello.
    private static readonly int[] _chrome = [45, 51, 16, 65037, 23, 17613, 0, 11, 10, 43, 65281, 35, 18, 5, 13, 27];

    [TestCaseSource(nameof(Published))]
    public void Published_fingerprints_are_met(int[] extensions, string ja4, string? ja3)
    {
        Assert.That(SeenClientHello.TryParse(Hello(_suites, extensions, "h2"), false, out var hello), Is.True);
        Assert.That("t" + hello.Ja4, Is.EqualTo(ja4));
        Assert.That(ja3 is null || hello.Ja3 == ja3, Is.True, hello.Ja3);
        Assert.That((hello.ServerName, string.Join(',', hello.Alpn), string.Join(',', hello.Versions), hello.OffersOnlyEncryption), Is.EqualTo(("heater.example", "h2,http/1.1", "Tls13,Tls12", true)));
    }

    public static IEnumerable<TestCaseData> Published =>
    [
        new(_example, "t13d1516h2_8daaf6152771_e5627efa2ab1", null),
        new((int[])[0x3a3a, .. _chrome, 0xfafa], "t13d1516h2_8daaf6152771_d8a2da3f94cd", "98487aa16281980e7d1120d399efb6a4"),
    ];

    [Test]
    public void Hello_without_extensions_name_or_protocol_has_their_marks()
    {
        byte[] body = [3, 1, .. new byte[32], 0, 0, 4, 0, 0x2f, 0, 0xff, 1, 0];
        Assert.That(SeenClientHello.TryParse(body, false, out var hello), Is.True);
        Assert.That(hello.Ja4, Does.StartWith("10i020000_").And.EndsWith("_000000000000"));
    }

    [TestCase("\u00abx", "a8")]
    [TestCase("a", "aa")]
    public void Protocol_beyond_letters_counts_in_hex(string alpn, string expected)
    {
        Assert.That(SeenClientHello.TryParse(Hello([0x1301], [16], alpn), false, out var hello), Is.True);
        Assert.That(hello.Ja4.Substring(7, 2), Is.EqualTo(expected));
    }

    [Test]
    public void Hello_over_several_records_and_segments_is_read([Values(1, 5, 37, 2000)] int record, [Values(1, 7, 1400)] int segment)
    {
        var body = Hello(_suites, _example, "h2");
        byte[] message = [1, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];
        byte[][] records = [.. message.Chunk(Math.Max(record, 1)).Select((part, at) => ContentBench.Record(22, part))];
        // The first record has to show the kind of its message.
        var first = record < 6 ? ContentBench.Record(22, message.AsSpan(0, 6)) : records[0];
        var bench = new ContentBench(443).Client([.. first, .. record < 6 ? message[6..].Chunk(record).SelectMany(part => ContentBench.Record(22, part)) : records[1..].SelectMany(part => part)], segment);
        Assert.That((bench.Facts.Tls!.Ja4.Single(), bench.Facts.Tls.ServerNames.Single()), Is.EqualTo(("t13d1516h2_8daaf6152771_e5627efa2ab1", "heater.example")));
    }

    internal static byte[] Hello(int[] suites, int[] extensions, string alpn)
    {
        var list = extensions.SelectMany(type => (byte[])[.. Word(type), .. Vector(Content(type, alpn))]).ToArray();
        return [3, 3, .. new byte[32], 0, .. Vector([.. suites.SelectMany(Word)]), 1, 0, .. Vector(list)];
    }

    private static byte[] Content(int type, string alpn) => type switch
    {
        0 => Vector([0, .. Vector("heater.example"u8.ToArray())]),
        10 => Vector([0x5a, 0x5a, .. Word(4588), .. Word(29), .. Word(23), .. Word(24)]),
        11 => [1, 0],
        13 => Vector([4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 6, 6, 1]),
        16 => Vector([(byte)alpn.Length, .. Encoding.Latin1.GetBytes(alpn), 8, .. "http/1.1"u8]),
        43 => [6, 0x6a, 0x6a, 3, 4, 3, 3],
        _ => [],
    };

    private static byte[] Vector(byte[] content) => [.. Word(content.Length), .. content];

    private static byte[] Word(int number)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)number);
        return bytes;
    }
}
