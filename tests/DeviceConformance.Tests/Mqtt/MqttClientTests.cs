using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.Mqtt;
using DeviceConformance.Tests.Disclosure;
using NUnit.Framework;

namespace DeviceConformance.Tests.Mqtt;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class MqttClientTests
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(5);

    [TestCase((byte)0, MqttLogin.Accepted)]
    [TestCase((byte)1, MqttLogin.VersionRefused)]
    [TestCase((byte)3, MqttLogin.OtherwiseRefused)]
    [TestCase((byte)4, MqttLogin.CredentialRefused)]
    [TestCase((byte)5, MqttLogin.CredentialRefused)]
    public async Task Login_is_what_connack_says(byte code, MqttLogin expected)
    {
        await using var broker = Broker(MqttPacket.Level311, _ => code);
        await using var connection = await broker.ConnectAsync();

        var client = await ConnectAsync(connection, MqttPacket.Level311, null, null);

        Assert.Multiple(() =>
        {
            Assert.That(client.Login, Is.EqualTo(expected));
            Assert.That(client.Silence, Is.Null);
        });
    }

    [TestCase(MqttPacket.Level311)]
    [TestCase(MqttPacket.Level5)]
    public async Task User_and_password_reach_the_broker(byte level)
    {
        await using var broker = Broker(level, connect => connect is { User: "panel", Password: { } password } && password.Reveal() == "right" ? (byte)0 : (byte)0x87);
        await using var first = await broker.ConnectAsync();
        await using var second = await broker.ConnectAsync();

        var right = await ConnectAsync(first, level, "panel", "right");
        var wrong = await ConnectAsync(second, level, "panel", "wrong");

        Assert.Multiple(() =>
        {
            Assert.That(right.Login, Is.EqualTo(MqttLogin.Accepted));
            Assert.That(wrong.Login, Is.EqualTo(MqttLogin.CredentialRefused));
        });
    }

    [Test]
    public async Task Password_without_user_gets_an_empty_user_in_3_1_1()
    {
        await using var broker = Broker(MqttPacket.Level311, connect => connect.User == "" ? (byte)0 : (byte)5);
        await using var connection = await broker.ConnectAsync();

        Assert.That((await ConnectAsync(connection, MqttPacket.Level311, null, "p")).Login, Is.EqualTo(MqttLogin.Accepted));
    }

    [Test]
    public async Task Broker_that_hangs_up_is_no_answer()
    {
        await using var broker = new FakeDevice(async (stream, end) => await stream.ReadExactlyAsync(new byte[2], end));
        await using var connection = await broker.ConnectAsync();

        var client = await ConnectAsync(connection, MqttPacket.Level311, null, null);

        Assert.Multiple(() =>
        {
            Assert.That(client.Login, Is.EqualTo(MqttLogin.NoAnswer));
            Assert.That(client.Silence, Is.EqualTo(Silence.ClosedByPeer).Or.EqualTo(Silence.Reset));
        });
    }

    [TestCase("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [TestCase("\xd0\0")]
    [TestCase("\0\0\0\0\0\0")]
    public async Task Answer_that_is_no_connack_is_malformed(string answer)
    {
        await using var broker = new FakeDevice(async (stream, end) =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), end);
            await Task.Delay(Timeout.Infinite, end);
        });
        await using var connection = await broker.ConnectAsync();

        Assert.That((await ConnectAsync(connection, MqttPacket.Level311, null, null)).Silence, Is.EqualTo(Silence.Malformed));
    }

    [Test]
    public async Task Broker_that_drips_forever_meets_the_deadline()
    {
        await using var broker = new FakeDevice(async (stream, end) =>
        {
            // The head of a packet of 127 bytes, then a byte at a time: each read makes progress, the packet never ends.
            await stream.WriteAsync(new byte[] { 0x30, 0x7f }, end);
            for (var sent = 0; sent < 60; sent++)
            {
                await Task.Delay(20, end);
                await stream.WriteAsync(new byte[1], end);
            }

            await Task.Delay(Timeout.Infinite, end);
        });
        await using var connection = await broker.ConnectAsync();

        var client = await MqttClient.ConnectAsync(connection, "a", null, null, MqttPacket.Level311, TimeSpan.FromMilliseconds(300), TimeProvider.System, CancellationToken.None);

        Assert.That(client.Silence, Is.EqualTo(Silence.NoReply));
    }

    [TestCase(MqttPacket.Level311)]
    [TestCase(MqttPacket.Level5)]
    public async Task Listening_hears_messages_until_the_window_is_over(byte level)
    {
        await using var broker = Broker(level, _ => 0, new MqttPacket.Publish("home/temp", "21.5"u8.ToArray(), 0, true, false, 0, []), new MqttPacket.Publish("home/door", "open"u8.ToArray(), 1, false, false, 7, []));
        await using var connection = await broker.ConnectAsync();
        var client = await ConnectAsync(connection, level, null, null);

        var heard = await client.ListenAsync(["#", "$SYS/#"], TimeSpan.FromSeconds(1), 100, CancellationToken.None);
        await client.LeaveAsync(_deadline, CancellationToken.None);

        Assert.Multiple(() =>
        {
            Assert.That(heard.Codes, Is.EqualTo(new byte[] { 0, 0x80 }));
            Assert.That(heard.Messages.Select(message => message.Topic), Is.EqualTo(new[] { "home/temp", "home/door" }));
            Assert.That(heard.Silence, Is.Null);
            Assert.That(heard.Full, Is.False);
        });
    }

    [Test]
    public async Task Listening_ends_when_enough_has_come()
    {
        var flood = Enumerable.Range(0, 300).Select(number => new MqttPacket.Publish($"t/{number}", new byte[1000], 0, false, false, 0, [])).ToArray();
        await using var broker = Broker(MqttPacket.Level311, _ => 0, flood);
        await using var connection = await broker.ConnectAsync();
        var client = await ConnectAsync(connection, MqttPacket.Level311, null, null);

        var heard = await client.ListenAsync(["#"], TimeSpan.FromSeconds(30), 50, CancellationToken.None);

        Assert.Multiple(() =>
        {
            Assert.That(heard.Messages, Has.Length.EqualTo(50));
            Assert.That(heard.Full, Is.True);
        });
    }

    [Test]
    public async Task Broker_that_closes_while_listening_is_told()
    {
        await using var broker = new FakeDevice(async (stream, end) =>
        {
            await ReadAsync(stream, MqttPacket.Level311, end);
            await stream.WriteAsync(new MqttPacket.ConnAck(false, 0, []).ToBytes(MqttPacket.Level311), end);
            await ReadAsync(stream, MqttPacket.Level311, end);
        });
        await using var connection = await broker.ConnectAsync();
        var client = await ConnectAsync(connection, MqttPacket.Level311, null, null);

        var heard = await client.ListenAsync(["#"], _deadline, 50, CancellationToken.None);

        Assert.That(heard.Silence, Is.EqualTo(Silence.ClosedByPeer));
    }

    private static Task<MqttClient> ConnectAsync(DutConnection connection, byte level, string? user, string? password) =>
        MqttClient.ConnectAsync(connection, "dct1", user, password is null ? null : new Secret(password), level, _deadline, TimeProvider.System, CancellationToken.None);

    /// <summary>Answers CONNECT with a code and SUBSCRIBE with: first filter granted, the others refused, then the messages.</summary>
    private static FakeDevice Broker(byte level, Func<MqttPacket.Connect, byte> login, params MqttPacket.Publish[] messages) => new(async (stream, end) =>
    {
        while (await ReadAsync(stream, level, end) is { } packet)
        {
            switch (packet)
            {
                case MqttPacket.Connect connect:
                    await stream.WriteAsync(new MqttPacket.ConnAck(false, login(connect), []).ToBytes(level), end);
                    break;
                case MqttPacket.Subscribe subscribe:
                    ImmutableArray<byte> codes = [0, .. Enumerable.Repeat((byte)0x80, subscribe.Filters.Length - 1)];
                    await stream.WriteAsync(new MqttPacket.SubAck(subscribe.PacketId, codes, []).ToBytes(level), end);
                    foreach (var message in messages)
                    {
                        await stream.WriteAsync(message.ToBytes(level), end);
                    }

                    break;
                case MqttPacket.Disconnect:
                    return;
                default:
                    break;
            }
        }
    });

    private static async Task<MqttPacket?> ReadAsync(NetworkStream stream, byte level, CancellationToken end)
    {
        var bytes = new List<byte>();
        var one = new byte[1];
        while (await stream.ReadAsync(one, end) == 1)
        {
            bytes.Add(one[0]);
            if (MqttPacket.TryParse(bytes.ToArray(), level, out var packet, out _, out _))
            {
                return packet;
            }
        }

        return null;
    }
}
