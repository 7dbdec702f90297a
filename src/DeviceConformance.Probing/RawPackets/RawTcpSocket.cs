using System.Net;
using System.Net.Sockets;

namespace DeviceConformance.Probing.RawPackets;

/// <summary>Sends TCP segments of our own making to one address and receives what comes back, ICMP included. Never waits but in <see cref="Wait"/>.</summary>
/// <remarks>
/// Raw IP sockets of the base library, Linux only, CAP_NET_RAW: the kernel finds route, source address and neighbour and writes the IP
/// header, so that gateways, zones and links without Ethernet work like for any client. This class is the only one that knows how packets
/// come and go. The kernel, too, sees the answers; it knows of no connection and answers a SYN-ACK with a reset (RFC 9293, 3.5.2), which
/// frees the DUT's half-open connection at once.
/// </remarks>
internal sealed class RawTcpSocket : IDisposable
{
    // A millisecond of answers at 200 000 a second fits many times over.
    private const int ReceiveBuffer = 4 << 20;

    // An ICMP message that came for an earlier segment makes the next call fail before it does anything; that may happen twice in a row.
    private const int Tries = 3;

    private readonly bool _ipv6;
    private readonly Socket _segments;
    private readonly Socket _icmp;
    private readonly Socket _reservation;
    private readonly byte[] _buffer = new byte[ushort.MaxValue];

    private RawTcpSocket(IPAddress address, IPAddress source)
    {
        _ipv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        var opened = new List<Socket>();
        try
        {
            Socket Open(SocketType type, ProtocolType protocol)
            {
                var socket = new Socket(address.AddressFamily, type, protocol);
                opened.Add(socket);
                return socket;
            }

            _segments = Open(SocketType.Raw, ProtocolType.Tcp);
            // Connected, so that the kernel passes segments of the DUT only. Port 0: a raw socket takes that field for the protocol's number.
            _segments.Connect(new IPEndPoint(address, 0));
            _segments.ReceiveBufferSize = ReceiveBuffer;
            _segments.Blocking = false;
            // Not connected: a router on the way may be the one that answers.
            _icmp = Open(SocketType.Raw, _ipv6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp);
            _icmp.Blocking = false;
            // Keeps every other program of the host from using our source port.
            _reservation = Open(SocketType.Stream, ProtocolType.Tcp);
            _reservation.Bind(new IPEndPoint(source, 0));
            Source = source.GetAddressBytes();
            SourcePort = _reservation.LocalEndPoint is IPEndPoint local ? local.Port : 0;
        }
        catch
        {
            opened.ForEach(socket => socket.Dispose());
            throw;
        }
    }

    /// <summary>Source address of what is sent.</summary>
    public byte[] Source { get; }

    /// <summary>Source port that belongs to this socket while it lives.</summary>
    public int SourcePort { get; }

    /// <summary>Opens one.</summary>
    /// <returns>Null and the reason where the host does not allow it or can not.</returns>
    public static RawTcpSocket? TryOpen(IPAddress address, out string why)
    {
        if (!OperatingSystem.IsLinux())
        {
            why = "raw packets need Linux";
            return null;
        }

        try
        {
            var source = SourceFor(address);
            if (source.Equals(address))
            {
                why = $"{address} is an address of this host";
                return null;
            }

            why = "";
            return new RawTcpSocket(address, source);
        }
        catch (SocketException fault)
        {
            why = fault.SocketErrorCode == SocketError.AccessDenied ? "this process may not send raw packets (CAP_NET_RAW)" : $"raw packets can not be sent to {address}: {fault.Message}";
            return null;
        }
    }

    /// <summary>Sends a segment.</summary>
    public SocketError Send(ReadOnlySpan<byte> segment)
    {
        var error = SocketError.Success;
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            _segments.Send(segment, SocketFlags.None, out error);
            if (error == SocketError.Success)
            {
                break;
            }
        }

        // A full queue of the host is the same for a socket that does not wait.
        return error == SocketError.WouldBlock ? SocketError.NoBufferSpaceAvailable : error;
    }

    /// <summary>Takes a segment that has come from the DUT; false when there is none.</summary>
    /// <param name="segment">The segment, valid until the next call.</param>
    public bool TryReceive(out ReadOnlySpan<byte> segment)
    {
        while (TryReceive(_segments, out var bytes))
        {
            if (TryUnwrap(bytes, out segment))
            {
                return true;
            }
        }

        segment = default;
        return false;
    }

    /// <summary>Takes an ICMP message that has come from anywhere; false when there is none.</summary>
    /// <param name="message">The message, valid until the next call.</param>
    public bool TryReceiveIcmp(out ReadOnlySpan<byte> message)
    {
        while (TryReceive(_icmp, out var bytes))
        {
            if (TryUnwrap(bytes, out message))
            {
                return true;
            }
        }

        message = default;
        return false;
    }

    /// <summary>Waits until a segment comes or the time is over.</summary>
    public void Wait(TimeSpan longest) => _segments.Poll(longest, SelectMode.SelectRead);

    public void Dispose()
    {
        _segments.Dispose();
        _icmp.Dispose();
        _reservation.Dispose();
    }

    // Asks the routing table; nothing is sent.
    private static IPAddress SourceFor(IPAddress address)
    {
        using var probe = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        probe.Connect(new IPEndPoint(address, 9));
        return ((IPEndPoint)probe.LocalEndPoint!).Address;
    }

    private bool TryReceive(Socket socket, out ReadOnlySpan<byte> bytes)
    {
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var count = socket.Receive(_buffer, SocketFlags.None, out var error);
            if (error == SocketError.Success)
            {
                bytes = _buffer.AsSpan(0, count);
                return true;
            }

            if (error == SocketError.WouldBlock)
            {
                break;
            }
        }

        bytes = default;
        return false;
    }

    // Raw sockets deliver the IP header of IPv4 and not that of IPv6 (RFC 3542, 3).
    private bool TryUnwrap(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> payload)
    {
        payload = bytes;
        if (_ipv6)
        {
            return true;
        }

        var isPacket = IPPacket.TryParse(bytes, out var packet);
        payload = packet.Payload;
        return isPacket;
    }
}
