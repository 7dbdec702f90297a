using System.Collections.Immutable;
using System.Net;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.UdpSweep;

/// <summary>A multicast group in which a protocol looks for services on the link.</summary>
/// <param name="Name">The protocol.</param>
/// <param name="V4">Group over IPv4.</param>
/// <param name="V6">Group over IPv6, on the link.</param>
/// <param name="Port">The protocol's port.</param>
internal sealed record UdpGroup(string Name, IPAddress V4, IPAddress V6, int Port)
{
    /// <summary>The groups: RFC 6762, 3; UPnP Device Architecture 2.0, 1.3.2 and A.3; OASIS WS-Discovery 1.1, 2.4; RFC 4795, 2.</summary>
    public static ImmutableArray<UdpGroup> All { get; } =
    [
        new("mDNS", IPAddress.Parse("224.0.0.251"), IPAddress.Parse("ff02::fb"), 5353),
        new("SSDP", IPAddress.Parse("239.255.255.250"), IPAddress.Parse("ff02::c"), 1900),
        new("WS-Discovery", IPAddress.Parse("239.255.255.250"), IPAddress.Parse("ff02::c"), 3702),
        new("LLMNR", IPAddress.Parse("224.0.0.252"), IPAddress.Parse("ff02::1:3"), 5355),
    ];
}

/// <summary>What the groups brought.</summary>
/// <param name="Answered">Services of the DUT that answered, with the group that each was asked in.</param>
/// <param name="Statement">What was asked, or why nothing was, as a sentence.</param>
internal sealed record UdpGroupFindings(ImmutableArray<(IPAddress Group, UdpOpenPort Open)> Answered, string Statement);

/// <summary>Asks the multicast groups, since some services listen to them alone: their port of the DUT's own address is closed or stays silent.</summary>
/// <remarks>The link says whether a group may be asked at all, and hears the DUT's own address only.</remarks>
internal static class UdpGroups
{
    private const int Rounds = 2;
    private const int MostDatagrams = 40;
    // SSDP may take the second that MX gives (UPnP Device Architecture 2.0, 1.3.3); the others answer within half a second.
    private static readonly TimeSpan _window = TimeSpan.FromSeconds(2);

    /// <summary>Asks all groups at the same time, those that brought nothing once more.</summary>
    /// <param name="address">Address of the DUT.</param>
    /// <param name="context">Link and laboratory.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<UdpGroupFindings> AskAsync(DutAddress address, ProbeContext context, CancellationToken cancellationToken)
    {
        var asked = await Task.WhenAll(UdpGroup.All.Select(group => AskAsync(group, address, context, cancellationToken)));
        ImmutableArray<(IPAddress, UdpOpenPort)> answered = [.. asked.Select(one => one.Answered).OfType<(IPAddress, UdpOpenPort)>()];
        var sent = UdpGroup.All.Zip(asked, (group, one) => (group.Name, one.WasAsked)).Where(pair => pair.WasAsked).Select(pair => pair.Name).ToList();
        var names = string.Join(", ", UdpGroup.All.Select(group => group.Name));
        return new UdpGroupFindings(
            answered,
            sent.Count > 0
                ? $"The groups of {string.Join(", ", sent)} were asked on {context.Declared.Lab.Interface}; {answered.Length} brought an answer of {address} itself, others do not count."
                : $"The groups of {names} were not asked ({WhyNot(address, context)}): a service that listens to a group alone stays unseen.");
    }

    private static string WhyNot(DutAddress address, ProbeContext context) =>
        address.IsLoopback ? "loopback has none"
        : context.Declared.Lab.Interface.Length == 0 ? "lab.yaml names no 'interface' towards the DUT"
        : $"the host could not send to them on {context.Declared.Lab.Interface}";

    private static async Task<(bool WasAsked, (IPAddress, UdpOpenPort)? Answered)> AskAsync(UdpGroup group, DutAddress address, ProbeContext context, CancellationToken cancellationToken)
    {
        var question = UdpQuestions.For(group.Port).First();
        var target = address.IsIPv6 ? group.V6 : group.V4;
        using var talk = context.Link.OpenUdp(new Endpoint(address, group.Port, Transport.Udp));
        var datagram = Compose(question, group, address, context.Link);
        var wasAsked = false;
        var window = TimeSpan.FromTicks(Math.Min(_window.Ticks, TimeSpan.FromSeconds(context.Link.Limits.UdpSeconds).Ticks / Rounds));
        for (var round = 0; round < Rounds; round++)
        {
            if (!await context.Link.TrySendToGroupAsync(talk, target, datagram, cancellationToken))
            {
                break;
            }

            wasAsked = true;
            var started = context.Time.GetTimestamp();
            for (var datagrams = 0; datagrams < MostDatagrams && window - context.Time.GetElapsedTime(started) is var left && left > TimeSpan.Zero; datagrams++)
            {
                var answer = await talk.ReceiveAsync(left, cancellationToken);
                if (answer.Silence is null && question.Read(answer.Bytes.Span) is { } name)
                {
                    var reply = new UdpReply(PortAnswer.Open, answer.FromPort, datagram, answer.Bytes, question.Protocol, name);
                    return (true, (target, new UdpOpenPort(group.Port, question with { Name = $"{question.Name}, asked of the group {target}" }, reply)));
                }
            }
        }

        return (wasAsked, null);
    }

    private static byte[] Compose(UdpQuestion question, UdpGroup group, DutAddress address, DutLink link)
    {
        var datagram = question.Compose(new UdpPeers(link.LocalAddressTowards(address), address.Address));
        // The header names the group that is asked (UPnP Device Architecture 2.0, A.3).
        return address.IsIPv6 && group.Name == "SSDP"
            ? Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(datagram).Replace($"{group.V4}:", $"[{group.V6}]:", StringComparison.Ordinal))
            : datagram;
    }
}
