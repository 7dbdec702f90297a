using System.Buffers.Binary;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Coap;
using DeviceConformance.Probing.Dns;
using DeviceConformance.Tests.Packets;
using NUnit.Framework;

namespace DeviceConformance.Tests.Traffic;

/// <summary>Datagrams of the local network, and those with their own encryption.</summary>
[Parallelizable]
public sealed class ContentLocalTests
{
    private static readonly byte[] _snmp = [0x30, 41, 2, 1, 1, 4, 6, .. "public"u8, 0xa0, 28, 2, 4, 1, 2, 3, 4, 2, 1, 0, 2, 1, 0, 0x30, 14, 0x30, 12, 6, 8, 0x2b, 6, 1, 2, 1, 1, 1, 0, 5, 0];

    private static readonly byte[] _iAm = [0x81, 0x0b, 0, 25, 1, 0x20, 0xff, 0xff, 0, 0xff, 0x10, 0, 0xc4, 2, 0, 4, 0xd2, 0x22, 5, 0xc4, 0x91, 3, 0x22, 1, 4];

    private static readonly byte[] _dhcp6 = [1, 1, 2, 3, 0, 1, 0, 10, 0, 3, 0, 1, 2, 0, 0x5e, 0x10, 0, 1, 0, 16, 0, 12, 0, 0, 0x9d, 0x98, 0, 6, .. "gw24-1"u8, 0, 39, 0, 8, 0, 6, .. "heater"u8];

    internal static IEnumerable<byte[]> Samples => [_snmp, _iAm, _dhcp6, Netbios(5), SnmpV3(3, "u"), Hello(), Coap()];

    [Test]
    public void Community_of_snmp_is_an_item_and_tshark_reads_the_same()
    {
        var bench = new ContentBench(161, Transport.Udp).Datagram(true, _snmp);
        Assert.That((bench.Facts.Protocol, bench.Facts.Application, bench.Items.Single(), bench.Protection), Is.EqualTo((ServiceProtocol.Snmp, "SNMPv2c", "Credential SNMP community True", ContentProtection.Clear)));
        var frames = new (int Port, byte[] Bytes)[] { (161, _snmp), (47808, _iAm), (547, _dhcp6), (137, Netbios(5)), (5683, Coap()), (4433, Hello()), (161, SnmpV3(3, "u")) };
        var seen = ContentTshark.Fields(
            Frames.Pcap(LinkType.Ethernet, frames.Select(frame => Frames.Ethernet(0x0800, Frames.IPv4("192.0.2.9", "192.0.2.7", 17, Frames.Udp(frame.Port == 137 ? 137 : 40000, frame.Port, frame.Bytes))))),
            "udp",
            ["-d", "udp.port==4433,dtls"],
            "snmp.community", "bacapp.instance_number", "dhcpv6.client_domain", "nbns.name", "coap.opt.uri_path", "dtls.handshake.extensions_server_name", "snmp.msgFlags");
        Assert.That(seen.Take(5).Select(line => line.Split(',', ' ')[0]), Is.EqualTo(new[] { "public||||||", "|1234|||||", "||heater||||", "|||HEATER<00>", "||||sensors" }));
        Assert.That(seen[5], Does.Contain("heater.example"));
    }

    [TestCase(3, "u", ContentProtection.Encrypted)]
    [TestCase(1, "u", ContentProtection.Clear)]
    [TestCase(4, "", ContentProtection.NoContent)]
    public void Privacy_of_snmp_decides_and_the_exchange_before_it_does_not(int flags, string user, object protection) =>
        Assert.That(new ContentBench(161, Transport.Udp).Datagram(true, SnmpV3((byte)flags, user)).Protection, Is.EqualTo((ContentProtection)protection));

    [Test]
    public void Requests_of_coap_show_path_and_names_without_values()
    {
        var bench = new ContentBench(5683, Transport.Udp).Datagram(true, Coap()).Datagram(false, [0x60, 0x45, 0, 1, 0xff, .. "21.5"u8]);
        Assert.That((bench.Facts.Protocol, bench.Facts.Requests.Single(), bench.Protection), Is.EqualTo((ServiceProtocol.Coap, "GET /sensors/hall?unit=", ContentProtection.Clear)));
        Assert.That(new ContentBench(7000, Transport.Udp).Datagram(true, Coap()).Facts.Protocol, Is.EqualTo(ServiceProtocol.Coap), "told by its form too");
    }

    [Test]
    public void Names_and_classes_that_the_dut_tells_are_announcements()
    {
        Assert.That(new ContentBench(137, Transport.Udp, server: "192.0.2.255").Datagram(true, Netbios(5)).Datagram(true, Netbios(0)).Announced, Is.EqualTo(new[] { "NetBIOS host name HEATER", "NetBIOS name asked for HEATER" }));
        Assert.That(new ContentBench(547, Transport.Udp, server: "ff02::1:2").Datagram(true, _dhcp6).Announced, Is.EqualTo(new[] { "DHCPv6 client identifier 0003000102005e100001", "DHCPv6 vendor class gw24-1", "DHCPv6 host name heater" }));
        Assert.That(new ContentBench(47808, Transport.Udp, server: "192.0.2.255").Datagram(true, _iAm).Announced, Is.EqualTo(new[] { "BACnet device instance 1234" }));
        Assert.That(new ContentBench(5355, Transport.Udp, server: "224.0.0.252").Datagram(true, DnsMessage.Query(1, false, [("heater", DnsType.A)])).Announced, Is.EqualTo(new[] { "LLMNR name asked for heater" }));
        byte[] tuya = [0, 0, 0x55, 0xaa, 0, 0, 0, 0, 0, 0, 0, 0x13, 0, 0, 0, 0x60, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes("{\"gwId\":\"20023456\",\"version\":\"3.1\",\"key\":\"Grill-Kohle-9\"}"), 1, 2, 3, 4, 0, 0, 0xaa, 0x55];
        var bench = new ContentBench(6666, Transport.Udp, server: "255.255.255.255").Datagram(true, tuya);
        Assert.That((bench.Announced.Single(), bench.Items.Single()), Is.EqualTo(("broadcast text {\"gwId\":\"20023456\",\"version\":\"3.1\",\"key\":\"***", "DeclaredSecret password of AuthMech-1 True")));
        Assert.That(new ContentBench(6666, Transport.Udp).Datagram(true, tuya).Announced, Is.Empty, "one host is not everybody");
    }

    [Test]
    public void Servers_that_dhcpv6_gives_are_given()
    {
        var bench = new ContentBench(53, Transport.Udp, server: "2001:db8::53");
        bench.Datagram(true, DnsMessage.Query(7, true, [("x.example", DnsType.A)]));
        new Probing.Traffic.ContentReader(new ContentBench(547, Transport.Udp).Flow, bench.Ledger, ContentBench.Settings).Datagram(false, [7, 1, 2, 3, 0, 23, 0, 16, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53], 2, 0);
        Assert.That(bench.Ledger.NameQueries.Single().ServerIsGiven, Is.True);
    }

    [Test]
    public void Dtls_shows_its_hello_from_fragments_and_its_records_are_encrypted_with_a_known_suite()
    {
        var bench = new ContentBench(5684, Transport.Udp);
        var hello = Hello();
        bench.Datagram(true, Fragment(hello, 60, 90)).Datagram(true, Fragment(hello, 0, 60)).Datagram(true, Fragment(hello, 90, hello.Length - 25));
        Assert.That((bench.Facts.Application, bench.Facts.Names.Single(), bench.Protection), Is.EqualTo(("DTLS", "heater.example", ContentProtection.NoContent)));
        bench.Datagram(false, DtlsRecord(22, 0, [2, 0, 0, 38, 0, 0, 0, 0, 0, 0, 0, 38, 0xfe, 0xfd, .. new byte[32], 0, 0xc0, 0xae, 0]));
        bench.Datagram(true, DtlsRecord(23, 1, ContentBench.Random(50))).Datagram(false, DtlsRecord(23, 1, ContentBench.Random(50)));
        var tls = bench.End().Facts.Tls!;
        Assert.That((bench.Facts.Application, bench.Protection, tls.Suites.Single(), tls.Versions.Single(), tls.Completed, tls.Ja4.Single()[..4]), Is.EqualTo(("DTLS 1.2", ContentProtection.Encrypted, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", TlsVersion.Dtls12, 1, "dd2d")));
    }

    [Test]
    public void Dtls_without_its_handshake_is_unknown_and_readable_records_are_clear()
    {
        Assert.That(new ContentBench(5684, Transport.Udp).Datagram(true, DtlsRecord(23, 1, ContentBench.Random(90))).Protection, Is.EqualTo(ContentProtection.Unknown));
        var bench = new ContentBench(5684, Transport.Udp).Datagram(true, DtlsRecord(23, 1, [.. "temperature is 21.5 degrees, the key is Grill-Kohle-9 and the heater is on"u8, .. ContentBench.Random(20)]));
        Assert.That((bench.Protection, bench.Items.Single()), Is.EqualTo((ContentProtection.Clear, "DeclaredSecret password of AuthMech-1 True")));
    }

    [Test]
    public void Wireguard_is_proven_by_its_answer()
    {
        byte[] initiation = [1, 0, 0, 0, 9, 8, 7, 6, .. ContentBench.Random(140)];
        byte[] answer = [2, 0, 0, 0, 1, 2, 3, 4, 9, 8, 7, 6, .. ContentBench.Random(80)];
        byte[] data = [4, 0, 0, 0, 1, 2, 3, 4, .. ContentBench.Random(56)];
        var bench = new ContentBench(51820, Transport.Udp).Datagram(true, initiation);
        Assert.That(bench.Protection, Is.EqualTo(ContentProtection.Unknown));
        bench.Datagram(false, answer).Datagram(true, data);
        Assert.That((bench.Facts.Application, bench.Protection), Is.EqualTo(("WireGuard", ContentProtection.Encrypted)));
        answer[8] = 1;
        Assert.That(new ContentBench(51820, Transport.Udp).Datagram(true, initiation).Datagram(false, answer).Datagram(true, data).Protection, Is.EqualTo(ContentProtection.Unknown));
    }

    [Test]
    public void Sip_by_datagram_shows_request_and_login()
    {
        var bench = new ContentBench(5060, Transport.Udp).Datagram(true, Encoding.ASCII.GetBytes("REGISTER sip:pbx.example SIP/2.0\r\nAuthorization: Digest username=\"a\"\r\nContent-Length: 0\r\n\r\n"));
        Assert.That((bench.Facts.Protocol, bench.Facts.Requests.Single(), bench.Items.Single()), Is.EqualTo((ServiceProtocol.Sip, "REGISTER sip:pbx.example", "Credential HTTP Digest (user name and a hash) True")));
    }

    private static byte[] Netbios(int opcode)
    {
        var name = string.Concat("HEATER".PadRight(15).Append('\0').Select(unit => $"{(char)('A' + (unit >> 4))}{(char)('A' + (unit & 15))}"));
        byte[] question = [32, .. Encoding.ASCII.GetBytes(name), 0, 0, 32, 0, 1];
        byte[] record = [0xc0, 12, 0, 32, 0, 1, 0, 0, 0, 0, 0, 6, 0, 0, 192, 0, 2, 9];
        return [0, 1, (byte)(opcode << 3), 0x10, 0, 1, 0, 0, 0, 0, 0, (byte)(opcode == 5 ? 1 : 0), .. question, .. opcode == 5 ? record : []];
    }

    private static byte[] SnmpV3(byte flags, string user)
    {
        byte[] security = [4, 0, 2, 1, 0, 2, 1, 0, 4, (byte)user.Length, .. Encoding.ASCII.GetBytes(user), 4, 0, 4, 0];
        byte[] body = [2, 1, 3, 0x30, 13, 2, 1, 1, 2, 2, 5, 0xdc, 4, 1, flags, 2, 1, 3, 4, (byte)(security.Length + 2), 0x30, (byte)security.Length, .. security, 4, 4, 1, 2, 3, 4];
        return [0x30, (byte)body.Length, .. body];
    }

    private static byte[] Coap() => CoapMessage.GetOf("/sensors/hall?unit=c", 7, default).ToBytes();

    // RFC 6347, 4.2.1: a cookie stands behind the session id.
    private static byte[] Hello()
    {
        var body = ClientHelloPrintTests.Hello([0xc0ae, 0xc02b], [0, 10, 13], "");
        byte[] datagram = [0xfe, 0xfd, .. body[2..35], 0, .. body[35..]];
        byte[] message = [1, 0, (byte)(datagram.Length >> 8), (byte)datagram.Length, 0, 0, 0, 0, 0, 0, (byte)(datagram.Length >> 8), (byte)datagram.Length, .. datagram];
        return DtlsRecord(22, 0, message);
    }

    private static byte[] Fragment(byte[] record, int from, int to)
    {
        var body = record.AsSpan(25);
        byte[] head = [1, 0, (byte)(body.Length >> 8), (byte)body.Length, 0, 0, 0, (byte)(from >> 8), (byte)from, 0, (byte)((to - from) >> 8), (byte)(to - from)];
        return DtlsRecord(22, 0, [.. head, .. body[from..to]]);
    }

    private static byte[] DtlsRecord(byte type, byte epoch, byte[] content)
    {
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)content.Length);
        return [type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 1, .. length, .. content];
    }
}
