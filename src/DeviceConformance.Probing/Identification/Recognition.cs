using System.Buffers.Binary;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Mqtt;

namespace DeviceConformance.Probing.Identification;

/// <summary>What speaks, told from the first bytes it said.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Name">Product or protocol in words; empty when the bytes do not tell.</param>
public readonly record struct Recognised(ServiceProtocol Protocol, string Name);

/// <summary>Recognises protocols by what a service says: pure functions over hostile bytes.</summary>
public static class Recognition
{
    private const int MaxName = 80;
    private const byte TelnetIac = 255;

    /// <summary>Recognises a greeting, said before anything was asked.</summary>
    public static Recognised? Greeting(ReadOnlySpan<byte> said)
    {
        var text = Encoding.Latin1.GetString(said[..Math.Min(said.Length, 1024)]);
        if (text.StartsWith("SSH-", StringComparison.Ordinal))
        {
            return new Recognised(ServiceProtocol.Ssh, Product(text["SSH-".Length..], '-'));
        }

        if (text.StartsWith("RFB ", StringComparison.Ordinal))
        {
            return new Recognised(ServiceProtocol.Rfb, Line(text));
        }

        if (text.StartsWith("+OK", StringComparison.Ordinal))
        {
            return new Recognised(ServiceProtocol.Pop3, Line(text[3..]));
        }

        if (text.StartsWith("* OK", StringComparison.Ordinal) || text.StartsWith("* PREAUTH", StringComparison.Ordinal))
        {
            return new Recognised(ServiceProtocol.Imap, Line(text[4..]));
        }

        if (text.StartsWith("220", StringComparison.Ordinal) || text.StartsWith("421", StringComparison.Ordinal))
        {
            // RFC 5321, 4.2 and RFC 959, 5.4 share the code; a mail server names its protocol.
            return new Recognised(text.Contains("SMTP", StringComparison.OrdinalIgnoreCase) ? ServiceProtocol.Smtp : ServiceProtocol.Ftp, Line(text[3..].TrimStart('-', ' ')));
        }

        if (IsTelnet(said))
        {
            return new Recognised(ServiceProtocol.Telnet, "");
        }

        // MySQL's handshake: three bytes of length, number 0, protocol version 10, a readable server version.
        if (said.Length > 6 && said[3] == 0 && said[4] == 10 && char.IsAsciiDigit((char)said[5]))
        {
            return new Recognised(ServiceProtocol.Other, $"MySQL {Line(text[5..].Split('\0')[0])}");
        }

        var last = text.TrimEnd('\r', '\n', '\0').Split('\n')[^1].TrimEnd();
        return last.EndsWith("login:", StringComparison.OrdinalIgnoreCase) || last.EndsWith("username:", StringComparison.OrdinalIgnoreCase) || last.EndsWith("password:", StringComparison.OrdinalIgnoreCase)
            ? new Recognised(ServiceProtocol.Telnet, "")
            : null;
    }

    /// <summary>Recognises an answer by its own form, whatever was asked.</summary>
    public static Recognised? Answer(ReadOnlySpan<byte> said)
    {
        var text = Encoding.Latin1.GetString(said[..Math.Min(said.Length, 2048)]);
        if (text.StartsWith("HTTP/", StringComparison.Ordinal))
        {
            return new Recognised(ServiceProtocol.Http, Header(text, "Server"));
        }

        if (text.StartsWith("RTSP/", StringComparison.Ordinal))
        {
            return new Recognised(ServiceProtocol.Rtsp, Header(text, "Server"));
        }

        if (text.StartsWith("SIP/2.0", StringComparison.Ordinal))
        {
            return new Recognised(ServiceProtocol.Sip, Header(text, "Server"));
        }

        if (IsTls(said))
        {
            return new Recognised(ServiceProtocol.Tls, "");
        }

        if (said.StartsWith("CNXN"u8) || said.StartsWith("AUTH\u0001\0\0\0"u8))
        {
            return new Recognised(ServiceProtocol.Adb, "");
        }

        // SMB over TCP: four bytes of length, then 0xFF or 0xFE and "SMB".
        if (said.Length >= 8 && said[4] is 0xff or 0xfe && said[5..8].SequenceEqual("SMB"u8))
        {
            return new Recognised(ServiceProtocol.Smb, said[4] == 0xfe ? "SMB 2 or 3" : "SMB 1");
        }

        return Greeting(said);
    }

    /// <summary>Whether an answer to an MQTT CONNECT is a CONNACK, with whatever code.</summary>
    public static Recognised? MqttAnswer(ReadOnlySpan<byte> said, byte level) =>
        MqttPacket.TryParse(said, level, out var packet, out _, out _) && packet is MqttPacket.ConnAck
            ? new Recognised(ServiceProtocol.Mqtt, level == MqttPacket.Level5 ? "MQTT 5.0" : "MQTT 3.1.1")
            : null;

    /// <summary>Whether an answer to a Modbus request is one: same transaction, protocol 0, a length that fits (Modbus/TCP, 3.1.3).</summary>
    public static Recognised? ModbusAnswer(ReadOnlySpan<byte> said, ushort transaction) =>
        said.Length >= 9 && BinaryPrimitives.ReadUInt16BigEndian(said) == transaction && BinaryPrimitives.ReadUInt16BigEndian(said[2..]) == 0
        && BinaryPrimitives.ReadUInt16BigEndian(said[4..]) == said.Length - 6
            ? new Recognised(ServiceProtocol.Modbus, "")
            : null;

    /// <summary>Whether an answer to a DNS query over TCP is one: length prefix, same id, QR bit (RFC 1035, 4.2.2).</summary>
    public static Recognised? DnsAnswer(ReadOnlySpan<byte> said, ushort id) =>
        said.Length >= 14 && BinaryPrimitives.ReadUInt16BigEndian(said) == said.Length - 2 && BinaryPrimitives.ReadUInt16BigEndian(said[2..]) == id && (said[4] & 0x80) != 0
            ? new Recognised(ServiceProtocol.Dns, "")
            : null;

    /// <summary>Whether an answer is a TLS record: alert or handshake of a known version (RFC 8446, 5.1).</summary>
    public static bool IsTls(ReadOnlySpan<byte> said) => said.Length >= 5 && said[0] is 21 or 22 && said[1] == 3 && said[2] <= 4 && BinaryPrimitives.ReadUInt16BigEndian(said[3..]) is > 0 and <= 1 << 14;

    // IAC followed by WILL, WONT, DO or DONT (RFC 854).
    private static bool IsTelnet(ReadOnlySpan<byte> said)
    {
        var at = said.IndexOf(TelnetIac);
        return at >= 0 && at + 2 < said.Length && said[at + 1] is >= 251 and <= 254;
    }

    private static string Product(string text, char after)
    {
        var line = Line(text);
        var at = line.IndexOf(after, StringComparison.Ordinal);
        return at >= 0 ? line[(at + 1)..] : line;
    }

    private static string Header(string text, string name)
    {
        var at = text.IndexOf($"\n{name}:", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? "" : Line(text[(at + name.Length + 2)..]);
    }

    private static string Line(string text)
    {
        var line = text.Split('\r', '\n')[0].Trim();
        return new string([.. line.Take(MaxName).Select(character => character is >= ' ' and < '\u007f' ? character : '?')]);
    }
}
