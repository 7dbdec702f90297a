using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Probing.UdpSweep;

/// <summary>The questions of the UDP sweep, each with the specification it follows. A new protocol is an entry here and a reader in <see cref="UdpAnswers"/>.</summary>
/// <remarks>
/// Protocols that by design never answer a stranger have no question: RTP and RTCP (RFC 3550) outside a session, syslog (RFC 5426),
/// WireGuard without its key, Art-Net and DHCPv6, which answer to a fixed port. Numbers that a question is free to choose are 0x6463 ("dc").
/// </remarks>
internal static class UdpQuestions
{
    // Asked of ports that no protocol is known for, one after the other: what embedded developers put on ports of their choice.
    private static readonly UdpQuestion _text = new("text line", ServiceProtocol.Unknown, [], "RFC 862, RFC 867, RFC 864; consoles of developers", Text("help\r\n"), static _ => null);

    private static readonly UdpQuestion _coap = new("CoAP GET /.well-known/core", ServiceProtocol.Coap, [5683, 5685, 56830, .. Enumerable.Range(61616, 16)], "RFC 7252, 3 and 12.8; RFC 6690, 4", Hex("44 01 6463 64637400 bb 2e77656c6c2d6b6e6f776e 04 636f7265"), UdpAnswers.Coap);

    private static readonly UdpQuestion _dtls = new("DTLS 1.2 ClientHello", ServiceProtocol.Tls, [5684, 853, 4433, 4740, 5061, 5349, 10161, 2102], "RFC 6347, 4.2", ClientHello(0xfefd), UdpAnswers.Dtls);

    /// <summary>The questions to a port without a known protocol, in the order of asking.</summary>
    public static ImmutableArray<UdpQuestion> ForAnyPort { get; } = [_text, _coap, _dtls];

    /// <summary>All questions.</summary>
    public static ImmutableArray<UdpQuestion> All { get; } =
    [
        _text,
        _coap,
        _dtls,
        new("DTLS 1.0 ClientHello", ServiceProtocol.Tls, [5684], "RFC 4347, 4.2", ClientHello(0xfeff), UdpAnswers.Dtls),
        new("DNS version", ServiceProtocol.Dns, [53, 1053, 5300, 8053], "RFC 1035, 4.1; RFC 4892, 3", Hex("6463 0100 0001 0000 0000 0000 07 76657273696f6e 04 62696e64 00 0010 0003"), UdpAnswers.Dns),
        new("mDNS services and name", ServiceProtocol.Mdns, [5353], "RFC 6762, 6.7; RFC 6763, 9", static peers => Mdns(peers.Target), UdpAnswers.Mdns),
        new("SSDP M-SEARCH", ServiceProtocol.Ssdp, [1900, 1901, 1982], "UPnP Device Architecture 2.0, 1.3.2", Text("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n"), UdpAnswers.Http),
        new("SNMPv1 get sysDescr", ServiceProtocol.Snmp, [161, 1161], "RFC 1157, 4.1.2; RFC 3418", Snmp(0), UdpAnswers.Snmp),
        new("SNMPv2c get sysDescr", ServiceProtocol.Snmp, [161, 1161], "RFC 1901, 3; RFC 3416, 4.2.1", Snmp(1), UdpAnswers.Snmp),
        new("SNMPv3 discovery", ServiceProtocol.Snmp, [161, 1161, 10161], "RFC 3414, 4; RFC 3412, 7.1", Hex("303d 020103 3010 020464637401 020205dc 040104 020103 0410 300e 0400 020100 020100 0400 0400 0400 3014 0400 0400 a00e 020464637401 020100 020100 3000"), UdpAnswers.Snmp),
        new("NTP client request", ServiceProtocol.Ntp, [123], "RFC 5905, 7.3", Hex("23 00 06 ec" + new string('0', 72) + "6463740064637401"), UdpAnswers.Ntp),
        new("NTP read variables", ServiceProtocol.Ntp, [123], "RFC 9327, 2", Hex("16 02 6463 0000 0000 0000 0000"), UdpAnswers.NtpControl),
        new("TFTP read of a file that is not there", ServiceProtocol.Tftp, [69, 1069], "RFC 1350, 4 and 5", Hex("0001 6463742d616273656e74 00 6f63746574 00"), UdpAnswers.Tftp),
        new("DHCPINFORM", ServiceProtocol.Dhcp, [67], "RFC 2131, 3.4 and 4.4.3", static peers => DhcpInform(peers.Local), UdpAnswers.Dhcp),
        new("NetBIOS node status", ServiceProtocol.Netbios, [137], "RFC 1002, 4.2.17", Hex("6463 0000 0001 0000 0000 0000 20 434b" + string.Concat(Enumerable.Repeat("41", 30)) + "00 0021 0001"), UdpAnswers.Netbios),
        new("LLMNR reverse name", ServiceProtocol.Other, [5355], "RFC 4795, 2.1", static peers => LinkLocalName(peers.Target), UdpAnswers.Llmnr),
        new("WS-Discovery Probe", ServiceProtocol.WsDiscovery, [3702], "OASIS WS-Discovery 1.1, 5; ONVIF Core, 7.3", Text(WsProbe), UdpAnswers.WsDiscovery),
        new("SIP OPTIONS", ServiceProtocol.Sip, [5060, 5062, 5160], "RFC 3261, 11; RFC 3581", static peers => Sip(peers), UdpAnswers.Sip),
        new("QUIC with a reserved version", ServiceProtocol.Quic, [443, 80, 8443, 784, 8853, 853], "RFC 9000, 6 and 15; RFC 8999, 6", Quic(), UdpAnswers.Quic),
        new("STUN binding", ServiceProtocol.Stun, [3478, 3479, 5349, 19302], "RFC 8489, 5", Hex("0001 0000 2112a442 646374010203040506070809"), UdpAnswers.Stun),
        new("Matter status report", ServiceProtocol.Matter, [5540], "Matter Core Specification 1.0, 4.4, 4.11 and 4.12", Hex("04 0000 00 64637401 6463740163747401 05 40 6463 0000 0000 00000000 0000"), UdpAnswers.Matter),
        new("BACnet read of the device object", ServiceProtocol.Bacnet, [47808], "ASHRAE 135, annex J and 15.5", Hex("810a 0011 0104 0005 010c 0c023fffff 194b"), UdpAnswers.Bacnet),
        new("BACnet Who-Is", ServiceProtocol.Bacnet, [47808], "ASHRAE 135, annex J and 16.10", Hex("810a 0008 0100 1008"), UdpAnswers.Bacnet),
        new("KNXnet/IP description", ServiceProtocol.Knx, [3671], "EN ISO 22510; KNX Standard 3/8/2, 7.6", Hex("0610 0203 000e 0801 00000000 0000"), UdpAnswers.Knx),
        new("Modbus device identification", ServiceProtocol.Modbus, [502], "MODBUS Application Protocol 1.1b3, 6.21", Hex("6463 0000 0005 01 2b 0e 01 00"), UdpAnswers.Modbus),
        new("Tuya heartbeat", ServiceProtocol.Other, [6666, 6667, 7000], "Tuya local protocol 3.1 (public client libraries)", Tuya(), UdpAnswers.Tuya),
        new("memcached version", ServiceProtocol.Other, [11211], "memcached protocol.txt, UDP protocol", [.. Hex("6463 0000 0001 0000"), .. Text("version\r\n")], UdpAnswers.Memcached),
        new("L2TP control connection request", ServiceProtocol.Other, [1701], "RFC 2661, 3.1 and 6.1", Hex("c802 0037 0000 0000 0000 0000 8008 0000 0000 0001 8008 0000 0002 0100 800a 0000 0003 00000003 8009 0000 0007 646374 8008 0000 0009 6463"), UdpAnswers.L2tp),
        new("IKEv2 SA_INIT", ServiceProtocol.Other, [500], "RFC 7296, 1.2 and 3", IkeInit(), UdpAnswers.Ike),
        new("IKEv2 SA_INIT with NAT traversal", ServiceProtocol.Other, [4500], "RFC 7296, 2.23; RFC 3948, 2.2", [.. Hex("00000000"), .. IkeInit()], static answer => answer is [0, 0, 0, 0, ..] ? UdpAnswers.Ike(answer[4..]) : null),
        new("OpenVPN hard reset", ServiceProtocol.Other, [1194], "OpenVPN network protocol, P_CONTROL_HARD_RESET_CLIENT_V2", Hex("38 6463740102030405 00 00000000"), UdpAnswers.OpenVpn),
        new("rpcbind null call", ServiceProtocol.Other, [111], "RFC 5531, 9; RFC 1833, 3", Rpc(100000, 2), UdpAnswers.Rpc),
        new("NFS null call", ServiceProtocol.Other, [2049], "RFC 5531, 9; RFC 1813, 3", Rpc(100003, 3), UdpAnswers.Rpc),
        new("NAT-PMP external address", ServiceProtocol.Other, [5351], "RFC 6886, 3.2; RFC 6887, 9", Hex("0000"), UdpAnswers.NatPmp),
        new("Ubiquiti discovery", ServiceProtocol.Other, [10001], "AirOS discovery protocol (public client libraries)", Hex("01000000"), UdpAnswers.Ubiquiti),
        new("RMCP presence ping", ServiceProtocol.Other, [623, 664], "ASF 2.0, 3.2.4", Hex("0600ff06 000011be 80 00 00 00"), UdpAnswers.Rmcp),
        new("LIFX GetService", ServiceProtocol.Other, [56700], "LIFX LAN protocol, GetService (2)", Hex("2400 0034 64637401" + new string('0', 48) + "0200 0000"), UdpAnswers.Lifx),
        new("TP-Link Kasa get_sysinfo", ServiceProtocol.Other, [9999], "TP-Link smart home protocol (public client libraries)", UdpAnswers.KasaScramble("{\"system\":{\"get_sysinfo\":{}}}"), UdpAnswers.Kasa),
        new("Xiaomi miIO hello", ServiceProtocol.Other, [54321], "miIO binary protocol (public client libraries)", Hex("21310020" + new string('f', 56)), UdpAnswers.Miio),
        new("WiZ getPilot", ServiceProtocol.Other, [38899], "WiZ local control protocol", Text("{\"method\":\"getPilot\",\"params\":{}}"), UdpAnswers.Wiz),
        new("Wi-Fi module discovery", ServiceProtocol.Other, [48899], "HF-LPB100 manual, port 48899", Text("HF-A11ASSISTHREAD"), UdpAnswers.HiFlying),
        new("Hikvision SADP inquiry", ServiceProtocol.Other, [37020], "SADP (public client libraries)", Text("<?xml version=\"1.0\" encoding=\"utf-8\"?><Probe><Uuid>64637401-0000-4000-8000-000000000001</Uuid><Types>inquiry</Types></Probe>"), UdpAnswers.Sadp),
        new("XDMCP query", ServiceProtocol.Other, [177], "X Display Manager Control Protocol 1.1, 3", Hex("0001 0002 0001 00"), UdpAnswers.Xdmcp),
        new("RIP request of the whole table", ServiceProtocol.Other, [520], "RFC 2453, 3.9.1", Hex("01020000 00000000 00000000 00000000 00000000 00000010"), UdpAnswers.Rip),
        new("SLP service types", ServiceProtocol.Other, [427], "RFC 2608, 10.1", Hex("0209 00001d 0000 000000 6463 0002 656e 0000 ffff 0007 64656661756c74"), UdpAnswers.Slp),
        new("BitTorrent DHT ping", ServiceProtocol.Other, [6881, 51413], "BEP 5", Text("d1:ad2:id20:dct-dct-dct-dct-dct-e1:q4:ping1:t2:dc1:y1:qe"), UdpAnswers.Dht),
        new("Plex discovery", ServiceProtocol.Other, [32410, 32412, 32413, 32414], "Plex GDM (public client libraries)", Text("M-SEARCH * HTTP/1.0\r\n\r\n"), UdpAnswers.Http),
        new("EtherNet/IP list identity", ServiceProtocol.Other, [44818], "CIP volume 2, 2-4.2", Hex("6300 0000 00000000 00000000 6463740100000000 00000000"), UdpAnswers.EtherNetIp),
        new("Lantronix query", ServiceProtocol.Other, [30718], "Lantronix configuration protocol 0x77FE", Hex("000000f6"), UdpAnswers.Lantronix),
        new("Digi ADDP discovery", ServiceProtocol.Other, [2362], "Digi ADDP (public client libraries)", Hex("44494749 0001 0006 ffffffffffff"), UdpAnswers.Addp),
        new("Canon BJNP discovery", ServiceProtocol.Other, [8611, 8612], "BJNP (CUPS and SANE back ends)", Hex("424a4e50 01 01 0000 6463 0000 00000000"), UdpAnswers.Bjnp),
    ];

    /// <summary>Ports that a question is meant for.</summary>
    public static ImmutableHashSet<int> Ports { get; } = [.. All.SelectMany(question => question.Ports)];

    /// <summary>Questions that are meant for a port; empty when none is.</summary>
    public static IEnumerable<UdpQuestion> For(int port) => All.Where(question => question.Ports.Contains(port));

    private const string WsProbe =
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\""
        + " xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><s:Header><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>"
        + "<a:MessageID>urn:uuid:64637401-0000-4000-8000-000000000001</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>"
        + "<s:Body><d:Probe/></s:Body></s:Envelope>";

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);

    private static byte[] Snmp(byte version) => [.. Hex("3029 0201"), version, .. Hex("0406 7075626c6963 a01c 020464637401 020100 020100 300e 300c 0608 2b06010201010100 0500")];

    // The two questions that any responder can answer: which services there are, and the name that belongs to its own address.
    private static byte[] Mdns(IPAddress target) =>
        [.. Hex("6464 0000 0002 0000 0000 0000"), .. Name("_services._dns-sd._udp.local"), .. Hex("000c 0001"), .. Name(ReverseName(target)), .. Hex("000c 0001")];

    private static byte[] LinkLocalName(IPAddress target) => [.. Hex("6465 0000 0001 0000 0000 0000"), .. Name(ReverseName(target)), .. Hex("000c 0001")];

    private static string ReverseName(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return bytes.Length == 4
            ? $"{string.Join('.', bytes.Reverse())}.in-addr.arpa"
            : $"{string.Join('.', Convert.ToHexStringLower(bytes).Reverse())}.ip6.arpa";
    }

    private static byte[] Name(string name) => [.. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Text(label)]), 0];

    private static byte[] DhcpInform(IPAddress local)
    {
        var packet = new byte[300];
        Hex("01010600 64637401").CopyTo(packet, 0);
        if (local.GetAddressBytes() is { Length: 4 } address)
        {
            address.CopyTo(packet, 12);
        }

        // A locally administered hardware address that belongs to nobody.
        Hex("026463740001").CopyTo(packet, 28);
        Hex("63825363 350108 370401030633 ff").CopyTo(packet, 236);
        return packet;
    }

    private static byte[] Sip(UdpPeers peers)
    {
        static string Host(IPAddress address) => address.GetAddressBytes().Length == 4 ? $"{address}" : $"[{new IPAddress(address.GetAddressBytes())}]";
        return Text(
            $"OPTIONS sip:{Host(peers.Target)} SIP/2.0\r\nVia: SIP/2.0/UDP {Host(peers.Local)};branch=z9hG4bK-dct;rport\r\nMax-Forwards: 70\r\nFrom: <sip:dct@{Host(peers.Local)}>;tag=dct\r\n"
            + $"To: <sip:{Host(peers.Target)}>\r\nCall-ID: dct-1\r\nCSeq: 1 OPTIONS\r\nContact: <sip:dct@{Host(peers.Local)}>\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n");
    }

    // A server that does not know the version names those it does (RFC 9000, 6.1), if the datagram is as long as a first one has to be.
    private static byte[] Quic() => [.. Hex("c0 1a2a3a4a 08 6463740102030405 08 6463740607080910"), .. new byte[1200 - 23]];

    private static byte[] Rpc(int program, int version)
    {
        var call = new byte[40];
        BinaryPrimitives.WriteInt32BigEndian(call, 0x64637401);
        BinaryPrimitives.WriteInt32BigEndian(call.AsSpan(8), 2);
        BinaryPrimitives.WriteInt32BigEndian(call.AsSpan(12), program);
        BinaryPrimitives.WriteInt32BigEndian(call.AsSpan(16), version);
        return call;
    }

    // One proposal that every implementation knows: AES-CBC-128, HMAC-SHA2-256, MODP-2048. The key share is a number; nothing is agreed.
    private static byte[] IkeInit()
    {
        var body = Hex("2200 0030 0000 002c 0101 0004 0300 000c 0100 000c 800e 0080 0300 0008 0200 0005 0300 0008 0300 000c 0000 0008 0400 000e")
            .Concat(Hex("2800 0108 000e 0000")).Concat(Enumerable.Repeat((byte)0x5a, 256))
            .Concat(Hex("0000 0014")).Concat(Enumerable.Repeat((byte)0xa5, 16)).ToArray();
        var head = Hex("6463740102030405 0000000000000000 21 20 22 08 00000000 00000000");
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(24), head.Length + body.Length);
        return [.. head, .. body];
    }

    private static byte[] Tuya()
    {
        var frame = Hex("000055aa 00000000 00000009 00000008");
        return [.. frame, .. Length((int)Crc32(frame), 4), .. Hex("0000aa55")];
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var value in bytes)
        {
            sum ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                sum = (sum >> 1) ^ ((sum & 1) * 0xedb88320);
            }
        }

        return ~sum;
    }

    // Suites that constrained devices have (RFC 7925, 4.2 and 4.4) and older ones; curves and signatures of the same.
    private static byte[] ClientHello(int version)
    {
        var suites = Hex("c0ac c0ae c02b c02c c02f c030 c023 c027 c009 c00a c013 c014 009c 003c 002f 0035 c0a8 00a8 00ae 008c 008d c037");
        var extensions = Hex("000a 0008 0006 001d 0017 0018 000b 0002 0100 000d 000e 000c 0403 0503 0603 0401 0501 0201");
        byte[] body =
        [
            (byte)(version >> 8), (byte)version,
            .. Hex("64637401 64637402 64637403 64637404 64637405 64637406 64637407 64637408"),
            0, 0,
            .. Length(suites.Length, 2), .. suites,
            1, 0,
            .. Length(extensions.Length, 2), .. extensions,
        ];
        byte[] handshake = [1, .. Length(body.Length, 3), 0, 0, .. Length(0, 3), .. Length(body.Length, 3), .. body];
        return [22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, .. Length(handshake.Length, 2), .. handshake];
    }

    private static byte[] Length(int value, int bytes) => [.. Enumerable.Range(0, bytes).Reverse().Select(index => (byte)(value >> (8 * index)))];
}
