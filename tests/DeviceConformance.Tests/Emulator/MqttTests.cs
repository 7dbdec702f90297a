using System.Text;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

[Parallelizable(ParallelScope.All)]
public sealed class MqttTests
{
    private const string PasswordOfA = "q7TzB2mK9xWd";
    private const string PasswordOfB = "Hc4vN8sRy3Lp";

    [Test]
    public async Task Panel_logs_in_with_the_label_password([Values(4, 5)] int level)
    {
        await using var device = await TestDevice.StartAsync();
        using var panel = await ConnectAsync(device);
        Assert.That(await LogInAsync(panel, level, "panel", PasswordOfA), Is.Zero);
    }

    [TestCase(4, null, null, 5)]
    [TestCase(5, null, null, 0x87)]
    [TestCase(4, "panel", "wrong", 4)]
    [TestCase(5, "panel", "wrong", 0x86)]
    [TestCase(4, "panel", "", 4)]
    [TestCase(4, "admin", PasswordOfA, 4)]
    [TestCase(3, "panel", PasswordOfA, 1)]
    public async Task Everybody_else_is_refused_and_the_connection_closed(int level, string? user, string? password, int code)
    {
        await using var device = await TestDevice.StartAsync();
        using var client = await ConnectAsync(device);
        Assert.That(await LogInAsync(client, level, user, password), Is.EqualTo(code));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task Subscriber_gets_retained_state_and_later_changes([Values(4, 5)] int level)
    {
        await using var device = await TestDevice.StartAsync();
        using var panel = await ConnectAsync(device);
        await LogInAsync(panel, level, "panel", PasswordOfA);
        await SubscribeAsync(panel, level, "gw24/setpoint");
        Assert.That(await ReadMessageAsync(panel, level), Is.EqualTo(("gw24/setpoint", "50", true)));
        await PublishAsync(panel, level, "gw24/set/setpoint", "47");
        Assert.That(await ReadMessageAsync(panel, level), Is.EqualTo(("gw24/setpoint", "47", false)));
        Assert.That(device.Device.SetPoint, Is.EqualTo(47));
    }

    [Test]
    public async Task Wildcards_cover_the_state_of_the_device()
    {
        await using var device = await TestDevice.StartAsync();
        using var panel = await ConnectAsync(device);
        await LogInAsync(panel, 4, "panel", PasswordOfA);
        await SubscribeAsync(panel, 4, "#");
        var topics = new List<string>();
        for (var count = 0; count < 6; count++)
        {
            topics.Add((await ReadMessageAsync(panel, 4)).Topic);
        }

        Assert.That(topics, Is.EquivalentTo(new[] { "gw24/eco", "gw24/pressure", "gw24/setpoint", "gw24/status", "gw24/usage/today", "gw24/water/temperature" }));
    }

    [Test]
    public async Task Clients_talk_to_each_other_but_nobody_speaks_for_the_device()
    {
        await using var device = await TestDevice.StartAsync();
        using var one = await ConnectAsync(device);
        using var other = await ConnectAsync(device);
        await LogInAsync(one, 4, "panel", PasswordOfA, "one");
        await LogInAsync(other, 5, "panel", PasswordOfA, "other");
        await SubscribeAsync(one, 4, "note/+");
        await SubscribeAsync(one, 4, "gw24/status");
        Assert.That(await ReadMessageAsync(one, 4), Is.EqualTo(("gw24/status", "standby", true)));
        await PublishAsync(other, 5, "gw24/status", "on fire");
        await PublishAsync(other, 5, "note/kitchen", "hello");
        Assert.That(await ReadMessageAsync(one, 4), Is.EqualTo(("note/kitchen", "hello", false)));
    }

    [Test]
    public async Task Ping_is_answered_and_disconnect_closes()
    {
        await using var device = await TestDevice.StartAsync();
        using var panel = await ConnectAsync(device);
        await LogInAsync(panel, 4, "panel", PasswordOfA);
        await panel.SendAsync([0xC0, 0]);
        Assert.That(await panel.ReadAsync(2), Is.EqualTo(new byte[] { 0xD0, 0 }));
        await panel.SendAsync([0xE0, 0]);
        Assert.That(await panel.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task Unsubscribing_ends_the_messages([Values(4, 5)] int level)
    {
        await using var device = await TestDevice.StartAsync();
        using var panel = await ConnectAsync(device);
        await LogInAsync(panel, level, "panel", PasswordOfA);
        await SubscribeAsync(panel, level, "note");
        await panel.SendAsync(Packet(0xA2, [0, 8, .. level == 5 ? (byte[])[0] : [], .. Text("note")]));
        Assert.That((await ReadPacketAsync(panel)).First, Is.EqualTo(0xB0));
        await PublishAsync(panel, level, "note", "unheard");
        await panel.SendAsync([0xC0, 0]);
        Assert.That((await ReadPacketAsync(panel)).First, Is.EqualTo(0xD0));
    }

    [Test]
    public async Task Will_is_published_when_a_client_vanishes_but_not_when_it_takes_its_leave()
    {
        await using var device = await TestDevice.StartAsync();
        using var watcher = await ConnectAsync(device);
        await LogInAsync(watcher, 4, "panel", PasswordOfA, "watcher");
        await SubscribeAsync(watcher, 4, "note/#");
        foreach (var (id, leaves) in new[] { ("polite", true), ("lost", false) })
        {
            using var client = await ConnectAsync(device);
            await client.SendAsync(Packet(0x10, [.. Text("MQTT"), 4, 0xC6, 0, 60, .. Text(id), .. Text($"note/{id}"), .. Text("gone"), .. Text("panel"), .. Text(PasswordOfA)]));
            await client.ReadAsync(4);
            if (leaves)
            {
                await client.SendAsync([0xE0, 0]);
                await client.ReadToEndAsync();
            }
        }

        Assert.That(await ReadMessageAsync(watcher, 4), Is.EqualTo(("note/lost", "gone", false)));
    }

    [Test]
    public async Task New_connection_takes_over_the_identifier()
    {
        await using var device = await TestDevice.StartAsync();
        using var old = await ConnectAsync(device);
        await LogInAsync(old, 4, "panel", PasswordOfA, "same");
        using var fresh = await ConnectAsync(device);
        await LogInAsync(fresh, 4, "panel", PasswordOfA, "same");
        Assert.That(await old.ReadToEndAsync(), Is.Empty);
        await fresh.SendAsync([0xC0, 0]);
        Assert.That(await fresh.ReadAsync(2), Is.EqualTo(new byte[] { 0xD0, 0 }));
    }

    [Test]
    public async Task Higher_qos_is_ruled_out()
    {
        await using var device = await TestDevice.StartAsync();
        using var panel = await ConnectAsync(device);
        await LogInAsync(panel, 5, "panel", PasswordOfA);
        await panel.SendAsync(Packet(0x32, [.. Text("note"), 0, 1, 0]));
        Assert.That(await panel.ReadToEndAsync(), Is.EqualTo(new byte[] { 0xE0, 2, 0x9B, 0 }));
    }

    [Test]
    public async Task Silence_beyond_the_keep_alive_ends_the_connection()
    {
        var time = new ManualTime();
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { TimeProvider = time });
        using var panel = await ConnectAsync(device);
        await LogInAsync(panel, 4, "panel", PasswordOfA);
        time.Advance(TimeSpan.FromSeconds(80));
        await panel.SendAsync([0xC0, 0]);
        Assert.That(await panel.ReadAsync(2), Is.EqualTo(new byte[] { 0xD0, 0 }), "keep alive is 60 seconds, one and a half times that is allowed");
        await Eventually.ClosesAsync(panel, () => time.Advance(TimeSpan.FromSeconds(91)));
    }

    [Test]
    public async Task Five_wrong_logins_lock_the_panel_for_a_minute()
    {
        var time = new ManualTime();
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { TimeProvider = time });
        for (var attempt = 0; attempt < 5; attempt++)
        {
            Assert.That(await TryLogInAsync(device, "panel", "wrong"), Is.EqualTo(4));
        }

        Assert.That(await TryLogInAsync(device, "panel", PasswordOfA), Is.EqualTo(5));
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.That(await TryLogInAsync(device, "panel", PasswordOfA), Is.Zero);
    }

    [Test]
    public async Task No_lock_out_never_locks_the_panel()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.NoLockOut);
        for (var attempt = 0; attempt < 8; attempt++)
        {
            Assert.That(await TryLogInAsync(device, "panel", "wrong"), Is.EqualTo(4));
        }

        Assert.That(await TryLogInAsync(device, "panel", PasswordOfA), Is.Zero);
    }

    [Test]
    public async Task Open_mqtt_lets_anybody_read_but_neither_write_nor_guess([Values(4, 5)] int level)
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.OpenMqtt);
        using var stranger = await ConnectAsync(device);
        Assert.That(await LogInAsync(stranger, level, null, null), Is.Zero);
        await SubscribeAsync(stranger, level, "gw24/setpoint");
        Assert.That(await ReadMessageAsync(stranger, level), Is.EqualTo(("gw24/setpoint", "50", true)));
        await PublishAsync(stranger, level, "gw24/set/setpoint", "60");
        await stranger.SendAsync([0xC0, 0]);
        Assert.That((await ReadPacketAsync(stranger)).First, Is.EqualTo(0xD0));
        Assert.That(device.Device.SetPoint, Is.EqualTo(50));
        Assert.That(await TryLogInAsync(device, "panel", "wrong"), Is.EqualTo(4));
    }

    [Test]
    public async Task Plain_mqtt_speaks_without_tls_and_asks_for_the_same_password()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.PlainMqtt);
        using var anonymous = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.PlainMqtt));
        using var panel = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.PlainMqtt));
        Assert.That(await LogInAsync(anonymous, 4, null, null), Is.EqualTo(5));
        Assert.That(await LogInAsync(panel, 4, "panel", PasswordOfA), Is.Zero);
    }

    [TestCase(DeviceSample.A, DeviceFaults.None, PasswordOfA, PasswordOfB)]
    [TestCase(DeviceSample.B, DeviceFaults.None, PasswordOfB, PasswordOfA)]
    [TestCase(DeviceSample.A, DeviceFaults.SharedLabelPassword, PasswordOfA, PasswordOfB)]
    [TestCase(DeviceSample.B, DeviceFaults.SharedLabelPassword, PasswordOfA, PasswordOfB)]
    public async Task Label_password_depends_on_the_unit_unless_it_is_shared(DeviceSample sample, DeviceFaults faults, string right, string wrong)
    {
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { Sample = sample, Faults = faults });
        Assert.That(await TryLogInAsync(device, "panel", right), Is.Zero);
        Assert.That(await TryLogInAsync(device, "panel", wrong), Is.EqualTo(4));
    }

    internal static byte[] ConnectPacket(int level, string? user, string? password, string id)
    {
        var flags = (byte)(2 | (user is null ? 0 : 0x80) | (password is null ? 0 : 0x40));
        return Packet(0x10,
        [
            .. level == 3 ? Text("MQIsdp") : Text("MQTT"), (byte)level, flags, 0, 60,
            .. level == 5 ? (byte[])[0] : [],
            .. Text(id),
            .. user is null ? [] : Text(user),
            .. password is null ? [] : Text(password),
        ]);
    }

    private static Task<RawConnection> ConnectAsync(TestDevice device) => RawConnection.OpenAsync(device.EndPoint(DevicePorts.MqttTls), tls: true);

    private static async Task<int> TryLogInAsync(TestDevice device, string user, string password)
    {
        using var client = await ConnectAsync(device);
        return await LogInAsync(client, 4, user, password, "trial");
    }

    private static async Task<int> LogInAsync(RawConnection client, int level, string? user, string? password, string id = "test")
    {
        await client.SendAsync(ConnectPacket(level, user, password, id));
        var (first, body) = await ReadPacketAsync(client);
        Assert.That(first, Is.EqualTo(0x20));
        Assert.That(body[0], Is.Zero, "no session is ever present");
        return body[1];
    }

    private static async Task SubscribeAsync(RawConnection client, int level, string filter)
    {
        await client.SendAsync(Packet(0x82, [0, 7, .. level == 5 ? (byte[])[0] : [], .. Text(filter), 0]));
        var (first, body) = await ReadPacketAsync(client);
        Assert.That(first, Is.EqualTo(0x90));
        Assert.That(body, Is.EqualTo(level == 5 ? new byte[] { 0, 7, 0, 0 } : [0, 7, 0]));
    }

    private static ValueTask PublishAsync(RawConnection client, int level, string topic, string payload) =>
        client.SendAsync(Packet(0x30, [.. Text(topic), .. level == 5 ? (byte[])[0] : [], .. Encoding.UTF8.GetBytes(payload)]));

    private static async Task<(string Topic, string Payload, bool Retained)> ReadMessageAsync(RawConnection client, int level)
    {
        var (first, body) = await ReadPacketAsync(client);
        Assert.That(first & 0xFE, Is.EqualTo(0x30));
        var length = (body[0] << 8) | body[1];
        return (Encoding.UTF8.GetString(body.AsSpan(2, length)), Encoding.UTF8.GetString(body.AsSpan(2 + length + (level == 5 ? 1 : 0))), (first & 1) == 1);
    }

    private static async Task<(byte First, byte[] Body)> ReadPacketAsync(RawConnection client)
    {
        var header = await client.ReadAsync(2);
        Assert.That(header[1], Is.LessThan(128), "packets of these tests are short");
        return (header[0], await client.ReadAsync(header[1]));
    }

    private static byte[] Packet(byte first, byte[] body) => [first, (byte)body.Length, .. body];

    private static byte[] Text(string text) => [0, (byte)Encoding.UTF8.GetByteCount(text), .. Encoding.UTF8.GetBytes(text)];
}
