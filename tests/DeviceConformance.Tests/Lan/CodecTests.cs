using System.Text;
using DeviceConformance.Probing.Coap;
using DeviceConformance.Probing.DebugAccess;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Probing.Dns;
using DeviceConformance.Probing.Snmp;
using DeviceConformance.Probing.Upnp;
using NUnit.Framework;

namespace DeviceConformance.Tests.Lan;

/// <summary>The codecs of the local protocols on literal bytes, and all of them on hostile ones.</summary>
[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class CodecTests
{
    // sysDescr.0 = "Linux boiler", request 0x64630001, SNMPv2c, community public (RFC 3416, 3).
    private static readonly byte[] _snmp = Hex("3034 020101 0406 7075626c6963 a227 020464630001 020100 020100 3019 3017 0608 2b06010201010100 040b 4c696e757820626f696c65");
    private static readonly byte[] _engine = Hex("3068 020103 300f 020464630000 020205c0 040100 020103 0420 301e 040b 8000cd0b03 020005e100 01");

    [Test]
    public void Snmp_request_has_the_bytes_of_the_specification() =>
        Assert.That(
            Convert.ToHexStringLower(SnmpMessage.Request(1, "public", SnmpMessage.Get, 0x64637401, 0, new SnmpBinding("1.3.6.1.2.1.1.1.0"))),
            Is.EqualTo("302902010104067075626c6963a01c020464637401020100020100300e300c06082b060102010101000500"));

    [Test]
    public void Snmp_response_that_this_harness_could_send_is_read_back()
    {
        var bytes = SnmpMessage.Request(0, "public", 0xa2, 77, 0, new("1.3.6.1.4.1.8072.3.2.10", 0x04, "text"u8.ToArray()), new("1.3.6.1.2.1.4.20.1.1.192.0.2.7", 0x40, [192, 0, 2, 7]), new("2.100.4294967295", 0x02, [0xff]));
        Assert.That(SnmpMessage.TryParse(bytes, out var response), Is.True);
        Assert.That(response.Variables.Select(variable => $"{variable.Oid} {variable.Text}"), Is.EqualTo(new[] { "1.3.6.1.4.1.8072.3.2.10 text", "1.3.6.1.2.1.4.20.1.1.192.0.2.7 192.0.2.7", "2.100.4294967295 -1" }));
        Assert.That((response.Version, response.RequestId, response.Community), Is.EqualTo((0, 77, "public")));
    }

    [TestCase("8000cd0b03020005e10001", "02:00:05:e1:00:01", 52491)]
    [TestCase("80001f8880e9630000d61ff449", null, 8072)]
    [TestCase("80", null, 0)]
    public void Engine_id_tells_maker_and_hardware_address(string id, string? mac, int enterprise)
    {
        var engine = new SnmpEngine(Convert.FromHexString(id), 3, 99);
        Assert.That((engine.HardwareAddress, engine.Enterprise), Is.EqualTo((mac, enterprise)));
    }

    [Test]
    public void Walk_goes_forward_in_the_order_of_numbers()
    {
        Assert.That(Oid.IsAfter("1.3.6.1.10", "1.3.6.1.9"));
        Assert.That(Oid.IsAfter("1.3.6.1.9.0", "1.3.6.1.9"));
        Assert.That(Oid.IsAfter("1.3.6.1.9", "1.3.6.1.9"), Is.False);
        Assert.That(Oid.IsBelow("1.3.6.10", "1.3.6.1"), Is.False);
    }

    [Test]
    public void Coap_request_and_answer_follow_the_specification()
    {
        // RFC 7252, appendix A, figure 16: GET coap://server/temperature, message id 0x7d34, no token.
        Assert.That(Convert.ToHexStringLower(CoapMessage.GetOf("/temperature", 0x7d34, default).ToBytes()), Is.EqualTo("40017d34bb74656d7065726174757265"));
        Assert.That(CoapMessage.TryParse(Hex("60457d34ff32322e332043"), out var answer), Is.True);
        Assert.That((answer.CodeText, answer.Type, Encoding.ASCII.GetString(answer.Payload.Span)), Is.EqualTo(("2.05", CoapType.Acknowledgement, "22.3 C")));
    }

    [Test]
    public void Coap_options_of_every_length_come_back()
    {
        var sent = CoapMessage.GetOf($"/a/{new string('b', 300)}?q=1&r=2", 1, new byte[] { 1, 2 }, CoapOption.OfNumber(CoapMessage.Observe, 0), CoapOption.OfNumber(CoapMessage.Block2, 0x16), CoapOption.OfNumber(2048, 70000));
        Assert.That(CoapMessage.TryParse(sent.ToBytes(), out var back), Is.True);
        Assert.That(back.Options.Select(option => (option.Number, option.Value.Length)), Is.EqualTo(new[] { (6, 0), (11, 1), (11, 300), (15, 3), (15, 3), (23, 1), (2048, 3) }));
        Assert.That(back.Option(2048)?.Number32, Is.EqualTo(70000));
    }

    [Test]
    public void Links_with_commas_in_quotes_are_told_apart() =>
        Assert.That(CoapLink.Read("</a>;title=\"x, </b>\";obs,</c>;ct=40, <http://elsewhere/>;obs=\"1\"").Select(link => (link.Target, link.IsObservable)), Is.EqualTo(new[] { ("/a", true), ("/c", false), ("http://elsewhere/", true) }));

    [Test]
    public void Dns_names_that_point_at_themselves_end()
    {
        Assert.That(DnsMessage.TryParse(Hex("6463 8400 0000 0001 0000 0000 c00c 000c 0001 0000000a 0002 c00c"), out _), Is.False);
        var answer = Hex("6463 8400 0000 0001 0000 0000 05 5f68747470 04 5f746370 05 6c6f63616c 00 000c 0001 0000000a 0009 06 412e4220433a c00c");
        Assert.That(DnsMessage.TryParse(answer, out var message), Is.True);
        Assert.That(message.Records.Single().Target, Is.EqualTo("A\\.B C:._http._tcp.local"));
        Assert.That(DnsMessage.Labels(message.Records.Single().Target), Is.EqualTo(new[] { "A.B C:", "_http", "_tcp", "local" }));
    }

    [Test]
    public void Descriptions_of_UPnP_are_read_without_following_anything()
    {
        const string device = """
            <?xml version="1.0"?><!DOCTYPE root [<!ENTITY x SYSTEM "http://192.0.2.9/">]><root xmlns="urn:schemas-upnp-org:device-1-0"><device><serviceList><service>
            <SCPDURL>/s.xml</SCPDURL><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType><controlURL>/c&amp;d</controlURL></service><service><serviceType/></service></serviceList>
            """;
        Assert.That(UpnpDescription.Services(device), Is.EqualTo(new[] { new UpnpService("urn:schemas-upnp-org:service:WANIPConnection:1", "/s.xml", "/c&d") }));
        const string scpd = "<scpd><actionList><action><name>GetA</name></action><action><name>GetB</name><argumentList><argument><name>I</name><direction>in</direction></argument></argumentList></action><action><name>SetC</name></action><action><name>Get D;</name></action></actionList></scpd>";
        Assert.That(UpnpDescription.Actions(scpd).Select(action => (action.Name, action.OnlyReads)), Is.EqualTo(new[] { ("GetA", true), ("GetB", false), ("SetC", false) }));
    }

    [TestCase("http://192.0.2.7:5000/d.xml", true)]
    [TestCase("https://192.0.2.7/d.xml", true)]
    [TestCase("http://192.0.2.8:5000/d.xml", false)]
    [TestCase("http://device.local/d.xml", false)]
    [TestCase("file:///etc/passwd", false)]
    [TestCase("", false)]
    public void Only_the_device_s_own_address_is_followed(string location, bool own) =>
        Assert.That(SoapClient.IsOwn(location, System.Net.IPAddress.Parse("192.0.2.7"), out _), Is.EqualTo(own));

    [Test]
    public void Readers_survive_hostile_bytes()
    {
        var engine = SnmpMessage.Discovery(1);
        var coap = CoapMessage.GetOf("/a/b?c", 1, new byte[] { 1, 2, 3, 4 }, CoapOption.OfNumber(23, 6)).ToBytes();
        var dns = Hex("6463 8400 0000 0001 0000 0000 05 5f68747470 04 5f746370 05 6c6f63616c 00 0010 0001 0000000a 0009 06 412e4220433a c00c");
        HostileBytes.Feed(
            bytes =>
            {
                _ = SnmpMessage.TryParse(bytes, out var response) && response.Variables.All(variable => variable.Text.Length >= 0);
                _ = SnmpMessage.TryParseEngine(bytes, 1, out _);
                _ = CoapMessage.TryParse(bytes, out _);
                _ = DnsMessage.TryParse(bytes, out var message) && message.Records.All(record => record.Port >= 0 && record.Address?.ToString() != "");
                _ = NetbiosSurvey.TryParse(bytes, out _, out _);
                _ = BacnetSurvey.InvokeOf(bytes);
                _ = BacnetSurvey.TryText(bytes, out _);
                _ = ModbusSurvey.IsAnswer(bytes, 1) && bytes[7] == 0x2b && ModbusSurvey.Objects(bytes).More;
                _ = TftpSurvey.IsAnswer(bytes);
                _ = DebugServices.ReadAdb(bytes);
                _ = DebugServices.ReadX11(bytes);
                _ = DebugServices.ReadPortmapper(bytes);
                _ = GreetingServices.ReadSecurity(bytes, true);
                _ = GreetingServices.ReadSecurity(bytes, false);
                var text = Encoding.UTF8.GetString(bytes);
                _ = GreetingServices.ReadModules(text);
                _ = CoapLink.Read(text);
                _ = UpnpDescription.Services(text);
                _ = UpnpDescription.Actions(text);
            },
            _snmp, _engine, engine, coap, dns, Hex("6401 0000 0011 01 2b 0e 02 01 ff 02 02 00 02 4142 01 03 312e30"), Hex("810a 001a 0100 30 01 0c 0c02000001 194d 3e 75 06 00 426f696c72 3f"),
            "<action><name>GetA</name></action>"u8.ToArray(), "</a>;obs,</b>"u8.ToArray());
    }

    [Test]
    public void Texts_of_BACnet_and_Modbus_are_read()
    {
        Assert.That(BacnetSurvey.TryText(Hex("810a 001b 0100 30 01 0c 0c02000001 194d 3e 75 07 00 426f696c6572 3f"), out var text), Is.True);
        Assert.That(text, Is.EqualTo("Boiler"));
        Assert.That(ModbusSurvey.Objects(Hex("6401 0000 0011 01 2b 0e 02 01 ff 02 02 00 02 4142 01 03 312e30")).Objects, Is.EqualTo(new[] { (0, "AB"), (1, "1.0") }));
    }

    [Test]
    public void Every_list_is_dated_data_with_a_reason_for_each_entry() =>
        Assert.That((SnmpCommunities.All.Length, SnmpCommunities.All[0]), Is.EqualTo((17, "public")));

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));
}
