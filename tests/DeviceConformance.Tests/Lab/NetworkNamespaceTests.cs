using System.Net;
using System.Net.Sockets;
using NUnit.Framework;

namespace DeviceConformance.Tests.Lab;

[TestFixture]
[Parallelizable]
public sealed class NetworkNamespaceTests
{
    [Test]
    public async Task Device_in_a_namespace_is_reached_by_both_address_families()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        var port = ((IPEndPoint)device.Listen(0).LocalEndPoint!).Port;
        await device.WaitForPortAsync(port);

        if (device.HasIPv6)
        {
            var portV6 = ((IPEndPoint)device.Listen(0, ipv6: true).LocalEndPoint!).Port;
            await device.WaitForPortAsync(portV6, ipv6: true);
        }
    }

    [Test]
    public void Listener_of_the_host_is_not_in_the_device_s_network()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        var fault = Assert.Throws<SocketException>(() => client.Connect(device.DeviceAddress, ((IPEndPoint)listener.LocalEndPoint!).Port));

        Assert.That(fault!.SocketErrorCode, Is.EqualTo(SocketError.ConnectionRefused));
    }

    [Test]
    public void Namespace_is_gone_after_use_together_with_its_daemons()
    {
        var device = NetworkNamespace.CreateOrSkip();
        var daemon = device.Start("sleep", "600");
        var id = daemon.Id;
        device.Dispose();

        Assert.That(Directory.Exists($"/proc/{id}"), Is.False);
        Assert.That(File.Exists($"/run/netns/{device.Name}"), Is.False);
    }
}
