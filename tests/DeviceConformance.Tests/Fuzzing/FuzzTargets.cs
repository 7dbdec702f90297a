using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Laboratory;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Lan;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Coap;
using DeviceConformance.Probing.DebugAccess;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Probing.Dns;
using DeviceConformance.Probing.Http;
using DeviceConformance.Probing.Identification;
using DeviceConformance.Probing.Logins;
using DeviceConformance.Probing.Mqtt;
using DeviceConformance.Probing.Packets;
using DeviceConformance.Probing.RawPackets;
using DeviceConformance.Probing.Smb;
using DeviceConformance.Probing.Snmp;
using DeviceConformance.Probing.Ssh;
using DeviceConformance.Probing.Tls;
using DeviceConformance.Probing.Traffic;
using DeviceConformance.Probing.Traffic.Content;
using DeviceConformance.Probing.UdpSweep;
using DeviceConformance.Probing.Updates;
using DeviceConformance.Probing.Upnp;
using DeviceConformance.Reporting.Json;
using DeviceConformance.Tests.CaptureFiles;
using DeviceConformance.Tests.Declarations;
using DeviceConformance.Tests.Packets;
using DeviceConformance.Tests.Reporting;
using DeviceConformance.Tests.Smb;
using DeviceConformance.Tests.Tls;
using DeviceConformance.Tests.Traffic;
using DeviceConformance.Tests.UdpSweep;

namespace DeviceConformance.Tests.Fuzzing;

/// <summary>All parsers of foreign bytes. A new parser is an entry here.</summary>
internal static class FuzzTargets
{
    private const string Page = """
        <!doctype html><html><head><title>Heater 2.1.0</title><meta http-equiv="refresh" content="0; url=/home"><script src="/app.js">fetch('/api/v1/status')</script></head>
        <body><form method="post" action="/login?next=%2F"><input type=hidden name="token" value="a&amp;b"><input name=user><input type='password' name="password"></form>
        <a href="/status.json">status</a><!-- serial GW24-004711 --><frame src=menu.html></body></html>
        """;

    private const string Status = """{"firmware":"2.1.0","mac":"02:00:5e:10:00:01","wifi":{"ssid":"Cellar","psk":"Grill-Kohle-9"},"log":["10.0.0.7 admin logged in",1.5e3,null,true],"nested":[[[[{}]]]]}""";

    private static readonly Model.Declared.Declaration _declaration = new TestCases.Bench(StandardEdition.V3).Declaration();

    private static readonly DeviceState _device = new(new EmulatedDeviceOptions(), new Version(2, 1, 0));
    private static readonly SnmpAgent _snmp = new(_device);
    private static readonly CoapServer _coap = new(_device);
    private static readonly ModbusUnit _modbus = new(_device);

    private static readonly byte[] _certificate = MakeCertificate();

    private static readonly byte[] _flight = ScriptedTlsServer.Flight(0xc02f, _certificate, 0xff, 0x01, 0, 1, 0);

    private static readonly byte[] _kexInit = new SshKexInit(["curve25519-sha256", "ecdh-sha2-nistp256"], ["ssh-ed25519"], ["aes128-ctr"], ["aes128-ctr"], ["hmac-sha2-256"], ["hmac-sha2-256"], ["none"], ["none"]).ToPayload();

    public static ImmutableArray<FuzzTarget> All { get; } =
    [
        new("tls-flight", [_flight, FakeFlight.Alert(40), [.. _flight, .. _flight]], bytes => $"{Flight(bytes).State} {Flight(bytes).Hello is null}"),
        new("tls-session", [SessionTail()], SessionTail),
        new("tls-certificate", [_certificate], bytes => CertificateReading.TryRead(bytes, DateTimeOffset.UnixEpoch, out var seen) ? $"{seen.KeyBits}" : "no"),
        new("tls-key-exchange", [Hex("03 001d 20" + new string('7', 64) + "0401 0004 01020304"), Hex("0004 ffffffff 0001 02 0004 01020304 0401 0002 0102")], KeyExchange),
        .. new[] { LinkType.Ethernet, LinkType.LinuxCooked, LinkType.Radiotap, LinkType.Raw }.Select(link => new FuzzTarget($"frame-{link.ToString().ToLowerInvariant()}", PacketSeeds, bytes => Frame(link, bytes))),
        new("tcp-stream", [Hex("00000064 08 00 00 00 0000006c 08 00 00 00 00000068 07 40 00 00 00000070 00 03 00 00")], TcpStreamTests.Fuzz),
        new("ssl2-hello", [Hex("8010 04 00 01 0002 0000 0003 0000 010080")], bytes => $"{Ssl2.Read(bytes, out _, out _)}"),
        new("dtls-datagrams", [[.. UdpAnswerSamples.All.Where(sample => sample.Question.StartsWith("DTLS", StringComparison.Ordinal)).SelectMany(sample => sample.Bytes)]], Dtls),
        new("ssh-opening", [[.. "SSH-2.0-OpenSSH_9.2p1 Debian\r\n"u8, .. SshPacket(_kexInit)], [.. "hello\r\nSSH-1.99-Cisco\n"u8]], bytes => $"{new SshOpening().Append(bytes)}"),
        new("ssh-kexinit", [_kexInit], bytes => $"{SshKexInit.TryParse(bytes, out _)}"),
        new("ssh-host-key", [Hex("0000000b 7373682d65643235353139 00000020" + new string('3', 64)), Hex("00000007 7373682d727361 00000003 010001 00000009 00" + new string('9', 16))], bytes => SshHostKey.TryParse(bytes, out var key) ? key.GetType().Name : "no"),
        new("ssh-answers", [Hex("33 00000012 7075626c69636b65792c70617373776f7264 00"), Hex("3c 00000000 00000000 00000000 00000001 00000009 50617373776f72643a 00"), Hex("35 00000005 68656c6c6f 00000000")], SshAnswers),
        new("mqtt-packets", [Hex("20 02 00 00"), Hex("30 0d 0005 612f622f63 68656c6c6f 21"), Hex("20 09 00 00 06 21 000a 13 0005"), Hex("90 03 0001 00")], Mqtt),
        new("dns-message", Udp("DNS version", "mDNS services and name"), bytes => DnsMessage.TryParse(bytes, out var message) ? "yes" : "no"),
        new("snmp-message", [.. Udp("SNMPv1 get sysDescr", "SNMPv2c get sysDescr"), .. Udp("SNMPv3 discovery")], bytes => $"{SnmpMessage.TryParse(bytes, out _)} {SnmpMessage.TryParseEngine(bytes, 0x64637401, out _)}"),
        new("coap-message", Udp("CoAP GET /.well-known/core"), bytes => $"{CoapMessage.TryParse(bytes, out _)}"),
        new("coap-links", [Text("</sensors/temp>;rt=\"temperature-c\";if=\"sensor\";obs,</time>;ct=0,</a>;title=\"x\\\"y\"")], bytes => $"{Math.Min(4, CoapLink.Read(Chars(bytes)).Length)}"),
        new("emulated-services", [SnmpMessage.Request(1, "private", SnmpMessage.Set, 7, 0, new SnmpBinding("1.3.6.1.2.1.1.5.0", 4, [65])), SnmpMessage.Request(1, "public", SnmpMessage.GetBulk, 7, 9, new SnmpBinding("1.3.6.1"), new SnmpBinding("1.3.6.1.4.1")), CoapMessage.GetOf("/settings?a=b", 7, new byte[] { 1, 2 }, CoapOption.OfNumber(CoapMessage.Block2, 2)).ToBytes(), Hex("03 0000 0002"), Hex("2b 0e 01 00"), Hex("0001 61 00 6f63746574 00")], Emulated),
        new("netbios-names", Udp("NetBIOS node status"), bytes => $"{NetbiosSurvey.TryParse(bytes, out _, out _)}"),
        new("udp-answers", [.. UdpAnswerSamples.All.Select(sample => sample.Bytes)], UdpRead),
        new("upnp-description", [Text("<root><device><friendlyName>Boiler</friendlyName><serviceList><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType><SCPDURL>/a.xml</SCPDURL><controlURL>/c</controlURL></service></serviceList></device></root>"), Text("<scpd><actionList><action><name>GetStatusInfo</name><argumentList><argument><name>New</name><direction>out</direction></argument></argumentList></action></actionList></scpd>")], bytes => $"{Math.Min(3, UpnpDescription.Services(Chars(bytes)).Length)} {Math.Min(3, UpnpDescription.Actions(Chars(bytes)).Length)}"),
        new("debug-answers", [Hex("434e584e 00000001 00100000 07000000 32020000 bcb1a7b1 646576696365 00"), Hex("02 01 02"), Text("module1\tfiles\nmodule2\n@RSYNCD: EXIT\n")], Debug),
        new("recognition", [Text("SSH-2.0-x\r\n"), Text("220 ESMTP ready\r\n"), Text("HTTP/1.1 200 OK\r\nServer: x/1\r\n\r\n"), Text("RTSP/1.0 200 OK\r\nServer: g\r\n\r\n"), Hex("16 0303 0002 0200"), Text("RFB 003.008\n"), Hex("fffb01fffb03"), Hex("ff534d4272")], bytes => $"{Recognition.Answer(bytes)?.Protocol} {Recognition.IsTls(bytes)} {Recognition.MqttAnswer(bytes, MqttPacket.Level311)?.Protocol} {Recognition.ModbusAnswer(bytes, 1)?.Protocol}"),
        new("html-page", [Text(Page)], bytes => $"{HtmlPage.Read(Chars(bytes)).Title.Length > 0}"),
        new("html-form", [Text(Page)], bytes => $"{HtmlForm.TryFind(Chars(bytes), "password", out _)}"),
        new("information", [Text(Page), Text(Status), Text("Linux 5.10.0 (root@build) uptime 3 days 192.168.1.7 fe80::1 -----BEGIN PRIVATE KEY-----")], Information),
        new("strict-transport", [Text("max-age=\"31536000\" ; includeSubDomains; preload")], bytes => $"{StrictTransport.TryParse(Chars(bytes), "/", out _)}"),
        new("auth-challenge", [Text("Digest realm=\"a, b\", nonce=\"x\\\"y\", qop=\"auth,auth-int\", algorithm=SHA-256, Basic realm=z")], bytes => $"{AuthChallenge.TryParse(Chars(bytes), out var found)} {(found.IsDefault ? 0 : Math.Min(3, found.Length))}"),
        new("http-request-head", [Text("GET /image.bin?x=1 HTTP/1.1\r\nHost: a:1\r\nRange: bytes=0-1023\r\n\r\n")], bytes => $"{HttpRequestHead.TryParse(bytes, out _)}"),
        new("smb-answers", SmbSeeds, Smb),
        new("rtsp-answer", [Text("RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\nContent-Length: 3\r\n\r\nv=0")], bytes => $"{RtspSurvey.TryParse(Chars(bytes), out _, out _, out _)}"),
        new("ftp-reply", [Text("220-Welcome\r\n 220 x\r\n220 ready\r\n"), Text("530 no\r\n")], bytes => $"{FtpReply.TryParse(bytes, out var reply, out var length)} {reply?.Code}"),
        new("telnet", [[0xff, 0xfb, 1, 0xff, 0xfa, 24, 1, 0xff, 0xf0, .. "\u001b[2J\u001b[1;31mlogin: "u8, 8, 8, 0xff, 0xff]], Telnet),
        new("raw-packets", [Hex("45000028 0000 4000 4006 0000 0a4d0001 0a4d0002 0050 c000 00000001 00000002 5012 ffff 0000 0000"), Hex("0301 0000 00000000 45000028 0000 4000 4006 0000 0a4d0001 0a4d0002 0050 c000 00000001")], bytes => $"{IPPacket.TryParse(bytes, out _)} {TcpSegment.TryParse(bytes, out _)} {IcmpUnreachable.TryParse(bytes, false, out _)} {IcmpUnreachable.TryParse(bytes, true, out _)}"),
        new("capture-file", [PcapngTests.Bytes(PcapngTests.Everything), PcapngTests.Bytes(PcapngTests.Phases), Hex("d4c3b2a1 02000400 00000000 00000000 00000400 01000000 05000000 07000000 02000000 09000000 0102 05000000 07000000 01000000 01000000 03")], Capture),
        new("yaml", [Text("edition: V3.1.3\nsamples:\n  - {name: A, mac: ['02:00:5e:10:00:01'], addresses: [127.0.0.1, '::1']}\nconditions:\n  '14': {holds: yes, because: |\n    text}\n")], bytes => $"{YamlText.Parse(bytes, "x.yaml", new ComplaintBook())?.Kind}"),
        new("mud-file", [Text(MudFileTests.Sound)], Mud),
        new("realtime", [[0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42, .. new byte[12], 0x80, 0x22, 0, 0], [0x23, .. new byte[47]], [0x80, 8, 0, 1, 0, 0, 0, 1, 9, 8, 7, 6, 1, 2, 3], [0x80, 201, 0, 1, 1, 2, 3, 4, 0x81, 202, 0, 1, 1, 2, 3, 4], [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0]], Realtime),
        new("endpoints-and-ports", [Text("udp/[fe80::1%eth0]:5353"), Text("1-52,54-65535"), Text("192.0.2.7")], bytes => $"{Endpoint.TryParse(Chars(bytes), null, out _)} {PortSet.TryParse(Chars(bytes), null, out _)} {DutAddress.TryParse(Chars(bytes), null, out _)}"),
        new("traffic-content", [Text("GET /a?password=b HTTP/1.1\r\nHost: x.example\r\nAuthorization: Basic YTpi\r\nContent-Length: 3\r\n\r\nabcPOST / HTTP/1.1\r\n\r\n"), new ClientHello(TlsVersion.Tls12, [0xc02f]).ToBytes(), _flight, Hex("10 12 0004 4d515454 04 c2 003c 0000 0001 75 0001 70 30 08 0003 612f62 323143"), Text("220 x ESMTP\r\nAUTH LOGIN\r\nSTARTTLS\r\nPASS x\r\n"), [.. "SSH-2.0-x\r\n"u8, 0, 0, 1, 0, 5, 20, 1], .. Udp("mDNS services and name"), .. ContentLocalTests.Samples, QuicTests.Initial(0, [.. QuicTests.Frames9001, .. new byte[60]]), [1, .. new byte[235], 0x63, 0x82, 0x53, 0x63, 12, 1, 65, 255]], TrafficContent),
        new("http-body", [.. ContentBodyTests.Bodies], HttpBody),
        new("websocket", [[0x81, 2, .. "ok"u8, 0x82, 0xfe, 0, 130, 1, 2, 3, 4, .. new byte[130], 0x89, 0x80, 1, 2, 3, 4], [0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4, 5]], WebSocket),
        new("tls-inside", [[8, 0, 0, 17, 0, 15, 0, 16, 0, 11, 0, 9, 8, .. "http/1.1"u8, 22, 0], [11, 0, 0, 11, 0, 0, 0, 7, 0, 0, 2, 1, 2, 0, 0, 22], [.. "HTTP/1.1 200 OK\r\n\r\n"u8, 23], [24, 0, 0, 1, 0, 22]], TlsInside),
        new("key-log", [Text($"# x\nCLIENT_RANDOM {new string('a', 64)} {new string('b', 96)}\r\n")], KeyLog),
        new("quic-frames", [QuicTests.Frames9001, [2, 1, 0, 1, 0, 0, 0, 3, 1, 0, 0, 0, 1, 2, 3, .. QuicTests.Frames9001]], QuicFrames),
        new("traffic-capture", TrafficSeeds, TrafficCapture),
        new("assessment-json", [Assessment()], AssessmentOrRefusal),
    ];

    private static ServerFlight Flight(byte[] bytes)
    {
        var flight = new ServerFlight();
        flight.Append(bytes);
        return flight;
    }

    private static IReadOnlyList<byte[]> PacketSeeds =>
    [
        Frames.Ethernet(0x0800, Frames.IPv4("192.0.2.7", "192.0.2.1", 17, Frames.Udp(68, 67, new byte[250]), fragment: 0x2000), 1, 2),
        Frames.Ethernet(0x86dd, Frames.IPv6("fe80::1", "fe80::2", 0, [44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 9, .. Frames.Tcp(1, 2, 3, 4, 24, [5])])),
        [0, 4, 0, 1, 0, 6, 2, 0, 0x5e, 0x10, 0, 1, 0, 0, 8, 0, .. Frames.IPv4("192.0.2.7", "192.0.2.1", 6, Frames.Tcp(1, 2, 3, 4, 24, [5]))],
        [0, 0, 17, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0x88, 0, .. new byte[24], 0xaa, 0xaa, 3, 0, 0, 0, 8, 0, .. Frames.IPv4("192.0.2.7", "192.0.2.1", 17, Frames.Udp(1, 2, [5]))],
    ];

    private static IReadOnlyList<byte[]> TrafficSeeds
    {
        get
        {
            var script = new TrafficScript();
            script.Arp(TrafficScript.Dut, TrafficScript.Router, TrafficScript.DutMac);
            script.Udp(TrafficScript.Router, 67, "255.255.255.255", 68, TrafficScript.DhcpAck(TrafficScript.DutMac, TrafficScript.Dut, TrafficScript.Router));
            script.Packet("fe80::1", "ff02::1", 58, [134, 0, 0, 0, 64, 0, 7, 8, .. new byte[8], 25, 3, 0, 0, 0, 0, 4, 0, .. new byte[16]], hopLimit: 255);
            script.Packet("fe80::7", "ff02::1:ff00:7", 58, [135, 0, 0, 0, 0, 0, 0, 0, .. new byte[15], 7, 1, 1, .. TrafficScript.DutMac], hopLimit: 255);
            script.Connect(TrafficScript.Dut, 40000, TrafficScript.Server, 80).Client("GET / HTTP/1.1\r\n\r\n").Lose(9).Server("x").Close();
            script.Udp(TrafficScript.Dut, 40000, TrafficScript.Router, 53, DnsMessage.Query(1, true, [("a.example", DnsType.A)]));
            return [script.ToPcap(), PcapngTests.Bytes(PcapngTests.Everything)];
        }
    }

    private static string TrafficCapture(byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("x");
        File.WriteAllBytes(file, bytes);
        try
        {
            var seen = TrafficAnalysis.Analyse([file], TrafficScript.Subject(byMac: bytes.Length % 2 == 0), CancellationToken.None);
            return $"{seen.Conversations.Length > 0} {seen.Addresses.Length > 1} {seen.Tally.StreamGaps > 0} {seen.Coverage.IsComplete}";
        }
        catch (CaptureFileException)
        {
            return "none";
        }
    }

    private static string Frame(LinkType link, byte[] bytes)
    {
        PacketDecoder.Decode(link, bytes, bytes.Length, out var packet);
        var table = new FragmentTable();
        return $"{packet.Outcome} {packet.IsFragment && table.TryComplete(ref packet)}";
    }

    private static TlsRecordCipher SessionKeys() => TlsRecordCipher.Of12(CipherSuite.ByCode[0xc02f], new byte[48], new byte[32], new byte[32], fromClient: false, isMacOverCipherText: false)!;

    private static byte[] SessionTail()
    {
        using var keys = SessionKeys();
        return [22, 3, 3, 0, 14, .. FakeFlight.Message(4, 0, 0, 1, 44, 0, 4, 1, 2, 3, 4), 20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 40, .. keys.Seal(22, FakeFlight.Message(20, new byte[12])), 21, 3, 3, 0, 26, .. keys.Seal(21, [1, 100])];
    }

    private static string SessionTail(byte[] bytes)
    {
        using var keys = SessionKeys();
        var tail = new Probing.Tls.Attacks.SessionTail(keys);
        tail.Append(bytes);
        return $"{tail.IsFinished} {tail.HasHello} {tail.Ticket is null} {tail.Alert is null} {tail.Fault.Length > 0}";
    }

    private static string KeyExchange(byte[] bytes) => string.Join(' ', Enum.GetValues<KeyExchangeParameters>().Select(kind => ServerKeyExchange.TryParse(bytes, kind, TlsVersion.Tls12, out _) ? '1' : '0'));

    private static string Dtls(byte[] bytes)
    {
        var assembly = new DtlsAssembly();
        foreach (var datagram in bytes.Chunk(200))
        {
            assembly.Append(datagram);
        }

        return $"{assembly.IsBroken} {assembly.Flight.State} {assembly.Cookie is null}";
    }

    private static string SshAnswers(byte[] bytes) =>
        $"{SshAuthentication.TryFailure(bytes, out _, out var partial)} {partial} {SshAuthentication.TryText(bytes, out _)} {SshAuthentication.TryPrompts(bytes, out _, out var prompts)} {Math.Min(prompts, 3)}";

    private static string Emulated(byte[] bytes) => $"{_snmp.Answer(bytes)?.Length} {_coap.Answer(bytes)?[1]} {_modbus.Answer(bytes)[0]} {(bytes.Length > 1 ? TftpServer.Wanted(bytes)?.Kind : null)}";

    private static string Mqtt(byte[] bytes)
    {
        var outcome = new StringBuilder();
        foreach (var level in new[] { MqttPacket.Level311, MqttPacket.Level5 })
        {
            outcome.Append($"{MqttPacket.TryParse(bytes, level, out var packet, out _, out var error)} {packet?.GetType().Name} {error} ");
        }

        return outcome.ToString();
    }

    // As a stream of either side, cut at places that its own bytes choose, with gaps; and as datagrams on the ports that mean something.
    private static string TrafficContent(byte[] bytes)
    {
        var outcome = new StringBuilder();
        var settings = new ContentSettings([new SoughtValue(Model.Observations.ClearItemKind.DeclaredSecret, "value", "", "Grill-Kohle-9")]);
        foreach (var (fromClient, port) in new[] { (true, 80), (false, 80), (true, 53), (true, 5353), (true, 123), (false, 67), (true, 443), (false, 53), (true, 161), (true, 137), (true, 547), (true, 5683) })
        {
            var ledger = new TrafficLedger(["x"]);
            var isStream = port == 80 || (port == 53 && !fromClient);
            var reader = new ContentReader(new FlowIdentity(isStream ? Transport.Tcp : Transport.Udp, IPAddress.Loopback, 40000, port == 161 ? IPAddress.Broadcast : IPAddress.Loopback, port, true, bytes.Length % 2 == 0), ledger, settings);
            for (var at = 0; at < bytes.Length;)
            {
                var length = isStream ? Math.Min(bytes.Length - at, 1 + (bytes[at] * 7 % 100)) : bytes.Length;
                if (!isStream)
                {
                    reader.Datagram(fromClient, bytes, 1, 0);
                }
                else if (bytes[at] == 0xee)
                {
                    reader.Gap(fromClient, length);
                }
                else
                {
                    reader.Stream(fromClient != (bytes[at] == 0xdd), bytes.AsSpan(at, length), 1, 0);
                }

                at += length;
            }

            reader.End();
            outcome.Append($"{reader.Facts.Protocol} {reader.Facts.Protection} {Math.Min(3, ledger.ClearItems.Length)} ");
        }

        return outcome.ToString();
    }

    private static string Mud(byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x.json"), bytes);
        var complaints = new ComplaintBook();
        var file = MudReader.Read(folder.Path, "x.json", new Model.Declared.SourceSpan("dut.yaml", 1), complaints);
        return $"{file is null} {Math.Min(file?.Rules.Length ?? 0, 5)} {complaints.InOrder().Length}";
    }

    // As datagrams of both sides, cut where its own bytes say, and as a stream.
    private static string Realtime(byte[] bytes)
    {
        var (bench, at) = (new ContentBench(15123, Transport.Udp), 0);
        while (at < bytes.Length)
        {
            var length = Math.Min(bytes.Length - at, bytes[at] % 3 == 0 ? 48 : 12 + bytes[at]);
            bench.Datagram(bytes[at] % 2 == 0, bytes[at..(at + length)]);
            at += length;
        }

        var stream = new ContentBench(8080).Client(bytes, 7).Server(bytes, 5).End();
        return $"{bench.End().Facts.Application} {bench.Protection} {stream.Facts.Application} {stream.Protection}";
    }

    private static string HttpBody(byte[] bytes)
    {
        var bench = new ContentBench().Client("POST /a HTTP/1.1\r\nContent-Type: multipart/form-data\r\n").Client(bytes, 100).Gap(true, bytes.Length % 7).Client("GET /b HTTP/1.1\r\n\r\n").End();
        return $"{bench.Facts.Requests.Length} {bench.Facts.Protection} {Math.Min(3, bench.Items.Length)}";
    }

    private static string WebSocket(byte[] bytes)
    {
        var bench = new ContentBench().Client("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n").Server("HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n");
        bench.Client(bytes, 33).Server(bytes, 50).Gap(true, bytes.Length).Client(bytes).End();
        return $"{bench.Facts.Requests.Length} {bench.Facts.Protection} {bench.Items.Length}";
    }

    private static string TlsInside(byte[] bytes)
    {
        var facts = KeyLogTests.Inside(bytes[..Math.Min(bytes.Length, 16384)]);
        return $"{facts.Application} {facts.Tls?.Alpn.Length} {facts.Tls?.Certificates.Length} {facts.Tls?.OpenedByKeyLog}";
    }

    private static string KeyLog(byte[] bytes)
    {
        var book = new KeyLogBook();
        book.Add(Chars(bytes));
        return $"{Math.Min(book.Count, 3)} {Math.Min(book.Refused, 3)}";
    }

    // Sealed with keys that everybody knows, so that altered frames are read and not refused for their tag.
    private static string QuicFrames(byte[] bytes)
    {
        var facts = new ContentBench(443, Transport.Udp).Datagram(true, QuicTests.Initial(0, [.. bytes.AsSpan(0, Math.Min(bytes.Length, 1200)), 0, 0, 0, 0])).End().Facts;
        return $"{facts.Protocol} {facts.Names.Length} {facts.Tls is null}";
    }

    private static string UdpRead(byte[] bytes) => string.Join(',', UdpQuestions.All.Where(question => question.Read(bytes) is not null).Select(question => question.Name));

    private static string Capture(byte[] bytes)
    {
        try
        {
            using var reader = CaptureReader.Open(new MemoryStream(bytes), "test");
            var seen = 0L;
            while (reader.TryRead(out var frame))
            {
                seen += frame.Bytes.Length;
                if (frame.Number < reader.Frames || seen > bytes.Length)
                {
                    throw new InvalidOperationException("More frames than numbers, or more bytes than the file has.");
                }
            }

            return $"{Math.Min(5, reader.Frames)} {new string([.. reader.Fault.Where(letter => !char.IsDigit(letter))])} {reader.Dropped is null} {reader.KeyLog.Length > 0} {Math.Min(2, reader.Phases.Length)}";
        }
        catch (CaptureFileException)
        {
            // The one way in which it refuses a file; its callers show the text.
            return "refused";
        }
    }

    private static string Debug(byte[] bytes) =>
        $"{DebugServices.ReadAdb(bytes) is null} {DebugServices.ReadX11(bytes) is null} {DebugServices.ReadPortmapper(bytes) is null} {GreetingServices.ReadSecurity(bytes, false) is null} {GreetingServices.ReadSecurity(bytes, true) is null} {GreetingServices.ReadModules(Chars(bytes)) is null}";

    private static string Information(byte[] bytes)
    {
        var reader = new InformationReader(_declaration);
        var text = Chars(bytes);
        var kinds = Enum.GetValues<TextKind>().SelectMany(kind => reader.Read(text, kind).Items.Select(item => item.Kind)).Distinct().Order();
        return $"{string.Join(',', kinds)} {reader.TryReadJson(text, out _, out var names)}";
    }

    // Negotiation, session, share, folder and pipe of SMB 2; both answers of SMB 1; NTLM; the list of shares.
    private static byte[][] SmbSeeds
    {
        get
        {
            static byte[] Answer(ushort command, byte[] body)
            {
                var message = Smb2Message.Request(command, 1, 2, 3, body);
                message[16] = 1;
                return message;
            }

            byte[] old = [0xff, (byte)'S', (byte)'M', (byte)'B', 0x72, 0, 0, 0, 0, 0x98, 1, 0xc8, .. new byte[20]];
            byte[] session = [.. old];
            session[4] = 0x73;
            return
            [
                Answer(Smb2Message.Negotiate, [65, 0, 1, 0, 0x11, 3, 2, 0, .. new byte[56]]),
                Answer(Smb2Message.SessionSetup, [9, 0, 1, 0, 72, 0, (byte)SmbCodecTests.Challenge.Length, 0, .. SmbCodecTests.Challenge]),
                Answer(Smb2Message.TreeConnect, [16, 0, 1, .. new byte[13]]),
                Answer(Smb2Message.QueryDirectory, [9, 0, 72, 0, 40, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, (byte)'a', 0, .. new byte[22]]),
                Answer(Smb2Message.Ioctl, [49, 0, .. new byte[30], 112, 0, 0, 0, (byte)SmbCodecTests.Shares().Length, 0, .. new byte[10], .. SmbCodecTests.Shares()]),
                SmbCodecTests.Shares(),
                SmbCodecTests.Challenge,
                [.. old, 17, 0, 0, 3, .. new byte[32], 0, 0],
                [.. session, 4, 0xff, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, (byte)'U', 0, 0, 0, (byte)'S', 0, 0, 0, .. new byte[8]],
            ];
        }
    }

    private static string Smb(byte[] bytes)
    {
        var first = Smb1Message.TryAgreement(bytes, out var old);
        var session = Smb1Message.TrySession(bytes, out var system, out _, out var challenge);
        var outcome = $"{first} {old is null} {session} {system.Length > 0} {challenge is null} {Ntlm.TryParse(bytes, out _)} {ShareList.TryParse(bytes, out var shares)} {Math.Min(3, shares.Count)} {ShareList.IsBound(bytes)}";
        return Smb2Message.TryParse(bytes, out var answer)
            ? $"{outcome} {Smb2Message.TryAgreement(answer, out _)} {Smb2Message.TrySession(answer, out _, out _)} {Smb2Message.TryTree(answer, out _, out _)} {Smb2Message.TryFile(answer, out _)} {Math.Min(3, Smb2Message.Names(answer).Count)} {Smb2Message.PipeAnswer(answer).Length > 0}"
            : outcome;
    }

    private static string Telnet(byte[] bytes)
    {
        List<byte> data = [], reply = [];
        new TelnetData().Take(bytes, data, reply);
        var (text, replies) = new TelnetText().Take(bytes);
        return $"{Math.Min(data.Count, 20)} {Math.Min(reply.Count, 9)} {Math.Min(text.Length, 9)} {Math.Min(replies.Length, 9)}";
    }

    private static string AssessmentOrRefusal(byte[] bytes)
    {
        try
        {
            return AssessmentJson.Read(new MemoryStream(bytes)).Overall.Verdict.ToString();
        }
        catch (JsonException)
        {
            // The one way in which it refuses a file; its callers name the file.
            return "refused";
        }
    }

    private static byte[] Assessment()
    {
        using var stream = new MemoryStream();
        AssessmentJson.Write(stream, Samples.EveryKind);
        return stream.ToArray();
    }

    private static byte[] MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=device, O=Maker", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("device.local");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(30));
        return certificate.RawData;
    }

    // RFC 4253, 6: length, padding length, payload, padding.
    private static byte[] SshPacket(byte[] payload)
    {
        var padding = 8 - ((payload.Length + 5) % 8) + 4;
        var length = payload.Length + 1 + padding;
        return [(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length, (byte)padding, .. payload, .. new byte[padding]];
    }

    private static byte[][] Udp(params string[] questions) => [.. UdpAnswerSamples.All.Where(sample => questions.Contains(sample.Question)).Select(sample => sample.Bytes)];

    private static string Chars(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
