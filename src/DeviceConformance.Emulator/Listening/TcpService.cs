using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace DeviceConformance.Emulator.Listening;

/// <summary>Serves one accepted connection until it returns. Faults of the connection may be thrown as <see cref="IOException"/>.</summary>
/// <param name="connection">The connection, closed afterwards.</param>
/// <param name="stopping">Signalled when the service stops.</param>
internal delegate Task ServeConnection(TcpConnection connection, CancellationToken stopping);

/// <summary>An accepted connection.</summary>
/// <param name="Stream">Its bytes.</param>
/// <param name="Local">Address and port of the device.</param>
/// <param name="Remote">Address and port of the client.</param>
internal sealed record TcpConnection(Stream Stream, IPEndPoint Local, IPEndPoint Remote);

/// <summary>A TCP port on some addresses, each connection served by its own task.</summary>
internal sealed class TcpService : DeviceService
{
    /// <summary>Connections served at the same time; further ones are closed at once, as a small network stack does.</summary>
    public const int ConnectionLimit = 256;

    private const int Backlog = 128;
    private const int LingerLimit = 64 * 1024;
    private static readonly TimeSpan LingerPatience = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<Socket, Task> connections = new();
    private readonly ImmutableArray<Socket> listeners;
    private readonly ServeConnection serve;
    private readonly DeviceLog log;
    private ImmutableArray<Task> accepting = [];
    private int stopped;

    private TcpService(string name, ImmutableArray<Socket> listeners, ServeConnection serve, DeviceLog log)
        : base(name, [.. listeners.Select(listener => (IPEndPoint)listener.LocalEndPoint!)])
    {
        this.listeners = listeners;
        this.serve = serve;
        this.log = log;
    }

    /// <summary>Listens on a port of each address and serves connections in the background.</summary>
    /// <exception cref="PortTakenException">Another program has the port; nothing is left listening.</exception>
    public static TcpService Start(string name, IEnumerable<IPAddress> addresses, int port, ServeConnection serve, DeviceLog log)
    {
        var bound = ImmutableArray.CreateBuilder<Socket>();
        try
        {
            foreach (var address in addresses)
            {
                bound.Add(ListenSockets.Bind(new IPEndPoint(address, port)));
                bound[^1].Listen(Backlog);
            }
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            // Two sockets may share a bound port until one of them listens.
            var taken = new PortTakenException((IPEndPoint)bound[^1].LocalEndPoint!, refused);
            CloseAll(bound);
            throw taken;
        }
        catch
        {
            CloseAll(bound);
            throw;
        }

        var service = new TcpService(name, bound.ToImmutable(), serve, log);
        service.accepting = [.. service.listeners.Select(listener => Task.Run(() => service.AcceptAsync(listener)))];
        return service;
    }

    /// <summary>Closes the port and every connection.</summary>
    public override void Stop()
    {
        if (Interlocked.Exchange(ref stopped, 1) != 0)
        {
            return;
        }

        // Before the sockets close: who waits on them then knows why.
        stopping.Cancel();
        CloseAll(listeners);
        foreach (var socket in connections.Keys)
        {
            socket.Dispose();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        Stop();
        await Task.WhenAll(accepting);
        await Task.WhenAll(connections.Values);
        stopping.Dispose();
    }

    private static void CloseAll(IEnumerable<Socket> sockets)
    {
        foreach (var socket in sockets)
        {
            socket.Dispose();
        }
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!stopping.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync(stopping.Token);
            }
            catch (Exception ended) when (stopping.IsCancellationRequested && ended is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException lost)
            {
                // The client was gone before it was accepted, or descriptors ran out for a moment.
                log.Note($"{Name}: a connection could not be accepted ({lost.SocketErrorCode})");
                await Task.Yield();
                continue;
            }

            if (connections.Count >= ConnectionLimit)
            {
                log.Note($"{Name}: closed a connection, {ConnectionLimit} are open already");
                socket.Dispose();
                continue;
            }

            // The entry stands before the task can end and take it away.
            var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            connections[socket] = ServeAsync(socket, begun.Task);
            begun.SetResult();
            if (stopping.IsCancellationRequested)
            {
                socket.Dispose();
            }
        }
    }

    private async Task ServeAsync(Socket socket, Task begun)
    {
        await begun;
        try
        {
            socket.NoDelay = true;
            var connection = new TcpConnection(new NetworkStream(socket), (IPEndPoint)socket.LocalEndPoint!, (IPEndPoint)socket.RemoteEndPoint!);
            await using (connection.Stream)
            {
                await serve(connection, stopping.Token);
                await LingerAsync(socket);
            }
        }
        catch (Exception ended) when (IsEndOfConnection(ended))
        {
            log.Note($"{Name}: connection ended ({ended.GetType().Name})");
        }
        catch (Exception bug)
        {
            log.InternalError(Name, bug);
        }
        finally
        {
            socket.Dispose();
            connections.TryRemove(socket, out _);
        }
    }

    // Closing with unread bytes makes the system send a reset, which can overtake the last answer. So the rest is read for a moment.
    private async Task LingerAsync(Socket socket)
    {
        socket.Shutdown(SocketShutdown.Send);
        using var deadline = new IdleDeadline(LingerPatience, TimeProvider.System, stopping.Token);
        var buffer = new byte[4096];
        for (var read = 0; read < LingerLimit;)
        {
            var more = await socket.ReceiveAsync(buffer, deadline.Token);
            if (more == 0)
            {
                return;
            }

            read += more;
        }
    }

    // What a client, a deadline or Stop() can bring about; everything else is a mistake in the emulator.
    private static bool IsEndOfConnection(Exception exception) =>
        exception is IOException or SocketException or AuthenticationException or OperationCanceledException or ObjectDisposedException;
}
