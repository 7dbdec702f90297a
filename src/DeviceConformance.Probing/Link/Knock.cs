using System.Net.Sockets;

namespace DeviceConformance.Probing.Link;

/// <summary>What a port did with one connection attempt.</summary>
public enum PortAnswer
{
    /// <summary>It completed a connection.</summary>
    Open,

    /// <summary>It refused (RST, or ICMP port unreachable).</summary>
    Closed,

    /// <summary>Nothing came within the deadline.</summary>
    Silent,

    /// <summary>The network says there is no way to the port or host (ICMP unreachable or prohibited, or no answer to ARP or neighbour discovery).</summary>
    Unreachable,

    /// <summary>The laboratory's host could not make the attempt (no file descriptor, buffer or local port left, forbidden): not an answer of the DUT.</summary>
    HostFault,
}

/// <summary>One connection attempt to a port that is closed at once.</summary>
/// <param name="Answer">What the port did.</param>
/// <param name="Error">The host's word for it, for messages.</param>
public readonly record struct Knock(PortAnswer Answer, SocketError Error)
{
    internal static PortAnswer AnswerOf(SocketError error, bool ipv6) => error switch
    {
        SocketError.Success => PortAnswer.Open,
        // A reset of the half-open connection is a refusal too (RFC 9293, 3.10.7.3).
        SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.ConnectionAborted => PortAnswer.Closed,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown => PortAnswer.Unreachable,
        // Linux says EACCES for ICMPv6 "administratively prohibited" (RFC 4443, 3.1, code 1); for IPv4 it is the host's own policy.
        SocketError.AccessDenied when ipv6 => PortAnswer.Unreachable,
        SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.AddressNotAvailable or SocketError.AddressAlreadyInUse
            or SocketError.AccessDenied or SocketError.InvalidArgument or SocketError.AddressFamilyNotSupported => PortAnswer.HostFault,
        _ => PortAnswer.Silent,
    };
}
