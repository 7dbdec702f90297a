using System.Net;
using System.Net.Sockets;

namespace DeviceConformance.Probing.Link;

/// <summary>One TCP connect with a deadline, whose failure is a value and not an exception: a sweep has tens of thousands of them.</summary>
internal sealed class ConnectAttempt : SocketAsyncEventArgs
{
    // Completions come on pool threads, where the rest of an attempt may well run at once.
    private readonly TaskCompletionSource<SocketError> _done = new();
    private readonly Socket _socket;
    private int _ended;

    private ConnectAttempt(Socket socket, IPEndPoint target)
        // Nothing here reads the execution context; capturing it would cost a sweep more than the connects do.
        : base(true)
    {
        _socket = socket;
        RemoteEndPoint = target;
    }

    /// <summary>Connects.</summary>
    /// <returns>The connected socket, which the caller disposes; or null and the error, <see cref="SocketError.TimedOut"/> after the deadline.</returns>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static async ValueTask<(Socket? Socket, SocketError Error)> ConnectAsync(IPEndPoint target, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!TryOpen(target.AddressFamily, out var socket, out var error))
        {
            return (null, error);
        }

        using var attempt = new ConnectAttempt(socket, target);
        error = socket.ConnectAsync(attempt) ? await attempt.EndAsync(timeout, time, cancellationToken) : attempt.SocketError;
        if (error == SocketError.Success && !MetItself(socket))
        {
            return (socket, error);
        }

        socket.Dispose();
        cancellationToken.ThrowIfCancellationRequested();
        return (null, error == SocketError.Success ? SocketError.ConnectionRefused : error);
    }

    protected override void OnCompleted(SocketAsyncEventArgs e) => End(e.SocketError);

    // A loopback connect to a free ephemeral port can meet itself (simultaneous open, RFC 9293, 3.5); nobody listens there.
    private static bool MetItself(Socket socket)
    {
        try
        {
            return Equals(socket.LocalEndPoint, socket.RemoteEndPoint);
        }
        catch (SocketException)
        {
            // Reset right after it was accepted: the port did accept.
            return false;
        }
    }

    private static bool TryOpen(AddressFamily family, out Socket socket, out SocketError error)
    {
        try
        {
            socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
            error = SocketError.Success;
            return true;
        }
        catch (SocketException fault)
        {
            // The host has no file descriptor or no memory left: rare, and the only case in which .NET leaves no choice but to catch.
            socket = null!;
            error = fault.SocketErrorCode;
            return false;
        }
    }

    private async Task<SocketError> EndAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = time.CreateTimer(static attempt => ((ConnectAttempt)attempt!).Abandon(SocketError.TimedOut), this, timeout, Timeout.InfiniteTimeSpan);
        using var outer = cancellationToken.UnsafeRegister(static attempt => ((ConnectAttempt)attempt!).Abandon(SocketError.OperationAborted), this);
        return await _done.Task;
    }

    private void Abandon(SocketError error)
    {
        if (End(error))
        {
            // Closing the socket ends the attempt in the kernel; the late completion finds it ended.
            _socket.Dispose();
        }
    }

    private bool End(SocketError error)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return false;
        }

        _done.SetResult(error);
        return true;
    }
}
