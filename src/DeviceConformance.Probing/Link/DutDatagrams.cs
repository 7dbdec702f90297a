using System.Net;
using System.Net.Sockets;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Link;

/// <summary>A datagram from the DUT, or the way in which none came.</summary>
/// <param name="Bytes">The datagram; empty when none came.</param>
/// <param name="FromPort">Port that it came from; 0 when none came.</param>
/// <param name="Silence">Why there is none; null when there is one.</param>
public readonly record struct Datagram(ReadOnlyMemory<byte> Bytes, int FromPort, Silence? Silence);

/// <summary>A talk with one UDP port of the DUT: several questions from one port of this host, and answers from any port of the DUT.</summary>
/// <remarks>Only the DUT's datagrams are given; what another host sends to the same port is dropped.</remarks>
public sealed class DutDatagrams : IDisposable
{
    // The largest datagram that IPv4 carries.
    private const int Longest = 65507;
    private const int MostStrangers = 64;
    private const int IpReceiveErrors = 11;
    private const int IPv6ReceiveErrors = 25;
    private const int BindTries = 8;

    private readonly byte[] _buffer = new byte[Longest];
    private readonly Func<CancellationToken, ValueTask> _turn;
    private readonly TimeProvider _time;
    private readonly Socket _socket;

    /// <exception cref="LabFaultException">The host can not open a UDP socket.</exception>
    internal DutDatagrams(Endpoint endpoint, Func<CancellationToken, ValueTask> turn, TimeProvider time)
    {
        Endpoint = endpoint;
        _turn = turn;
        _time = time;
        _socket = Open(endpoint);
    }

    /// <summary>The port that is asked.</summary>
    public Endpoint Endpoint { get; }

    /// <summary>Datagrams sent so far.</summary>
    public int Sent { get; private set; }

    /// <summary>Sends a datagram to the port, or to another port of the DUT that has answered.</summary>
    /// <returns>Null when it left; otherwise what the network said about an earlier one.</returns>
    public Task<Silence?> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken, int port = 0) =>
        SendAsync(bytes, new IPEndPoint(Endpoint.Address.Address, port == 0 ? Endpoint.Port : port), cancellationToken);

    /// <summary>Sends a datagram to a multicast group on a link of this host, one hop far.</summary>
    /// <param name="bytes">The datagram.</param>
    /// <param name="group">Group address, of the DUT's address family.</param>
    /// <param name="interfaceIndex">Index of the link.</param>
    /// <param name="interfaceAddress">Address of this host on the link.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal Task<Silence?> SendToGroupAsync(ReadOnlyMemory<byte> bytes, IPAddress group, int interfaceIndex, IPAddress interfaceAddress, CancellationToken cancellationToken)
    {
        if (group.AddressFamily == AddressFamily.InterNetwork)
        {
            _socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, interfaceAddress.GetAddressBytes());
            _socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastTimeToLive, 1);
        }
        else
        {
            _socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, interfaceIndex);
            _socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, 1);
        }

        return SendAsync(bytes, new IPEndPoint(group, Endpoint.Port), cancellationToken);
    }

    /// <summary>Waits for the next datagram of the DUT.</summary>
    public async Task<Datagram> ReceiveAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var limit = Deadline.After(deadline, _time, cancellationToken);
        try
        {
            for (var strangers = 0; strangers < MostStrangers; strangers++)
            {
                var received = await _socket.ReceiveFromAsync(_buffer, SocketFlags.None, Any(Endpoint), limit.Token);
                if (received.RemoteEndPoint is IPEndPoint from && SameHost(from.Address))
                {
                    return new Datagram(_buffer.AsMemory(0, received.ReceivedBytes).ToArray(), from.Port, null);
                }
            }

            return new Datagram(default, 0, Silence.NoReply);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new Datagram(default, 0, Silence.NoReply);
        }
        catch (SocketException fault)
        {
            return new Datagram(default, 0, ConnectResult.SilenceOf(fault.SocketErrorCode) is Silence.Reset ? Silence.Refused : ConnectResult.SilenceOf(fault.SocketErrorCode));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static IPEndPoint Any(Endpoint endpoint) => new(endpoint.Address.IsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 0);

    private static Socket Open(Endpoint endpoint)
    {
        for (var attempt = 0; ; attempt++)
        {
            var socket = new Socket(endpoint.Address.Address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                if (OperatingSystem.IsLinux())
                {
                    socket.SetRawSocketOption(endpoint.Address.IsIPv6 ? 41 : 0, endpoint.Address.IsIPv6 ? IPv6ReceiveErrors : IpReceiveErrors, BitConverter.GetBytes(1));
                }

                socket.Bind(Any(endpoint));
                // On loopback a datagram to the socket's own port would come back as if somebody answered.
                if (((IPEndPoint)socket.LocalEndPoint!).Port != endpoint.Port)
                {
                    return socket;
                }

                socket.Dispose();
            }
            catch (SocketException fault)
            {
                socket.Dispose();
                throw new LabFaultException($"The host can not open a UDP socket: {fault.Message}.", fault);
            }

            if (attempt == BindTries)
            {
                throw new LabFaultException("The host gives no free UDP port.");
            }
        }
    }

    // A link-local address names its zone by number on receipt and by name in the declaration; the bytes are what counts on one link.
    private bool SameHost(IPAddress from) => from.GetAddressBytes().AsSpan().SequenceEqual(Endpoint.Address.Address.GetAddressBytes());

    private async Task<Silence?> SendAsync(ReadOnlyMemory<byte> bytes, IPEndPoint target, CancellationToken cancellationToken)
    {
        await _turn(cancellationToken);
        Sent++;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await _socket.SendToAsync(bytes, SocketFlags.None, target, cancellationToken);
                return null;
            }
            catch (SocketException fault)
            {
                // What is said here may be the ICMP error for an earlier datagram; this one has not left then.
                if (attempt == 1)
                {
                    return ConnectResult.SilenceOf(fault.SocketErrorCode);
                }
            }
        }
    }
}
