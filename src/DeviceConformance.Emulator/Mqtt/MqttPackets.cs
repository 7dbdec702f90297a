using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace DeviceConformance.Emulator.Mqtt;

/// <summary>Types of packets (5.0, 2.1.2).</summary>
internal enum MqttPacketType
{
    Connect = 1,
    ConnAck = 2,
    Publish = 3,
    Subscribe = 8,
    SubAck = 9,
    Unsubscribe = 10,
    UnsubAck = 11,
    PingReq = 12,
    PingResp = 13,
    Disconnect = 14,
}

/// <summary>A message for a topic.</summary>
internal sealed record MqttMessage(string Topic, ReadOnlyMemory<byte> Payload, bool Retain);

/// <summary>A CONNECT packet.</summary>
/// <param name="Level">Protocol level: 4 is 3.1.1, 5 is 5.0; others are not read further.</param>
/// <param name="ClientId">Client identifier; may be empty.</param>
/// <param name="CleanStart">Whether an old session is to be forgotten.</param>
/// <param name="KeepAliveSeconds">Longest silence of the client; 0: none.</param>
/// <param name="User">User name; null when there is none.</param>
/// <param name="Password">Password; null when there is none.</param>
/// <param name="Will">Message for when the client vanishes; null when there is none.</param>
internal sealed record MqttConnect(byte Level, string ClientId, bool CleanStart, int KeepAliveSeconds, string? User, string? Password, MqttMessage? Will)
{
    /// <summary>Protocol level of 3.1.1.</summary>
    public const byte Level311 = 4;

    /// <summary>Protocol level of 5.0.</summary>
    public const byte Level5 = 5;

    /// <summary>Whether this broker speaks the level.</summary>
    public bool IsLevelKnown => Level is Level311 or Level5;

    /// <summary>Reads the body of a CONNECT packet (3.1).</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, [NotNullWhen(true)] out MqttConnect? connect)
    {
        connect = null;
        var reader = new MqttReader(body);
        if (!reader.TryString(out var protocol) || protocol is not ("MQTT" or "MQIsdp") || !reader.TryByte(out var level))
        {
            return false;
        }

        if (protocol != "MQTT" || level is not (Level311 or Level5))
        {
            connect = new MqttConnect(protocol == "MQTT" ? level : (byte)3, "", true, 0, null, null, null);
            return true;
        }

        if (!reader.TryByte(out var flags)
            || (flags & 1) != 0
            || !reader.TryUInt16(out var keepAlive)
            || (level == Level5 && !reader.SkipProperties())
            || !reader.TryString(out var clientId))
        {
            return false;
        }

        MqttMessage? will = null;
        if ((flags & 0x04) != 0)
        {
            if ((level == Level5 && !reader.SkipProperties()) || !reader.TryString(out var topic) || !reader.TryBinary(out var payload) || !MqttTopics.IsName(topic))
            {
                return false;
            }

            will = new MqttMessage(topic, payload.ToArray(), (flags & 0x20) != 0);
        }
        else if ((flags & 0x38) != 0)
        {
            return false;
        }

        string? user = null;
        string? password = null;
        if ((flags & 0x80) != 0)
        {
            if (!reader.TryString(out user))
            {
                return false;
            }
        }

        if ((flags & 0x40) != 0)
        {
            // 3.1.1 (3.1.2.9) allows a password with a user name only.
            if (!reader.TryBinary(out var secret) || (level == Level311 && user is null))
            {
                return false;
            }

            password = Encoding.Latin1.GetString(secret);
        }

        connect = new MqttConnect(level, clientId, (flags & 0x02) != 0, keepAlive, user, password, will);
        return reader.Rest.IsEmpty;
    }
}

/// <summary>A wish of a client to receive what is published.</summary>
/// <param name="Filter">Topic filter.</param>
/// <param name="NotOwn">Not what the client published itself (5.0).</param>
/// <param name="RetainHandling">0: send retained messages, 1: only when the filter is new, 2: do not (5.0).</param>
internal sealed record MqttSubscription(string Filter, bool NotOwn, int RetainHandling);

/// <summary>Reads and writes packets.</summary>
internal static class MqttPackets
{
    /// <summary>Longest packet that the broker takes, in bytes without the fixed header.</summary>
    public const int LengthLimit = 16 * 1024;

    /// <summary>Filters in one SUBSCRIBE or UNSUBSCRIBE at the most.</summary>
    public const int FilterLimit = 16;

    /// <summary>Reads the body of a SUBSCRIBE (3.8) or UNSUBSCRIBE (3.10).</summary>
    public static bool TryParseFilters(ReadOnlySpan<byte> body, byte level, bool withOptions, out ushort packetId, out List<MqttSubscription> filters)
    {
        filters = [];
        var reader = new MqttReader(body);
        if (!reader.TryUInt16(out packetId) || packetId == 0 || (level == MqttConnect.Level5 && !reader.SkipProperties()))
        {
            return false;
        }

        while (!reader.Rest.IsEmpty)
        {
            byte options = 0;
            if (filters.Count == FilterLimit
                || !reader.TryString(out var filter)
                || (withOptions && (!reader.TryByte(out options) || (options & 3) == 3 || (options & (level == MqttConnect.Level5 ? 0xC0 : 0xFC)) != 0)))
            {
                return false;
            }

            filters.Add(new MqttSubscription(filter, (options & 4) != 0, (options >> 4) & 3));
        }

        return filters.Count > 0;
    }

    /// <summary>Reads the body of a PUBLISH with QoS 0 (3.3).</summary>
    public static bool TryParsePublish(ReadOnlySpan<byte> body, byte level, bool retain, [NotNullWhen(true)] out MqttMessage? message)
    {
        message = null;
        var reader = new MqttReader(body);
        if (!reader.TryString(out var topic) || !MqttTopics.IsName(topic) || (level == MqttConnect.Level5 && !reader.SkipProperties()))
        {
            return false;
        }

        message = new MqttMessage(topic, reader.Rest.ToArray(), retain);
        return true;
    }

    /// <summary>CONNACK that refuses.</summary>
    public static byte[] Refusal(byte level, byte code) =>
        level == MqttConnect.Level5 ? Packet(MqttPacketType.ConnAck, 0, [0, code, 0]) : Packet(MqttPacketType.ConnAck, 0, [0, code]);

    /// <summary>CONNACK that accepts. To a client of 5.0 it says what the broker does not have (3.2.2.3).</summary>
    /// <param name="level">Protocol level.</param>
    /// <param name="keepAliveSeconds">Longest silence that the broker allows.</param>
    /// <param name="assignedId">Identifier given to a client that has none; otherwise empty.</param>
    public static byte[] Acceptance(byte level, ushort keepAliveSeconds, string assignedId)
    {
        if (level != MqttConnect.Level5)
        {
            return Packet(MqttPacketType.ConnAck, 0, [0, 0]);
        }

        byte[] properties =
        [
            0x11, 0, 0, 0, 0,                                               // session expires with the connection
            0x24, 0,                                                        // maximum QoS
            0x27, 0, 0, LengthLimit >> 8, LengthLimit & 0xFF,               // maximum packet size
            0x13, (byte)(keepAliveSeconds >> 8), (byte)keepAliveSeconds,    // server keep alive
            0x29, 0,                                                        // no subscription identifiers
            0x2A, 0,                                                        // no shared subscriptions
            .. assignedId.Length > 0 ? (byte[])[0x12, .. Text(assignedId)] : [],
        ];
        return Packet(MqttPacketType.ConnAck, 0, [0, 0, (byte)properties.Length, .. properties]);
    }

    /// <summary>SUBACK or UNSUBACK with a code for each filter; 3.1.1 has no codes in UNSUBACK.</summary>
    public static byte[] FilterAck(MqttPacketType type, byte level, ushort packetId, IEnumerable<byte> codes)
    {
        byte[] id = [(byte)(packetId >> 8), (byte)packetId];
        return Packet(type, 0, level == MqttConnect.Level5 ? [.. id, 0, .. codes] : type == MqttPacketType.UnsubAck ? id : [.. id, .. codes]);
    }

    /// <summary>PUBLISH with QoS 0.</summary>
    public static byte[] Publish(byte level, MqttMessage message, bool retain) =>
        Packet(MqttPacketType.Publish, retain ? 1 : 0, [.. Text(message.Topic), .. level == MqttConnect.Level5 ? (byte[])[0] : [], .. message.Payload.Span]);

    /// <summary>CONNECT of 3.1.1 with a clean session (3.1).</summary>
    public static byte[] Connect(string clientId, string user, string password, ushort keepAliveSeconds) =>
        Packet(
            MqttPacketType.Connect,
            0,
            [.. Text("MQTT"), MqttConnect.Level311, 0xC2, (byte)(keepAliveSeconds >> 8), (byte)keepAliveSeconds, .. Text(clientId), .. Text(user), .. Text(password)]);

    /// <summary>DISCONNECT of a client of 3.1.1 (3.14).</summary>
    public static byte[] Goodbye() => Packet(MqttPacketType.Disconnect, 0, []);

    /// <summary>PINGRESP.</summary>
    public static byte[] PingResp() => Packet(MqttPacketType.PingResp, 0, []);

    /// <summary>DISCONNECT of the broker (5.0 only).</summary>
    public static byte[] Disconnect(byte reason) => Packet(MqttPacketType.Disconnect, 0, [reason, 0]);

    private static byte[] Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];
    }

    private static byte[] Packet(MqttPacketType type, int flags, ReadOnlySpan<byte> body)
    {
        var first = (byte)(((int)type << 4) | flags);
        return body.Length < 128
            ? [first, (byte)body.Length, .. body]
            : body.Length < 128 * 128
                ? [first, (byte)(body.Length | 0x80), (byte)(body.Length >> 7), .. body]
                : [first, (byte)(body.Length | 0x80), (byte)((body.Length >> 7) | 0x80), (byte)(body.Length >> 14), .. body];
    }
}
