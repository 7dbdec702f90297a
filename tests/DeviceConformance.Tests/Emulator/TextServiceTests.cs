using System.Net;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

[Parallelizable(ParallelScope.All)]
public sealed class TextServiceTests
{
    private const byte Iac = 255;

    [Test]
    public async Task Telnet_negotiates_and_lets_the_service_login_in()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.TelnetOpen);
        using var client = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Telnet));
        Assert.That(await client.ReadAsync(6), Is.EqualTo(new byte[] { Iac, 251, 1, Iac, 251, 3 }));
        await client.ReadUntilAsync("login: ");
        await client.SendAsync("root\r\n");
        Assert.That(await client.ReadUntilAsync("Password: "), Does.StartWith("root\r\n"));
        await client.SendAsync("GW24-service\r\0");
        Assert.That(await client.ReadUntilAsync("# "), Does.Contain("BusyBox").And.Not.Contain("GW24-service"));
        await client.SendAsync("cat /etc/version\r\nuname -a\n");
        Assert.That(await client.ReadUntilAsync("armv7l GNU/Linux\r\n# "), Does.Contain("2.1.0"));
        await client.SendAsync("exit\r");
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo("exit\r\n"u8.ToArray()));
    }

    [Test]
    public async Task Telnet_refuses_other_credentials_and_hangs_up_after_three()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.TelnetOpen | DeviceFaults.UniversalPassword);
        using var client = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Telnet));
        foreach (var (user, password) in new[] { ("admin", "admin"), ("root", ""), ("root", "root") })
        {
            await client.ReadUntilAsync("login: ");
            await client.SendAsync(user + "\r\n");
            await client.ReadUntilAsync("Password: ");
            await client.SendAsync(password + "\r\n");
            await client.ReadUntilAsync("Login incorrect\r\n");
        }

        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task Telnet_takes_commands_out_of_the_data_and_declines_options()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.TelnetOpen);
        using var client = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Telnet));
        await client.ReadUntilAsync("login: ");

        // DO ECHO and DO SUPPRESS-GO-AHEAD are agreed; DO 31 and WILL 24 are declined; a subnegotiation is skipped.
        await client.SendAsync([Iac, 253, 1, Iac, 253, 3, Iac, 253, 31, (byte)'r', Iac, 251, 24, (byte)'o', Iac, 250, 24, 0, Iac, Iac, (byte)'x', Iac, 240, (byte)'o', (byte)'t', 13, 10]);
        var answer = await client.ReadUntilAsync("Password: ");
        Assert.That(answer, Is.EqualTo(Encoding.Latin1.GetString([Iac, 252, 31]) + "r" + Encoding.Latin1.GetString([Iac, 254, 24]) + "oot\r\nPassword: "));
        await client.SendAsync("GW24-serviceX\b\r\n");
        await client.ReadUntilAsync("# ");
    }

    [Test]
    public async Task Ftp_gives_a_log_to_anonymous_users()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.FtpAnonymous);
        using var client = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Ftp));
        Assert.That(await client.ReadUntilAsync("\r\n"), Does.StartWith("220 "));
        Assert.That(await DoAsync(client, "LIST"), Does.StartWith("530 "));
        Assert.That(await DoAsync(client, "USER anonymous"), Does.StartWith("331 "));
        Assert.That(await DoAsync(client, "PASS guest@"), Does.StartWith("230 "));
        Assert.That(await DoAsync(client, "SYST"), Is.EqualTo("215 UNIX Type: L8\r\n"));
        Assert.That(await DoAsync(client, "FEAT"), Does.StartWith("211-"));
        Assert.That(await client.ReadUntilAsync("211 End\r\n"), Does.Contain("EPSV"));
        Assert.That(await DoAsync(client, "PWD"), Does.StartWith("257 \"/\""));
        Assert.That(await DoAsync(client, "TYPE I"), Does.StartWith("200 "));

        Assert.That(await TransferAsync(client, device.Address, "PASV", "LIST"), Does.Contain("heater.log").And.Contain("readme.txt"));
        Assert.That(await TransferAsync(client, device.Address, "EPSV", "RETR heater.log"), Does.Contain("burner ignited"));
        Assert.That(await DoAsync(client, "RETR ../etc/passwd"), Does.StartWith("550 "));
        Assert.That(await DoAsync(client, "RETR heater.log"), Does.StartWith("425 "));
        Assert.That(await DoAsync(client, "PORT 127,0,0,1,0,80"), Does.StartWith("502 "), "the device opens no connection to where a client says");
        Assert.That(await DoAsync(client, "STOR x"), Does.StartWith("502 "));
        Assert.That(await DoAsync(client, "QUIT"), Does.StartWith("221 "));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task Ftp_takes_no_other_user()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.FtpAnonymous);
        using var client = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Ftp));
        await client.ReadUntilAsync("\r\n");
        await DoAsync(client, "USER admin");
        Assert.That(await DoAsync(client, "PASS admin"), Does.StartWith("530 "));
        Assert.That(await DoAsync(client, "PASV"), Does.StartWith("530 "));
    }

    [Test]
    public async Task Ftp_transfer_that_nobody_collects_is_given_up()
    {
        var time = new ManualTime();
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { Faults = DeviceFaults.FtpAnonymous, TimeProvider = time });
        using var client = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Ftp));
        await client.ReadUntilAsync("\r\n");
        await DoAsync(client, "USER ftp");
        await DoAsync(client, "PASS x");
        await DoAsync(client, "PASV");
        Assert.That(await DoAsync(client, "LIST"), Does.StartWith("150 "));
        var reply = client.ReadUntilAsync("\r\n");
        while (!reply.IsCompleted)
        {
            // One move may come before the device has set its deadline of ten seconds.
            time.Advance(TimeSpan.FromSeconds(11));
            await Task.WhenAny(reply, Task.Delay(50, CancellationToken.None));
        }

        Assert.That(await reply, Does.StartWith("425 "));
    }

    [Test]
    public async Task Debug_shell_is_on_ipv6_and_not_on_ipv4()
    {
        Assume.That(Socket.OSSupportsIPv6, Is.True);
        await using var device = await TestDevice.StartOnBothFamiliesAsync(DeviceFaults.Ipv6DebugPort);
        Assume.That(device.Device.Addresses, Has.Member(IPAddress.IPv6Loopback));
        var port = device.Device.Port(DevicePorts.DebugShell);
        using var client = await RawConnection.OpenAsync(new IPEndPoint(IPAddress.IPv6Loopback, port));
        await client.ReadUntilAsync("> ");
        await client.SendAsync("info\r\n");
        Assert.That(await client.ReadUntilAsync("> "), Does.Contain("serial GW24-004711"));
        await client.SendAsync("rm -rf\r\n");
        Assert.That(await client.ReadUntilAsync("> "), Does.Contain("unknown command"));
        await client.SendAsync("quit\r\n");
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo("bye\r\n"u8.ToArray()));

        using var onFour = new TcpClient();
        Assert.That(async () => await onFour.ConnectAsync(IPAddress.Loopback, port, TestDevice.Deadline), Throws.InstanceOf<SocketException>());
    }

    [Test]
    public async Task Idle_client_is_dropped([Values(DevicePorts.Telnet, DevicePorts.Ftp)] int port)
    {
        var time = new ManualTime();
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { Faults = DeviceFaults.TelnetOpen | DeviceFaults.FtpAnonymous, TimeProvider = time });
        using var client = await RawConnection.OpenAsync(device.EndPoint(port));
        await Eventually.ClosesAsync(client, () => time.Advance(TimeSpan.FromSeconds(61)));
    }

    [Test]
    public async Task Line_without_end_ends_the_connection([Values(DevicePorts.Telnet, DevicePorts.Ftp)] int port)
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.TelnetOpen | DeviceFaults.FtpAnonymous);
        using var client = await RawConnection.OpenAsync(device.EndPoint(port));
        await client.SendAsync(new string('x', 600));
        await client.ReadToEndAsync();
    }

    private static async Task<string> DoAsync(RawConnection client, string command)
    {
        await client.SendAsync(command + "\r\n");
        return await client.ReadUntilAsync("\r\n");
    }

    private static async Task<string> TransferAsync(RawConnection client, IPAddress address, string mode, string command)
    {
        var opened = await DoAsync(client, mode);
        var numbers = opened[opened.IndexOf('(', StringComparison.Ordinal)..].Split(['(', ')', ',', '|'], StringSplitOptions.RemoveEmptyEntries);
        var port = mode == "PASV" ? (int.Parse(numbers[4]) << 8) + int.Parse(numbers[5]) : int.Parse(numbers[0]);
        using var data = await RawConnection.OpenAsync(new IPEndPoint(address, port));
        Assert.That(await DoAsync(client, command), Does.StartWith("150 "));
        var content = Encoding.Latin1.GetString(await data.ReadToEndAsync());
        Assert.That(await client.ReadUntilAsync("\r\n"), Does.StartWith("226 "));
        return content;
    }
}
