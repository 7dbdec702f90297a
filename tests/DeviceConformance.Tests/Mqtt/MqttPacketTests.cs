using System.Collections.Immutable;
using DeviceConformance.Model.Lab;
using DeviceConformance.Probing.Mqtt;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Mqtt;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class MqttPacketTests
{
    private static readonly byte[] _levels = [MqttPacket.Level311, MqttPacket.Level5];

    [Test]
    public void Connect_without_credentials_is_the_packet_of_the_standard()
    {
        var bytes = new MqttPacket.Connect(MqttPacket.Level311, "a", null, null, 60, true, []).ToBytes(MqttPacket.Level311);

        Assert.That(Convert.ToHexString(bytes), Is.EqualTo("100D00044D51545404" + "02" + "003C" + "000161"));
    }

    [Test]
    public void Connect_carries_user_and_password_after_the_client_id()
    {
        var bytes = new MqttPacket.Connect(MqttPacket.Level5, "a", "u", new Secret("p"), 60, true, [MqttProperty.OfNumber(MqttProperty.MaximumPacketSize, 256)]).ToBytes(MqttPacket.Level5);

        Assert.That(Convert.ToHexString(bytes), Is.EqualTo("101900044D51545405" + "C2" + "003C" + "05" + "2700000100" + "000161" + "000175" + "000170"));
    }

    [TestCase("20020005", 4, (byte)5)]
    [TestCase("2003008700", 5, (byte)0x87)]
    [TestCase("20020001", 5, (byte)1, Description = "a 3.1.1 broker declines a 5.0 client")]
    public void Return_code_of_connack_is_read(string hex, int level, byte code)
    {
        var parsed = MqttPacket.TryParse(Convert.FromHexString(hex), (byte)level, out var packet, out var length, out _);

        Assert.Multiple(() =>
        {
            Assert.That(parsed, Is.True);
            Assert.That(length, Is.EqualTo(hex.Length / 2));
            Assert.That(((MqttPacket.ConnAck)packet).Code, Is.EqualTo(code));
        });
    }

    [TestCase("20", MqttWireError.Incomplete)]
    [TestCase("2002", MqttWireError.Incomplete)]
    [TestCase("20FF", MqttWireError.Incomplete)]
    [TestCase("20FFFFFFFF01", MqttWireError.Malformed, Description = "a length of five bytes")]
    [TestCase("30FFFFFF7F", MqttWireError.TooLarge)]
    [TestCase("2100", MqttWireError.Malformed, Description = "flags that CONNACK does not have")]
    [TestCase("0000", MqttWireError.Malformed)]
    [TestCase("F000", MqttWireError.Malformed)]
    [TestCase("20020200", MqttWireError.Malformed, Description = "reserved acknowledge flags")]
    [TestCase("2003000000", MqttWireError.Malformed, Description = "too long for 3.1.1")]
    [TestCase("360500016100016D", MqttWireError.Malformed, Description = "quality of service 3")]
    [TestCase("30050003C3280061", MqttWireError.Malformed, Description = "ill-formed UTF-8 in the topic")]
    [TestCase("3003000100", MqttWireError.Malformed, Description = "U+0000 in the topic")]
    [TestCase("30020005", MqttWireError.Malformed, Description = "topic longer than the packet")]
    [TestCase("D00100", MqttWireError.Malformed, Description = "PINGRESP with content")]
    public void Broken_bytes_give_no_packet(string hex, MqttWireError expected)
    {
        var parsed = MqttPacket.TryParse(Convert.FromHexString(hex), MqttPacket.Level311, out _, out _, out var error);

        Assert.Multiple(() =>
        {
            Assert.That(parsed, Is.False);
            Assert.That(error, Is.EqualTo(expected));
        });
    }

    [Test]
    public void Packet_with_more_properties_than_any_broker_needs_is_refused()
    {
        var many = Enumerable.Repeat(MqttProperty.OfUser("a", "b"), 65).ToImmutableArray();
        var bytes = new MqttPacket.ConnAck(false, 0, many).ToBytes(MqttPacket.Level5);

        Assert.That(MqttPacket.TryParse(bytes, MqttPacket.Level5, out _, out _, out var error), Is.False);
        Assert.That(error, Is.EqualTo(MqttWireError.Malformed));
    }

    [Test]
    public void Password_does_not_show_when_a_packet_is_printed()
    {
        var packet = new MqttPacket.Connect(MqttPacket.Level311, "a", "u", new Secret("hunter2"), 60, true, []);

        Assert.That(packet.ToString(), Does.Not.Contain("hunter2"));
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public Property Every_packet_survives_the_wire() => Prop.ForAll(Packets().ToArbitrary(), Gen.Elements(_levels).ToArbitrary(), (packet, level) =>
    {
        var bytes = packet.ToBytes(level);
        var parsed = MqttPacket.TryParse([.. bytes, 0x20], level, out var again, out var length, out _);
        return parsed && length == bytes.Length && again.GetType() == packet.GetType() && again.ToBytes(level).AsSpan().SequenceEqual(bytes);
    });

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public Property A_cut_packet_is_incomplete() => Prop.ForAll(Packets().ToArbitrary(), Gen.Choose(0, 10_000).ToArbitrary(), (packet, cut) =>
    {
        var bytes = packet.ToBytes(MqttPacket.Level5);
        var parsed = MqttPacket.TryParse(bytes.AsSpan(0, cut % bytes.Length), MqttPacket.Level5, out _, out _, out var error);
        return !parsed && error == MqttWireError.Incomplete;
    });

    [FsCheck.NUnit.Property(MaxTest = 2000)]
    public Property Hostile_bytes_never_throw_nor_over_read() => Prop.ForAll(Hostile().ToArbitrary(), Gen.Elements(_levels).ToArbitrary(), (bytes, level) =>
    {
        var parsed = MqttPacket.TryParse(bytes, level, out var packet, out var length, out var error);
        return parsed
            ? length > 1 && length <= bytes.Length && error == MqttWireError.None && packet is not null
            : length == 0 && error != MqttWireError.None;
    });

    private static Gen<string> Text() => Gen.Elements("", "a", "home/temp", "$SYS/broker/version", "Wärme", new string('x', 300));

    private static Gen<ImmutableArray<MqttProperty>> Properties() =>
        Gen.OneOf(
            Gen.Elements<byte>(0x01, 0x11, 0x13, 0x0b, 0x27, 0x24).Select(id => MqttProperty.OfNumber(id, 200)),
            Text().Select(text => MqttProperty.OfText(MqttProperty.ReasonString, text)),
            Text().Zip(Text()).Select(pair => MqttProperty.OfUser(pair.Item1, pair.Item2)),
            Gen.Constant(new MqttProperty(0x09, 0, "", "", new byte[] { 0, 1, 2 })))
        .ListOf().Select(list => list.Take(8).ToImmutableArray());

    private static Gen<MqttPacket> Packets() => Gen.OneOf<MqttPacket>(
        from id in Text()
        from user in Text().OrNull()
        from password in Text().OrNull()
        from properties in Properties()
        from level in Gen.Elements(_levels)
        select (MqttPacket)new MqttPacket.Connect(level, id, user, password is null ? null : new Secret(password), 30, true, level == MqttPacket.Level5 ? properties : []),
        from code in Gen.Choose(0, 255)
        from properties in Properties()
        select (MqttPacket)new MqttPacket.ConnAck(code % 2 == 0, (byte)code, properties),
        from topic in Text()
        from payload in Text()
        from qos in Gen.Choose(0, 1)
        from properties in Properties()
        select (MqttPacket)new MqttPacket.Publish(topic, System.Text.Encoding.UTF8.GetBytes(payload), qos, qos == 0, false, (ushort)(qos * 77), properties),
        from reason in Gen.Choose(0, 255)
        from properties in Properties()
        select (MqttPacket)new MqttPacket.PubAck(5, (byte)reason, properties),
        from filters in Text().NonEmptyListOf()
        from options in Gen.Choose(0, 2)
        from properties in Properties()
        select (MqttPacket)new MqttPacket.Subscribe(9, [.. filters.Take(20)], (byte)options, properties),
        from codes in Gen.Choose(0, 255).ListOf()
        from properties in Properties()
        select (MqttPacket)new MqttPacket.SubAck(9, [.. codes.Select(code => (byte)code)], properties),
        Gen.Elements<MqttPacket>(new MqttPacket.PingReq(), new MqttPacket.PingResp()),
        from reason in Gen.Choose(0, 255)
        from properties in Properties()
        select (MqttPacket)new MqttPacket.Disconnect((byte)reason, properties));

    // Random bytes seldom get past the first byte; damaged packets reach the inner parts.
    private static Gen<byte[]> Hostile() => Gen.OneOf(
        Gen.Choose(0, 255).ListOf().Select(list => list.Select(value => (byte)value).ToArray()),
        from packet in Packets()
        from at in Gen.Choose(0, 100_000)
        from value in Gen.Choose(0, 255)
        select Damage(packet.ToBytes(MqttPacket.Level5), at, (byte)value));

    private static byte[] Damage(byte[] bytes, int at, byte value)
    {
        bytes[at % bytes.Length] = value;
        return bytes;
    }
}
