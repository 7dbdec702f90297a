using DeviceConformance.Model.Judgement;

namespace DeviceConformance.Model.Observations;

/// <summary>Everything recorded in a run, by request. A later record of an equal request replaces the earlier one.</summary>
/// <remarks>
/// Captured traffic alone may have several records: analyses of different captures stand beside each other, since none can stand for
/// what another saw.
/// </remarks>
public sealed class ObservationSet
{
    private readonly Dictionary<ProbeRequest, List<(ProbeRecord Record, EvidenceRef Ref)>> _records = [];
    private readonly List<ProbeRequest> _order = [];

    /// <summary>All requests with an outcome, in the order they were first asked.</summary>
    public IEnumerable<ProbeRequest> Requests => _order;

    /// <summary>All records with their evidence references, in the order the requests were first asked.</summary>
    public IEnumerable<(ProbeRecord Record, EvidenceRef Ref)> Records => _order.SelectMany(request => _records[request]);

    /// <summary>Adds a record. A later one takes the place of an earlier one, unless something that was seen would be lost by it.</summary>
    public void Add(ProbeRecord record, EvidenceRef evidence)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (!_records.TryGetValue(record.Request, out var kept))
        {
            _order.Add(record.Request);
            _records[record.Request] = [(record, evidence)];
            return;
        }

        var replaced = kept.FindIndex(before => !Loses(before.Record.Outcome, record.Outcome));
        if (replaced >= 0)
        {
            kept[replaced] = (record, evidence);
            kept.RemoveAll(before => before.Ref != evidence && !Loses(before.Record.Outcome, record.Outcome));
        }
        else if (record.Outcome is ProbeOutcome.Observed { Observation: TrafficSeen } && kept.TrueForAll(before => Loses(record.Outcome, before.Record.Outcome)))
        {
            kept.Add((record, evidence));
        }
    }

    /// <summary>Whether the request has an outcome.</summary>
    public bool Contains(ProbeRequest request) => _records.ContainsKey(request);

    /// <summary>What came of a request, the last time where there are several; not run, for want of a record, when it was never asked.</summary>
    public Asked<T> Ask<T>(ProbeRequest<T> request)
        where T : Observation
    {
        ArgumentNullException.ThrowIfNull(request);
        return _records.TryGetValue(request, out var found)
            ? new Asked<T>(found[^1].Record.Outcome, found[^1].Ref)
            : new Asked<T>(new ProbeOutcome.NotRun(NotRunReason.NotRecorded, $"{request.Title}: not in this recording; run the probes again."), null);
    }

    /// <summary>All observations of a kind, with the request and evidence of each.</summary>
    public IEnumerable<(ProbeRequest Request, T Observation, EvidenceRef Evidence)> All<T>()
        where T : Observation =>
        from entry in Records
        where entry.Record.Outcome is ProbeOutcome.Observed { Observation: T }
        select (entry.Record.Request, (T)((ProbeOutcome.Observed)entry.Record.Outcome).Observation, entry.Ref);

    /// <summary>All requests of a kind with what came of each.</summary>
    public IEnumerable<(TRequest Request, ProbeOutcome Outcome, EvidenceRef Evidence)> Asked<TRequest>()
        where TRequest : ProbeRequest =>
        from entry in Records
        where entry.Record.Request is TRequest
        select ((TRequest)entry.Record.Request, entry.Record.Outcome, entry.Ref);

    // What was seen stays seen: an open port does not become unseen because it is closed, or not reached, when asked again.
    private static bool Loses(ProbeOutcome before, ProbeOutcome after) => (before, after) switch
    {
        (ProbeOutcome.Observed, not ProbeOutcome.Observed) => true,
        (ProbeOutcome.Observed { Observation: TcpPortsSeen old }, ProbeOutcome.Observed { Observation: TcpPortsSeen now }) => old.Open.Except(now.Open).Any(),
        (ProbeOutcome.Observed { Observation: TcpPortsAtEnd old }, ProbeOutcome.Observed { Observation: TcpPortsAtEnd now }) => old.EverOpen.Except(now.EverOpen).Any(),
        (ProbeOutcome.Observed { Observation: UdpPortsSeen old }, ProbeOutcome.Observed { Observation: UdpPortsSeen now }) =>
            old.Open.Select(open => open.Port).Except(now.Open.Select(open => open.Port)).Any(),
        (ProbeOutcome.Observed { Observation: TrafficSeen old }, ProbeOutcome.Observed { Observation: TrafficSeen now }) => Loses(old, now),
        _ => false,
    };

    // A later analysis may lack a capture, read less of it, or look for less than an earlier one did: for fewer personal data, or with
    // tables that gave up what they had no room for.
    private static bool Loses(TrafficSeen old, TrafficSeen now)
    {
        var read = now.Files.GroupBy(file => file.Sha256, StringComparer.Ordinal).ToDictionary(file => file.Key, file => file.Max(one => one.Frames), StringComparer.Ordinal);
        return old.Files.Any(file => !read.TryGetValue(file.Sha256, out var frames) || frames < file.Frames)
            || old.Conversations.Select(Key).Except(now.Conversations.Select(Key)).Any()
            || old.ClearItems.Select(Key).Except(now.ClearItems.Select(Key)).Any();
    }

    private static object Key(ConversationSeen conversation) => (conversation.Peer, conversation.Transport, conversation.Port);

    private static object Key(ClearItemSeen item) => (item.Kind, item.Label, item.Peer, item.Transport, item.Port);
}
