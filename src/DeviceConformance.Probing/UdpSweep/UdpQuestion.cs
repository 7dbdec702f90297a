using System.Collections.Immutable;
using System.Net;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Probing.UdpSweep;

/// <summary>Tells whether bytes are an answer to a question, and what speaks; null when they are not. Never throws, whatever the bytes.</summary>
internal delegate string? AnswerReader(ReadOnlySpan<byte> answer);

/// <summary>Addresses that some protocols repeat in their questions.</summary>
/// <param name="Local">This host as the DUT sees it.</param>
/// <param name="Target">The DUT.</param>
internal sealed record UdpPeers(IPAddress Local, IPAddress Target);

/// <summary>A datagram that makes a service of one protocol answer and changes nothing that lasts.</summary>
/// <param name="Name">The protocol and what is asked.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Ports">Ports on which the protocol is usually spoken; empty for questions to any port.</param>
/// <param name="Source">Where question and answer are specified.</param>
/// <param name="Compose">Makes the datagram.</param>
/// <param name="Read">Recognises an answer.</param>
internal sealed record UdpQuestion(string Name, ServiceProtocol Protocol, ImmutableArray<int> Ports, string Source, Func<UdpPeers, byte[]> Compose, AnswerReader Read)
{
    /// <summary>A question that is the same for every DUT.</summary>
    public UdpQuestion(string name, ServiceProtocol protocol, ImmutableArray<int> ports, string source, byte[] datagram, AnswerReader read)
        : this(name, protocol, ports, source, _ => datagram, read)
    {
    }
}
