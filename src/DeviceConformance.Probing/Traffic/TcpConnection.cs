using DeviceConformance.Probing.Packets;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Both directions of a TCP connection.</summary>
internal sealed class TcpConnection(HeldBudget budget)
{
    private readonly TcpDirection _client = new(fromClient: true, budget);
    private readonly TcpDirection _server = new(fromClient: false, budget);
    private bool _isReset;

    /// <summary>Whether it was ended by both sides or reset.</summary>
    public bool IsOver => _isReset || _client.IsOver && _server.IsOver;

    /// <summary>Whether the server took the connection, or both sides sent bytes.</summary>
    public bool IsEstablished => _server.Initial is not null || _client.Length > 0 && _server.Length > 0;

    /// <summary>Gaps of both directions.</summary>
    public int Gaps => _client.Gaps + _server.Gaps;

    /// <summary>Overlapping segments with different bytes.</summary>
    public int Conflicts => _client.Conflicts + _server.Conflicts;

    /// <summary>Bytes of the client.</summary>
    public long FromClient => _client.Length;

    /// <summary>Bytes of the server.</summary>
    public long FromServer => _server.Length;

    /// <summary>Whether a packet opens another connection between the same ports: a SYN with another number than this one's.</summary>
    public bool IsAnother(scoped in PacketView packet, bool fromClient)
    {
        if ((packet.Flags & TcpFlags.Syn) == 0)
        {
            return false;
        }

        if ((packet.Flags & TcpFlags.Ack) != 0)
        {
            return _server.Initial is { } answered && answered != packet.Sequence && (!fromClient || IsOver);
        }

        return fromClient ? _client.Initial is { } asked ? asked != packet.Sequence : _client.IsStarted : IsOver;
    }

    /// <summary>A packet.</summary>
    public void Accept(scoped in PacketView packet, bool fromClient, long frame, long nanoseconds, IStreamSink sink)
    {
        var (own, other) = fromClient ? (_client, _server) : (_server, _client);
        if (_isReset)
        {
            return;
        }

        var sequence = packet.Sequence;
        if ((packet.Flags & TcpFlags.Syn) != 0)
        {
            own.Begin(sequence);
            sequence++;
        }

        if ((packet.Flags & TcpFlags.Ack) != 0)
        {
            other.Acknowledge(packet.Acknowledgment, sink);
        }

        if ((packet.Flags & TcpFlags.Rst) != 0)
        {
            // What follows a reset's header is a reason in words, no data (RFC 9293, 3.5.3).
            _isReset = own.Expects(packet.Sequence) || packet.Sequence == 0;
            return;
        }

        if (packet.PayloadLength > 0 || (packet.Flags & TcpFlags.Fin) != 0)
        {
            own.Accept(sequence, packet.Payload, packet.PayloadLength, (packet.Flags & TcpFlags.Fin) != 0, frame, nanoseconds, sink);
        }
    }

    /// <summary>Nothing more comes: passes on what waits.</summary>
    public void Finish(IStreamSink sink)
    {
        _client.Finish(sink);
        _server.Finish(sink);
    }
}
