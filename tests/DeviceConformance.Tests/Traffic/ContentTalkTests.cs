using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Traffic;

/// <summary>Conversations by line: mail with its switch to TLS, SIP, RTSP.</summary>
[Parallelizable]
public sealed class ContentTalkTests
{
    [TestCase("220 mail ESMTP\r\n", "EHLO heater.local\r\nSTARTTLS\r\n", "220 go ahead\r\n", "SMTP", ServiceProtocol.Smtp)]
    [TestCase("* OK IMAP4rev2 ready\r\n", "a1 STARTTLS\r\n", "a1 OK begin\r\n", "IMAP", ServiceProtocol.Imap)]
    [TestCase("+OK ready\r\n", "STLS\r\n", "+OK begin\r\n", "POP3", ServiceProtocol.Pop3)]
    [TestCase("220 FTP server\r\n", "AUTH TLS\r\n", "234 begin\r\n", "FTP", ServiceProtocol.Ftp)]
    public void Switch_to_tls_is_followed_and_what_came_before_stays_named(string greeting, string asking, string taking, string name, object protocol)
    {
        var bench = new ContentBench(25).Server(greeting, 5).Client(asking, 7).Server(taking, 4);
        Assert.That((bench.Facts.Application, bench.Protection), Is.EqualTo((name, ContentProtection.Clear)), "asked for and not yet done");
        bench.Client(new ClientHello(TlsVersion.Tls12, [0xc02f]).ToBytes()).Server([22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3, .. new byte[32], 0, 0xc0, 0x2f, 0]).Client(Protected()).Server(Protected());
        Assert.That((bench.Facts.Application, bench.Protection, bench.Facts.Protocol, bench.Facts.Tls!.Suites.Single()), Is.EqualTo(($"{name}, then TLS 1.2", ContentProtection.Encrypted, (ServiceProtocol)protocol, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")));
        Assert.That(bench.Items, Is.Empty);
    }

    [Test]
    public void Handshake_record_behind_data_and_a_message_that_was_begun_is_no_end_of_it()
    {
        // The message claims 256 bytes and has eight; what follows data is another one.
        var bench = new ContentBench(443).Server([22, 3, 3, 0, 8, 2, 0, 1, 0, 3, 3, 0, 0, 23, 3, 3, 0, 4, 1, 2, 3, 4, 22, 3, 3, 0, 4, 1, 2, 3, 4]);
        Assert.That((bench.Facts.Protocol, bench.Facts.Tls), Is.EqualTo((ServiceProtocol.Tls, (SeenTls?)null)));
    }

    [Test]
    public void Refused_switch_to_tls_leaves_the_login_readable()
    {
        var bench = new ContentBench(25).Server("220 mail ESMTP\r\n").Client("EHLO heater.local\r\nSTARTTLS\r\n").Server("454 not available\r\n").Client("AUTH LOGIN\r\n").Server("334 VXNlcm5hbWU6\r\n").Client("YW5uYQ==\r\n");
        Assert.That((bench.Protection, bench.Items.Single()), Is.EqualTo((ContentProtection.Clear, "Credential AUTH LOGIN True")));
    }

    [TestCase("a1 LOGIN anna geheim\r\n", "Credential IMAP LOGIN True")]
    [TestCase("a1 AUTHENTICATE PLAIN AGFubmEAZ2VoZWlt\r\n", "Credential AUTHENTICATE PLAIN True")]
    public void Logins_of_imap_are_items_without_their_values(string line, string item)
    {
        var bench = new ContentBench(143).Server("* OK ready\r\n").Client(line, 3);
        Assert.That((bench.Items.Single(), bench.Facts.Application), Is.EqualTo((item, "IMAP")));
        Assert.That(string.Join(' ', bench.Facts.Requests), Does.Not.Contain("geheim").And.Not.Contain("AGFu"));
    }

    [Test]
    public void Rtsp_and_sip_show_requests_and_logins()
    {
        var rtsp = new ContentBench(554).Client("DESCRIBE rtsp://anna:geheim@192.0.2.7/live?user=x RTSP/1.0\r\nCSeq: 2\r\nAuthorization: Basic YTpi\r\n\r\n").Server("RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 3\r\n\r\nv=0");
        Assert.That((rtsp.Facts.Protocol, rtsp.Facts.Application, rtsp.Facts.Requests.Single()), Is.EqualTo((ServiceProtocol.Rtsp, "RTSP/1.0", "DESCRIBE rtsp://192.0.2.7/live?user=")));
        Assert.That(rtsp.Items, Is.EquivalentTo(new[] { "Credential login in an address True", "Credential HTTP Basic True" }));
        var sip = new ContentBench(5060).Client("REGISTER sip:pbx.example SIP/2.0\r\nFrom: <sip:anna@pbx.example>\r\nAuthorization: Digest username=\"anna\", response=\"00\"\r\n\r\n").Server("SIP/2.0 200 OK\r\n\r\n");
        Assert.That((sip.Facts.Protocol, sip.Facts.Requests.Single(), sip.Items.Single()), Is.EqualTo((ServiceProtocol.Sip, "REGISTER sip:pbx.example", "Credential HTTP Digest (user name and a hash) True")));
    }

    private static byte[] Protected() => [20, 3, 3, 0, 1, 1, .. ContentBench.Record(22, ContentBench.Random(40)), .. ContentBench.Record(23, ContentBench.Random(100))];
}
