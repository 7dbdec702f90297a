using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Emulator.Listening;
using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

[Parallelizable(ParallelScope.All)]
public sealed class LifecycleTests
{
    private const DeviceFaults FaultsWithPorts = DeviceFaults.TelnetOpen | DeviceFaults.FtpAnonymous | DeviceFaults.PlainMqtt;
    private static readonly int[] SoundPorts = [DevicePorts.Http, DevicePorts.Https, DevicePorts.MqttTls];

    // Generous against a loaded machine, short against every idle limit of the device.
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(5);

    [Test]
    public async Task Sound_device_listens_on_its_three_ports_and_says_so()
    {
        await using var device = await TestDevice.StartAsync();
        Assert.That(device.Device.Ports.Select(port => port.EndPoint), Is.EquivalentTo(SoundPorts.Select(port => new IPEndPoint(device.Address, port))));
        foreach (var port in new[] { DevicePorts.Telnet, DevicePorts.Ftp, DevicePorts.PlainMqtt, DevicePorts.DebugShell })
        {
            Assert.That(await AcceptsAsync(device.EndPoint(port)), Is.False, $"port {port}");
        }
    }

    [Test]
    public async Task Both_address_families_and_the_offset_apply_to_every_port()
    {
        await using var device = await TestDevice.StartOnBothFamiliesAsync(FaultsWithPorts | DeviceFaults.Ipv6DebugPort);
        Assume.That(device.Device.Addresses, Has.Length.EqualTo(2));
        Assert.That(device.Device.Ports, Has.Length.EqualTo((2 * 6) + 1));
        foreach (var port in device.Device.Ports)
        {
            Assert.That(await AcceptsAsync(port.EndPoint), Is.True, port.ToString());
        }
    }

    [Test]
    public async Task Ports_of_faults_open_and_close_while_the_device_runs()
    {
        await using var device = await TestDevice.StartAsync();
        device.Device.Faults = FaultsWithPorts;
        Assert.That(device.Device.Ports.Select(port => port.EndPoint.Port), Is.EquivalentTo(new[] { 18443, 18080, 18883, 12323, 12121, 11883 }));
        using var telnet = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Telnet));
        using var mqtt = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.MqttTls), tls: true);
        await telnet.ReadUntilAsync("login: ");
        device.Device.Faults = DeviceFaults.FtpAnonymous;
        await telnet.ReadToEndAsync();
        Assert.That(await AcceptsAsync(device.EndPoint(DevicePorts.Telnet)), Is.False);
        Assert.That(await AcceptsAsync(device.EndPoint(DevicePorts.Ftp)), Is.True);
        device.Device.Faults = FaultsWithPorts;
        Assert.That(await AcceptsAsync(device.EndPoint(DevicePorts.Telnet)), Is.True);
        await mqtt.SendAsync(MqttTests.ConnectPacket(4, "panel", "q7TzB2mK9xWd", "test"));
        Assert.That(await mqtt.ReadAsync(4), Is.EqualTo(new byte[] { 0x20, 2, 0, 0 }), "connections of other services go on");
    }

    [Test]
    public async Task Taken_port_is_named_with_its_remedy_and_leaves_nothing_listening([Values(DevicePorts.Http, DevicePorts.Https, DevicePorts.MqttTls, DevicePorts.Telnet)] int port)
    {
        var address = TestDevice.NextAddress();
        using var other = new TcpListener(address, port);
        other.Start();
        var options = new EmulatedDeviceOptions { Addresses = [address], Faults = DeviceFaults.TelnetOpen };
        var taken = await Assert.ThrowsAsync<PortTakenException>(() => EmulatedDevice.StartAsync(options, TestDevice.Deadline));
        Assert.Multiple(() =>
        {
            Assert.That(taken!.Port, Is.EqualTo(port));
            Assert.That(taken.Message, Does.Contain(port.ToString()).And.Contain(address.ToString()).And.Contain("offset"));
        });
        other.Stop();
        await using var device = await EmulatedDevice.StartAsync(options, TestDevice.Deadline);
        Assert.That(device.Ports, Has.Length.EqualTo(4));
    }

    [Test]
    public async Task Fault_whose_port_is_taken_leaves_the_faults_as_they_were()
    {
        await using var device = await TestDevice.StartAsync();
        using var other = new TcpListener(device.Address, DevicePorts.Ftp);
        other.Start();
        Assert.That(() => device.Device.Faults = FaultsWithPorts, Throws.TypeOf<PortTakenException>());
        Assert.That(device.Device.Faults, Is.EqualTo(DeviceFaults.None));
        Assert.That(device.Device.Ports, Has.Length.EqualTo(3));
    }

    [Test]
    public async Task Machine_without_the_ipv6_address_runs_on_ipv4_and_says_so()
    {
        var log = new ConcurrentQueue<string>();
        var options = new EmulatedDeviceOptions { Addresses = [TestDevice.NextAddress(), IPAddress.Parse("2001:db8::24")], Faults = DeviceFaults.Ipv6DebugPort, Log = log.Enqueue };
        await using var device = await EmulatedDevice.StartAsync(options, TestDevice.Deadline);
        Assert.That(device.Addresses, Is.EqualTo(options.Addresses.Take(1)));
        Assert.That(log, Has.Some.Contains("2001:db8::24").And.Some.Contains("ipv6-debug-port"));
    }

    [Test]
    public void Options_that_make_no_sense_are_named() => Assert.Multiple(() =>
    {
        Assert.That(() => StartAsync(new EmulatedDeviceOptions { Addresses = [IPAddress.Parse("192.0.2.1")] }), Throws.ArgumentException.With.Message.Contain("192.0.2.1"));
        Assert.That(() => StartAsync(new EmulatedDeviceOptions { Addresses = [IPAddress.Parse("2001:db8::24")] }), Throws.ArgumentException.With.Message.Contain("No address"));
        Assert.That(() => StartAsync(new EmulatedDeviceOptions { PortOffset = 50_000 }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => StartAsync(new EmulatedDeviceOptions { PortOffset = -11_000 }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => StartAsync(new EmulatedDeviceOptions { Firmware = "new" }), Throws.ArgumentException.With.Message.Contain("new"));
        Assert.That(() => StartAsync(new EmulatedDeviceOptions { UpdateServer = new Uri("ftp://127.0.0.1") }), Throws.ArgumentException.With.Message.Contain("ftp"));
    });

    [Test]
    public async Task Switching_off_is_quick_in_the_middle_of_everything()
    {
        // A server that never answers keeps an update check waiting.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { Faults = FaultsWithPorts, UpdateServer = new Uri($"http://{silent.LocalEndpoint}") });
        using var browser = device.Browse();
        await browser.LogInAsync();
        var check = browser.PostAsync("/update/check");
        using var askingServer = await silent.AcceptTcpClientAsync(TestDevice.Deadline);
        using var halfRequest = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Https), tls: true);
        await halfRequest.SendAsync("POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nuser=");
        using var halfHandshake = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Https));
        using var telnet = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Telnet));
        await telnet.ReadUntilAsync("login: ");
        using var mqtt = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.MqttTls), tls: true);

        var watch = Stopwatch.StartNew();
        await device.DisposeAsync();
        Assert.That(watch.Elapsed, Is.LessThan(Quick));
        Assert.That(() => check, Throws.InstanceOf<HttpRequestException>());
        foreach (var connection in new[] { halfRequest, halfHandshake, telnet, mqtt })
        {
            await connection.ReadToEndAsync();
        }

        Assert.That(await AcceptsAsync(device.EndPoint(DevicePorts.Https)), Is.False);
        Assert.That(() => device.Device.Faults = DeviceFaults.None, Throws.TypeOf<ObjectDisposedException>());
        await device.DisposeAsync();
    }

    [Test]
    public async Task Same_ports_can_be_used_again_at_once()
    {
        var options = new EmulatedDeviceOptions { Addresses = [TestDevice.NextAddress()] };
        for (var round = 0; round < 3; round++)
        {
            await using var device = await EmulatedDevice.StartAsync(options, TestDevice.Deadline);
            using var browser = new DeviceBrowser(new IPEndPoint(options.Addresses[0], DevicePorts.Https), tls: true);
            Assert.That((await browser.GetAsync("/")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test]
    public async Task More_connections_than_the_limit_are_closed_and_later_ones_served()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.TelnetOpen);
        var clients = new List<RawConnection>();
        for (var count = 0; count < TcpService.ConnectionLimit; count++)
        {
            clients.Add(await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Telnet)));
            await clients[^1].ReadUntilAsync("login: ");
        }

        using (var tooMany = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Telnet)))
        {
            Assert.That(await tooMany.ReadToEndAsync(), Is.Empty);
        }

        foreach (var client in clients)
        {
            client.ShutdownSend();
            await client.ReadToEndAsync();
            client.Dispose();
        }

        using var later = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Telnet));
        await later.ReadUntilAsync("login: ");
    }

    private static async Task<bool> AcceptsAsync(IPEndPoint endPoint)
    {
        using var client = new TcpClient(endPoint.AddressFamily);
        try
        {
            await client.ConnectAsync(endPoint, TestDevice.Deadline);
            return true;
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return false;
        }
    }

    private static async Task StartAsync(EmulatedDeviceOptions options)
    {
        await using var device = await EmulatedDevice.StartAsync(options, TestDevice.Deadline);
    }
}
