using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.PortSweep;

/// <summary>Finds the open TCP ports of an address by connecting to each: needs no privilege and sees what any client sees.</summary>
/// <remarks>
/// Open, closed and silent are different facts (RFC 9293, 3.5.1 and 3.10.7: an open port answers SYN-ACK, a closed one RST; nothing comes
/// from a filter, a full queue, a lost packet or an absent host). The coverage is complete only when every port is settled or its silence
/// has no other explanation left.
/// </remarks>
public sealed class TcpPortSweepProbe : Probe<TcpPortSweep>
{
    private const string Method = "connect";

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(TcpPortSweep request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var link = context.Link;
        var before = await context.Liveness.CheckAsync(request.Address, cancellationToken);
        if (!before.IsAlive)
        {
            return new ProbeOutcome.Unanswered(Silence.DutGone, $"{request.Title} were not swept: {before.How}.");
        }

        var connectionsBefore = link.ConnectionsTo(request.Address);
        var ground = new SweepGround(
            (port, timeout, token) => link.KnockAsync(new Endpoint(request.Address, port), timeout, token),
            token => context.Liveness.CheckAsync(request.Address, token),
            () => link.ConnectionsTo(request.Address) - connectionsBefore);
        var sweeper = new PortSweeper(ground, link.Limits, PortOrder.All(), context.Time, context.Progress);
        var (open, found) = await sweeper.RunAsync(cancellationToken);
        context.Transcript.Note($"before: {before.How}");
        foreach (var pass in found.Passes)
        {
            context.Transcript.Note($"pass over {pass.Ports} ports, waiting {pass.Timeout.TotalMilliseconds:0} ms: {pass.ControlMissed} of {pass.ControlAsked} control questions unanswered{(pass.IsSound ? "" : ", not sound")}");
        }

        return new ProbeOutcome.Observed(new TcpPortsSeen(
            request.Address,
            [.. open],
            found.Closed,
            found.Silent,
            found.NotTried,
            found.Connections,
            Math.Round(found.Elapsed.TotalSeconds, 3),
            Method)
        {
            Coverage = found.ToCoverage(),
        });
    }
}
