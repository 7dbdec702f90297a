using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace DeviceConformance.Tests.Emulator;

/// <summary>Bytes to and from a port, with a deadline for each step.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient client;
    private readonly Stream stream;

    private RawConnection(TcpClient client, Stream stream)
    {
        this.client = client;
        this.stream = stream;
    }

    public static async Task<RawConnection> OpenAsync(IPEndPoint endPoint, bool tls = false)
    {
        var client = new TcpClient(endPoint.AddressFamily);
        await client.ConnectAsync(endPoint, TestDevice.Deadline);
        if (!tls)
        {
            return new RawConnection(client, client.GetStream());
        }

        var secured = new SslStream(client.GetStream(), false, static (_, _, _, _) => true);
        await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "heater.local", EnabledSslProtocols = SslProtocols.None }, TestDevice.Deadline);
        return new RawConnection(client, secured);
    }

    public ValueTask SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public ValueTask SendAsync(byte[] bytes) => stream.WriteAsync(bytes, TestDevice.Deadline);

    /// <summary>Everything up to and including a text.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        var received = new StringBuilder();
        while (!received.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            received.Append((char)(await ReadAsync(1))[0]);
        }

        return received.ToString();
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, TestDevice.Deadline);
        return bytes;
    }

    /// <summary>Everything until the device closes; a reset counts as closed.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var received = new MemoryStream();
        try
        {
            await stream.CopyToAsync(received, TestDevice.Deadline);
        }
        catch (IOException)
        {
            // Reset by the device.
        }

        return received.ToArray();
    }

    public void ShutdownSend() => client.Client.Shutdown(SocketShutdown.Send);

    public void Dispose()
    {
        stream.Dispose();
        client.Dispose();
    }
}
