using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace DeviceConformance.Emulator.Listening;

/// <summary>Sockets bound to exactly one address and port, with the failures told apart.</summary>
internal static class ListenSockets
{
    /// <summary>Binds a socket; for TCP the caller listens on it.</summary>
    /// <exception cref="PortTakenException">Another program has the port.</exception>
    /// <exception cref="SocketException">Any other refusal of the system.</exception>
    public static Socket Bind(IPEndPoint endPoint, SocketType type = SocketType.Stream)
    {
        var socket = new Socket(endPoint.AddressFamily, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                // Otherwise [::] would take the IPv4 port as well, and a fault on IPv6 alone could not be shown.
                socket.DualMode = false;
            }

            socket.Bind(endPoint);
            return socket;
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw new PortTakenException(endPoint, refused);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Leaves out the IPv6 addresses that this machine can not listen on.</summary>
    /// <exception cref="ArgumentException">No address is left, or an IPv4 address is not one of this machine.</exception>
    public static ImmutableArray<IPAddress> Usable(ImmutableArray<IPAddress> addresses, Action<string> log)
    {
        var usable = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (var address in addresses.Distinct())
        {
            try
            {
                Bind(new IPEndPoint(address, 0)).Dispose();
                usable.Add(address);
            }
            catch (SocketException refused) when (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                log($"This machine can not listen on IPv6 address {address} ({refused.SocketErrorCode}): the device goes on without it.");
            }
            catch (SocketException refused)
            {
                throw new ArgumentException($"This machine can not listen on address {address} ({refused.SocketErrorCode}).", nameof(addresses), refused);
            }
        }

        return usable.Count > 0
            ? usable.ToImmutable()
            : throw new ArgumentException("No address is left that this machine can listen on.", nameof(addresses));
    }
}
