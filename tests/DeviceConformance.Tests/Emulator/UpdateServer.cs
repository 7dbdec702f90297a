using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DeviceConformance.Tests.Emulator;

/// <summary>A server of files on a free loopback port, which notes what it is asked for.</summary>
internal sealed class UpdateServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<string> asked = new();
    private readonly (string Path, byte[] Content)[] files;

    public UpdateServer(params (string Path, byte[] Content)[] files)
    {
        this.files = files;
        listener.Start();
        _ = ServeAsync();
    }

    public Uri Uri => new($"http://{listener.LocalEndpoint}");

    public IReadOnlyCollection<string> Asked => asked;

    public void Dispose() => listener.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await AnswerAsync(client.GetStream());
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        try
        {
            using var reader = new StreamReader(stream, Encoding.ASCII);
            var path = (await reader.ReadLineAsync(TestDevice.Deadline))!.Split(' ')[1];
            while (await reader.ReadLineAsync(TestDevice.Deadline) is { Length: > 0 })
            {
            }

            asked.Enqueue(path);
            var content = files.FirstOrDefault(file => file.Path == path).Content;
            var head = content is null ? "HTTP/1.1 404 Not Found\r\nContent-Length: 0" : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{head}\r\nConnection: close\r\n\r\n"), TestDevice.Deadline);
            if (content is not null)
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"{content.Length:x}\r\n"), TestDevice.Deadline);
                await stream.WriteAsync(content, TestDevice.Deadline);
                await stream.WriteAsync("\r\n0\r\n\r\n"u8.ToArray(), TestDevice.Deadline);
            }
        }
        catch (IOException)
        {
            // The device hung up, as it may when an answer is too long for it.
        }
    }
}
