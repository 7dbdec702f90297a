using System.Net;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Updates;

/// <summary>What the DUT fetched of an offer.</summary>
/// <param name="Requests">Requests of the DUT, whatever for.</param>
/// <param name="ManifestRead">Whether it was given the manifest.</param>
/// <param name="ImageBytes">Bytes of the image that were sent, repeats included.</param>
/// <param name="ImageRead">Whether the last byte of the image was sent and, all in all, as many as it has.</param>
internal sealed record Fetched(int Requests, bool ManifestRead, long ImageBytes, bool ImageRead);

/// <summary>Takes the place of the supplier's update server: manifest and image over HTTP/1.1, to the DUT and to nobody else.</summary>
internal sealed class StandInServer : IAsyncDisposable
{
    private const int MaxConnections = 16;
    private static readonly TimeSpan _headDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _sendDeadline = TimeSpan.FromMinutes(10);

    private readonly UpdateOffer.Fetch _offer;
    private readonly ProbeContext _context;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _connections = new(MaxConnections);
    private readonly Task _accepting;
    private readonly Lock _lock = new();
    private OfferedImage? _image;
    private Fetched _fetched = new(0, false, 0, false);
    private bool _lastByteSent;
    private TaskCompletionSource _imageRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LabFaultException? _fault;

    /// <summary>Starts to listen.</summary>
    /// <param name="address">Address of the laboratory's host.</param>
    /// <param name="offer">Port and paths.</param>
    /// <param name="context">What the probe has at hand.</param>
    /// <exception cref="LabFaultException">The port can not be listened on.</exception>
    public StandInServer(IPAddress address, UpdateOffer.Fetch offer, ProbeContext context)
    {
        _offer = offer;
        _context = context;
        _listener = new TcpListener(address, offer.ListenPort);
        try
        {
            _listener.Start();
        }
        catch (SocketException fault)
        {
            _listener.Dispose();
            throw new LabFaultException($"The harness can not stand in for the update server on {new IPEndPoint(address, offer.ListenPort)}: {fault.Message}. End what listens there, or correct 'stand-in-address' in lab.yaml.", fault);
        }

        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Puts an image up; what was fetched counts from here.</summary>
    public void Offer(OfferedImage image)
    {
        lock (_lock)
        {
            _image = image;
            _fetched = new Fetched(0, false, 0, false);
            _lastByteSent = false;
            _imageRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>What the DUT fetched of the present offer.</summary>
    /// <exception cref="LabFaultException">The image could not be read while it was sent.</exception>
    public Fetched Fetched
    {
        get
        {
            lock (_lock)
            {
                return _fault is null ? _fetched : throw _fault;
            }
        }
    }

    /// <summary>Takes the image down.</summary>
    public void Withdraw()
    {
        lock (_lock)
        {
            _image = null;
        }
    }

    /// <summary>Waits until the whole image was sent, or the time is over.</summary>
    public async Task WaitForImageAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = Deadline.After(atMost, _context.Time, cancellationToken);
        try
        {
            await _imageRead.Task.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _connections.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var served = new List<Task>();
        try
        {
            while (true)
            {
                await _connections.WaitAsync(_end.Token);
                var socket = await _listener.AcceptSocketAsync(_end.Token);
                served.RemoveAll(task => task.IsCompleted);
                served.Add(ServeAsync(socket));
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException)
        {
            _listener.Stop();
        }

        await Task.WhenAll(served);
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        await using (var stream = new NetworkStream(socket))
        {
            try
            {
                await AnswerAsync(stream, ((IPEndPoint)socket.RemoteEndPoint!).Address, _end.Token);
                socket.Shutdown(SocketShutdown.Send);
            }
            catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                _context.Transcript.Note($"stand-in: the client broke off ({fault.GetType().Name})");
            }
            catch (LabFaultException fault)
            {
                lock (_lock)
                {
                    _fault ??= fault;
                }
            }
            finally
            {
                _connections.Release();
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream, IPAddress client, CancellationToken cancellationToken)
    {
        using var headLimit = Deadline.After(_headDeadline, _context.Time, cancellationToken);
        var bytes = await ReadHeadAsync(stream, headLimit.Token);
        using var limit = Deadline.After(_sendDeadline, _context.Time, cancellationToken);
        if (!IsDut(client))
        {
            _context.Transcript.Note($"stand-in: {client} is no declared address of the DUT and gets nothing");
            await WriteHeadAsync(stream, "403 Forbidden", 0, "", limit.Token);
            return;
        }

        OfferedImage? image;
        lock (_lock)
        {
            image = _image;
            _fetched = _fetched with { Requests = _fetched.Requests + 1 };
        }

        if (!HttpRequestHead.TryParse(bytes, out var head))
        {
            await ReplyAsync("400 Bad Request", "a request that can not be read");
            return;
        }

        var what = $"{head.Method} {Transcript.Printable(Encoding.UTF8.GetBytes(head.Path), 200)}";
        if (head.Method is not ("GET" or "HEAD"))
        {
            await ReplyAsync("405 Method Not Allowed", what);
        }
        else if (image is not null && head.Path == _offer.ImagePath)
        {
            _context.Transcript.Note($"stand-in: {client} {what}{(head.Range is null ? "" : $" (range {head.Range})")}");
            await SendImageAsync(stream, image, head, limit.Token);
        }
        else if (image is { Manifest.IsEmpty: false } && head.Path == _offer.ManifestPath)
        {
            _context.Transcript.Note($"stand-in: {client} {what}");
            await WriteHeadAsync(stream, "200 OK", image.Manifest.Length, "Content-Type: application/json\r\n", limit.Token);
            if (head.Method == "GET")
            {
                await stream.WriteAsync(image.Manifest, limit.Token);
                Count(image, fetched => fetched with { ManifestRead = true });
            }
        }
        else
        {
            await ReplyAsync("404 Not Found", what);
        }

        async Task ReplyAsync(string status, string asked)
        {
            _context.Transcript.Note($"stand-in: {client} {asked}: {status}");
            await WriteHeadAsync(stream, status, 0, "", limit.Token);
        }
    }

    private async Task SendImageAsync(NetworkStream stream, OfferedImage image, HttpRequestHead head, CancellationToken cancellationToken)
    {
        const string type = "Content-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\n";
        var (offset, count) = (0L, image.Length);
        if (head.Range is { } range && !range.TryApply(image.Length, out offset, out count))
        {
            await WriteHeadAsync(stream, "416 Range Not Satisfiable", 0, $"Content-Range: bytes */{image.Length}\r\n", cancellationToken);
            return;
        }

        var part = head.Range is null ? "" : $"Content-Range: bytes {offset}-{offset + count - 1}/{image.Length}\r\n";
        await WriteHeadAsync(stream, head.Range is null ? "200 OK" : "206 Partial Content", count, type + part, cancellationToken);
        if (head.Method != "GET")
        {
            return;
        }

        const long piece = 64 * 1024;
        for (long done = 0; done < count; done += piece)
        {
            var next = Math.Min(piece, count - done);
            await image.CopyToAsync(stream, offset + done, next, cancellationToken);
            var end = offset + done + next;
            Count(image, fetched =>
            {
                _lastByteSent |= end == image.Length;
                var sent = fetched.ImageBytes + next;
                return fetched with { ImageBytes = sent, ImageRead = _lastByteSent && sent >= image.Length };
            });
        }
    }

    private void Count(OfferedImage image, Func<Fetched, Fetched> change)
    {
        lock (_lock)
        {
            // A download that began under an earlier offer does not count for this one.
            if (ReferenceEquals(_image, image))
            {
                _fetched = change(_fetched);
                if (_fetched.ImageRead)
                {
                    _imageRead.TrySetResult();
                }
            }
        }
    }

    private bool IsDut(IPAddress client)
    {
        var address = client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client;
        // On loopback the source address is the kernel's choice.
        return _context.Declared.Addresses.Any(declared => declared.Address.Equals(address) || (declared.IsLoopback && IPAddress.IsLoopback(address)));
    }

    private static async Task<byte[]> ReadHeadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (head.Count <= HttpRequestHead.MaxLength && await stream.ReadAsync(one, cancellationToken) == 1)
        {
            head.Add(one[0]);
            if (head is [.., (byte)'\n', (byte)'\r', (byte)'\n'] or [.., (byte)'\n', (byte)'\n'])
            {
                break;
            }
        }

        return [.. head];
    }

    private static async Task WriteHeadAsync(NetworkStream stream, string status, long length, string headers, CancellationToken cancellationToken) =>
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n"), cancellationToken);
}
