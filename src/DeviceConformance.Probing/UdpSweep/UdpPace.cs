namespace DeviceConformance.Probing.UdpSweep;

/// <summary>How fast a UDP sweep goes: as fast as ports are proven open or closed, moderately where they stay silent.</summary>
/// <remarks>
/// Hosts limit ICMP errors by rate (RFC 1812, 4.3.2.8; RFC 4443, 2.4 f): Linux sends six at once and then one a second. Asking faster than
/// that finds open ports all the same, but proves no more ports closed. So a sweep whose ports fall silent asks one that was closed
/// before: when that one is silent too, errors are limited, and the sweep takes the time it has instead of hurrying.
/// </remarks>
internal sealed class UdpPace
{
    /// <summary>Datagrams a second at the most while nothing comes back: one megabit, which small devices bear.</summary>
    public const double MostInSilence = 2000;

    /// <summary>Datagrams a second at the most while each is answered: each costs the DUT an ICMP error, which is more work than a refused connection.</summary>
    public const double Most = 20_000;

    private const double Slowest = 50;
    private const double Start = 100;
    private const int MostControls = 5;
    private const int SilentControls = 3;

    private readonly Lock _lock = new();
    private readonly double _limit;
    private double _mostInSilence;
    private double _silentSeconds;
    private int _silentClosed;

    /// <summary>Begins slowly.</summary>
    /// <param name="limit">The laboratory's limit.</param>
    public UdpPace(double limit)
    {
        _limit = Math.Min(limit, Most);
        _mostInSilence = Math.Min(_limit, MostInSilence);
        PerSecond = Math.Min(_limit, Start);
    }

    /// <summary>Datagrams per second.</summary>
    public double PerSecond { get; private set; }

    /// <summary>Control questions to ports that were closed before.</summary>
    public int Controls { get; private set; }

    /// <summary>How many of them were not answered.</summary>
    public int ControlsSilent { get; private set; }

    /// <summary>Whether a control question would still tell something.</summary>
    public bool WantsControl => IsSilent && Controls < MostControls && !IsLimited;

    /// <summary>Whether the last ports stayed silent for the most part.</summary>
    public bool IsSilent { get; private set; }

    /// <summary>Whether the DUT limits its ICMP errors.</summary>
    public bool IsLimited => ControlsSilent >= SilentControls;

    /// <summary>Rate to which it limits them; 0 when it does not.</summary>
    public double UnreachablesPerSecond => IsLimited && _silentSeconds > 0 ? _silentClosed / _silentSeconds : 0;

    /// <summary>A control question was answered or not.</summary>
    public void Control(bool answered)
    {
        lock (_lock)
        {
            Controls++;
            ControlsSilent += answered ? 0 : 1;
        }
    }

    /// <summary>A stretch of time is over.</summary>
    /// <param name="sent">Datagrams sent in it.</param>
    /// <param name="settled">Ports proven open or closed in it.</param>
    /// <param name="closed">Ports proven closed in it.</param>
    /// <param name="seconds">Its length.</param>
    /// <param name="left">Datagrams still to send, roughly.</param>
    /// <param name="secondsLeft">Time still allowed.</param>
    public void Window(int sent, int settled, int closed, double seconds, int left, double secondsLeft)
    {
        IsSilent = settled < sent / 2;
        if (IsSilent)
        {
            _silentSeconds += seconds;
            _silentClosed += closed;
            var needed = secondsLeft <= 0 ? _mostInSilence : left / secondsLeft;
            PerSecond = IsLimited
                ? Math.Min(_mostInSilence, Math.Max(Math.Min(_limit, Slowest), needed))
                : Math.Min(_mostInSilence, PerSecond * 1.3);
        }
        else if (settled > sent * 0.8)
        {
            PerSecond = Math.Min(_limit, PerSecond * 2);
        }
    }

    /// <summary>The DUT was away for a while: perhaps it was too much.</summary>
    public void SlowDown()
    {
        _mostInSilence = Math.Max(Math.Min(_limit, Slowest), _mostInSilence / 4);
        PerSecond = Math.Min(PerSecond / 4, _mostInSilence);
        PerSecond = Math.Max(PerSecond, Math.Min(_limit, Slowest));
    }
}
