using System.Net.WebSockets;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Link;
using DeviceConformance.Tests.Disclosure;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Lan;

/// <summary>A broker behind a web server, as remote controls in browsers use it.</summary>
[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class MqttOverWebSocketTests
{
    // The handshake of RFC 6455, 1.3.
    [TestCase("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n", true)]
    [TestCase("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: AAAA\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n", false)]
    [TestCase("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", false)]
    [TestCase("HTTP/1.1 200 OK\r\n\r\n", false)]
    [TestCase("", false)]
    public void Only_a_proven_switch_counts(string head, bool accepted) =>
        Assert.That(WebSocketUpgrade.Accepts(head, "dGhlIHNhbXBsZSBub25jZQ==", "mqtt"), Is.EqualTo(accepted));

    [Test]
    public async Task Broker_that_takes_anybody_over_a_websocket_is_heard()
    {
        var isServed = false;
        await using var device = new FakeDevice(async (stream, end) =>
        {
            while (await FakeDevice.ReadHeadAsync(stream, end) is { Length: > 0 } head)
            {
                var key = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Sec-WebSocket-Key: ", StringComparison.Ordinal))?[19..];
                // Others are served no more once it was.
                if (key is null || isServed)
                {
                    await stream.WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), end);
                    continue;
                }

                var proof = Convert.ToBase64String(System.Security.Cryptography.SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {proof}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"), end);
                using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true, SubProtocol = "mqtt" });
                var packet = new byte[512];
                try
                {
                    await socket.ReceiveAsync(packet, end);
                }
                catch (WebSocketException)
                {
                    // The survey looks at who may open a WebSocket, and goes; the broker's client comes after it.
                    return;
                }

                isServed = true;
                await socket.SendAsync(new byte[] { 0x20, 2, 0, 0 }, WebSocketMessageType.Binary, true, end);
                await socket.ReceiveAsync(packet, end);
                await socket.SendAsync(new byte[] { 0x90, 4, packet[2], packet[3], 0, 0 }, WebSocketMessageType.Binary, true, end);
                await socket.SendAsync((byte[])[0x31, 11, 0, 7, .. "boiler/"u8, (byte)'4', (byte)'8'], WebSocketMessageType.Binary, true, end);
                await Task.Delay(Timeout.Infinite, end);
            }
        });
        using var bench = new SurveyBench(time: new FastTime(3));

        var seen = await bench.SeeAsync(device.Endpoint.Port, ServiceProtocol.Http);

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { "CONNECT" }));
            Assert.That(seen.Items(DisclosureKind.Messages), Is.EqualTo(new[] { "boiler/ = 48" }));
            Assert.That(seen.Coverage.Statement, Does.Contain("MQTT 3.1.1 over WebSocket"));
        });
    }

    [TestCase("allow_anonymous true", true)]
    [TestCase("allow_anonymous false", false)]
    public async Task Mosquitto_with_a_port_for_websockets_alone_is_found(string settings, bool isOpen)
    {
        var mosquitto = Daemon.Find("mosquitto", "mosquitto");
        using var folder = new TemporaryFolder();
        var port = Daemon.FreePort();
        // Mosquitto 2.0.11 does not start with listeners for WebSockets only.
        await File.WriteAllTextAsync(folder.File("conf"), $"per_listener_settings false\n{settings}\nlistener {Daemon.FreePort()} 127.0.0.1\nlistener {port} 127.0.0.1\nprotocol websockets\n");
        await using var server = await Daemon.StartAsync(mosquitto, port, "-c", folder.File("conf"));
        using var bench = new SurveyBench(time: new FastTime(3));

        var seen = await bench.SeeAsync(port, ServiceProtocol.Http);

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), isOpen ? Is.EqualTo(new[] { "CONNECT" }) : Is.Empty);
            Assert.That(seen.LoginProtocols(), isOpen ? Is.Empty : Is.EqualTo(new[] { Model.Declared.LoginProtocol.Mqtt }));
            Assert.That(seen.Coverage.Statement, Does.Contain("MQTT 3.1.1 over WebSocket").And.Contain("MQTT 5.0 over WebSocket"));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }
}
