using System.Net;
using System.Net.Sockets;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Link;

/// <summary>Datagrams to and from one UDP port of the DUT, for protocols that answer more than once. Made by <see cref="DutLink"/>, which counts and paces.</summary>
internal sealed class DutDatagrams : IDisposable
{
    private const int Longest = 65535;

    private readonly Socket _socket;
    private readonly Func<CancellationToken, ValueTask> _beforeEach;
    private readonly TimeProvider _time;
    private readonly byte[] _buffer = new byte[Longest];

    /// <summary>A conversation with a port.</summary>
    /// <exception cref="SocketException">The host has no way to the DUT.</exception>
    public DutDatagrams(IPEndPoint target, Func<CancellationToken, ValueTask> beforeEach, TimeProvider time)
    {
        (_beforeEach, _time) = (beforeEach, time);
        _socket = new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            // Connected, so that only this port's answers and its ICMP errors come.
            _socket.Connect(target);
        }
        catch (SocketException)
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a datagram.</summary>
    /// <returns>Null when it was handed over; otherwise what an earlier one met.</returns>
    public async ValueTask<Silence?> SendAsync(ReadOnlyMemory<byte> datagram, CancellationToken cancellationToken)
    {
        await _beforeEach(cancellationToken);
        try
        {
            await _socket.SendAsync(datagram, cancellationToken);
            return null;
        }
        catch (SocketException fault)
        {
            return ConnectResult.SilenceOf(fault.SocketErrorCode);
        }
    }

    /// <summary>Waits for a datagram.</summary>
    /// <returns>The datagram, valid until the next call; or why there is none.</returns>
    public async ValueTask<(ReadOnlyMemory<byte> Datagram, Silence? Silence)> ReceiveAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = Deadline.After(timeout, _time, cancellationToken);
        try
        {
            var count = await _socket.ReceiveAsync(_buffer, limit.Token);
            return (_buffer.AsMemory(0, count), null);
        }
        catch (SocketException fault)
        {
            return (default, ConnectResult.SilenceOf(fault.SocketErrorCode));
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return (default, Silence.NoReply);
        }
    }

    public void Dispose() => _socket.Dispose();
}
