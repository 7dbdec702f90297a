namespace DeviceConformance.Probing.PortSweep;

/// <summary>How fast a sweep goes: up while control ports answer promptly, down when they do not.</summary>
/// <remarks>
/// Doubles until the first sign of congestion, then grows by small steps and halves (the rule of RFC 5681, 3.1, for a rate). It does not
/// fall below what the DUT demonstrably answers and a quarter more: loss by chance, as on a radio link, does not become less by asking less.
/// </remarks>
internal sealed class SweepRate
{
    /// <summary>Connections per second that no device needs to be spared, and with which a sweep can still end.</summary>
    public const double Slowest = 100;

    // Answers that come later than this, and much later than the quickest, have waited in a queue.
    private static readonly TimeSpan _late = TimeSpan.FromMilliseconds(50);
    private const int MuchLater = 4;
    private const double AboveAnswered = 1.25;

    private double _limit;
    private TimeSpan _quickest = TimeSpan.MaxValue;
    private bool _hasSlowed;

    /// <summary>Begins at a fraction of the limit.</summary>
    public SweepRate(double limit, double fraction = 0.05)
    {
        _limit = limit;
        Lowest = limit;
        Restart(fraction);
    }

    /// <summary>The laboratory's limit, or the cap.</summary>
    public double Limit => _limit;

    /// <summary>Connections per second.</summary>
    public double PerSecond { get; private set; }

    /// <summary>The slowest so far, of the times when it had to slow down; the limit when it never had to.</summary>
    public double Lowest { get; private set; }

    /// <summary>A control port answered.</summary>
    public void Answered(TimeSpan after)
    {
        _quickest = after < _quickest ? after : _quickest;
        if (after > _late && after > _quickest * MuchLater)
        {
            Slow(PerSecond * 0.7);
        }
        else
        {
            PerSecond = Math.Min(_limit, PerSecond * (_hasSlowed ? 1.1 : 2));
        }
    }

    /// <summary>A control port did not answer.</summary>
    /// <param name="answeredPerSecond">Answers of any port per second at the time.</param>
    public void Lost(double answeredPerSecond) => Slow(Math.Max(PerSecond * 0.5, Math.Min(PerSecond, answeredPerSecond * AboveAnswered)));

    /// <summary>Nothing was asked that could answer: a quarter of the limit has to do.</summary>
    public void Unknown() => PerSecond = Math.Max(PerSecond, Math.Min(_limit / 4, PerSecond * 1.5));

    /// <summary>Never goes faster than this from now on.</summary>
    public void Cap(double perSecond)
    {
        _limit = Math.Min(_limit, Math.Max(Slowest, perSecond));
        Slow(_limit);
    }

    /// <summary>Starts over at a fraction of the limit.</summary>
    public void Restart(double fraction) => PerSecond = Math.Min(_limit, Math.Max(Slowest, _limit * fraction));

    private void Slow(double to)
    {
        _hasSlowed = true;
        PerSecond = Math.Min(_limit, Math.Max(Slowest, to));
        Lowest = Math.Min(Lowest, PerSecond);
    }
}
