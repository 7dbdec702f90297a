using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.PortSweep;

/// <summary>Looks at the end of a campaign whether the TCP ports of an address are still as they were.</summary>
/// <remarks>
/// A port may open later: by a login, a reset, a knock, or a timer. One may close, and a device may throttle or leave. Asked is gently
/// whatever the laboratory's pace is: the device has just been through the campaign.
/// </remarks>
public sealed class ClosingPortSweepProbe : Probe<ClosingPortSweep>
{
    private const int TriesForGone = 3;
    private const int MostAtOnce = 16;
    // What restarts after the last trial of a campaign is back after a second or two, or it is gone.
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly Func<int> _seed;

    /// <summary>A probe that draws a new sample each time.</summary>
    public ClosingPortSweepProbe()
        : this(static () => Random.Shared.Next(1, int.MaxValue))
    {
    }

    internal ClosingPortSweepProbe(Func<int> seed) => _seed = seed;

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(ClosingPortSweep request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var before = await context.Liveness.CheckAsync(request.Address, cancellationToken);
        if (!before.IsAlive)
        {
            return new ProbeOutcome.Unanswered(Silence.DutGone, $"{request.Title} were not looked at: {before.How}.");
        }

        var start = context.Time.GetTimestamp();
        // Listeners of the laboratory's own host, which only loopback has, are none of the DUT's.
        var ofHost = context.Declared.Lab.HostPorts(request.Address);
        request = request with { Before = new PortSet(request.Before.Ports.Where(port => !ofHost.Contains(port))) };
        var ports = ClosingPorts.Choose(request, _seed(), ofHost);
        using var way = SweepWay.Open(request.Address, context);
        var limits = context.Link.Limits;
        var gentle = limits with { Sweep = SweepPace.Gentle, ConnectionsPerSecond = Math.Min(limits.ConnectionsPerSecond, LabLimits.Default.ConnectionsPerSecond) };
        var (open, found) = await new PortSweeper(way.Ground, gentle, ports.Order, context.Time, context.Progress).RunAsync(cancellationToken);
        SweepWay.Note(found, context);
        var missing = request.Before.Ports.Except(open).ToList();
        // A sweep that ended early has not learnt that they are gone.
        var back = found.Stopped.Length > 0 ? [] : await StillThereAsync(missing, way.Ground, limits, context.Time, cancellationToken);
        var gone = found.Stopped.Length > 0 ? [] : missing.Except(back).ToList();
        var coverage = found.ToCoverage();
        return new ProbeOutcome.Observed(new TcpPortsAtEnd(
            request.Address,
            [.. open.Union(back).Order()],
            [.. gone],
            new PortSet(ports.Order),
            ports.Seed,
            way.Ground.Connections(),
            Math.Round(context.Time.GetElapsedTime(start).TotalSeconds, 3),
            found.Method)
        {
            Coverage = gone.Count == 0
                ? coverage with { Statement = $"{ports.Statement} {coverage.Statement}" }
                : Coverage.Partial($"TCP {string.Join(", ", gone)} accepted connections earlier and no longer did at the end: the DUT changed while it was examined. {ports.Statement} {coverage.Statement}"),
        });
    }

    private static async Task<List<int>> StillThereAsync(List<int> ports, SweepGround ground, LabLimits limits, TimeProvider time, CancellationToken cancellationToken)
    {
        var timeout = TimeSpan.FromMilliseconds(limits.ConnectTimeoutMilliseconds);
        var there = new List<int>();
        foreach (var chunk in ports.Chunk(Math.Clamp(limits.ConcurrentConnections, 1, MostAtOnce)))
        {
            var accepts = await Task.WhenAll(chunk.Select(AcceptsAsync));
            there.AddRange(chunk.Where((_, index) => accepts[index]));
        }

        return there;

        async Task<bool> AcceptsAsync(int port)
        {
            for (var attempt = 0; attempt < TriesForGone; attempt++)
            {
                await Task.Delay(_pause, time, cancellationToken);
                if ((await ground.Connect(port, timeout, cancellationToken)).Answer == PortAnswer.Open)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
