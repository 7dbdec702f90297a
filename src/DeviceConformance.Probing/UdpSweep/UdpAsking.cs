using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.UdpSweep;

/// <summary>Asks one question over the link and says what the answer follows.</summary>
internal sealed class UdpAsking
{
    private readonly DutLink _link;
    private readonly DutAddress _address;
    private readonly ImmutableArray<(UdpQuestion Question, byte[] Bytes)> _questions;
    private readonly Dictionary<UdpQuestion, byte[]> _datagrams;

    public UdpAsking(DutLink link, DutAddress address)
    {
        _link = link;
        _address = address;
        var peers = new UdpPeers(link.LocalAddressTowards(address), address.Address);
        _questions = [.. UdpQuestions.All.Select(question => (question, question.Compose(peers)))];
        _datagrams = _questions.ToDictionary(pair => pair.Question, pair => pair.Bytes);
    }

    /// <summary>How answers and errors are received on this system.</summary>
    public static string Method => OperatingSystem.IsLinux() ? "ICMP errors of each datagram, answers from any port" : "ICMP errors of each datagram, answers from the asked port";

    /// <summary>Asks.</summary>
    public async ValueTask<UdpReply> AskAsync(int port, UdpQuestion question, TimeSpan wait, CancellationToken cancellationToken)
    {
        var datagram = _datagrams[question];
        var answer = await _link.AskUdpAsync(new Endpoint(_address, port, Transport.Udp), datagram, answer => IsAnswer(answer, port, question), wait, cancellationToken);
        var (protocol, name) = answer.Answer == PortAnswer.Open ? Recognise(question, datagram, answer.Bytes) : (ServiceProtocol.Unknown, "");
        return new UdpReply(answer.Answer, answer.FromPort, datagram, answer.Bytes, protocol, name);
    }

    // From another port only what answers the question counts: anything may be on its way from the DUT to this host. On loopback the
    // questions of this or another sweep cross ours, and none of them is a service.
    private bool IsAnswer(UdpAnswer answer, int port, UdpQuestion question) =>
        answer.FromPort == port
            ? !(_address.IsLoopback && _questions.Any(pair => answer.Bytes.Span.SequenceEqual(pair.Bytes)))
            : question.Read(answer.Bytes.Span) is not null;

    private static (ServiceProtocol Protocol, string Name) Recognise(UdpQuestion question, byte[] datagram, ReadOnlyMemory<byte> answer)
    {
        if (answer.Span.SequenceEqual(datagram))
        {
            return (ServiceProtocol.Other, "echo");
        }

        foreach (var candidate in UdpQuestions.All.Prepend(question))
        {
            if (candidate.Read(answer.Span) is { } name)
            {
                return (candidate.Protocol, name);
            }
        }

        return (ServiceProtocol.Unknown, "");
    }
}
