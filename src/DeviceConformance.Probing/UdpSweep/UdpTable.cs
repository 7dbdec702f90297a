using DeviceConformance.Model.Network;
using DeviceConformance.Probing.PortSweep;

namespace DeviceConformance.Probing.UdpSweep;

/// <summary>What came back for one question.</summary>
/// <param name="Answer">What the port did.</param>
/// <param name="FromPort">Port that answered.</param>
/// <param name="Sent">The question's bytes.</param>
/// <param name="Received">The answer's bytes.</param>
/// <param name="Protocol">What the answer follows.</param>
/// <param name="Name">The same in words; empty when it follows nothing known.</param>
internal sealed record UdpReply(Link.PortAnswer Answer, int FromPort, ReadOnlyMemory<byte> Sent, ReadOnlyMemory<byte> Received, ServiceProtocol Protocol, string Name);

/// <summary>An open port with the exchange that shows it.</summary>
internal sealed record UdpOpenPort(int Port, UdpQuestion Question, UdpReply Reply);

/// <summary>What is known of each UDP port. Silence is kept apart from a proof that the port is closed, and expires when the DUT was not there.</summary>
internal sealed class UdpTable(int[] ports)
{
    private enum State : byte
    {
        NotTried,
        Silent,
        Unreachable,
        Closed,
        Open,
    }

    private readonly Lock _lock = new();
    private readonly State[] _states = new State[PortOrder.Count + 1];
    private readonly byte[] _tries = new byte[PortOrder.Count + 1];
    private readonly Dictionary<int, UdpOpenPort> _open = [];
    private readonly List<int> _unconfirmed = [];
    private readonly List<int> _closed = [];

    /// <summary>Ports that answered, ascending.</summary>
    public List<UdpOpenPort> Open
    {
        get
        {
            lock (_lock)
            {
                return [.. _open.Values.OrderBy(open => open.Port)];
            }
        }
    }

    /// <summary>Ports that have answered or are proven closed.</summary>
    public int Settled
    {
        get
        {
            lock (_lock)
            {
                return _open.Count + _closed.Count;
            }
        }
    }

    public int ClosedCount
    {
        get
        {
            lock (_lock)
            {
                return _closed.Count;
            }
        }
    }

    /// <summary>How many of the outcomes since the last sign of life were silence.</summary>
    public int Unconfirmed
    {
        get
        {
            lock (_lock)
            {
                return _unconfirmed.Count;
            }
        }
    }

    public bool IsSettled(int port)
    {
        lock (_lock)
        {
            return _states[port] is State.Closed or State.Open;
        }
    }

    public bool IsOpen(int port)
    {
        lock (_lock)
        {
            return _states[port] == State.Open;
        }
    }

    public bool IsRecognised(int port)
    {
        lock (_lock)
        {
            return _open.TryGetValue(port, out var open) && open.Reply.Name.Length > 0;
        }
    }

    /// <summary>How often a port has been asked while nothing speaks against the DUT's presence.</summary>
    public int Tries(int port)
    {
        lock (_lock)
        {
            return _tries[port];
        }
    }

    /// <summary>A port that was proven closed, another one each time; 0 when there is none.</summary>
    public int SomeClosed(int turn)
    {
        lock (_lock)
        {
            return _closed.Count == 0 ? 0 : _closed[turn % _closed.Count];
        }
    }

    public void Tried(int port)
    {
        lock (_lock)
        {
            _tries[port]++;
        }
    }

    /// <summary>Notes what came back.</summary>
    public void Note(int port, UdpQuestion question, UdpReply reply)
    {
        lock (_lock)
        {
            switch (reply.Answer)
            {
                case Link.PortAnswer.Open:
                    // What was recognised stays; a port that was closed a moment ago and answers now is open.
                    if (!_open.TryGetValue(port, out var known) || known.Reply.Name.Length == 0)
                    {
                        _open[port] = new UdpOpenPort(port, question, reply);
                    }

                    _closed.Remove(port);
                    _states[port] = State.Open;
                    break;
                case Link.PortAnswer.Closed when _states[port] is not (State.Open or State.Closed):
                    _states[port] = State.Closed;
                    _closed.Add(port);
                    break;
                case Link.PortAnswer.Silent or Link.PortAnswer.Unreachable when _states[port] is not (State.Open or State.Closed):
                    _states[port] = reply.Answer == Link.PortAnswer.Unreachable ? State.Unreachable : State.Silent;
                    _unconfirmed.Add(port);
                    break;
            }
        }
    }

    /// <summary>The DUT was there after the first so many silences.</summary>
    public void Confirm(int silences)
    {
        lock (_lock)
        {
            _unconfirmed.RemoveRange(0, Math.Min(silences, _unconfirmed.Count));
        }
    }

    /// <summary>The DUT was not there: silence since its last sign of life is void.</summary>
    public void Void()
    {
        lock (_lock)
        {
            foreach (var port in _unconfirmed.Where(port => _states[port] is State.Silent or State.Unreachable))
            {
                _tries[port] = 0;
                _states[port] = State.NotTried;
            }

            _unconfirmed.Clear();
        }
    }

    public PortSet Closed() => In(State.Closed);

    public PortSet Silent() => In(State.Silent, State.Unreachable);

    public PortSet Unreachable() => In(State.Unreachable);

    public PortSet NotTried() => In(State.NotTried);

    private PortSet In(params State[] states)
    {
        lock (_lock)
        {
            return new PortSet(ports.Where(port => states.Contains(_states[port])));
        }
    }
}
