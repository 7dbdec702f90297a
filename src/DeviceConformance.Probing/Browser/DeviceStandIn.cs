using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Browser;

/// <summary>
/// A web server on loopback that passes a browser's GET requests on to the device, one at a time; what would change something, names an
/// action or leads elsewhere is refused.
/// </summary>
internal sealed class DeviceStandIn : IAsyncDisposable
{
    private const int MaxRequests = 60;
    private const int MaxHead = 32 * 1024;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly HttpSession _session;
    private readonly ProbeContext _context;
    private readonly Task _accepting;
    private int _requests;

    public DeviceStandIn(DisclosureSurvey request, InformationReader reader, ProbeContext context)
    {
        _context = context;
        _session = new HttpSession(request.Endpoint, request.Tls, context.Link, context.Transcript, context.Time)
        {
            Deadline = _patience,
            SecretsIn = answer => HttpAnswerReading.Read(answer, reader, "/").Found.Secrets,
        };
        _listener.Start();
        Origin = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _accepting = AcceptAsync();
    }

    /// <summary>Where the browser finds it.</summary>
    public Uri Origin { get; }

    /// <summary>Paths that were passed on.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>Requests that were not.</summary>
    public ConcurrentQueue<(string Method, string Path)> Held { get; } = [];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _session.Dispose();
        _oneAtATime.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var served = new List<Task>();
        try
        {
            while (true)
            {
                served.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            using var limit = Link.Deadline.After(_patience + _patience, _context.Time, _end.Token);
            try
            {
                var stream = client.GetStream();
                if (await ReadHeadAsync(stream, limit.Token) is { } head)
                {
                    await stream.WriteAsync(await AnswerAsync(head, limit.Token), limit.Token);
                }
            }
            catch (Exception ended) when (ended is IOException or OperationCanceledException or SocketException)
            {
                // The browser may leave at any time.
                return;
            }
        }
    }

    private async Task<byte[]> AnswerAsync(string head, CancellationToken cancellationToken)
    {
        if (head.Split("\r\n")[0].Split(' ') is not [var method, var target, _])
        {
            return Bare(400);
        }

        // As its proxy, too, it serves its own paths only; a tunnel to anywhere is refused.
        if (!Uri.TryCreate(Origin, target, out var uri) || uri.Authority != Origin.Authority || method == "CONNECT")
        {
            Hold(method, target);
            return Bare(502);
        }

        var path = uri.PathAndQuery;
        if (method != "GET" || HttpLinks.NamesAction(path) || head.Contains("\r\nUpgrade:", StringComparison.OrdinalIgnoreCase) || Interlocked.Increment(ref _requests) > MaxRequests)
        {
            Hold(method, path);
            return Bare(403);
        }

        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            Asked.Enqueue(path);
            var answer = await _session.GetAsync(path, cancellationToken);
            return answer.Silence is null ? Render(answer, path) : Bare(504);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private void Hold(string method, string path)
    {
        if (Held.Count < MaxRequests)
        {
            Held.Enqueue((method, path.Length > 200 ? path[..200] : path));
        }
    }

    private byte[] Render(HttpAnswer answer, string path)
    {
        var type = answer.Header("Content-Type") is { Length: > 0 and < 200 } given && !given.Any(char.IsControl) ? given : "text/html";
        var location = HttpLinks.PathOf(_session.Origin, path, answer.Header("Location")) is { } next ? $"Location: {next}\r\n" : "";
        var status = answer.Status is >= 200 and < 600 ? answer.Status : 502;
        var head = $"HTTP/1.1 {status} -\r\nContent-Type: {type}\r\n{location}Content-Length: {answer.Body.Length}\r\nConnection: close\r\n\r\n";
        return [.. Encoding.Latin1.GetBytes(head), .. answer.Body.Span];
    }

    private static byte[] Bare(int status) => Encoding.ASCII.GetBytes($"HTTP/1.1 {status} -\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

    private static async Task<string?> ReadHeadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var head = new byte[MaxHead];
        var length = 0;
        int count;
        while (length < head.Length && (count = await stream.ReadAsync(head.AsMemory(length), cancellationToken)) > 0)
        {
            length += count;
            if (head.AsSpan(0, length).IndexOf("\r\n\r\n"u8) is var end and >= 0)
            {
                return Encoding.Latin1.GetString(head, 0, end + 2);
            }
        }

        return null;
    }
}
