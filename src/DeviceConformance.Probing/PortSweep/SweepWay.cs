using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.RawPackets;

namespace DeviceConformance.Probing.PortSweep;

/// <summary>The way in which a sweep asks the TCP ports of an address: by SYN where the laboratory and the host allow it, by connecting elsewhere.</summary>
internal sealed class SweepWay : IDisposable
{
    private const string Remedy = "Run as root or give the program the right: sudo setcap cap_net_raw+ep <path of dct>; or set 'sweep-method: auto' in lab.yaml.";

    private readonly SynKnocker? _syn;

    private SweepWay(SweepGround ground, SynKnocker? syn)
    {
        Ground = ground;
        _syn = syn;
    }

    /// <summary>The network as the sweep sees it.</summary>
    public SweepGround Ground { get; }

    /// <summary>Opens the way.</summary>
    /// <param name="address">Address of the DUT.</param>
    /// <param name="context">Link, limits and transcript.</param>
    /// <exception cref="LabFaultException">The laboratory asks for SYNs, and the host can not send them.</exception>
    public static SweepWay Open(DutAddress address, ProbeContext context)
    {
        var link = context.Link;
        var connectionsBefore = link.RequestsTo(address, Transport.Tcp);
        var ground = new SweepGround(
            (port, timeout, token) => link.KnockAsync(new Endpoint(address, port), timeout, token),
            token => context.Liveness.CheckAsync(address, token),
            () => link.RequestsTo(address, Transport.Tcp) - connectionsBefore);
        var syn = OpenSyn(address, context);
        return new SweepWay(syn is null ? ground : ground with { Method = SweepFindings.Syn, Ask = syn.Ask, Knock = syn.KnockAsync }, syn);
    }

    /// <summary>Writes the passes of a sweep into the transcript.</summary>
    public static void Note(SweepFindings found, ProbeContext context)
    {
        foreach (var pass in found.Passes)
        {
            context.Transcript.Note($"pass over {pass.Ports} ports, waiting {pass.Timeout.TotalMilliseconds:0} ms: {pass.ControlMissed} of {pass.ControlAsked} control questions unanswered{(pass.IsSound ? "" : ", not sound")}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _syn?.Dispose();

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
