using System.Runtime.InteropServices;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Packets;

namespace DeviceConformance.Probing.Traffic;

/// <summary>The DUT's connections and exchanges of datagrams.</summary>
/// <remarks>
/// Bounds: <see cref="MostFlows"/> flows at a time and <see cref="MostConversations"/> rows. Datagrams, and connections in which one side never
/// spoke, end after <see cref="IdleTime"/> of silence, connections that are over after <see cref="OverTime"/>. A full table gives up the one silent
/// for longest, first of those that would end by themselves; giving up a connection of the DUT that is not over is counted. So it is when the
/// content of all flows takes more than <see cref="ContentBudget.Most"/>: then flows that hold some of it are given up in the same order.
/// </remarks>
internal sealed class FlowTable(DutIdentity identity, TrafficLedger ledger, ContentSettings settings)
{
    /// <summary>Flows at a time.</summary>
    public const int MostFlows = 4096;

    /// <summary>Rows at the most.</summary>
    public const int MostConversations = 8192;

    /// <summary>Silence after which datagrams are another exchange. RFC 4787, 4.3 has translators keep a mapping two minutes at the least and recommends five.</summary>
    public const long IdleTime = 300 * Times.Second;

    /// <summary>Time after which a connection that is over is forgotten.</summary>
    public const long OverTime = 60 * Times.Second;

    private readonly Dictionary<FlowKey, Flow> _flows = [];
    private readonly Dictionary<ConversationKey, Conversation> _conversations = [];
    private readonly LinkedList<Flow> _short = new();
    private readonly LinkedList<Flow> _long = new();
    private readonly HeldBudget _budget = new();

    /// <summary>Who opened what.</summary>
    public FlowOpening Openings { get; } = new();

    /// <summary>Connections that were not over and rows that did not fit.</summary>
    public long Evicted { get; private set; }

    /// <summary>Flows among them that were given up because the content of all took too much memory, and those of which nothing more could be told.</summary>
    public long Crowded { get; private set; }

    /// <summary>Gaps in TCP streams of the DUT.</summary>
    public long Gaps { get; private set; }

    /// <summary>Overlapping segments with different bytes.</summary>
    public long Conflicts { get; private set; }

    /// <summary>Flows with the laboratory that were taken for the harness's though their opening was not seen.</summary>
    public long DoubtfulHarness { get; private set; }

    /// <summary>Connections of which the beginning is not in the captures. Of datagrams nobody can tell: the question may have gone to everybody.</summary>
    public long JoinedMidway { get; private set; }

    /// <summary>Flows that are followed at present.</summary>
    public int Count => _flows.Count;

    /// <summary>Rows.</summary>
    public IEnumerable<Conversation> Conversations => _conversations.Values;

    /// <summary>Takes a packet from or to the DUT.</summary>
    /// <returns>Whether it is the DUT's own talk; false for the harness's.</returns>
    public bool Accept(scoped in PacketView packet, bool fromDut, long place, long nanoseconds, string? phase)
    {
        Forget(nanoseconds);
        if (packet.Outcome != DecodeOutcome.Transport)
        {
            return Other(packet, fromDut, place, nanoseconds, phase);
        }

        var key = FlowKey.Of(packet, fromDut);
        if (fromDut && packet.Protocol == IPProtocol.Udp && (packet.Destination.IsGroup || packet.LinkDestination.IsGroup))
        {
            Openings.Note(key, nanoseconds);
        }

        if (_flows.TryGetValue(key, out var flow) && IsAnother(flow, packet, fromDut, nanoseconds))
        {
            End(flow);
            flow = null;
        }

        flow ??= Begin(key, packet, fromDut, nanoseconds);
        flow.Last = nanoseconds;
        flow.DutSpoke |= fromDut;
        flow.PeerSpoke |= !fromDut;
        if (flow.IsHarness)
        {
            Touch(flow, key.Protocol != IPProtocol.Tcp || !(flow.DutSpoke && flow.PeerSpoke) || (packet.Flags & (TcpFlags.Rst | TcpFlags.Fin)) != 0);
            return false;
        }

        flow.Conversation?.Add(place, nanoseconds, phase);
        var fromClient = fromDut == flow.DutIsClient;
        if (flow.Tcp is { } tcp)
        {
            tcp.Accept(packet, fromClient, place, nanoseconds, flow);
            Touch(flow, tcp.IsOver || !(flow.DutSpoke && flow.PeerSpoke));
        }
        else
        {
            flow.BytesFromDut += fromDut ? packet.PayloadLength : 0;
            flow.BytesToDut += fromDut ? 0 : packet.PayloadLength;
            flow.Content?.Datagram(fromClient, packet.Payload, place, nanoseconds);
            Touch(flow, true);
        }

        if (ledger.Content.Bytes > ContentBudget.Most)
        {
            MakeRoom(_short);
            MakeRoom(_long);
        }

        return true;
    }

    /// <summary>Ends all flows.</summary>
    public void Finish()
    {
        while ((_short.First ?? _long.First) is { } first)
        {
            End(first.Value);
        }
    }

    private static bool IsAnother(Flow flow, scoped in PacketView packet, bool fromDut, long nanoseconds) => flow switch
    {
        { Tcp: { } tcp } => tcp.IsAnother(packet, fromDut == flow.DutIsClient),
        // The same ports the other way round: the DUT opens what the harness opened before.
        { Key.Protocol: IPProtocol.Tcp } => fromDut && (packet.Flags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn && !flow.DutIsClient,
        _ => nanoseconds - flow.Last > IdleTime,
    };

    private Flow Begin(FlowKey key, scoped in PacketView packet, bool fromDut, long nanoseconds)
    {
        if (_flows.Count >= MostFlows)
        {
            var oldest = (_short.First ?? _long.First)!.Value;
            Evicted += oldest.IsShort || oldest.IsHarness ? 0 : 1;
            End(oldest);
        }

        var (dutIsClient, isKnown) = Openings.Of(key, packet, fromDut, nanoseconds);
        var isTcp = key.Protocol == IPProtocol.Tcp;
        Flow flow;
        if (identity.IsLaboratory(key.Peer) && !(dutIsClient && isKnown))
        {
            DoubtfulHarness += isKnown ? 0 : 1;
            flow = new Flow(key, dutIsClient) { IsHarness = true };
        }
        else
        {
            JoinedMidway += isKnown || !isTcp ? 0 : 1;
            var opener = !isKnown ? ConversationOpener.Unknown : dutIsClient ? ConversationOpener.Dut : ConversationOpener.Peer;
            var conversation = Row(new ConversationKey(opener, key.Peer, key.Protocol, dutIsClient ? key.PeerPort : key.DutPort));
            conversation?.Start(nanoseconds);
            var (dut, peer) = (key.Dut.ToIPAddress(), key.Peer.ToIPAddress());
            var told = dutIsClient
                ? new FlowIdentity(key.Transport, dut, key.DutPort, peer, key.PeerPort, dutIsClient, isKnown)
                : new FlowIdentity(key.Transport, peer, key.PeerPort, dut, key.DutPort, dutIsClient, isKnown);
            flow = new Flow(key, dutIsClient)
            {
                Conversation = conversation,
                Content = new ContentReader(told, ledger, settings),
                Tcp = isTcp ? new TcpConnection(_budget) : null,
            };
        }

        _flows[key] = flow;
        flow.Place = _long.AddLast(flow);
        return flow;
    }

    private bool Other(scoped in PacketView packet, bool fromDut, long place, long nanoseconds, string? phase)
    {
        if (!packet.IsNetwork)
        {
            return true;
        }

        var peer = fromDut ? packet.Destination : packet.Source;
        if (identity.IsLaboratory(peer))
        {
            return false;
        }

        // Without ports nobody can tell question from answer; who was heard first stands for the opener of both.
        var key = new ConversationKey(ConversationOpener.Dut, peer, packet.Protocol, 0);
        if (!_conversations.ContainsKey(key) && (!fromDut || _conversations.ContainsKey(key with { Opener = ConversationOpener.Peer })))
        {
            key = key with { Opener = ConversationOpener.Peer };
        }

        var isNew = !_conversations.ContainsKey(key);
        if (Row(key) is { } row)
        {
            if (isNew)
            {
                row.Start(nanoseconds);
            }

            row.Add(place, nanoseconds, phase);
            row.Count(fromDut, packet.BodyLength);
        }

        return true;
    }

    private Conversation? Row(ConversationKey key)
    {
        if (_conversations.Count >= MostConversations && !_conversations.ContainsKey(key))
        {
            Evicted++;
            return null;
        }

        ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(_conversations, key, out _);
        return row ??= new Conversation(key);
    }

    private void Touch(Flow flow, bool isShort)
    {
        var list = isShort ? _short : _long;
        // Packets of a connection follow each other: it stands last already.
        if (flow.IsShort == isShort && list.Last == flow.Place)
        {
            return;
        }

        (flow.IsShort ? _short : _long).Remove(flow.Place!);
        flow.IsShort = isShort;
        list.AddLast(flow.Place!);
    }

    private void Forget(long now)
    {
        while (_short.First is { } first && now - first.Value.Last > (first.Value.Tcp is { IsOver: true } ? OverTime : IdleTime))
        {
            End(first.Value);
        }
    }

    private void MakeRoom(LinkedList<Flow> flows)
    {
        for (var node = flows.First; node is not null && ledger.Content.Bytes > ContentBudget.Rest;)
        {
            var flow = node.Value;
            node = node.Next;
            if (flow.Content is { Held: > 0 })
            {
                Evicted += flow.Tcp is { IsOver: true } ? 0 : 1;
                Crowded += flow.Tcp is { IsOver: true } ? 0 : 1;
                End(flow);
            }
        }
    }

    private void End(Flow flow)
    {
        _flows.Remove(flow.Key);
        (flow.IsShort ? _short : _long).Remove(flow.Place!);
        if (flow.Tcp is { } tcp)
        {
            tcp.Finish(flow);
            Gaps += tcp.Gaps;
            Conflicts += tcp.Conflicts;
            (flow.BytesFromDut, flow.BytesToDut) = flow.DutIsClient ? (tcp.FromClient, tcp.FromServer) : (tcp.FromServer, tcp.FromClient);
        }

        flow.Content?.End();
        if (flow.Conversation is { } conversation)
        {
            var before = conversation.Characters;
            var isKept = conversation.End(flow, ledger.HasRoom);
            ledger.Keep(conversation.Characters - before);
            Evicted += isKept ? 0 : 1;
            Crowded += isKept ? 0 : 1;
        }
    }
}
