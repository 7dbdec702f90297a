using System.Collections.Immutable;

namespace DeviceConformance.Probing.Mqtt;

/// <summary>A property of an MQTT 5.0 packet (section 2.2.2). Which of the values counts follows from the identifier.</summary>
/// <param name="Id">Identifier.</param>
/// <param name="Number">Value of a byte, two-byte, four-byte or variable byte integer property.</param>
/// <param name="Text">Value of a text property or of a user property.</param>
/// <param name="Name">Name of a user property.</param>
/// <param name="Data">Value of a binary property.</param>
public readonly record struct MqttProperty(byte Id, uint Number, string Text, string Name, ReadOnlyMemory<byte> Data)
{
    /// <summary>Session expiry interval, in seconds.</summary>
    public const byte SessionExpiryInterval = 0x11;

    /// <summary>Text that explains a reason code.</summary>
    public const byte ReasonString = 0x1f;

    /// <summary>Name and value of the sender's choice.</summary>
    public const byte UserProperty = 0x26;

    /// <summary>Largest packet that the sender takes, in bytes.</summary>
    public const byte MaximumPacketSize = 0x27;

    // A packet of 256 KiB could hold 128 Ki properties; no broker has use for more than a few.
    private const int MaxProperties = 64;

    private enum Shape
    {
        None,
        Byte,
        UInt16,
        UInt32,
        Variable,
        Text,
        Binary,
        Pair,
    }

    /// <summary>A property whose value is a number.</summary>
    public static MqttProperty OfNumber(byte id, uint value) => new(id, value, "", "", default);

    /// <summary>A property whose value is a text.</summary>
    public static MqttProperty OfText(byte id, string value) => new(id, 0, value, "", default);

    /// <summary>A user property.</summary>
    public static MqttProperty OfUser(string name, string value) => new(UserProperty, 0, value, name, default);

    internal static bool TryReadAll(ref MqttReader reader, out ImmutableArray<MqttProperty> properties)
    {
        properties = [];
        if (reader.ReadVariable(out var length) != MqttWireError.None || length > int.MaxValue || !reader.TryTake((int)length, out var block))
        {
            return false;
        }

        var found = ImmutableArray.CreateBuilder<MqttProperty>();
        var inner = new MqttReader(block);
        while (inner.Remaining > 0)
        {
            if (found.Count == MaxProperties || !TryRead(ref inner, out var property))
            {
                return false;
            }

            found.Add(property);
        }

        properties = found.ToImmutable();
        return true;
    }

    internal static void WriteAll(MqttWriter writer, ImmutableArray<MqttProperty> properties)
    {
        var block = new MqttWriter();
        foreach (var property in properties)
        {
            property.Write(block);
        }

        writer.Variable((uint)block.Written.Length).Raw(block.Written);
    }

    private static bool TryRead(ref MqttReader reader, out MqttProperty property)
    {
        property = default;
        if (!reader.TryByte(out var id))
        {
            return false;
        }

        uint number = 0;
        string text = "", name = "";
        byte[] data = [];
        var read = false;
        switch (ShapeOf(id))
        {
            case Shape.Byte:
                read = reader.TryByte(out var one);
                number = one;
                break;
            case Shape.UInt16:
                read = reader.TryUInt16(out var two);
                number = two;
                break;
            case Shape.UInt32:
                read = reader.TryUInt32(out number);
                break;
            case Shape.Variable:
                read = reader.ReadVariable(out number) == MqttWireError.None;
                break;
            case Shape.Text:
                read = reader.TryText(out text);
                break;
            case Shape.Binary:
                read = reader.TryBinary(out data);
                break;
            case Shape.Pair:
                read = reader.TryText(out name) && reader.TryText(out text);
                break;
        }

        property = new MqttProperty(id, number, text, name, data);
        return read;
    }

    private void Write(MqttWriter writer)
    {
        writer.Byte(Id);
        _ = ShapeOf(Id) switch
        {
            Shape.Byte => writer.Byte((byte)Number),
            Shape.UInt16 => writer.UInt16((ushort)Number),
            Shape.UInt32 => writer.UInt32(Number),
            Shape.Variable => writer.Variable(Number),
            Shape.Text => writer.Text(Text),
            Shape.Binary => writer.Binary(Data.Span),
            Shape.Pair => writer.Text(Name).Text(Text),
            _ => throw new InvalidOperationException($"MQTT 5.0 has no property 0x{Id:x2}."),
        };
    }

    // MQTT 5.0, table 2-4.
    private static Shape ShapeOf(byte id) => id switch
    {
        0x01 or 0x17 or 0x19 or 0x24 or 0x25 or 0x28 or 0x29 or 0x2a => Shape.Byte,
        0x13 or 0x21 or 0x22 or 0x23 => Shape.UInt16,
        0x02 or SessionExpiryInterval or 0x18 or MaximumPacketSize => Shape.UInt32,
        0x0b => Shape.Variable,
        0x03 or 0x08 or 0x12 or 0x15 or 0x1a or 0x1c or ReasonString => Shape.Text,
        0x09 or 0x16 => Shape.Binary,
        UserProperty => Shape.Pair,
        _ => Shape.None,
    };
}
