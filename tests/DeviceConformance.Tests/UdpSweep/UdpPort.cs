using System.Net;
using System.Net.Sockets;

namespace DeviceConformance.Tests.UdpSweep;

/// <summary>A UDP port that a test listens on.</summary>
internal sealed class UdpPort : IDisposable
{
    private readonly Socket _socket;

    public UdpPort()
        : this(IPAddress.Loopback, 0)
    {
    }

    public UdpPort(IPAddress address, int port)
    {
        _socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _socket.Bind(new IPEndPoint(address, port));
        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
    }

    public int Port { get; }

    public int Available => _socket.Available;

    /// <summary>Answers every datagram from a port, until it is closed.</summary>
    public Task AnswerAsync(UdpPort from, params byte[][] answers) => AnswerEachAsync(from, _ => answers);

    /// <summary>Answers every datagram as the test wants; null for silence.</summary>
    public Task AnswerEachAsync(Func<byte[], byte[]?> answer) => AnswerEachAsync(this, question => answer(question) is { } bytes ? [bytes] : []);

    private async Task AnswerEachAsync(UdpPort from, Func<byte[], byte[][]> answers)
    {
        var buffer = new byte[2048];
        try
        {
            while (true)
            {
                var asked = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0));
                foreach (var answer in answers(buffer[..asked.ReceivedBytes]))
                {
                    await from._socket.SendToAsync(answer, asked.RemoteEndPoint);
                }
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    public void Dispose() => _socket.Dispose();
}
