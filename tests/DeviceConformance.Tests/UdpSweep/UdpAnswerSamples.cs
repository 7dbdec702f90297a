using System.Text;
using DeviceConformance.Probing.UdpSweep;

namespace DeviceConformance.Tests.UdpSweep;

/// <summary>Answers as services give them: recorded from Debian's servers where there is one, otherwise built by the specification.</summary>
internal static class UdpAnswerSamples
{
    public static IReadOnlyList<(string Question, byte[] Bytes, string Name)> All { get; } =
    [
        ("DNS version", Hex("6463 8580 0001 0001 0000 0000 07 76657273696f6e 04 62696e64 00 0010 0003 c00c 0010 0003 00000000 000d 0c 646e736d6173712d322e3930"), "DNS"),
        ("DNS version", Hex("6463 8105 0001 0000 0000 0000 07 76657273696f6e 04 62696e64 00 0010 0003"), "DNS, refuses"),
        ("mDNS services and name", Hex("6464 8400 0002 0001 0000 0000"), "mDNS"),
        ("LLMNR reverse name", Hex("6465 8000 0001 0001 0000 0000"), "LLMNR"),
        ("NetBIOS node status", Hex("6463 8400 0000 0001 0000 0000 20 434b" + string.Concat(Enumerable.Repeat("41", 30)) + "00 0021 0001 00000000 0041 01" + string.Concat(Enumerable.Repeat("20", 64))), "NetBIOS name service"),
        ("SSDP M-SEARCH", Text("HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nSERVER: Debian/6 UPnP/1.1 MiniUPnPd/2.3.1\r\n\r\n"), "SSDP, Debian/6 UPnP/1.1 MiniUPnPd/2.3.1"),
        ("Plex discovery", Text("HTTP/1.0 200 OK\r\nContent-Type: plex/media-server\r\n\r\n"), "SSDP"),
        ("SIP OPTIONS", Text("SIP/2.0 404 Not Found\r\nServer: Phone 1\r\n\r\n"), "SIP, Phone 1"),
        ("CoAP GET /.well-known/core", Hex("64 45 6463 64637400 c1 28 ff 3c2f3e"), "CoAP, 2.05"),
        ("CoAP GET /.well-known/core", Hex("70 00 6463"), "CoAP"),
        ("CoAP GET /.well-known/core", Hex("44 84 0001 64637400"), "CoAP"),
        ("DTLS 1.2 ClientHello", Hex("16 feff 0000 000000000000 0023 03 000017 0000 000000 000017 feff 14 83f39583883b11076de9af62a328862774 9d000000"), "DTLS"),
        ("DTLS 1.0 ClientHello", Hex("15 fefd 0000 000000000000 0002 02 28"), "DTLS, alert 40"),
        ("SNMPv1 get sysDescr", Snmp(0), "SNMPv1 with community public, Linux vm"),
        ("SNMPv2c get sysDescr", Snmp(1), "SNMPv2c with community public, Linux vm"),
        ("SNMPv3 discovery", Hex("3059 020103 3011 020464637401 020300ffe3 040100 020103 0415 3013 0405 8000000001 020101 020102 0400 0400 0400 302a 0405 8000000001 0400 a81f 020464637401 020100 020100 3011 300f 060a 2b060106030f01010400 4101 05"), "SNMPv3"),
        ("NTP client request", Hex("24 08 06 e7 00000000 00000000 7f7f0101 eeabca2f0833 2d7e 6463740064637401 eeabca30ceeb0b97 eeabca30d0e8f652"), "NTP, stratum 8"),
        ("NTP read variables", Hex("16 82 6463 0615 0000 0000 0000"), "NTP, control messages"),
        ("TFTP read of a file that is not there", Hex("0005 0001 46696c65206e6f7420666f756e64 00"), "TFTP, File not found"),
        ("TFTP read of a file that is not there", Hex("0003 0001 4142"), "TFTP, gives data"),
        ("TFTP read of a file that is not there", Hex("0006 74 73697a65 00 30 00"), "TFTP"),
        ("DHCPINFORM", [.. Hex("02010600 64637401"), .. new byte[228], .. Hex("63825363 350105 ff")], "DHCP"),
        ("WS-Discovery Probe", Text("<s:Envelope><s:Body><d:ProbeMatches/></s:Body></s:Envelope>"), "WS-Discovery"),
        ("QUIC with a reserved version", Hex("ca 00000000 08 6463740607080910 08 6463740102030405 00000001 6b3343cf"), "QUIC"),
        ("STUN binding", Hex("0101 000c 2112a442 646374010203040506070809 0020 0008 0001 928a 2b5ca443"), "STUN"),
        ("Matter status report", Hex("01 0000 00 00000001 6463740163747401 02 10 6463 0000 64637401"), "Matter"),
        ("BACnet read of the device object", Hex("810a 0017 0100 30010c 0c02000001 194b 3e c402000001 3f"), "BACnet/IP"),
        ("BACnet Who-Is", Hex("810b 0018 0120ffff00ff 1000 c402000001 2201e0 9103 2105"), "BACnet/IP"),
        ("KNXnet/IP description", Hex("0610 0204 000a 36010200"), "KNXnet/IP"),
        ("Modbus device identification", Hex("6463 0000 0003 01 ab 01"), "Modbus"),
        ("Tuya heartbeat", Hex("000055aa 00000000 00000009 0000000c 00000000 b051ab03 0000aa55"), "Tuya"),
        ("memcached version", [.. Hex("6463 0000 0001 0000"), .. Text("VERSION 1.6.18\r\n")], "memcached, VERSION 1.6.18"),
        ("L2TP control connection request", Hex("c802 0014 6463 0000 0000 0001 8008 0000 0000 0002"), "L2TP"),
        ("IKEv2 SA_INIT", Hex("6463740102030405 1112131415161718 29 20 22 20 00000000 00000024 00000008 0000000e"), "IKE, version 2"),
        ("IKEv2 SA_INIT with NAT traversal", Hex("00000000 6463740102030405 1112131415161718 29 20 22 20 00000000 00000024 00000008 0000000e"), "IKE, version 2"),
        ("OpenVPN hard reset", Hex("40 a1a2a3a4a5a6a7a8 01 00000000 6463740102030405 00000000"), "OpenVPN"),
        ("rpcbind null call", Hex("64637401 00000001 00000000 00000000 00000000 00000000"), "ONC RPC"),
        ("NFS null call", Hex("64637401 00000001 00000001 00000000"), "ONC RPC"),
        ("NAT-PMP external address", Hex("0080 0000 00000003 08080808"), "NAT-PMP"),
        ("Ubiquiti discovery", Hex("01 00 0009 010006 001122334455"), "Ubiquiti discovery"),
        ("RMCP presence ping", Hex("0600ff06 000011be 40 00 00 10 000011be 00000000 81 00 000000000000"), "RMCP (IPMI)"),
        ("LIFX GetService", Hex("2900 0014 64637401 d073d5000000 0000" + new string('0', 32) + "0300 0000 01 7cdd0000"), "LIFX"),
        ("TP-Link Kasa get_sysinfo", UdpAnswers.KasaScramble("{\"system\":{\"get_sysinfo\":{\"err_code\":0,\"model\":\"HS110\"}}}"), "TP-Link smart home"),
        ("Xiaomi miIO hello", Hex("21310020 00000000 03c1a2b3 5f000000" + new string('f', 32)), "Xiaomi miIO"),
        ("WiZ getPilot", Text("{\"method\":\"getPilot\",\"env\":\"pro\",\"result\":{\"mac\":\"a8bb50000000\"}}"), "WiZ"),
        ("Wi-Fi module discovery", Text("192.0.2.7,ACCF23000000,HF-LPB100-ZJ200"), "Wi-Fi module HF-LPB100-ZJ200"),
        ("Hikvision SADP inquiry", Text("<?xml version=\"1.0\"?><ProbeMatch><Types>inquiry</Types></ProbeMatch>"), "Hikvision SADP"),
        ("XDMCP query", Hex("0001 0005 0006 0000 0000 0000"), "XDMCP"),
        ("RIP request of the whole table", Hex("02020000 0002 0000 0a000000 ff000000 00000000 00000001"), "RIP"),
        ("SLP service types", Hex("020a 000014 0000 000000 6463 0002 656e 0000 0000"), "SLP"),
        ("BitTorrent DHT ping", Text("d1:rd2:id20:aaaaaaaaaaaaaaaaaaaae1:t2:dc1:y1:re"), "BitTorrent DHT"),
        ("EtherNet/IP list identity", Hex("6300 0400 00000000 00000000 6463740100000000 00000000 01000c00"), "EtherNet/IP"),
        ("Lantronix query", Hex("000000f7 00000000"), "Lantronix"),
        ("Digi ADDP discovery", Hex("44494749 0002 0006 0106 00409d000000"), "Digi ADDP"),
        ("Canon BJNP discovery", Hex("424a4e50 81 01 0000 6463 0000 00000000"), "Canon BJNP"),
    ];

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);

    private static byte[] Snmp(byte version) => [.. Hex("3031 0201"), version, .. Hex("0406 7075626c6963 a224 020464637401 020100 020100 3016 3014 0608 2b06010201010100 0408 4c696e757820766d")];
}
