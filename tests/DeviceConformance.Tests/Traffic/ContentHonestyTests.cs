using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Traffic;

/// <summary>What is not proven is not claimed: connections that begin before the capture, and bytes that are in no frame.</summary>
[Parallelizable]
public sealed class ContentHonestyTests
{
    private static readonly byte[] _text = [.. Enumerable.Repeat("temperature=21.5&heater=on;"u8.ToArray(), 12).SelectMany(part => part)];

    [Test]
    public void Records_without_their_handshake_are_unknown_and_say_so([Values(1, 13, 1000)] int segment)
    {
        var bench = new ContentBench(443, openerKnown: false);
        for (var at = 0; at < 6; at++)
        {
            bench.Client(ContentBench.Record(23, ContentBench.Random(200, at)), segment);
        }

        Assert.That((bench.Facts.Application, bench.Protection, bench.Facts.Protocol), Is.EqualTo(("TLS", ContentProtection.Unknown, ServiceProtocol.Tls)));
        Assert.That(bench.Facts.Because, Is.EqualTo("6 TLS records of the client follow each other, but their handshake is not in the capture: the cipher suite may be one that does not encrypt"));
    }

    [Test]
    public void Readable_records_without_their_handshake_are_clear_and_known_values_in_them_are_found()
    {
        var bench = new ContentBench(443, openerKnown: false);
        for (var at = 0; at < 6; at++)
        {
            bench.Client(ContentBench.Record(23, [.. _text, .. "Grill-Kohle-9"u8, .. ContentBench.Random(20, at)]));
        }

        Assert.That((bench.Protection, bench.Items.Single()), Is.EqualTo((ContentProtection.Clear, "DeclaredSecret password of AuthMech-1 True")));
        Assert.That(bench.Facts.Because, Does.StartWith("TLS records hold readable text"));
    }

    [Test]
    public void Offer_of_encrypting_suites_alone_proves_encryption_and_any_other_does_not()
    {
        Assert.That(OneSided(0xc02f, 0x1301).Protection, Is.EqualTo(ContentProtection.Encrypted));
        Assert.That(OneSided(0xc02f, 0x003b).Protection, Is.EqualTo(ContentProtection.Unknown));
        Assert.That(OneSided(0xc02f, 0xeeee).Protection, Is.EqualTo(ContentProtection.Unknown), "nobody knows what 0xeeee does");

        static ContentBench OneSided(params ushort[] suites) =>
            new ContentBench(443).Client(new ClientHello(TlsVersion.Tls12, [.. suites.Select(suite => (int)suite)]).ToBytes()).Client([20, 3, 3, 0, 1, 1, .. ContentBench.Record(22, ContentBench.Random(40)), .. ContentBench.Record(23, ContentBench.Random(100))]);
    }

    [Test]
    public void Early_data_that_no_server_answers_completes_no_handshake()
    {
        var bench = new ContentBench(443).Client(new ClientHello(TlsVersion.Tls13, [0x1301]).ToBytes()).Client(ContentBench.Record(23, ContentBench.Random(300))).Client(ContentBench.Record(23, ContentBench.Random(300, 4))).End();
        Assert.That((bench.Facts.Tls!.Handshakes, bench.Facts.Tls.Completed), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Suite_that_nobody_registered_does_not_count_as_encryption()
    {
        var bench = new ContentBench(443).Client(new ClientHello(TlsVersion.Tls12, [0xeeee, 0xc02f]).ToBytes());
        bench.Server([22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3, .. new byte[32], 0, 0xee, 0xee, 0]);
        bench.Client(Protected()).Server(Protected());
        Assert.That((bench.Protection, bench.Facts.Because), Is.EqualTo((ContentProtection.Unknown, "4 TLS records of the client, and nothing tells whether cipher suite 0xeeee encrypts")));
    }

    [Test]
    public void Gap_between_records_is_bridged_and_clear_bytes_after_one_are_not()
    {
        var bench = Agreed().Client(Protected()).Server(Protected());
        Assert.That(bench.Protection, Is.EqualTo(ContentProtection.Encrypted));
        bench.Gap(true, 5000);
        Assert.That(bench.Protection, Is.EqualTo(ContentProtection.Encrypted), "nothing else was seen");
        bench.Client(ContentBench.Random(300)).Client(ContentBench.Record(23, ContentBench.Random(77)));
        Assert.That((bench.Protection, bench.Facts.Because), Is.EqualTo((ContentProtection.Encrypted, "TLS 1.2: 5 records of the client follow each other")), "hello, change, Finished, data, and one after the gap");
        bench.Gap(true, 5000).Client(_text);
        Assert.That(bench.Protection, Is.EqualTo(ContentProtection.Clear));
    }

    [Test]
    public void Gap_in_the_hello_leaves_the_suite_open()
    {
        var hello = new ClientHello(TlsVersion.Tls12, [0xc02f]).ToBytes();
        var bench = new ContentBench(443).Client(hello[..20]).Gap(true, hello.Length - 20).Client(Protected());
        Assert.That(bench.Protection, Is.EqualTo(ContentProtection.Unknown));
    }

    [Test]
    public void Text_after_a_gap_is_read_from_its_next_line()
    {
        var bench = new ContentBench().Client("GET /a HTTP/1.1\r\nAuthoriz").Gap(true, 900).Client("ion: Basic YTpi\r\n\r\nGET /b HTTP/1.1\r\nHost: x.example\r\n\r\n");
        Assert.That((string.Join(',', bench.Facts.Requests), bench.Items.Length, bench.Protection), Is.EqualTo(("GET /a,GET /b", 0, ContentProtection.Clear)));
    }

    [Test]
    public void Body_that_a_gap_ends_in_goes_on_as_body()
    {
        var bench = new ContentBench().Client("POST /a HTTP/1.1\r\nContent-Length: 60\r\n\r\n0123456789").Gap(true, 20).Client("GET /no HTTP/1.1\r\nHost: a.b\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
        Assert.That(string.Join(',', bench.Facts.Requests), Is.EqualTo("POST /a,GET /b"));
    }

    [Test]
    public void Packets_of_mqtt_break_off_at_a_gap_unless_it_ends_inside_one()
    {
        byte[] connect = [0x10, 12, 0, 4, .. "MQTT"u8, 4, 2, 0, 60, 0, 0];
        byte[] publish = [0x30, 20, 0, 3, .. "a/b"u8, .. new byte[15]];
        var bench = new ContentBench(1883).Client(connect).Client(publish[..10]).Gap(true, 4).Client([.. publish[14..], .. publish]);
        Assert.That((string.Join(',', bench.Facts.Requests), bench.Protection), Is.EqualTo(("CONNECT,PUBLISH a/b", ContentProtection.Clear)));
        Assert.That(bench.Gap(true, 100).Client(publish).Protection, Is.EqualTo(ContentProtection.Unknown));
    }

    [Test]
    public void Server_that_refuses_by_an_alert_says_nothing_unknown()
    {
        var bench = new ContentBench(443).Client(new ClientHello(TlsVersion.Tls12, [0xc02f]).ToBytes()).Server([21, 3, 3, 0, 2, 2, 40]);
        Assert.That((bench.Protection, bench.Facts.Protocol, bench.Facts.Tls!.Refused), Is.EqualTo((ContentProtection.NoContent, ServiceProtocol.Tls, 1)));
    }

    private static ContentBench Agreed() =>
        new ContentBench(443).Client(new ClientHello(TlsVersion.Tls12, [0xc02f]).ToBytes()).Server([22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3, .. new byte[32], 0, 0xc0, 0x2f, 0]);

    private static byte[] Protected() => [20, 3, 3, 0, 1, 1, .. ContentBench.Record(22, ContentBench.Random(40)), .. ContentBench.Record(23, ContentBench.Random(100))];
}
