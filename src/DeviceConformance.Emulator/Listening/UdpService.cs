using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace DeviceConformance.Emulator.Listening;

/// <summary>A datagram that came in.</summary>
/// <param name="Bytes">Its content, valid until the service has done with it.</param>
/// <param name="Local">Address and port of the device.</param>
/// <param name="Remote">Address and port of the client.</param>
internal readonly record struct Datagram(ReadOnlyMemory<byte> Bytes, IPEndPoint Local, IPEndPoint Remote);

/// <summary>Answers a datagram; null when there is no answer, or none from this port.</summary>
/// <param name="datagram">The datagram.</param>
/// <param name="stopping">Signalled when the service stops.</param>
internal delegate ValueTask<byte[]?> AnswerDatagram(Datagram datagram, CancellationToken stopping);

/// <summary>A UDP port on some addresses; each datagram may have one answer. On each address they are answered one after the other.</summary>
internal sealed class UdpService : DeviceService
{
    private const int LongestDatagram = 65535;

    private readonly CancellationTokenSource stopping = new();
    private readonly ImmutableArray<Socket> sockets;
    private readonly DeviceLog log;
    private ImmutableArray<Task> serving = [];

    private UdpService(string name, ImmutableArray<Socket> sockets, DeviceLog log)
        : base(name, [.. sockets.Select(socket => (IPEndPoint)socket.LocalEndPoint!)])
    {
        this.sockets = sockets;
        this.log = log;
    }

    /// <summary>Listens on a port of each address and answers in the background.</summary>
    /// <param name="name">What is spoken, for people.</param>
    /// <param name="addresses">Addresses.</param>
    /// <param name="port">Port.</param>
    /// <param name="answer">Answers datagrams; called from several threads when there are several addresses.</param>
    /// <param name="log">Log.</param>
    /// <exception cref="PortTakenException">Another program has the port; nothing is left listening.</exception>
    public static UdpService Start(string name, IEnumerable<IPAddress> addresses, int port, AnswerDatagram answer, DeviceLog log)
    {
        var bound = ImmutableArray.CreateBuilder<Socket>();
        try
        {
            foreach (var address in addresses)
            {
                bound.Add(ListenSockets.Bind(new IPEndPoint(address, port), SocketType.Dgram));
            }
        }
        catch
        {
            foreach (var socket in bound)
            {
                socket.Dispose();
            }

            throw;
        }

        var service = new UdpService(name, bound.ToImmutable(), log);
        service.serving = [.. service.sockets.Select(socket => Task.Run(() => service.ServeAsync(socket, answer)))];
        return service;
    }

    /// <inheritdoc/>
    public override void Stop()
    {
        stopping.Cancel();
        foreach (var socket in sockets)
        {
            socket.Dispose();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        Stop();
        await Task.WhenAll(serving);
        stopping.Dispose();
    }

    private async Task ServeAsync(Socket socket, AnswerDatagram answer)
    {
        var buffer = new byte[LongestDatagram];
        var anyone = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var received = await socket.ReceiveFromAsync(buffer, anyone, stopping.Token);
                var datagram = new Datagram(buffer.AsMemory(0, received.ReceivedBytes), (IPEndPoint)socket.LocalEndPoint!, (IPEndPoint)received.RemoteEndPoint);
                if (await answer(datagram, stopping.Token) is { } bytes)
                {
                    await socket.SendToAsync(bytes, received.RemoteEndPoint, stopping.Token);
                }
            }
            catch (Exception ended) when (stopping.IsCancellationRequested && ended is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException lost)
            {
                // The client was gone before its answer came.
                log.Note($"{Name}: an answer was lost ({lost.SocketErrorCode})");
            }
            catch (Exception bug) when (bug is not (OperationCanceledException or ObjectDisposedException))
            {
                log.InternalError(Name, bug);
            }
        }
    }
}
