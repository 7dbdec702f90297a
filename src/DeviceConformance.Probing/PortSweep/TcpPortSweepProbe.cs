using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.PortSweep;

/// <summary>Finds the open TCP ports of an address: by a SYN to each where the host allows raw packets, by connecting to each elsewhere.</summary>
/// <remarks>
/// Open, closed and silent are different facts (RFC 9293, 3.5.1 and 3.10.7: an open port answers SYN-ACK, a closed one RST; nothing comes
/// from a filter, a full queue, a lost packet or an absent host). The coverage is complete only when every port is settled or its silence
/// has no other explanation left. Connecting needs no privilege; a SYN spares the DUT the connection, sees ICMP messages that quote it, and
/// is faster where ports stay silent. On loopback, where both cost nothing, it is always connecting.
/// </remarks>
public sealed class TcpPortSweepProbe : Probe<TcpPortSweep>
{
    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(TcpPortSweep request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var before = await context.Liveness.CheckAsync(request.Address, cancellationToken);
        if (!before.IsAlive)
        {
            return new ProbeOutcome.Unanswered(Silence.DutGone, $"{request.Title} were not swept: {before.How}.");
        }

        using var way = SweepWay.Open(request.Address, context);
        var sweeper = new PortSweeper(way.Ground, context.Link.Limits, PortOrder.All(), context.Time, context.Progress);
        var result = await sweeper.RunAsync(cancellationToken);
        var (open, found) = result;
        context.Transcript.Note($"before: {before.How}");
        SweepWay.Note(found, context);
        return new ProbeOutcome.Observed(new TcpPortsSeen(
            request.Address,
            [.. open],
            found.Closed,
            found.Silent,
            found.NotTried,
            found.Connections,
            Math.Round(found.Elapsed.TotalSeconds, 3),
            found.Method)
        {
            Unsettled = new PortSet(result.Unsettled),
            Coverage = found.ToCoverage(),
        });
    }
}
