using System.Buffers;
using System.Net;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Emulator.Mqtt;
using DeviceConformance.Emulator.Tls;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

/// <summary>Whatever bytes come, the device answers or hangs up and goes on; disposal of the test device fails on any internal error.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class HostileBytesTests
{
    private const int Seed = 303645;
    private static readonly int[] Ports = [DevicePorts.Http, DevicePorts.Https, DevicePorts.MqttTls, DevicePorts.PlainMqtt, DevicePorts.Ftp, DevicePorts.Telnet, DevicePorts.Rtsp, DevicePorts.Modbus, DevicePorts.Upnp, DevicePorts.Adb];

    [TestCaseSource(nameof(Ports))]
    public async Task Noise_ends_nothing_but_the_connection(int port)
    {
        await using var device = await TestDevice.StartAsync(DeviceFault.All.Aggregate(DeviceFaults.None, (sum, fault) => sum | fault.Flag));
        var random = new Random(Seed + port);
        foreach (var noise in Noises(random))
        {
            await SendAsync(device.EndPoint(port), noise, tls: false);
        }

        using var browser = device.Browse();
        Assert.That((await browser.LogInAsync()).StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
    }

    [TestCase(DevicePorts.Https)]
    [TestCase(DevicePorts.MqttTls)]
    public async Task Noise_inside_tls_ends_nothing_but_the_connection(int port)
    {
        await using var device = await TestDevice.StartAsync();
        var random = new Random(Seed + port);
        foreach (var noise in Noises(random).Take(20))
        {
            await SendAsync(device.EndPoint(port), noise, tls: true);
        }

        using var browser = device.Browse();
        Assert.That((await browser.LogInAsync()).StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
    }

    [Test]
    public async Task Spoiled_mqtt_packets_end_nothing_but_the_connection()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.PlainMqtt | DeviceFaults.OpenMqtt);
        var random = new Random(Seed);
        byte[][] packets =
        [
            MqttTests.ConnectPacket(5, null, null, "x"),
            [0x82, 8, 0, 1, 0, 0, 2, (byte)'a', (byte)'#', 0],
            [0x30, 5, 0, 1, (byte)'a', 0, 0],
            [0xA2, 6, 0, 1, 0, 0, 1, (byte)'a'],
            [0xC0, 0],
        ];
        for (var round = 0; round < 100; round++)
        {
            var sent = packets.SelectMany(packet => packet).ToArray();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                sent[random.Next(sent.Length)] = (byte)random.Next(256);
            }

            await SendAsync(device.EndPoint(DevicePorts.PlainMqtt), sent, tls: false);
        }

        await SendAsync(device.EndPoint(DevicePorts.PlainMqtt), [0x10, 0xFF, 0xFF, 0xFF, 0x7F], tls: false);
        await SendAsync(device.EndPoint(DevicePorts.PlainMqtt), [0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], tls: false);
    }

    [Test]
    public async Task Spoiled_client_hellos_end_nothing_but_the_connection()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.ObsoleteTls);
        var random = new Random(Seed);
        for (var round = 0; round < 100; round++)
        {
            var hello = TlsTests.ClientHelloBytes(0x0301, 0x002F);
            hello[random.Next(hello.Length)] = (byte)random.Next(256);
            await SendAsync(device.EndPoint(DevicePorts.Https), hello[..random.Next(1, hello.Length + 1)], tls: false);
        }

        using var browser = device.Browse();
        Assert.That((await browser.GetAsync("/")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public void Client_hello_reader_takes_any_bytes_in_any_pieces()
    {
        var good = TlsTests.ClientHelloBytes(0x0302, 0x002F, 0x0035);
        Assert.That(ClientHello.Peek(new ReadOnlySequence<byte>(good), out var hello), Is.EqualTo(PeekResult.Hello));
        Assert.That(hello!.Suites, Is.EqualTo(new ushort[] { 0x002F, 0x0035 }));
        for (var length = 0; length < good.Length; length++)
        {
            Assert.That(ClientHello.Peek(new ReadOnlySequence<byte>(good, 0, length), out _), Is.EqualTo(PeekResult.Incomplete));
        }

        Prop.ForAll<byte[], int>((noise, position) =>
        {
            byte[] spoiled = [.. good];
            noise.AsSpan(0, Math.Min(noise.Length, 8)).CopyTo(spoiled.AsSpan(Math.Abs(position % (spoiled.Length - 8))));
            return ClientHello.Peek(new ReadOnlySequence<byte>(noise), out _) is PeekResult.Incomplete or PeekResult.NotHello
                && Enum.IsDefined(ClientHello.Peek(new ReadOnlySequence<byte>(spoiled), out _));
        }).QuickCheckThrowOnFailure();

        byte[] endless = [.. Enumerable.Repeat(new byte[] { 22, 3, 1, 0, 1, 1 }, 40_000).SelectMany(record => record)];
        Assert.That(ClientHello.Peek(new ReadOnlySequence<byte>(endless), out _), Is.EqualTo(PeekResult.NotHello));
    }

    [Test]
    public void Mqtt_readers_take_any_bytes() => Prop.ForAll<byte[]>(noise =>
    {
        byte[] five = [0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 5, .. noise];
        return MqttConnect.TryParse(noise, out var one) == one is not null
            && MqttConnect.TryParse(five, out var other) == other is not null
            && MqttPackets.TryParsePublish(noise, 5, retain: false, out var message) == message is not null
            && (!MqttPackets.TryParseFilters(noise, 5, withOptions: true, out var id, out var filters) || (id > 0 && filters.Count > 0));
    }).QuickCheckThrowOnFailure();

    private static IEnumerable<byte[]> Noises(Random random)
    {
        yield return [];
        yield return [0];
        yield return new byte[10_000];
        yield return [.. Enumerable.Repeat((byte)0xFF, 10_000)];
        yield return [.. Enumerable.Repeat((byte)'\n', 10_000)];
        yield return "GET / HTTP/9.9\r\n\r\n"u8.ToArray();
        yield return "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray();
        yield return "POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"u8.ToArray();
        yield return "POST /settings HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 9\r\n\r\n--x\r\n\r\n\r\n"u8.ToArray();
        yield return "USER \0\r\nPASS\r\nEPSV 9\r\nRETR\r\nSIZE \xff\r\n"u8.ToArray();
        for (var count = 0; count < 40; count++)
        {
            var noise = new byte[random.Next(1, 2000)];
            random.NextBytes(noise);
            yield return noise;
        }
    }

    private static async Task SendAsync(IPEndPoint endPoint, byte[] bytes, bool tls)
    {
        using var connection = await RawConnection.OpenAsync(endPoint, tls);
        try
        {
            await connection.SendAsync(bytes);
            connection.ShutdownSend();
        }
        catch (Exception closed) when (closed is IOException or System.Net.Sockets.SocketException)
        {
            // The device hung up before it had read everything.
        }

        await connection.ReadToEndAsync();
    }
}
