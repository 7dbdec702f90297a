using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.PortSweep;

namespace DeviceConformance.Probing.UdpSweep;

/// <summary>Asks the UDP ports of an address, each in the protocol that is usual there: needs no privilege.</summary>
/// <remarks>
/// An answer proves a port open, ICMP port unreachable for a datagram of ours proves it closed (RFC 1122, 4.1.3.1). Silence proves nothing:
/// a service answers only what it understands, and hosts limit ICMP errors. The observation keeps the three apart. What listens to a multicast group
/// alone is asked there, where lab.yaml names the interface.
/// </remarks>
public sealed class UdpPortSweepProbe : Probe<UdpPortSweep>
{
    private const int LongestExcerpt = 512;

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(UdpPortSweep request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var before = await context.Liveness.CheckAsync(request.Address, cancellationToken);
        if (!before.IsAlive)
        {
            return new ProbeOutcome.Unanswered(Silence.DutGone, $"{request.Title} were not swept: {before.How}.");
        }

        var asking = new UdpAsking(context.Link, request.Address);
        using var sweeper = new UdpSweeper(new UdpGround(asking.AskAsync, token => context.Liveness.CheckAsync(request.Address, token)), context.Link.Limits, PortOrder.All(), DeclaredPorts(context.Declared), context.Time, context.Progress);
        // Beside the sweep: the groups' answers come to sockets of their own, and the sweep waits longer than they do.
        var asked = UdpGroups.AskAsync(request.Address, context, cancellationToken);
        var sweep = sweeper.RunAsync(cancellationToken);
        await Task.WhenAll(asked, sweep);
        var (groups, found) = (await asked, await sweep);
        context.Transcript.Note($"before: {before.How}");
        var own = found.Open.Select(open => open.Port).ToHashSet();
        var ofGroups = groups.Answered.Where(answered => !own.Contains(answered.Open.Port)).ToList();
        var coverage = found.ToCoverage();
        return new ProbeOutcome.Observed(new UdpPortsSeen(
            request.Address,
            [
                .. found.Open.Select(open => Describe(open, request.Address, context.Transcript))
                    .Concat(ofGroups.Select(answered => Describe(answered.Open, request.Address, context.Transcript) with { Group = answered.Group.ToString() }))
                    .OrderBy(open => open.Port),
            ],
            Without(found.Closed),
            Without(found.Silent),
            Without(found.NotTried),
            found.Datagrams,
            Math.Round(found.Elapsed.TotalSeconds, 3),
            Math.Round(found.UnreachablesPerSecond, 2),
            $"protocol questions, {UdpAsking.Method}")
        {
            Coverage = coverage with { Statement = $"{coverage.Statement} {groups.Statement}" },
        });

        // Closed at the DUT's own address, such a port is open all the same.
        PortSet Without(PortSet ports) => ofGroups.Count == 0 ? ports : new PortSet(ports.Ports.Except(ofGroups.Select(answered => answered.Open.Port)));
    }

    /// <summary>UDP ports that the declaration names, with the protocol that it names.</summary>
    internal static Dictionary<int, ServiceProtocol> DeclaredPorts(Declaration declared) =>
        declared.Ixit.LogicalInterfaces(declared.Edition).Where(pair => pair.Facts.Transport.Is(Transport.Udp)).SelectMany(pair => pair.Facts.Ports, (pair, port) => (port, Protocol: pair.Facts.Protocol.Or(ServiceProtocol.Unknown)))
            .Concat(declared.Ixit.With<SoftServFacts>(IxitRole.SoftServ).Where(pair => pair.Facts.Transport.Is(Transport.Udp)).SelectMany(pair => pair.Facts.Ports, (pair, port) => (port, Protocol: pair.Facts.Protocol.Or(ServiceProtocol.Unknown))))
            .Concat(declared.Ixit.With<ComMechFacts>(IxitRole.ComMech)
                .Where(pair => pair.Facts.Role.Is(CommRole.Server) && (pair.Facts.Transport.Is(Transport.Udp) || pair.Facts.Protocol.Is(CommProtocol.Dtls)) && pair.Facts.Port.IsDeclared)
                .Select(pair => (port: pair.Facts.Port.Or(0), Protocol: ServiceProtocol.Tls)))
            .GroupBy(pair => pair.port)
            .ToDictionary(group => group.Key, group => group.First().Protocol);

    private static UdpServiceSeen Describe(UdpOpenPort open, DutAddress address, Transcript transcript)
    {
        var (port, question, reply) = open;
        var connection = transcript.NextConnection();
        var from = reply.FromPort == port ? "" : $", answered from port {reply.FromPort}";
        transcript.Note($"#{connection} {new Endpoint(address, port, Transport.Udp)}: {question.Name}{from}");
        transcript.Sent(reply.Sent.Span, connection);
        transcript.Received(reply.Received.Span, connection);
        return new UdpServiceSeen(
            port,
            reply.Protocol,
            reply.Protocol == ServiceProtocol.Tls,
            transcript.Masked(reply.Name.Length > 0 ? reply.Name : "an unknown protocol"),
            question.Name,
            reply.FromPort,
            transcript.Excerpt(reply.Received.Span, LongestExcerpt));
    }
}
