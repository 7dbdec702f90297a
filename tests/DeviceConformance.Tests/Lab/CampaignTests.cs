using System.Net;
using System.Net.Sockets;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using NUnit.Framework;

namespace DeviceConformance.Tests.Lab;

/// <summary>Order, presence and honesty of a campaign, with probes that only say that they were asked.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class CampaignTests : IDisposable
{
    private readonly TcpListener _device = new(IPAddress.Loopback, 0);
    private readonly MemoryLog _log = new();
    private readonly ObservationSet _seen = new();
    private readonly DutBench _bench;

    public CampaignTests()
    {
        _device.Start();
        Port = ((IPEndPoint)_device.LocalEndpoint).Port;
        _bench = new DutBench(IPAddress.Loopback, [Port]);
    }

    private int Port { get; }

    private Endpoint At => _bench.At(Port);

    private TcpPortSweep Sweep => new(_bench.Address);

    private ServiceIdentification Identify => new(At);

    private DefaultCredentialTrial Guess => new(At, new(LoginProtocol.HttpBasic, Port, false, "/", null));

    public void Dispose()
    {
        _bench.Dispose();
        _device.Dispose();
    }

    [Test]
    public async Task Milder_requests_come_first_each_is_asked_once_and_new_ones_follow_what_was_seen()
    {
        await RunAsync(
            ProbeImpact.StateChanging,
            seen => seen.Records.Any(entry => entry.Record.Request is TcpPortSweep) ? [Guess, Identify, Sweep, Guess] : [Guess, Sweep],
            new Answering<TcpPortSweep>(_ => Ports()),
            new Answering<ServiceIdentification>(_ => Service()),
            new Answering<DefaultCredentialTrial>(_ => new ProbeOutcome.Unanswered(Silence.NoReply, "no answer")));

        Assert.That(_log.Records.Select(entry => entry.Request), Is.EqualTo(new ProbeRequest[] { Sweep, Identify, Guess }));
        Assert.That(_seen.Records.Select(entry => entry.Record.Request), Is.EqualTo(new ProbeRequest[] { Sweep, Identify, Guess }));
        Assert.That(_log.Problems, Is.Empty);
    }

    [Test]
    public async Task What_is_recorded_already_is_not_asked_again()
    {
        _seen.Add(new ProbeRecord(Sweep, Ports(), default, default, []), new("obs/0001", "00"));

        await RunAsync(ProbeImpact.ReadOnly, _ => [Sweep], new Answering<TcpPortSweep>(_ => throw new InvalidOperationException("asked again")));

        Assert.That(_log.Records, Is.Empty);
    }

    [Test]
    public async Task An_impact_beyond_what_the_laboratory_allows_is_not_asked_and_says_what_to_set()
    {
        await RunAsync(ProbeImpact.ReadOnly, _ => [Guess], new Answering<DefaultCredentialTrial>(_ => throw new InvalidOperationException("asked")));

        Assert.That(NotRun().Reason, Is.EqualTo(NotRunReason.ImpactNotAllowed));
        Assert.That(NotRun().Text, Does.Contain("allowed-impact: state-changing"));
    }

    [Test]
    public async Task A_bug_in_a_probe_is_a_fault_of_the_harness_and_the_rest_is_asked_all_the_same()
    {
        await RunAsync(
            ProbeImpact.ReadOnly,
            _ => [Sweep, Identify],
            new Answering<TcpPortSweep>(_ => throw new InvalidOperationException("a bug")),
            new Answering<ServiceIdentification>(_ => Service()));

        Assert.That(_log.Records.Select(entry => entry.Outcome), Has.One.InstanceOf<ProbeOutcome.Observed>().And.One.InstanceOf<ProbeOutcome.NotRun>());
        Assert.That(NotRun().Reason, Is.EqualTo(NotRunReason.HarnessFault));
        Assert.That(_log.Problems.Single().Kind, Is.EqualTo(HealthKind.Harness));
    }

    [Test]
    public async Task A_broken_laboratory_is_told_apart_from_a_bug()
    {
        await RunAsync(ProbeImpact.ReadOnly, _ => [Sweep], new Answering<TcpPortSweep>(_ => throw new LabFaultException("no more descriptors")));

        Assert.That(NotRun().Reason, Is.EqualTo(NotRunReason.LabFault));
        Assert.That(_log.Problems.Single().Kind, Is.EqualTo(HealthKind.Lab));
    }

    [Test]
    public async Task A_request_without_a_probe_is_said_not_to_be_asked()
    {
        await RunAsync(ProbeImpact.ReadOnly, _ => [Sweep]);

        Assert.That(NotRun().Reason, Is.EqualTo(NotRunReason.HarnessFault));
    }

    [Test]
    public async Task A_DUT_that_is_not_there_is_not_asked()
    {
        _device.Stop();

        await RunAsync(ProbeImpact.ReadOnly, _ => [Sweep], new Answering<TcpPortSweep>(_ => throw new InvalidOperationException("asked")));

        Assert.That(NotRun().Reason, Is.EqualTo(NotRunReason.DutGone));
        Assert.That(_log.Problems.Single().Kind, Is.EqualTo(HealthKind.DutGone));
    }

    [Test]
    public async Task What_was_seen_of_a_DUT_that_left_meanwhile_is_incomplete_and_nothing_more_is_asked()
    {
        await RunAsync(
            ProbeImpact.ReadOnly,
            _ => [Sweep, Identify],
            new Answering<TcpPortSweep>(_ =>
            {
                _device.Stop();
                return Ports();
            }),
            new Answering<ServiceIdentification>(_ => throw new InvalidOperationException("asked")));

        var swept = _log.Records.Single(entry => entry.Request is TcpPortSweep).Outcome;
        Assert.That(swept, Is.InstanceOf<ProbeOutcome.Observed>());
        Assert.That(((ProbeOutcome.Observed)swept).Observation.Coverage.IsComplete, Is.False);
        Assert.That(NotRun().Reason, Is.EqualTo(NotRunReason.DutGone));
        Assert.That(_log.Problems.Single().Kind, Is.EqualTo(HealthKind.DutGone));
    }

    [Test]
    public async Task What_the_time_does_not_suffice_for_is_not_asked()
    {
        await RunAsync(ProbeImpact.ReadOnly, _ => [Sweep], minutes: 0, probes: new Answering<TcpPortSweep>(_ => throw new InvalidOperationException("asked")));

        Assert.That(NotRun().Reason, Is.EqualTo(NotRunReason.BudgetExhausted));
        Assert.That(NotRun().Text, Does.Contain("minutes"));
    }

    [Test]
    public async Task Units_that_never_end_asking_are_stopped_and_reported()
    {
        var next = 1;

        await RunAsync(ProbeImpact.ReadOnly, _ => [new ServiceIdentification(_bench.At(next++))], new Answering<ServiceIdentification>(_ => Service()));

        Assert.That(_log.Problems.Single().Text, Does.Contain("still ask"));
    }

    private Task RunAsync(ProbeImpact allowed, Func<ObservationSet, IEnumerable<ProbeRequest>> needs, params Probe[] probes) =>
        RunAsync(allowed, needs, LabLimits.Default.Minutes, probes);

    private async Task RunAsync(ProbeImpact allowed, Func<ObservationSet, IEnumerable<ProbeRequest>> needs, int minutes, params Probe[] probes)
    {
        var lab = _bench.Declared.Lab with { AllowedImpact = allowed, Limits = LabLimits.Default with { Minutes = minutes, ConnectTimeoutMilliseconds = 200 } };
        using var link = new DutLink(lab, [_bench.Address], TimeProvider.System);
        await new Campaign(_bench.Declared with { Lab = lab }, probes, link, _log, TimeProvider.System).RunAsync(needs, _seen, CancellationToken.None);
    }

    private ProbeOutcome.NotRun NotRun() => _log.Records.Select(entry => entry.Outcome).OfType<ProbeOutcome.NotRun>().Single();

    private ProbeOutcome.Observed Ports() =>
        new(new TcpPortsSeen(_bench.Address, [Port], 65534, 0, 0, 65535, 1, "test") { Coverage = Coverage.Complete("all") });

    private ProbeOutcome.Observed Service() =>
        new(new ServiceSeen(At, ServiceProtocol.Http, false, "", "") { Coverage = Coverage.Complete("all") });

    private sealed class Answering<TRequest>(Func<TRequest, ProbeOutcome> answer) : Probe<TRequest>
        where TRequest : ProbeRequest
    {
        protected override Task<ProbeOutcome> AskAsync(TRequest request, ProbeContext context, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }
}
