using System.Collections.Immutable;
using System.Net;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Tests.Tls;

/// <summary>Runs one probe against loopback as a campaign would, without the campaign around it.</summary>
public sealed class ProbeBench : IDisposable
{
    private readonly DutLink _link;
    private readonly TimeProvider _time;

    public ProbeBench(LabSetup? lab = null, ImmutableArray<IxitSheet>? ixit = null, string folder = "", TimeProvider? time = null, IPAddress? address = null, Action<string>? progress = null)
    {
        _time = time ?? TimeProvider.System;
        var evidence = new EvidenceRef("dut", "");
        var sample = new DutSample("A", "", [], [address is null ? Loopback : new DutAddress(address), new DutAddress(IPAddress.IPv6Loopback)]);
        var dut = new Dut("Maker", "", "Model", "device", "1", "A", Fact<bool>.Missing, "", [], [], [sample], ImmutableDictionary<string, StatedCondition>.Empty, evidence);
        Declared = new Declaration(StandardEdition.V3, dut, new Ics([]), new Ixit(ixit ?? []), lab ?? LabSetup.Default, folder);
        _link = new DutLink(Declared.Lab, Declared.Addresses, _time);
        Transcript = new Transcript(_time, Declared.Lab.Credentials);
        Context = new ProbeContext(Declared, _link, new Liveness(_link, Declared), Transcript, _time, (_, extension) => new EvidenceRef($"artefacts/x.{extension}", ""), (_, text) => progress?.Invoke(text));
    }

    public static DutAddress Loopback { get; } = new(IPAddress.Loopback);

    public Declaration Declared { get; }

    public Transcript Transcript { get; }

    public ProbeContext Context { get; }

    public string Said => System.Text.Encoding.UTF8.GetString(Transcript.ToBytes().Span);

    public Task<ProbeOutcome> AskAsync(Probe probe, ProbeRequest request) => probe.AskAsync(request, Context, CancellationToken.None);

    public async Task<T> SeeAsync<T>(Probe probe, ProbeRequest<T> request)
        where T : Observation
    {
        var outcome = await AskAsync(probe, request);
        return outcome is ProbeOutcome.Observed { Observation: T seen } ? seen : throw new InvalidOperationException($"{outcome}\n{Said}");
    }

    public void Dispose() => _link.Dispose();
}

/// <summary>A clock that runs faster than the wall's, so that deadlines of seconds pass in fractions.</summary>
public sealed class FastTime(int factor) : TimeProvider
{
    public override long GetTimestamp() => base.GetTimestamp() * factor;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, Shorter(dueTime), Shorter(period));

    private TimeSpan Shorter(TimeSpan span) => span == Timeout.InfiniteTimeSpan ? span : span / factor;
}
