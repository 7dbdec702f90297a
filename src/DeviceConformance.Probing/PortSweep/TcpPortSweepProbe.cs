using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.RawPackets;

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
    private const string Remedy = "Run as root or give the program the right: sudo setcap cap_net_raw+ep <path of dct>; or set 'sweep-method: auto' in lab.yaml.";

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

        var connectionsBefore = link.RequestsTo(request.Address, Transport.Tcp);
        var ground = new SweepGround(
            (port, timeout, token) => link.KnockAsync(new Endpoint(request.Address, port), timeout, token),
            token => context.Liveness.CheckAsync(request.Address, token),
            () => link.RequestsTo(request.Address, Transport.Tcp) - connectionsBefore);
        using var syn = OpenSyn(request.Address, context);
        if (syn is not null)
        {
            ground = ground with { Method = SweepFindings.Syn, Ask = syn.Ask, Knock = syn.KnockAsync };
        }

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
            found.Method)
        {
            Coverage = found.ToCoverage(),
        });
    }

    private static SynKnocker? OpenSyn(DutAddress address, ProbeContext context)
    {
        var method = context.Declared.Lab.SweepMethod;
        if (method == SweepMethod.Connect || address.IsLoopback)
        {
            return null;
        }

        var syn = context.Link.OpenSyn(address, out var why);
        if (syn is null && method == SweepMethod.Syn)
        {
            throw new LabFaultException($"lab.yaml asks for 'sweep-method: syn', but {why}. {Remedy}");
        }

        context.Transcript.Note(syn is null ? $"ports are asked by connecting: {why}" : "ports are asked by a SYN; open ones are asked for a connection at the end");
        return syn;
    }
}
