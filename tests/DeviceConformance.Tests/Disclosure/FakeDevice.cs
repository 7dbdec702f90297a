using System.Net;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Tests.Disclosure;

/// <summary>A TCP port on loopback whose connections a test answers byte by byte.</summary>
public sealed class FakeDevice : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Func<NetworkStream, CancellationToken, Task> _serve;
    private readonly Task _accepting;
    private int _connections;

    public FakeDevice(Func<NetworkStream, CancellationToken, Task> serve)
    {
        _serve = serve;
        _listener.Start();
        Endpoint = new Endpoint(new DutAddress(IPAddress.Loopback), ((IPEndPoint)_listener.LocalEndpoint).Port);
        Link = new DutLink(LabSetup.Default, [Endpoint.Address], TimeProvider.System);
        _accepting = AcceptAsync();
    }

    public Endpoint Endpoint { get; }

    public DutLink Link { get; }

    public int Connections => _connections;

    public async Task<DutConnection> ConnectAsync()
    {
        var result = await Link.ConnectAsync(Endpoint, new Transcript(TimeProvider.System, []), CancellationToken.None);
        return result.TryGet(out var connection) ? connection : throw new InvalidOperationException(result.Text);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _accepting;
        _listener.Stop();
        Link.Dispose();
        _end.Dispose();
    }

    /// <summary>Reads up to an empty line, as an HTTP or RTSP request without a body ends; empty when the client left.</summary>
    public static async Task<string> ReadHeadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, cancellationToken) == 1)
        {
            head.Append((char)one[0]);
            if (head.Length >= 4 && head.ToString(head.Length - 4, 4) == "\r\n\r\n")
            {
                return head.ToString();
            }
        }

        return "";
    }

    private async Task AcceptAsync()
    {
        var served = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_end.Token);
                Interlocked.Increment(ref _connections);
                served.Add(ServeAsync(socket));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await _serve(stream, _end.Token);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // The harness may leave whenever it has seen enough.
            return;
        }
    }
}
