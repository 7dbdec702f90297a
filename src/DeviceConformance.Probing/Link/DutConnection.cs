using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Link;

/// <summary>What reading from the DUT gave.</summary>
/// <param name="Count">Bytes read; 0 when there are none.</param>
/// <param name="Silence">Why there are none; null when there are.</param>
public readonly record struct ReadResult(int Count, Silence? Silence);

/// <summary>A TCP connection to the DUT, clear or inside TLS, whose traffic the transcript keeps.</summary>
/// <remarks>What the device does is a result, never an exception: closing, resetting and staying silent are told apart.</remarks>
public sealed class DutConnection : IAsyncDisposable
{
    private readonly Transcript _transcript;
    private readonly int _number;
    private readonly TimeProvider _time;
    private Stream _stream;
    private WebSocket? _webSocket;

    internal DutConnection(Endpoint endpoint, Socket socket, Action closed, Transcript transcript, TimeProvider time)
    {
        Endpoint = endpoint;
        _transcript = transcript;
        _time = time;
        _number = transcript.NextConnection();
        socket.NoDelay = true;
        _stream = new ResettingStream(socket, closed);
    }

    /// <summary>The port it leads to.</summary>
    public Endpoint Endpoint { get; }

    /// <summary>The bytes under everything, for a client that frames them itself. Disposing it closes the connection.</summary>
    internal Stream Raw => _stream;

    /// <summary>The TLS session, or null while in clear.</summary>
    public SslStream? Tls { get; private set; }

    /// <summary>
    /// Starts TLS for talking, not for judging: any certificate is taken, any version the platform knows.
    /// </summary>
    /// <returns>Null when TLS is up; otherwise how it failed.</returns>
    public async Task<Silence?> StartTlsAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var limit = Limit(deadline, cancellationToken);
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        try
        {
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = "",
                // Judging certificates is the TLS probe's job; here a self-signed one must not keep us from asking further.
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            };
            await tls.AuthenticateAsClientAsync(options, limit.Token);
            _stream = tls;
            Tls = tls;
            _transcript.Note($"TLS is up: {tls.SslProtocol}, {tls.NegotiatedCipherSuite}");
            return null;
        }
        catch (Exception fault) when (fault is IOException or System.Security.Authentication.AuthenticationException or OperationCanceledException or SocketException or InvalidOperationException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await tls.DisposeAsync();
            _transcript.Note($"TLS failed: {fault.Message}");
            return fault switch
            {
                OperationCanceledException => Silence.NoReply,
                { InnerException: SocketException socket } => ConnectResult.SilenceOf(socket.SocketErrorCode),
                // SslStream's word for a connection that ended in the middle of the handshake.
                IOException => Silence.ClosedByPeer,
                _ => Silence.HandshakeRefused,
            };
        }
    }

    /// <summary>Starts a WebSocket on the connection; what is sent and read from then on travels in its binary messages.</summary>
    /// <returns>Whether the server switched; and how the connection ended where it did.</returns>
    public async Task<(bool Switched, Silence? Silence)> StartWebSocketAsync(string path, string subProtocol, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var limit = Limit(deadline, cancellationToken);
        try
        {
            var socket = await WebSocketUpgrade.TryAsync(_stream, Endpoint.HostAndPort, path, subProtocol, limit.Token);
            _transcript.Note($"WebSocket {subProtocol} at {path}: {(socket is null ? "declined" : "switched")}");
            _webSocket = socket;
            _stream = socket is null ? _stream : WebSocketStream.Create(socket, WebSocketMessageType.Binary);
            return (socket is not null, null);
        }
        catch (Exception fault) when (IsEndOfConnection(fault))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return (false, Ended(fault));
        }
    }

    /// <summary>Sends bytes.</summary>
    /// <returns>Null when they were handed over; otherwise how the connection ended.</returns>
    public async Task<Silence?> SendAsync(ReadOnlyMemory<byte> bytes, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var limit = Limit(deadline, cancellationToken);
        try
        {
            await _stream.WriteAsync(bytes, limit.Token);
            await _stream.FlushAsync(limit.Token);
            _transcript.Sent(bytes.Span, _number);
            return null;
        }
        catch (Exception fault) when (IsEndOfConnection(fault))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Ended(fault);
        }
    }

    /// <summary>Says that nothing more will be sent, in clear; what the device still says can be read. A file over FTP ends by it (RFC 959, 3.4.1).</summary>
    public void FinishSending()
    {
        try
        {
            (_stream as NetworkStream)?.Socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException fault)
        {
            _transcript.Note($"the connection was gone already: {fault.SocketErrorCode}");
        }
    }

    /// <summary>Reads what comes first, up to the size of the buffer.</summary>
    public async Task<ReadResult> ReadAsync(Memory<byte> buffer, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var limit = Limit(deadline, cancellationToken);
        try
        {
            var count = await _stream.ReadAsync(buffer, limit.Token);
            if (count == 0)
            {
                _transcript.Note("closed by the device");
                return new ReadResult(0, Silence.ClosedByPeer);
            }

            _transcript.Received(buffer.Span[..count], _number);
            return new ReadResult(count, null);
        }
        catch (Exception fault) when (IsEndOfConnection(fault))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new ReadResult(0, Ended(fault));
        }
    }

    /// <summary>Reads until enough has come, the connection ends or the time for all of it is over.</summary>
    /// <param name="isEnough">Takes the next bytes and says whether they are enough.</param>
    /// <param name="deadline">How long it may take in all, however slowly the device pours it out.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Null when enough has come; otherwise how it ended.</returns>
    public async Task<Silence?> ReadUntilAsync(Func<ReadOnlyMemory<byte>, bool> isEnough, TimeSpan deadline, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(isEnough);
        var started = _time.GetTimestamp();
        var buffer = new byte[4096];
        while (true)
        {
            var left = deadline - _time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return Silence.NoReply;
            }

            var read = await ReadAsync(buffer, left, cancellationToken);
            if (read.Silence is not null)
            {
                return read.Silence;
            }

            if (isEnough(buffer.AsMemory(0, read.Count)))
            {
                return null;
            }
        }
    }

    /// <summary>Closes at once; the device need not keep state for us.</summary>
    public ValueTask DisposeAsync()
    {
        if (_webSocket is null)
        {
            return _stream.DisposeAsync();
        }

        // Without the closing handshake, which a device need not answer; the stream beneath goes with it.
        _webSocket.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Closes a connection with a reset.</summary>
    /// <remarks>A connection closed in good order waits in the tables of both hosts (RFC 9293, 3.6); small devices have few places there.</remarks>
    internal static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (SocketException)
        {
            // The device has reset it already (EINVAL on some platforms); then there is nothing left to free.
        }

        socket.Dispose();
    }

    private static bool IsEndOfConnection(Exception fault) =>
        fault is IOException or SocketException or WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;

    private Silence Ended(Exception fault)
    {
        var silence = fault is OperationCanceledException ? Silence.NoReply
            : (fault as SocketException ?? fault.InnerException as SocketException) is { } socket ? ConnectResult.SilenceOf(socket.SocketErrorCode)
            : Silence.ClosedByPeer;
        _transcript.Note($"no answer: {silence}");
        return silence;
    }

    private CancellationTokenSource Limit(TimeSpan deadline, CancellationToken cancellationToken) => Deadline.After(deadline, _time, cancellationToken);

    /// <summary>Resets the connection when it is disposed, and says so once.</summary>
    private sealed class ResettingStream(Socket socket, Action closed) : NetworkStream(socket, ownsSocket: false)
    {
        private int _disposed;

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                Reset(Socket);
                closed();
            }
        }
    }
}
