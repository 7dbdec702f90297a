using System.Collections.Immutable;
using DeviceConformance.Model.Lab;

namespace DeviceConformance.Probing.Mqtt;

/// <summary>A control packet of MQTT 3.1.1 or 5.0 (OASIS), as far as a client needs that logs in and listens. Closed.</summary>
public abstract record MqttPacket
{
    /// <summary>Protocol level of MQTT 3.1.1.</summary>
    public const byte Level311 = 4;

    /// <summary>Protocol level of MQTT 5.0.</summary>
    public const byte Level5 = 5;

    /// <summary>Bytes after the fixed header that are taken; MQTT allows 268 435 455, which no probe has to hold.</summary>
    public const int MaxRemainingLength = 256 * 1024;

    private MqttPacket()
    {
    }

    /// <summary>First byte: packet type and flags.</summary>
    private protected abstract byte FirstByte { get; }

    /// <summary>Reads the first packet of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">Bytes as they came; may hold more than one packet.</param>
    /// <param name="level">Protocol level that was agreed on; ignored for CONNECT, which names its own.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="length">Bytes that the packet takes.</param>
    /// <param name="error">Why there is none.</param>
    /// <returns>Whether there is a packet.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, byte level, out MqttPacket packet, out int length, out MqttWireError error)
    {
        packet = null!;
        length = 0;
        if (bytes.Length < 2)
        {
            error = MqttWireError.Incomplete;
            return false;
        }

        var header = new MqttReader(bytes[1..]);
        error = header.ReadVariable(out var remaining);
        if (error == MqttWireError.None && !IsKnown(bytes[0]))
        {
            error = MqttWireError.Malformed;
        }

        if (error != MqttWireError.None)
        {
            return false;
        }

        if (remaining > MaxRemainingLength)
        {
            error = MqttWireError.TooLarge;
            return false;
        }

        if (!header.TryTake((int)remaining, out var content))
        {
            error = MqttWireError.Incomplete;
            return false;
        }

        if (!TryRead(bytes[0], new MqttReader(content), level, out packet))
        {
            error = MqttWireError.Malformed;
            return false;
        }

        length = bytes.Length - header.Remaining;
        return true;
    }

    /// <summary>The packet as bytes.</summary>
    /// <param name="level">Protocol level that was agreed on; ignored for CONNECT, which names its own.</param>
    /// <exception cref="ArgumentOutOfRangeException">A text is longer than 65535 bytes: a bug of the caller.</exception>
    public byte[] ToBytes(byte level)
    {
        var content = new MqttWriter();
        Write(content, level);
        return [.. new MqttWriter().Byte(FirstByte).Variable((uint)content.Written.Length).Raw(content.Written).Written];
    }

    private protected abstract void Write(MqttWriter writer, byte level);

    // The low four bits are fixed for every type but PUBLISH (3.1.1 and 5.0, table 2-2).
    private static bool IsKnown(byte first) => first switch
    {
        0x10 or 0x20 or 0x40 or 0x82 or 0x90 or 0xc0 or 0xd0 or 0xe0 => true,
        >= 0x30 and <= 0x3f => (first & 0x06) is 0x00 or 0x02,
        _ => false,
    };

    private static bool TryRead(byte first, MqttReader reader, byte level, out MqttPacket packet)
    {
        packet = null!;
        return (first >> 4) switch
        {
            1 => Connect.TryRead(ref reader, out packet),
            2 => ConnAck.TryRead(ref reader, level, out packet),
            3 => Publish.TryRead(first, ref reader, level, out packet),
            4 => PubAck.TryRead(ref reader, level, out packet),
            8 => Subscribe.TryRead(ref reader, level, out packet),
            9 => SubAck.TryRead(ref reader, level, out packet),
            12 => Bare(new PingReq(), ref reader, out packet),
            13 => Bare(new PingResp(), ref reader, out packet),
            _ => Disconnect.TryRead(ref reader, level, out packet),
        };
    }

    private static bool Bare(MqttPacket bare, ref MqttReader reader, out MqttPacket packet)
    {
        packet = bare;
        return reader.Remaining == 0;
    }

    // A reason code and properties that may both be left out when they say nothing (5.0, 3.4.2.1 and 3.14.2.1).
    private static bool TryReason(ref MqttReader reader, byte level, out byte reason, out ImmutableArray<MqttProperty> properties)
    {
        reason = 0;
        properties = [];
        return reader.Remaining == 0
            || (level == Level5 && reader.TryByte(out reason)
                && (reader.Remaining == 0 || MqttProperty.TryReadAll(ref reader, out properties))
                && reader.Remaining == 0);
    }

    private static void WriteReason(MqttWriter writer, byte level, byte reason, ImmutableArray<MqttProperty> properties)
    {
        if (level != Level5 || (reason == 0 && properties.IsEmpty))
        {
            return;
        }

        writer.Byte(reason);
        if (!properties.IsEmpty)
        {
            MqttProperty.WriteAll(writer, properties);
        }
    }

    /// <summary>CONNECT without a will (3.1).</summary>
    /// <param name="Level">Protocol level: 4 for 3.1.1, 5 for 5.0.</param>
    /// <param name="ClientId">Client identifier.</param>
    /// <param name="User">User name, or null to send none.</param>
    /// <param name="Password">Password, or null to send none.</param>
    /// <param name="KeepAlive">Keep-alive interval in seconds; 0: none.</param>
    /// <param name="CleanSession">Whether to start without an earlier session.</param>
    /// <param name="Properties">Properties; 5.0 only.</param>
    public sealed record Connect(byte Level, string ClientId, string? User, Secret? Password, ushort KeepAlive, bool CleanSession, ImmutableArray<MqttProperty> Properties) : MqttPacket
    {
        private protected override byte FirstByte => 0x10;

        internal static bool TryRead(ref MqttReader reader, out MqttPacket packet)
        {
            packet = null!;
            if (!reader.TryText(out var name) || name != "MQTT"
                || !reader.TryByte(out var level) || level is not (Level311 or Level5)
                // A will (bits 2 to 5) is more than this codec reads; bit 0 is reserved.
                || !reader.TryByte(out var flags) || (flags & 0x3d) != 0
                || !reader.TryUInt16(out var keepAlive))
            {
                return false;
            }

            ImmutableArray<MqttProperty> properties = [];
            string user = "";
            byte[] password = [];
            if ((level == Level5 && !MqttProperty.TryReadAll(ref reader, out properties))
                || !reader.TryText(out var clientId)
                || ((flags & 0x80) != 0 && !reader.TryText(out user))
                || ((flags & 0x40) != 0 && !reader.TryBinary(out password))
                || reader.Remaining > 0)
            {
                return false;
            }

            packet = new Connect(
                level,
                clientId,
                (flags & 0x80) != 0 ? user : null,
                (flags & 0x40) != 0 ? new Secret(System.Text.Encoding.UTF8.GetString(password)) : null,
                keepAlive,
                (flags & 0x02) != 0,
                properties);
            return true;
        }

        private protected override void Write(MqttWriter writer, byte level)
        {
            writer.Text("MQTT").Byte(Level)
                .Byte((byte)((User is null ? 0 : 0x80) | (Password is null ? 0 : 0x40) | (CleanSession ? 0x02 : 0)))
                .UInt16(KeepAlive);
            if (Level == Level5)
            {
                MqttProperty.WriteAll(writer, Properties);
            }

            writer.Text(ClientId);
            if (User is not null)
            {
                writer.Text(User);
            }

            if (Password is not null)
            {
                writer.Text(Password.Reveal());
            }
        }
    }

    /// <summary>CONNACK (3.2).</summary>
    /// <param name="SessionPresent">Whether the broker had a session of this client.</param>
    /// <param name="Code">Return code (3.1.1) or reason code (5.0); 0: accepted.</param>
    /// <param name="Properties">Properties; 5.0 only.</param>
    public sealed record ConnAck(bool SessionPresent, byte Code, ImmutableArray<MqttProperty> Properties) : MqttPacket
    {
        private protected override byte FirstByte => 0x20;

        internal static bool TryRead(ref MqttReader reader, byte level, out MqttPacket packet)
        {
            packet = null!;
            ImmutableArray<MqttProperty> properties = [];
            if (!reader.TryByte(out var flags) || (flags & 0xfe) != 0 || !reader.TryByte(out var code)
                // A broker that knows 3.1.1 only declines a 5.0 client in the form of 3.1.1, without properties (5.0, 3.1.2.2).
                || (level == Level5 && reader.Remaining > 0 && !MqttProperty.TryReadAll(ref reader, out properties))
                || reader.Remaining > 0)
            {
                return false;
            }

            packet = new ConnAck(flags == 1, code, properties);
            return true;
        }

        private protected override void Write(MqttWriter writer, byte level)
        {
            writer.Byte((byte)(SessionPresent ? 1 : 0)).Byte(Code);
            if (level == Level5)
            {
                MqttProperty.WriteAll(writer, Properties);
            }
        }
    }

    /// <summary>PUBLISH (3.3) with QoS 0 or 1; QoS 2 is malformed here, since nothing this client sends calls for it.</summary>
    /// <param name="Topic">Topic name.</param>
    /// <param name="Payload">Message.</param>
    /// <param name="Qos">Quality of service, 0 or 1.</param>
    /// <param name="Retained">Whether the broker had kept the message.</param>
    /// <param name="Duplicate">Whether it is sent again.</param>
    /// <param name="PacketId">Packet identifier; 0 with QoS 0.</param>
    /// <param name="Properties">Properties; 5.0 only.</param>
    public sealed record Publish(string Topic, ReadOnlyMemory<byte> Payload, int Qos, bool Retained, bool Duplicate, ushort PacketId, ImmutableArray<MqttProperty> Properties) : MqttPacket
    {
        private protected override byte FirstByte => (byte)(0x30 | (Duplicate ? 8 : 0) | (Qos << 1) | (Retained ? 1 : 0));

        internal static bool TryRead(byte first, ref MqttReader reader, byte level, out MqttPacket packet)
        {
            packet = null!;
            var qos = (first >> 1) & 3;
            ushort packetId = 0;
            ImmutableArray<MqttProperty> properties = [];
            if (!reader.TryText(out var topic)
                || (qos > 0 && (!reader.TryUInt16(out packetId) || packetId == 0))
                || (level == Level5 && !MqttProperty.TryReadAll(ref reader, out properties)))
            {
                return false;
            }

            packet = new Publish(topic, reader.TakeAll().ToArray(), qos, (first & 1) != 0, (first & 8) != 0, packetId, properties);
            return true;
        }

        private protected override void Write(MqttWriter writer, byte level)
        {
            writer.Text(Topic);
            if (Qos > 0)
            {
                writer.UInt16(PacketId);
            }

            if (level == Level5)
            {
                MqttProperty.WriteAll(writer, Properties);
            }

            writer.Raw(Payload.Span);
        }
    }

    /// <summary>PUBACK (3.4).</summary>
    /// <param name="PacketId">Packet identifier of the message.</param>
    /// <param name="Reason">Reason code; 5.0 only.</param>
    /// <param name="Properties">Properties; 5.0 only.</param>
    public sealed record PubAck(ushort PacketId, byte Reason, ImmutableArray<MqttProperty> Properties) : MqttPacket
    {
        private protected override byte FirstByte => 0x40;

        internal static bool TryRead(ref MqttReader reader, byte level, out MqttPacket packet)
        {
            packet = null!;
            if (!reader.TryUInt16(out var packetId) || !TryReason(ref reader, level, out var reason, out var properties))
            {
                return false;
            }

            packet = new PubAck(packetId, reason, properties);
            return true;
        }

        private protected override void Write(MqttWriter writer, byte level)
        {
            writer.UInt16(PacketId);
            WriteReason(writer, level, Reason, Properties);
        }
    }

    /// <summary>SUBSCRIBE (3.8); every filter asks for the same quality of service.</summary>
    /// <param name="PacketId">Packet identifier, not 0.</param>
    /// <param name="Filters">Topic filters, at least one.</param>
    /// <param name="Options">Subscription options of every filter; the low two bits are the highest quality of service wanted.</param>
    /// <param name="Properties">Properties; 5.0 only.</param>
    public sealed record Subscribe(ushort PacketId, ImmutableArray<string> Filters, byte Options, ImmutableArray<MqttProperty> Properties) : MqttPacket
    {
        private const int MaxFilters = 256;

        private protected override byte FirstByte => 0x82;

        internal static bool TryRead(ref MqttReader reader, byte level, out MqttPacket packet)
        {
            packet = null!;
            ImmutableArray<MqttProperty> properties = [];
            if (!reader.TryUInt16(out var packetId) || packetId == 0
                || (level == Level5 && !MqttProperty.TryReadAll(ref reader, out properties)))
            {
                return false;
            }

            var filters = ImmutableArray.CreateBuilder<string>();
            byte options = 0;
            while (reader.Remaining > 0)
            {
                if (filters.Count == MaxFilters || !reader.TryText(out var filter) || !reader.TryByte(out var next) || (filters.Count > 0 && next != options))
                {
                    return false;
                }

                options = next;
                filters.Add(filter);
            }

            packet = new Subscribe(packetId, filters.ToImmutable(), options, properties);
            return filters.Count > 0;
        }

        private protected override void Write(MqttWriter writer, byte level)
        {
            writer.UInt16(PacketId);
            if (level == Level5)
            {
                MqttProperty.WriteAll(writer, Properties);
            }

            foreach (var filter in Filters)
            {
                writer.Text(filter).Byte(Options);
            }
        }
    }

    /// <summary>SUBACK (3.9).</summary>
    /// <param name="PacketId">Packet identifier of the SUBSCRIBE.</param>
    /// <param name="Codes">One return or reason code for each filter; 0x80 and above: refused.</param>
    /// <param name="Properties">Properties; 5.0 only.</param>
    public sealed record SubAck(ushort PacketId, ImmutableArray<byte> Codes, ImmutableArray<MqttProperty> Properties) : MqttPacket
    {
        private protected override byte FirstByte => 0x90;

        internal static bool TryRead(ref MqttReader reader, byte level, out MqttPacket packet)
        {
            packet = null!;
            ImmutableArray<MqttProperty> properties = [];
            if (!reader.TryUInt16(out var packetId) || (level == Level5 && !MqttProperty.TryReadAll(ref reader, out properties)))
            {
                return false;
            }

            packet = new SubAck(packetId, [.. reader.TakeAll()], properties);
            return true;
        }

        private protected override void Write(MqttWriter writer, byte level)
        {
            writer.UInt16(PacketId);
            if (level == Level5)
            {
                MqttProperty.WriteAll(writer, Properties);
            }

            writer.Raw(Codes.AsSpan());
        }
    }

    /// <summary>PINGREQ (3.12).</summary>
    public sealed record PingReq : MqttPacket
    {
        private protected override byte FirstByte => 0xc0;

        private protected override void Write(MqttWriter writer, byte level)
        {
        }
    }

    /// <summary>PINGRESP (3.13).</summary>
    public sealed record PingResp : MqttPacket
    {
        private protected override byte FirstByte => 0xd0;

        private protected override void Write(MqttWriter writer, byte level)
        {
        }
    }

    /// <summary>DISCONNECT (3.14).</summary>
    /// <param name="Reason">Reason code; 5.0 only.</param>
    /// <param name="Properties">Properties; 5.0 only.</param>
    public sealed record Disconnect(byte Reason, ImmutableArray<MqttProperty> Properties) : MqttPacket
    {
        private protected override byte FirstByte => 0xe0;

        internal static bool TryRead(ref MqttReader reader, byte level, out MqttPacket packet)
        {
            packet = null!;
            if (!TryReason(ref reader, level, out var reason, out var properties))
            {
                return false;
            }

            packet = new Disconnect(reason, properties);
            return true;
        }

        private protected override void Write(MqttWriter writer, byte level) => WriteReason(writer, level, Reason, Properties);
    }
}
