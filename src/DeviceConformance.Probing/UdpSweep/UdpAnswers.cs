using System.Buffers.Binary;
using System.Text;
using DeviceConformance.Probing.Snmp;

namespace DeviceConformance.Probing.UdpSweep;

/// <summary>
/// Readers of answers, one for each protocol of <see cref="UdpQuestions"/>: null for anything else, requests of the same protocol included,
/// so that a question of this or another harness that comes back or crosses the way never looks like a service.
/// </summary>
internal static class UdpAnswers
{
    private const int LongestText = 80;

    // What every question carries where the protocol lets it choose a number.
    private static ReadOnlySpan<byte> Tag => [0x64, 0x63, 0x74, 0x01];

    public static string? Dns(ReadOnlySpan<byte> answer) =>
        IsDns(answer, 0x6463) ? $"DNS{(answer[3] & 15) switch { 0 => "", 5 => ", refuses", var code => $", error {code}" }}" : null;

    // A legacy query is answered with its own id (RFC 6762, 6.7), a multicast one with 0 (18.1).
    public static string? Mdns(ReadOnlySpan<byte> answer) =>
        IsDns(answer, 0x6464) || (IsDns(answer, 0) && Word(answer, 6) > 0) ? "mDNS" : null;

    public static string? Llmnr(ReadOnlySpan<byte> answer) => IsDns(answer, 0x6465) ? "LLMNR" : null;

    public static string? Netbios(ReadOnlySpan<byte> answer) =>
        IsDns(answer, 0x6463) && answer.Length > 56 && answer[12] == 0x20 && Word(answer, 46) == 0x21 ? "NetBIOS name service" : null;

    // SSDP, and what took its form.
    public static string? Http(ReadOnlySpan<byte> answer) =>
        answer.StartsWith("HTTP/1."u8) ? $"SSDP{(Header(answer, "server") is { } server ? $", {server}" : "")}" : null;

    public static string? Sip(ReadOnlySpan<byte> answer) =>
        answer.StartsWith("SIP/2.0 "u8) ? $"SIP{((Header(answer, "server") ?? Header(answer, "user-agent")) is { } server ? $", {server}" : "")}" : null;

    // An acknowledgement or reset repeats the message id, any other answer the token (RFC 7252, 4.2 and 5.3.1).
    public static string? Coap(ReadOnlySpan<byte> answer)
    {
        if (answer.Length < 4 || answer[0] >> 6 != 1 || (answer[0] & 15) > 8)
        {
            return null;
        }

        var type = (answer[0] >> 4) & 3;
        var kind = answer[1] >> 5;
        var repeatsId = type >= 2 && answer[2..4].SequenceEqual("dc"u8) && (kind is 2 or 4 or 5 || answer[1] == 0);
        var repeatsToken = type < 2 && kind is 2 or 4 or 5 && answer.Length >= 8 && (answer[0] & 15) == 4 && answer[4..8].SequenceEqual("dct\0"u8);
        return repeatsId || repeatsToken ? $"CoAP{(kind == 2 ? $", {kind}.{answer[1] & 31:00}" : "")}" : null;
    }

    // HelloVerifyRequest, ServerHello or an alert (RFC 6347, 4.1 and 4.2; RFC 5246, 7.2).
    public static string? Dtls(ReadOnlySpan<byte> answer)
    {
        if (answer.Length < 15 || answer[1] != 0xfe || answer[2] is not (0xff or 0xfd or 0xfc))
        {
            return null;
        }

        var length = Word(answer, 11);
        return answer[0] switch
        {
            21 when length == 2 && answer[13] is 1 or 2 => $"DTLS, alert {answer[14]}",
            22 when length >= 12 && answer.Length >= 25 && answer[13] is 2 or 3 => "DTLS",
            _ => null,
        };
    }

    public static string? Snmp(ReadOnlySpan<byte> answer)
    {
        var message = new BerReader(answer);
        if (!message.TryEnter(0x30) || !message.TryRead(0x02, out var version) || version.Length != 1)
        {
            return null;
        }

        if (version[0] == 3)
        {
            return message.TryRead(0x30, out _) && message.TryRead(0x04, out var security) && security.Length > 0 && ContainsTag(answer)
                && answer.IndexOf((byte)0xa8) > 0 ? "SNMPv3" : null;
        }

        // 0xa2 is GetResponse; a request has 0xa0.
        if (version[0] > 1 || !message.TryRead(0x04, out _) || !message.TryEnter(0xa2) || !message.TryRead(0x02, out var id) || !id.SequenceEqual(Tag))
        {
            return null;
        }

        var name = version[0] == 0 ? "SNMPv1" : "SNMPv2c";
        return message.TryRead(0x02, out _) && message.TryRead(0x02, out _) && message.TryEnter(0x30) && message.TryEnter(0x30) && message.TryRead(0x06, out _) && message.TryRead(0x04, out var system)
            ? $"{name} with community public, {Printable(system)}"
            : $"{name} with community public";
    }

    // Mode 4 is a server's answer, which repeats the time that it was asked with (RFC 5905, 7.3 and 8).
    public static string? Ntp(ReadOnlySpan<byte> answer) =>
        answer.Length >= 48 && (answer[0] & 7) == 4 && answer[24..32].SequenceEqual("dct\0dct\u0001"u8) ? $"NTP, stratum {answer[1]}" : null;

    public static string? NtpControl(ReadOnlySpan<byte> answer) =>
        answer.Length >= 12 && (answer[0] & 7) == 6 && (answer[1] & 0x80) != 0 && answer[2..4].SequenceEqual("dc"u8) ? "NTP, control messages" : null;

    public static string? Tftp(ReadOnlySpan<byte> answer) => answer.Length < 4 || answer[0] != 0 ? null : answer[1] switch
    {
        3 when Word(answer, 2) == 1 && answer.Length <= 516 => "TFTP, gives data",
        5 when answer.Length > 4 && Word(answer, 2) <= 8 && answer[^1] == 0 => $"TFTP, {Printable(answer[4..^1])}",
        6 when answer[^1] == 0 => "TFTP",
        _ => null,
    };

    public static string? Dhcp(ReadOnlySpan<byte> answer) =>
        answer.Length >= 240 && answer[0] == 2 && answer[4..8].SequenceEqual(Tag) && BinaryPrimitives.ReadUInt32BigEndian(answer[236..]) == 0x63825363 ? "DHCP" : null;

    public static string? WsDiscovery(ReadOnlySpan<byte> answer) =>
        answer.IndexOf("ProbeMatches"u8) >= 0 || (answer.IndexOf("Envelope"u8) >= 0 && answer.IndexOf("Fault>"u8) >= 0) ? "WS-Discovery" : null;

    // Version 0 means negotiation; the connection ids come back exchanged (RFC 8999, 6).
    public static string? Quic(ReadOnlySpan<byte> answer) =>
        answer.Length >= 27 && answer[0] >= 0x80 && BinaryPrimitives.ReadUInt32BigEndian(answer[1..]) == 0 && answer[5] == 8
            && answer[6..14].SequenceEqual((ReadOnlySpan<byte>)[0x64, 0x63, 0x74, 0x06, 0x07, 0x08, 0x09, 0x10]) ? "QUIC" : null;

    public static string? Stun(ReadOnlySpan<byte> answer) =>
        answer.Length >= 20 && Word(answer, 0) is 0x0101 or 0x0111 && BinaryPrimitives.ReadUInt32BigEndian(answer[4..]) == 0x2112a442 && answer[8..11].SequenceEqual("dct"u8) ? "STUN" : null;

    // The answer goes to the node that asked: its id stands where the destination does (Matter Core, 4.4.1).
    public static string? Matter(ReadOnlySpan<byte> answer) =>
        answer.Length >= 16 && answer[0] >> 4 == 0 && (answer[0] & 7) == 1 && answer[1] == 0 && answer[2] == 0 && answer[8..16].SequenceEqual("dct\u0001ctt\u0001"u8) ? "Matter" : null;

    public static string? Bacnet(ReadOnlySpan<byte> answer)
    {
        if (answer.Length < 8 || answer[0] != 0x81 || Word(answer, 2) != answer.Length || answer[1] is not (0x0a or 0x0b or 0x04 or 0x00))
        {
            return null;
        }

        // The network layer's addresses vary in length; what follows is an acknowledgement, an error, a refusal or I-Am.
        var control = answer[5];
        var at = 6;
        if (answer[4] != 1 || (control & 0x80) != 0)
        {
            return null;
        }

        foreach (var mask in new[] { 0x20, 0x08 })
        {
            at += (control & mask) == 0 ? 0 : at + 3 > answer.Length ? answer.Length : 3 + answer[at + 2];
        }

        at += (control & 0x20) == 0 ? 0 : 1;
        return at + 1 < answer.Length && (answer[at] >> 4 is 3 or 5 or 6 or 7 || (answer[at] == 0x10 && answer[at + 1] == 0)) ? "BACnet/IP" : null;
    }

    public static string? Knx(ReadOnlySpan<byte> answer) =>
        answer.Length >= 8 && answer[0] == 6 && answer[1] == 0x10 && Word(answer, 2) is 0x0202 or 0x0204 && Word(answer, 4) == answer.Length ? "KNXnet/IP" : null;

    public static string? Modbus(ReadOnlySpan<byte> answer) =>
        answer.Length >= 9 && answer[..4].SequenceEqual("dc\0\0"u8) && Word(answer, 4) == answer.Length - 6 && ((answer[7] == 0x2b && answer.Length >= 14) || (answer[7] == 0xab && answer.Length == 9)) ? "Modbus" : null;

    public static string? Tuya(ReadOnlySpan<byte> answer) =>
        answer.Length > 24 && BinaryPrimitives.ReadUInt32BigEndian(answer) is 0x000055aa or 0x00006699 && BinaryPrimitives.ReadUInt32BigEndian(answer[^4..]) is 0x0000aa55 or 0x00009966 ? "Tuya" : null;

    public static string? Memcached(ReadOnlySpan<byte> answer) =>
        answer.Length > 8 && answer.StartsWith("dc"u8) && (answer[8..].StartsWith("VERSION "u8) || answer[8..].StartsWith("ERROR"u8)) ? $"memcached, {Printable(answer[8..])}" : null;

    // Our tunnel id came with the request, which itself has none (RFC 2661, 5.8); a bare header acknowledges.
    public static string? L2tp(ReadOnlySpan<byte> answer) =>
        answer.Length >= 12 && (Word(answer, 0) & 0xc80f) == 0xc802 && Word(answer, 2) <= answer.Length && Word(answer, 4) == 0x6463 ? "L2TP" : null;

    // The initiator's number comes back; a request has none of the responder's and no response flag (RFC 7296, 3.1; RFC 2408, 3.1).
    public static string? Ike(ReadOnlySpan<byte> answer) =>
        answer.Length >= 28 && answer[..8].SequenceEqual((ReadOnlySpan<byte>)[0x64, 0x63, 0x74, 1, 2, 3, 4, 5])
            && BinaryPrimitives.ReadInt32BigEndian(answer[24..]) == answer.Length && ((answer[19] & 0x20) != 0 || answer[8..16].IndexOfAnyExcept((byte)0) >= 0) ? $"IKE, version {answer[17] >> 4}" : null;

    // P_CONTROL_HARD_RESET_SERVER_V2 or P_ACK_V1, with our session id as the remote one.
    public static string? OpenVpn(ReadOnlySpan<byte> answer) =>
        answer.Length >= 22 && answer[0] >> 3 is 8 or 5 && answer[9..].IndexOf((ReadOnlySpan<byte>)[0x64, 0x63, 0x74, 1, 2, 3, 4, 5]) >= 0 ? "OpenVPN" : null;

    public static string? Rpc(ReadOnlySpan<byte> answer) =>
        answer.Length >= 12 && answer.StartsWith(Tag) && BinaryPrimitives.ReadInt32BigEndian(answer[4..]) == 1 && BinaryPrimitives.ReadInt32BigEndian(answer[8..]) is 0 or 1 ? "ONC RPC" : null;

    public static string? NatPmp(ReadOnlySpan<byte> answer) =>
        answer.Length >= 8 && answer[0] <= 2 && answer[1] >= 0x80 && (answer.Length is 8 or 12 || answer.Length % 4 == 0) && answer[2] == 0 ? $"NAT-PMP{(answer[0] == 2 ? " (PCP)" : "")}" : null;

    public static string? Ubiquiti(ReadOnlySpan<byte> answer) =>
        answer.Length > 6 && answer[0] is 1 or 2 && answer[1] is 0 or 6 or 9 or 11 && Word(answer, 2) == answer.Length - 4 ? "Ubiquiti discovery" : null;

    public static string? Rmcp(ReadOnlySpan<byte> answer) =>
        answer.Length >= 12 && answer[0] == 6 && (answer[3] & 0x7f) == 6 && answer[4..8].SequenceEqual((ReadOnlySpan<byte>)[0, 0, 0x11, 0xbe]) && answer[8] == 0x40 ? "RMCP (IPMI)" : null;

    public static string? Lifx(ReadOnlySpan<byte> answer) =>
        answer.Length >= 41 && BinaryPrimitives.ReadUInt16LittleEndian(answer) == answer.Length && (answer[3] & 15) == 4 && answer[4..8].SequenceEqual(Tag) && answer[32] == 3 ? "LIFX" : null;

    public static string? Kasa(ReadOnlySpan<byte> answer)
    {
        var text = Encoding.Latin1.GetString(KasaPlain(answer));
        return text.StartsWith('{') && text.Contains("\"err_code\"", StringComparison.Ordinal) ? "TP-Link smart home" : null;
    }

    public static byte[] KasaScramble(string text)
    {
        var key = (byte)0xab;
        return [.. Encoding.ASCII.GetBytes(text).Select(value => key ^= value)];
    }

    public static string? Miio(ReadOnlySpan<byte> answer) =>
        answer.Length >= 32 && Word(answer, 0) == 0x2131 && Word(answer, 2) == answer.Length && answer[8..16].IndexOfAnyExcept((byte)0xff) >= 0 ? "Xiaomi miIO" : null;

    public static string? Wiz(ReadOnlySpan<byte> answer) =>
        answer is [(byte)'{', ..] && answer.IndexOf("\"getPilot\""u8) > 0 && (answer.IndexOf("\"result\""u8) > 0 || answer.IndexOf("\"error\""u8) > 0) ? "WiZ" : null;

    // Address, hardware address and model, with commas between.
    public static string? HiFlying(ReadOnlySpan<byte> answer) =>
        answer.Length < 128 && Encoding.Latin1.GetString(answer).Split(',') is [var address, { Length: 12 }, var model] && System.Net.IPAddress.TryParse(address, out _) ? $"Wi-Fi module {Printable(Encoding.Latin1.GetBytes(model))}" : null;

    public static string? Sadp(ReadOnlySpan<byte> answer) => answer.IndexOf("<ProbeMatch>"u8) >= 0 ? "Hikvision SADP" : null;

    public static string? Xdmcp(ReadOnlySpan<byte> answer) =>
        answer.Length >= 6 && Word(answer, 0) == 1 && Word(answer, 2) is 5 or 6 && Word(answer, 4) == answer.Length - 6 ? "XDMCP" : null;

    public static string? Rip(ReadOnlySpan<byte> answer) => answer.Length >= 4 && answer.Length % 20 == 4 && answer[0] == 2 && answer[1] is 1 or 2 && Word(answer, 2) == 0 ? "RIP" : null;

    public static string? Slp(ReadOnlySpan<byte> answer) =>
        answer.Length >= 16 && answer[0] == 2 && answer[1] is 2 or 10 && answer[10..12].SequenceEqual("dc"u8) ? "SLP" : null;

    public static string? Dht(ReadOnlySpan<byte> answer) =>
        answer is [(byte)'d', .., (byte)'e'] && answer.IndexOf("1:t2:dc"u8) > 0 && (answer.IndexOf("1:y1:r"u8) > 0 || answer.IndexOf("1:y1:e"u8) > 0) ? "BitTorrent DHT" : null;

    public static string? EtherNetIp(ReadOnlySpan<byte> answer) =>
        answer.Length > 26 && answer[0] == 0x63 && answer[1] == 0 && BinaryPrimitives.ReadUInt16LittleEndian(answer[2..]) == answer.Length - 24 && answer[12..16].SequenceEqual(Tag) ? "EtherNet/IP" : null;

    public static string? Lantronix(ReadOnlySpan<byte> answer) => answer.Length >= 4 && BinaryPrimitives.ReadUInt32BigEndian(answer) == 0xf7 ? "Lantronix" : null;

    public static string? Addp(ReadOnlySpan<byte> answer) => answer.StartsWith("DIGI\0\u0002"u8) ? "Digi ADDP" : null;

    public static string? Bjnp(ReadOnlySpan<byte> answer) => answer.Length >= 16 && answer.StartsWith("BJNP"u8) && answer[4] >= 0x80 ? "Canon BJNP" : null;

    /// <summary>Printable text of at most 80 characters: it stands in reports.</summary>
    public static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (var value in bytes[..Math.Min(bytes.Length, LongestText)])
        {
            text.Append(value is >= 0x20 and < 0x7f ? (char)value : ' ');
        }

        return text.ToString().Trim();
    }

    public static byte[] KasaPlain(ReadOnlySpan<byte> bytes)
    {
        var plain = new byte[bytes.Length];
        var key = (byte)0xab;
        for (var index = 0; index < bytes.Length; index++)
        {
            plain[index] = (byte)(bytes[index] ^ key);
            key = bytes[index];
        }

        return plain;
    }

    private static int Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);

    // An answer has the QR bit (RFC 1035, 4.1.1); a query that comes back has not.
    private static bool IsDns(ReadOnlySpan<byte> answer, int id) => answer.Length >= 12 && Word(answer, 0) == id && (answer[2] & 0x80) != 0 && (answer[3] & 0x40) == 0;

    private static bool ContainsTag(ReadOnlySpan<byte> answer) => answer.IndexOf(Tag) >= 0;

    private static string? Header(ReadOnlySpan<byte> answer, string name)
    {
        foreach (var line in Encoding.Latin1.GetString(answer).Split("\r\n"))
        {
            if (line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            {
                return Printable(Encoding.Latin1.GetBytes(line[(name.Length + 1)..]));
            }
        }

        return null;
    }
}
