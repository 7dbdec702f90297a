using System.Collections.Concurrent;
using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Campaigns;

/// <summary>Where a campaign writes, as facts come.</summary>
public interface ICampaignLog
{
    /// <summary>Writes a record so that it survives the end of the process, and gives its address.</summary>
    EvidenceRef Append(ProbeRecord entry);

    /// <summary>Notes something that went wrong with the harness, the laboratory or the DUT's presence.</summary>
    void Note(HealthProblem problem);

    /// <summary>Notes how often ports of the DUT were asked since this was last noted.</summary>
    void Note(ImmutableArray<PortRequests> requests);

    /// <summary>Stores bytes by their hash.</summary>
    EvidenceRef Store(ReadOnlyMemory<byte> bytes, string extension);

    /// <summary>Tells a person what is going on.</summary>
    /// <param name="request">The request that is being asked.</param>
    /// <param name="fraction">How far it has come, 0 to 1.</param>
    /// <param name="text">What is being done.</param>
    void Progress(ProbeRequest request, double fraction, string text);
}

/// <summary>Asks requests: each once, harmless ones first, within the laboratory's limits, watching that the DUT is there.</summary>
public sealed class Campaign
{
    // Each round opens a new layer of one impact (sweep, identification, TLS and surveys, trials); a unit that never ends asking is a bug.
    private const int MaxRounds = 40;
    internal const int ParallelReadOnly = 8;

    private readonly Declaration _declared;
    private readonly ImmutableDictionary<Type, Probe> _probes;
    private readonly DutLink _link;
    private readonly Liveness _liveness;
    private readonly ICampaignLog _log;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly bool _isOffline;
    private readonly Dictionary<DutAddress, SignOfLife> _lastSign = [];
    private readonly HashSet<ClosingPortSweep> _closed = [];
    private bool _hasAsked;

    /// <summary>A campaign.</summary>
    /// <param name="declared">The declaration.</param>
    /// <param name="probes">One probe for each kind of request.</param>
    /// <param name="link">The way to the DUT.</param>
    /// <param name="log">Where facts go.</param>
    /// <param name="time">Clock.</param>
    /// <param name="isOffline">Whether the DUT is asked nothing: only passive requests are, the others are recorded as not asked.</param>
    public Campaign(Declaration declared, IEnumerable<Probe> probes, DutLink link, ICampaignLog log, TimeProvider time, bool isOffline = false)
    {
        ArgumentNullException.ThrowIfNull(time);
        _declared = declared;
        _probes = probes.ToImmutableDictionary(probe => probe.RequestType);
        _link = link;
        _liveness = new Liveness(link, declared);
        _log = log;
        _time = time;
        _isOffline = isOffline;
        _start = time.GetTimestamp();
    }

    /// <summary>Asks what <paramref name="needs"/> names, again and again with what has been seen, until it names nothing new.</summary>
    /// <param name="needs">Requests that the units want, given what has been seen.</param>
    /// <param name="seen">What has been seen; grows. Requests that it holds already are not asked again.</param>
    /// <param name="cancellationToken">Ends the campaign; what is recorded stays.</param>
    /// <exception cref="OperationCanceledException">The campaign was ended.</exception>
    public async Task RunAsync(Func<ObservationSet, IEnumerable<ProbeRequest>> needs, ObservationSet seen, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(needs);
        ArgumentNullException.ThrowIfNull(seen);
        for (var round = 0; round < MaxRounds; round++)
        {
            var wanted = needs(seen).Where(request => request is not OperatorQuestion && IsDue(request, seen)).Distinct().ToList();
            if (wanted.Count == 0)
            {
                return;
            }

            // The last look is the last of all, whatever its impact: it is to see what everything else left behind.
            if (wanted.Exists(request => request is not ClosingPortSweep))
            {
                wanted.RemoveAll(request => request is ClosingPortSweep);
            }

            // Only the mildest kind of this round: what it shows may call for more of the same kind before anything harsher is done.
            var impact = wanted.Min(request => request.Impact);
            try
            {
                await AskAllAsync([.. wanted.Where(request => request.Impact == impact)], seen, cancellationToken);
            }
            finally
            {
                // Also when the campaign is ended: what went to the device went to it.
                _log.Note(_link.TakeRequests());
            }
        }

        _log.Note(new HealthProblem(HealthKind.Harness, _time.GetUtcNow(), $"The units still ask for more after {MaxRounds} rounds; the rest was not asked."));
    }

    // A last look of an earlier session is none any more once the DUT has been asked again, and an incomplete one is made anew, starting
    // from what it saw. One a session is enough.
    private bool IsDue(ProbeRequest request, ObservationSet seen) =>
        !seen.Contains(request)
        || (request is ClosingPortSweep closing && !_closed.Contains(closing) && (_hasAsked || !(seen.Ask(closing).TryGet(out var last, out _) && last.Coverage.IsComplete)));

    private async Task AskAllAsync(List<ProbeRequest> requests, ObservationSet seen, CancellationToken cancellationToken)
    {
        // A sweep loads the DUT by itself, and what changes state must not happen behind another probe's back.
        // Wrong logins come last: they lock accounts that the other trials need.
        var alone = requests.Where(request => request is TcpPortSweep or ClosingPortSweep or UdpPortSweep || request.Impact > ProbeImpact.ReadOnly).OrderBy(request => request is DefaultCredentialTrial).ToList();
        foreach (var request in alone)
        {
            await AskAndRecordAsync([request], seen, cancellationToken);
        }

        // A probe holds up to four connections; where the laboratory allows few, less is done at the same time.
        foreach (var batch in requests.Except(alone).Chunk(Math.Clamp(_declared.Lab.Limits.ConcurrentConnections / 4, 1, ParallelReadOnly)))
        {
            await AskAndRecordAsync(batch, seen, cancellationToken);
        }
    }

    private async Task AskAndRecordAsync(IReadOnlyList<ProbeRequest> batch, ObservationSet seen, CancellationToken cancellationToken)
    {
        foreach (var address in _declared.Addresses.Where(address => !_isOffline && batch.Any(request => request.Target == address) && !IsAlive(address)).ToList())
        {
            await LookForAsync(address, cancellationToken);
        }

        var records = await Task.WhenAll(batch.Select(request => AskAsync(request, cancellationToken)));
        records = await CheckPresenceAsync(records, cancellationToken);
        foreach (var entry in records)
        {
            seen.Add(entry, _log.Append(entry));
            // Every session repeats a UDP sweep, which silence leaves incomplete; it changes nothing about the TCP ports.
            _hasAsked |= entry.Request is { Target: not null } and not UdpPortSweep && entry.Outcome is not ProbeOutcome.NotRun;
            if (entry.Request is ClosingPortSweep closing)
            {
                _closed.Add(closing);
            }

            var open = entry.Outcome switch
            {
                ProbeOutcome.Observed { Observation: TcpPortsSeen ports } => ports.Open.Select(port => new Endpoint(ports.Address, port)),
                ProbeOutcome.Observed { Observation: TcpPortsAtEnd ports } => ports.Open.Select(port => new Endpoint(ports.Address, port)),
                _ => [],
            };
            foreach (var endpoint in open)
            {
                _liveness.SawOpen(endpoint);
            }
        }
    }

    private async Task<ProbeRecord> AskAsync(ProbeRequest request, CancellationToken cancellationToken)
    {
        var started = _time.GetUtcNow();
        var transcript = new Transcript(_time, _declared.Lab.Credentials);
        var stored = new ConcurrentQueue<EvidenceRef>();
        var outcome = await OutcomeOfAsync(request, transcript, Keep, cancellationToken);
        ImmutableArray<EvidenceRef> artefacts = transcript.IsEmpty ? [.. stored] : [_log.Store(transcript.ToBytes(), "txt"), .. stored];
        return new ProbeRecord(request, outcome, started, _time.GetUtcNow(), artefacts);

        EvidenceRef Keep(ReadOnlyMemory<byte> bytes, string extension)
        {
            var reference = _log.Store(bytes, extension);
            stored.Enqueue(reference);
            return reference;
        }
    }

    private async Task<ProbeOutcome> OutcomeOfAsync(ProbeRequest request, Transcript transcript, Func<ReadOnlyMemory<byte>, string, EvidenceRef> store, CancellationToken cancellationToken)
    {
        if (_isOffline && request.Impact > ProbeImpact.Passive)
        {
            return new ProbeOutcome.NotRun(
                NotRunReason.Offline,
                $"{request.Title}: the run was offline and asked no device; connect the DUT and finish it with 'dct run --resume'.");
        }

        if (request.Impact > _declared.Lab.AllowedImpact)
        {
            return new ProbeOutcome.NotRun(
                NotRunReason.ImpactNotAllowed,
                $"{request.Title} is {Words(request.Impact)}, and lab.yaml allows {Words(_declared.Lab.AllowedImpact)} at the most; set 'allowed-impact: {Words(request.Impact)}' to have it asked.");
        }

        if (_time.GetElapsedTime(_start) > TimeSpan.FromMinutes(_declared.Lab.Limits.Minutes))
        {
            return new ProbeOutcome.NotRun(
                NotRunReason.BudgetExhausted,
                $"{request.Title} was not asked within the {_declared.Lab.Limits.Minutes} minutes that lab.yaml allows; raise 'minutes' or resume the run.");
        }

        if (_declared.Addresses.FirstOrDefault(address => request.Target == address && !IsAlive(address)) is { Address: not null } gone)
        {
            return new ProbeOutcome.NotRun(
                NotRunReason.DutGone,
                $"{request.Title} was not asked: {_lastSign[gone].How}. Check power, cable and address of the DUT, then resume the run.");
        }

        if (!_probes.TryGetValue(request.GetType(), out var probe))
        {
            return new ProbeOutcome.NotRun(NotRunReason.HarnessFault, $"{request.Title}: this harness has no probe for it.");
        }

        var context = new ProbeContext(_declared, _link, _liveness, transcript, _time, store, (fraction, text) => _log.Progress(request, fraction, text));
        try
        {
            _log.Progress(request, 0, "");
            var outcome = await probe.AskAsync(request, context, cancellationToken);
            _log.Progress(request, 1, outcome.Summary);
            return outcome;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (LabFaultException fault)
        {
            _log.Note(new HealthProblem(HealthKind.Lab, _time.GetUtcNow(), fault.Message));
            return new ProbeOutcome.NotRun(NotRunReason.LabFault, $"{request.Title}: {fault.Message}");
        }
        // The one place where a bug of a probe is caught: the run goes on, and both the record and the health of the run say so.
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            transcript.Note(fault.ToString());
            _log.Note(new HealthProblem(HealthKind.Harness, _time.GetUtcNow(), $"{request.Title}: {fault.GetType().Name}: {fault.Message}"));
            return new ProbeOutcome.NotRun(NotRunReason.HarnessFault, $"{request.Title}: fault of the harness ({fault.GetType().Name}); the transcript has the details.");
        }
    }

    /// <summary>What was asked since the last sign of life says little if there is none now.</summary>
    private async Task<ProbeRecord[]> CheckPresenceAsync(ProbeRecord[] records, CancellationToken cancellationToken)
    {
        var asked = records.Where(entry => entry.Outcome is not ProbeOutcome.NotRun).Select(entry => entry.Request).ToList();
        foreach (var address in _declared.Addresses.Where(address => asked.Exists(request => request.Target == address)).ToList())
        {
            var sign = await LookForAsync(address, cancellationToken);
            if (!sign.IsAlive)
            {
                records = [.. records.Select(entry => entry.Request.Target == address ? entry with { Outcome = WithoutDut(entry.Outcome, sign) } : entry)];
            }
        }

        return records;
    }

    private bool IsAlive(DutAddress address) => _lastSign.TryGetValue(address, out var sign) && sign.IsAlive;

    private async Task<SignOfLife> LookForAsync(DutAddress address, CancellationToken cancellationToken)
    {
        var sign = await _liveness.CheckAsync(address, cancellationToken);
        if (!sign.IsAlive && (!_lastSign.TryGetValue(address, out var before) || before.IsAlive))
        {
            _log.Note(new HealthProblem(HealthKind.DutGone, _time.GetUtcNow(), $"The DUT gives no sign of life on {address}: {sign.How}. What was asked of it since the last one is incomplete."));
        }

        _lastSign[address] = sign;
        return sign;
    }

    private static ProbeOutcome WithoutDut(ProbeOutcome outcome, SignOfLife sign) => outcome switch
    {
        // What was seen stays seen; only absence loses its meaning.
        ProbeOutcome.Observed observed => new ProbeOutcome.Observed(observed.Observation with
        {
            Coverage = Coverage.Partial($"{observed.Observation.Coverage.Statement} Afterwards the DUT gave no sign of life: {sign.How}."),
        }),
        ProbeOutcome.Unanswered unanswered => new ProbeOutcome.Unanswered(Silence.DutGone, $"{unanswered.Text} Afterwards the DUT gave no sign of life: {sign.How}."),
        _ => outcome,
    };

    private static string Words(ProbeImpact impact) => impact switch
    {
        ProbeImpact.Passive => "passive",
        ProbeImpact.ReadOnly => "read-only",
        ProbeImpact.StateChanging => "state-changing",
        _ => "disruptive",
    };
}
