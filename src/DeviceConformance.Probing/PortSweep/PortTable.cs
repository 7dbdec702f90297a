namespace DeviceConformance.Probing.PortSweep;

/// <summary>What is known of a port.</summary>
internal enum PortState : byte
{
    /// <summary>Not asked, or asked when the DUT was not there.</summary>
    NotTried,

    /// <summary>It completed a connection.</summary>
    Open,

    /// <summary>It refused.</summary>
    Closed,

    /// <summary>It was asked and did not answer.</summary>
    Silent,

    /// <summary>The network said that there is no way to it.</summary>
    Unreachable,
}

/// <summary>What is known of each port, and how old that knowledge is compared with the DUT's last sign of life.</summary>
internal sealed class PortTable
{
    private readonly Lock _lock = new();
    private readonly PortState[] _states = new PortState[PortOrder.Count + 1];
    private readonly uint[] _silentIn = new uint[PortOrder.Count + 1];
    private readonly List<int> _answered = [];
    private readonly int[] _ports;
    private int _confirmed;

    /// <summary>Nothing known yet.</summary>
    /// <param name="ports">Ports to ask, in the order of asking.</param>
    public PortTable(int[] ports) => _ports = ports;

    /// <summary>How many ports there are to ask.</summary>
    public int Total => _ports.Length;

    /// <summary>How many outcomes have come since the last sign of life.</summary>
    public int Unconfirmed
    {
        get
        {
            lock (_lock)
            {
                return _answered.Count - _confirmed;
            }
        }
    }

    /// <summary>How many outcomes have come.</summary>
    public int Outcomes
    {
        get
        {
            lock (_lock)
            {
                return _answered.Count;
            }
        }
    }

    /// <summary>Ports without a definite answer, in the order of asking.</summary>
    public List<int> Unsettled()
    {
        lock (_lock)
        {
            return [.. _ports.Where(port => _states[port] is not (PortState.Open or PortState.Closed))];
        }
    }

    /// <summary>Ports of a state, ascending.</summary>
    public List<int> In(PortState state)
    {
        lock (_lock)
        {
            return [.. _ports.Where(port => _states[port] == state).Order()];
        }
    }

    /// <summary>How many ports have a state.</summary>
    public int Count(PortState state)
    {
        lock (_lock)
        {
            return _ports.Count(port => _states[port] == state);
        }
    }

    /// <summary>Notes an outcome.</summary>
    /// <param name="port">The port.</param>
    /// <param name="state">What it did.</param>
    /// <param name="pass">Number of the pass, from 0.</param>
    public void Note(int port, PortState state, int pass)
    {
        lock (_lock)
        {
            // A port that has completed a connection has been open, whatever it does later.
            // And a message about it stays true when a limit on such messages swallows the next.
            if (_states[port] != PortState.Open && (_states[port], state) is not (PortState.Unreachable, PortState.Silent))
            {
                _states[port] = state;
            }

            if (state is PortState.Silent or PortState.Unreachable)
            {
                _silentIn[port] |= 1u << pass;
            }

            _answered.Add(port);
        }
    }

    /// <summary>A mark to confirm later what had come until now.</summary>
    public int Mark() => Outcomes;

    /// <summary>The DUT was there after what had come until the mark.</summary>
    public void Confirm(int mark)
    {
        lock (_lock)
        {
            _confirmed = Math.Max(_confirmed, mark);
        }
    }

    /// <summary>The DUT was not there: what has come since its last sign of life is void, but for connections that were completed.</summary>
    public void Void()
    {
        lock (_lock)
        {
            foreach (var port in _answered.Skip(_confirmed).Where(port => _states[port] != PortState.Open))
            {
                _states[port] = PortState.NotTried;
                _silentIn[port] = 0;
            }

            _confirmed = _answered.Count;
        }
    }

    /// <summary>Refusals have turned out to mean nothing: ports that refused are as if not asked.</summary>
    public void VoidRefusals()
    {
        lock (_lock)
        {
            foreach (var port in _ports.Where(port => _states[port] == PortState.Closed))
            {
                _states[port] = PortState.NotTried;
            }
        }
    }

    /// <summary>The fewest passes, of those in the mask, in which one of the silent ports was asked in vain.</summary>
    public int FewestSilences(uint passes)
    {
        lock (_lock)
        {
            return _ports.Where(port => _states[port] is PortState.Silent or PortState.Unreachable)
                .Select(port => System.Numerics.BitOperations.PopCount(_silentIn[port] & passes))
                .DefaultIfEmpty(0).Min();
        }
    }

    /// <summary>
    /// Whether the silent ports crowd together in the order of asking. Rules of a firewall do not know that order; a device that stops
    /// answering at some time does.
    /// </summary>
    /// <remarks>One-sample Kolmogorov-Smirnov test against the uniform distribution at the level of 0.001; fewer than 20 ports say nothing.</remarks>
    public bool SilenceIsBunched()
    {
        const int fewest = 20;
        const double critical = 1.95;
        lock (_lock)
        {
            var places = Enumerable.Range(0, _ports.Length).Where(place => _states[_ports[place]] == PortState.Silent).ToList();
            if (places.Count < fewest)
            {
                return false;
            }

            var distance = places.Select((place, rank) => Math.Abs(((rank + 0.5) / places.Count) - ((place + 0.5) / _ports.Length))).Max();
            return distance > critical / Math.Sqrt(places.Count);
        }
    }
}
