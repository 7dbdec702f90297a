using System.Collections.Immutable;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Mqtt;

namespace DeviceConformance.Probing.Identification;

/// <summary>Something to say to a silent service, and how to recognise the answer.</summary>
/// <param name="Name">Protocol in words, for the coverage.</param>
/// <param name="UsualPorts">Ports on which it is asked first; they decide nothing.</param>
/// <param name="Bytes">What is said.</param>
/// <param name="Recognise">Recognises the answer.</param>
internal sealed record Question(string Name, ImmutableArray<int> UsualPorts, ReadOnlyMemory<byte> Bytes, Func<ReadOnlyMemory<byte>, Recognised?> Recognise);

/// <summary>The questions, harmless ones only: each is a first message of its protocol.</summary>
internal static class Questions
{
    private const ushort Transaction = 0x4443;

    /// <summary>HTTP, which is also asked inside TLS.</summary>
    public static Question Http(Endpoint endpoint) => new(
        "HTTP", [80, 8080, 8000, 81, 443, 8443], Ascii($"GET / HTTP/1.1\r\nHost: {endpoint.HostAndPort}\r\nUser-Agent: dct\r\nAccept: */*\r\nConnection: close\r\n\r\n"), Answer);

    /// <summary>MQTT 3.1.1, which is also asked inside TLS.</summary>
    public static Question Mqtt311 { get; } = Mqtt(MqttPacket.Level311, "MQTT 3.1.1");

    /// <summary>MQTT 5.0.</summary>
    public static Question Mqtt5 { get; } = Mqtt(MqttPacket.Level5, "MQTT 5.0");

    /// <summary>Two line ends: many text protocols answer with a greeting or an error.</summary>
    public static Question Lines { get; } = new("an empty line", [], Ascii("\r\n\r\n"), Answer);

    /// <summary>ADB's first message: CNXN of a host.</summary>
    public static ReadOnlyMemory<byte> AdbConnect { get; } = Adb();

    /// <summary>Everything that is asked in clear.</summary>
    public static ImmutableArray<Question> InClear(Endpoint endpoint) =>
    [
        Http(endpoint),
        Mqtt311,
        Mqtt5,
        new("RTSP", [554, 8554], Ascii($"OPTIONS rtsp://{endpoint.HostAndPort}/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"), Answer),
        new("SIP", [5060], Ascii($"OPTIONS sip:dct@{endpoint.HostAndPort} SIP/2.0\r\nVia: SIP/2.0/TCP dct;branch=z9hG4bKdct\r\nMax-Forwards: 0\r\nFrom: <sip:dct@dct>;tag=1\r\nTo: <sip:dct@{endpoint.HostAndPort}>\r\nCall-ID: dct\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"), Answer),
        // Read device identification (function 43/14), which changes nothing.
        new("Modbus", [502], new byte[] { 0x44, 0x43, 0, 0, 0, 5, 1, 0x2b, 0x0e, 1, 0 }, said => Recognition.ModbusAnswer(said.Span, Transaction)),
        // version.bind, class CHAOS, type TXT.
        new("DNS", [53], new byte[] { 0, 30, 0x44, 0x43, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7, (byte)'v', (byte)'e', (byte)'r', (byte)'s', (byte)'i', (byte)'o', (byte)'n', 4, (byte)'b', (byte)'i', (byte)'n', (byte)'d', 0, 0, 16, 0, 3 }, said => Recognition.DnsAnswer(said.Span, Transaction)),
        new("ADB", [5555], AdbConnect, Answer),
        new("SMB", [445, 139], Smb(), Answer),
        Lines,
    ];

    private static Question Mqtt(byte level, string name) => new(
        name, [1883, 8883], new MqttPacket.Connect(level, "dct", null, null, 10, true, []).ToBytes(level), said => Recognition.MqttAnswer(said.Span, level));

    private static Recognised? Answer(ReadOnlyMemory<byte> said) => Recognition.Answer(said.Span);

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    // CNXN, version 1.0.0, 4096 bytes at most, "host::", with sum and magic of the ADB protocol.
    private static byte[] Adb()
    {
        var payload = "host::\0"u8.ToArray();
        using var packet = new MemoryStream();
        using var writer = new BinaryWriter(packet);
        writer.Write("CNXN"u8);
        writer.Write(0x01000000);
        writer.Write(4096);
        writer.Write(payload.Length);
        writer.Write(payload.Sum(value => value));
        writer.Write(0x4e584e43 ^ unchecked((int)0xffffffff));
        writer.Write(payload);
        return packet.ToArray();
    }

    // SMB 1 negotiate that names SMB 2 dialects, which every version answers.
    private static byte[] Smb()
    {
        byte[] header = [0xff, (byte)'S', (byte)'M', (byte)'B', 0x72, 0, 0, 0, 0, 0x18, 0x01, 0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0];
        byte[] dialects = [2, .. "NT LM 0.12\0"u8, 2, .. "SMB 2.002\0"u8, 2, .. "SMB 2.???\0"u8];
        byte[] message = [.. header, 0, (byte)dialects.Length, 0, .. dialects];
        return [0, 0, (byte)(message.Length >> 8), (byte)message.Length, .. message];
    }
}
