using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.PortSweep;
using DeviceConformance.TestCases.Interfaces;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Lab;

/// <summary>A device that changes while it is examined, by a campaign with the units that ask and judge which ports it shows.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LastLookTests : IDisposable
{
    private readonly Socket _main = Bound();
    private readonly Socket _second = Bound();
    private readonly MemoryLog _log = new();
    private readonly ObservationSet _seen = new();
    private readonly DutBench _bench;
    private readonly int _mainPort;
    private readonly int _secondPort;
    private Action _trial = () => { };
    private Declaration _declared;

    public LastLookTests()
    {
        _main.Listen();
        (_mainPort, _secondPort) = (PortOf(_main), PortOf(_second));
        _bench = new DutBench(IPAddress.Loopback, [_mainPort]);
        _declared = _bench.Declared;
    }

    private DefaultCredentialTrial Trial => new(_bench.At(_mainPort), new(LoginProtocol.HttpBasic, _mainPort, false, "/", null));

    public void Dispose()
    {
        _bench.Dispose();
        _main.Dispose();
        _second.Dispose();
    }

    [Test]
    public async Task Port_that_a_trial_opens_is_found_identified_and_fails_the_unit_by_both_sweeps()
    {
        _trial = _second.Listen;

        await RunAsync(first: [_mainPort]);

        Assert.That(Asked(), Is.EqualTo(new[] { "TcpPortSweep", "UdpPortSweep", "ServiceIdentification", "DefaultCredentialTrial", "ClosingPortSweep", "ServiceIdentification" }));
        var finding = Findings().Single(finding => finding.Verdict == Verdict.Fail);
        Assert.That(finding.Statement, Is.EqualTo($"{_bench.At(_secondPort)} is open and no entry of 28-LogIntf declares it; Http speaks there. It was not open when the campaign began, and was at its end."));
        Assert.That(finding.Evidence.Select(evidence => evidence.Address), Is.EqualTo(new[] { Reference<ServiceIdentification>(last: true), Reference<TcpPortSweep>(), Reference<ClosingPortSweep>() }));
    }

    [Test]
    public async Task Port_that_a_trial_closes_fails_nothing_and_passes_nothing_by_absence()
    {
        _second.Listen();
        _trial = _second.Dispose;
        await RunAsync(first: [_mainPort, _secondPort], declared: [_mainPort, _secondPort]);

        var finding = Findings().Single(finding => finding.Subject == "127.0.0.1/end");
        Assert.That(finding.Verdict, Is.EqualTo(Verdict.Inconclusive));
        Assert.That(finding.Statement, Does.Contain($"TCP {_secondPort} accepted connections earlier and no longer did at the end: the DUT changed while it was examined."));
        Assert.That(Findings().Select(other => other.Verdict), Has.None.EqualTo(Verdict.Fail).And.None.EqualTo(Verdict.Pass));
    }

    [Test]
    public async Task DUT_that_leaves_its_address_is_no_DUT_without_other_ports()
    {
        _trial = _main.Dispose;

        await RunAsync(first: [_mainPort]);

        var finding = Findings().Single(finding => finding.Subject == "127.0.0.1/end");
        Assert.That(finding.Verdict, Is.EqualTo(Verdict.Inconclusive));
        Assert.That(finding.Statement, Does.StartWith("Whether the TCP ports of 127.0.0.1 were the same at the end of the campaign was not all seen: ").And.Contain("accepts a connection"));
        Assert.That(Findings().Select(other => other.Verdict), Has.None.EqualTo(Verdict.Pass));
    }

    [Test]
    public async Task Device_that_stays_as_it_was_passes_and_is_not_looked_at_again_by_a_session_that_asks_it_nothing()
    {
        await RunAsync(first: [_mainPort]);
        await RunAsync(first: [_mainPort]);

        Assert.That(Asked().Count(request => request == "ClosingPortSweep"), Is.EqualTo(1));
        var finding = Findings().Single();
        Assert.That(finding.Verdict, Is.EqualTo(Verdict.Pass));
        Assert.That(finding.Evidence.Select(evidence => evidence.Address), Is.EqualTo(new[] { Reference<TcpPortSweep>(), Reference<ClosingPortSweep>(), Reference<UdpPortSweep>() }));
        Assert.That(finding.Statement, Does.Not.Contain("second look"));
    }

    [Test]
    public async Task Session_that_asks_more_ends_with_a_look_of_its_own()
    {
        await RunAsync(first: [_mainPort], withTrial: false);
        _trial = _second.Listen;
        await RunAsync(first: [_mainPort]);

        Assert.That(Asked().Count(request => request == "ClosingPortSweep"), Is.EqualTo(2));
        Assert.That(Findings().Single(finding => finding.Verdict == Verdict.Fail).Subject, Is.EqualTo(_bench.At(_secondPort).ToString()));
    }

    [Test]
    public async Task Session_that_goes_on_finds_a_port_back_that_was_gone()
    {
        int[] both = [_mainPort, _secondPort];
        await RunAsync(first: both, declared: both, withTrial: false);
        Assert.That(Findings().Single().Verdict, Is.EqualTo(Verdict.Inconclusive));

        _second.Listen();
        await RunAsync(first: both, declared: both, withTrial: false);

        Assert.That(Asked().Count(request => request == "ClosingPortSweep"), Is.EqualTo(2));
        Assert.That(Findings().Single().Verdict, Is.EqualTo(Verdict.Pass));
    }

    [Test]
    public async Task Recording_from_before_there_was_a_last_look_passes_and_says_so()
    {
        await RunAsync(first: [_mainPort], isOld: true, withClosing: false);

        var finding = Findings().Single();
        Assert.That(finding.Verdict, Is.EqualTo(Verdict.Pass));
        Assert.That(finding.Statement, Does.Contain("The recording has no second look at the ports of 127.0.0.1 at the end of the campaign"));
    }

    [Test]
    public async Task Recording_of_today_that_was_interrupted_before_the_last_look_passes_nothing()
    {
        await RunAsync(first: [_mainPort], withClosing: false);

        Assert.That(Findings().Single().Verdict, Is.EqualTo(Verdict.Inconclusive));
        Assert.That(Findings().Single().Statement, Does.Contain("not in this recording"));
    }

    private async Task RunAsync(int[] first, int[]? declared = null, bool withTrial = true, bool isOld = false, bool withClosing = true)
    {
        var lab = _bench.Declared.Lab with { AllowedImpact = ProbeImpact.StateChanging, Limits = LabLimits.Default with { ConnectTimeoutMilliseconds = 200 }, HostListeners = OfOthers() };
        using var link = new DutLink(lab, [_bench.Address], TimeProvider.System);
        // Silent in the first sweep, so that the last look asks it again although its number is any.
        var unsettled = new PortSet(declared is null ? [_secondPort] : []);
        Probe[] probes =
        [
            new Saying<TcpPortSweep>(_ => new TcpPortsSeen(_bench.Address, [.. first], 65534, 1, 0, 65535, 1, "connect") { Unsettled = isOld ? null : unsettled, Coverage = Coverage.Complete("all") }),
            new Saying<UdpPortSweep>(_ => new UdpPortsSeen(_bench.Address, [], PortSet.Empty, PortSet.Empty, PortSet.Empty, 0, 0, 0, "test") { Coverage = Coverage.Complete("all") }),
            new Saying<ServiceIdentification>(request => new ServiceSeen(request.Endpoint, ServiceProtocol.Http, false, "", "") { Coverage = Coverage.Complete("all") }),
            new Saying<DefaultCredentialTrial>(_ =>
            {
                _trial();
                return null;
            }),
            new ClosingPortSweepProbe(),
        ];
        using var other = declared is null ? null : new DutBench(IPAddress.Loopback, declared);
        _declared = (other ?? _bench).Declared with { Lab = lab };
        var unit = Unit();
        await new Campaign(_declared, probes, link, _log, new FastTime(4)).RunAsync(
            known => unit.Ask(_declared, known).Concat(withTrial ? [Trial] : []).Where(request => withClosing || request is not ClosingPortSweep),
            _seen,
            CancellationToken.None);
    }

    private static TestUnit Unit() => new ExposedInterfacesMatchDeclaration().Units(StandardEdition.V3).Single(unit => unit.Letter == 'c');

    private List<Finding> Findings() => [.. Unit().Judge(_declared, _seen)];

    private IEnumerable<string> Asked() => _log.Records.Select(entry => entry.Request.GetType().Name);

    private string Reference<T>(bool last = false)
        where T : ProbeRequest
    {
        var references = _seen.Records.Where(entry => entry.Record.Request is T).Select(entry => entry.Ref.Address).ToList();
        return last ? references[^1] : references[0];
    }

    // Other programs of this host listen on loopback too, and come and go.
    private ImmutableArray<HostListener> OfOthers() =>
        [.. Enumerable.Range(1, 65535).Where(port => port != _mainPort && port != _secondPort).Select(port => new HostListener(_bench.At(port), "other programs"))];

    private static Socket Bound()
    {
        // A bound port that does not listen refuses, and is nobody else's.
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    private sealed class Saying<TRequest>(Func<TRequest, Observation?> answer) : Probe<TRequest>
        where TRequest : ProbeRequest
    {
        protected override Task<ProbeOutcome> AskAsync(TRequest request, ProbeContext context, CancellationToken cancellationToken) =>
            Task.FromResult<ProbeOutcome>(answer(request) is { } observation ? new ProbeOutcome.Observed(observation) : new ProbeOutcome.Unanswered(Silence.NoReply, "no answer"));
    }
}
