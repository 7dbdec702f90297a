using System.Collections.Immutable;
using System.Net;
using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Tests.Lab;

/// <summary>Asks one probe about a device at any address, as a campaign would, without the campaign around it.</summary>
public sealed class DutBench : IDisposable
{
    private readonly DutLink _link;

    /// <summary>A bench.</summary>
    /// <param name="address">The device.</param>
    /// <param name="declaredPorts">TCP ports that the declaration names enabled.</param>
    /// <param name="limits">Limits; the default ones when null.</param>
    /// <param name="hostListeners">Declared listeners of the host.</param>
    /// <param name="progress">Told how far a request has come.</param>
    /// <param name="sweepMethod">How ports are swept.</param>
    /// <param name="networkInterface">Interface towards the device, on which groups may be asked; empty: none.</param>
    public DutBench(
        IPAddress address,
        IEnumerable<int> declaredPorts,
        LabLimits? limits = null,
        IEnumerable<int>? hostListeners = null,
        Action<double>? progress = null,
        SweepMethod sweepMethod = SweepMethod.Auto,
        string networkInterface = "")
    {
        Address = new DutAddress(address);
        var none = new EvidenceRef("none", "");
        var sample = new DutSample("A", "", [], [Address]);
        var dut = new Dut("Maker", "", "Model", "device", "1", "A", Fact<bool>.Missing, "", [], [], [sample], ImmutableDictionary<string, StatedCondition>.Empty, none);
        var lab = LabSetup.Default with
        {
            Limits = limits ?? LabLimits.Default,
            SweepMethod = sweepMethod,
            Interface = networkInterface,
            HostListeners = [.. (hostListeners ?? []).Select(port => new HostListener(new Endpoint(Address, port), "host"))],
        };
        var table = new IxitTable("28-LogIntf", "Logical interfaces", []);
        var facts = new LogIntfFacts { Ports = [.. declaredPorts] };
        var sheet = new IxitSheet(table, [new IxitEntry(table, "LogIntf-1", [], facts, default, none)], "");
        Declared = new Declaration(StandardEdition.V3, dut, new Ics([]), new Ixit([sheet]), lab, "");
        _link = new DutLink(lab, [Address], TimeProvider.System);
        Liveness = new Liveness(_link, Declared);
        Transcript = new Transcript(TimeProvider.System, []);
        Context = new ProbeContext(Declared, _link, Liveness, Transcript, TimeProvider.System, (_, _) => none, (fraction, _) => progress?.Invoke(fraction));
    }

    public DutAddress Address { get; }

    public Declaration Declared { get; }

    public Liveness Liveness { get; }

    public Transcript Transcript { get; }

    public ProbeContext Context { get; }

    public string Said => Encoding.UTF8.GetString(Transcript.ToBytes().Span);

    public int Connections => _link.RequestsTo(Address, Transport.Tcp);

    public Endpoint At(int port) => new(Address, port);

    public Task<ProbeOutcome> AskAsync(Probe probe, ProbeRequest request) => probe.AskAsync(request, Context, CancellationToken.None);

    public async Task<T> SeeAsync<T>(Probe probe, ProbeRequest<T> request)
        where T : Observation
    {
        var outcome = await AskAsync(probe, request);
        return outcome is ProbeOutcome.Observed { Observation: T seen } ? seen : throw new InvalidOperationException($"{outcome}\n{Said}");
    }

    public void Dispose() => _link.Dispose();
}
