using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.PortSweep;

/// <summary>
/// Ports whose answer is known already and is asked for again during the sweep: when one of them does not answer, silence elsewhere proves nothing.
/// </summary>
/// <remarks>
/// Ports that refuse are preferred: they cost the device nothing, and refusals are what devices and firewalls throttle first. Where none
/// refuses, an open port takes their place, less often.
/// </remarks>
internal sealed class ControlPorts
{
    /// <summary>So many misses in a row are no accident of a usable network: at a loss of 5 % they happen once in 160 000 times.</summary>
    public const int RunOfMisses = 4;

    private const int Most = 8;

    private readonly Lock _lock = new();
    private readonly List<int> _refusing = [];
    private readonly List<int> _accepting = [];
    private int _turn;

    /// <summary>Misses since the last answer.</summary>
    public int MissesInARow { get; private set; }

    /// <summary>The longest run of misses in this pass.</summary>
    public int LongestRun { get; private set; }

    /// <summary>Questions in this pass.</summary>
    public int Asked { get; private set; }

    /// <summary>Questions in this pass that were not answered.</summary>
    public int Missed { get; private set; }

    /// <summary>Whether the ports that refused have stopped doing so; then open ones are asked.</summary>
    public bool RefusalsStopped { get; set; }

    /// <summary>Whether the port asked next refuses connections, which costs the device less than an open one.</summary>
    public bool AreRefusing
    {
        get
        {
            lock (_lock)
            {
                return _refusing.Count > 0 && !RefusalsStopped;
            }
        }
    }

    /// <summary>Remembers a port that gave a definite answer.</summary>
    public void Add(int port, PortAnswer answer)
    {
        var ports = answer == PortAnswer.Open ? _accepting : _refusing;
        lock (_lock)
        {
            if (ports.Count < Most && !ports.Contains(port))
            {
                ports.Add(port);
            }
        }
    }

    /// <summary>The port to ask next; false when none is known.</summary>
    public bool TryNext(out int port)
    {
        lock (_lock)
        {
            var ports = _refusing.Count > 0 && !RefusalsStopped ? _refusing : _accepting;
            port = ports.Count == 0 ? 0 : ports[_turn++ % ports.Count];
            return port != 0;
        }
    }

    /// <summary>A port that accepted before; false when there is none.</summary>
    public bool TryAccepting(out int port)
    {
        lock (_lock)
        {
            port = _accepting.Count == 0 ? 0 : _accepting[_turn++ % _accepting.Count];
            return port != 0;
        }
    }

    /// <summary>Forgets a port that no longer does what it did.</summary>
    public void Remove(int port)
    {
        lock (_lock)
        {
            _accepting.Remove(port);
            _refusing.Remove(port);
        }
    }

    /// <summary>A port that refused before; false when there is none.</summary>
    public bool TryRefusing(out int port)
    {
        lock (_lock)
        {
            port = _refusing.Count == 0 ? 0 : _refusing[_turn++ % _refusing.Count];
            return port != 0;
        }
    }

    /// <summary>Counts an answer or a miss.</summary>
    public void Count(bool answered)
    {
        Asked++;
        Missed += answered ? 0 : 1;
        MissesInARow = answered ? 0 : MissesInARow + 1;
        LongestRun = Math.Max(LongestRun, MissesInARow);
    }

    /// <summary>Begins to count anew.</summary>
    public void StartPass() => (Asked, Missed, MissesInARow, LongestRun) = (0, 0, 0, 0);
}
