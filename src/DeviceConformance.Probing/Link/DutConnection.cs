using System.Net.Security;
using System.Net.Sockets;
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
    private readonly Socket _socket;
    private readonly Transcript _transcript;
    private readonly TimeProvider _time;
    private Stream _stream;

    internal DutConnection(Endpoint endpoint, Socket socket, Transcript transcript, TimeProvider time)
    {
        Endpoint = endpoint;
        _socket = socket;
        _transcript = transcript;
        _time = time;
        _stream = new NetworkStream(socket, ownsSocket: true);
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
            return fault is OperationCanceledException ? Silence.NoReply
                : fault.InnerException is SocketException or IOException ? Silence.Reset
                : Silence.HandshakeRefused;
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
            _transcript.Sent(bytes.Span);
            return null;
        }
        catch (Exception fault) when (IsEndOfConnection(fault))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Ended(fault);
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

            _transcript.Received(buffer.Span[..count]);
            return new ReadResult(count, null);
        }
        catch (Exception fault) when (IsEndOfConnection(fault))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new ReadResult(0, Ended(fault));
        }
    }

    /// <summary>Closes at once; the device need not keep state for us.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            // A half-closed connection would wait in the device's table of connections (RFC 9293, 3.6); a reset frees it.
            _socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            _transcript.Note("already closed");
        }

        await _stream.DisposeAsync();
        _socket.Dispose();
    }

    private static bool IsEndOfConnection(Exception fault) =>
        fault is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;

    private Silence Ended(Exception fault)
    {
        var silence = fault is OperationCanceledException ? Silence.NoReply
            : (fault as SocketException ?? fault.InnerException as SocketException) is { } socket ? ConnectResult.SilenceOf(socket.SocketErrorCode)
            : Silence.ClosedByPeer;
        _transcript.Note($"no answer: {silence}");
        return silence;
    }

    private CancellationTokenSource Limit(TimeSpan deadline, CancellationToken cancellationToken) => Deadline.After(deadline, _time, cancellationToken);
}
