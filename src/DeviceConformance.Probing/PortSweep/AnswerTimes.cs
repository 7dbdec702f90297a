namespace DeviceConformance.Probing.PortSweep;

/// <summary>How long to wait for an answer, learnt from the answers.</summary>
/// <remarks>The estimate is that of TCP (RFC 6298, 2): smoothed time and four times its variation, here taken twice for small hosts under load.</remarks>
internal sealed class AnswerTimes(TimeSpan longest)
{
    /// <summary>No attempt is given up sooner: a device that sleeps between beacons takes that long (100 ms beacon interval of IEEE 802.11, twice).</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private double _smoothed = double.NaN;
    private double _variation;

    /// <summary>The longest wait, from the laboratory's limits.</summary>
    public TimeSpan Longest => longest;

    /// <summary>How long the next attempt should wait.</summary>
    public TimeSpan Timeout
    {
        get
        {
            lock (_lock)
            {
                var learnt = double.IsNaN(_smoothed) ? longest : TimeSpan.FromMilliseconds(2 * (_smoothed + (4 * _variation)));
                return learnt < Shortest ? Min(Shortest, longest) : Min(learnt, longest);
            }
        }
    }

    /// <summary>Whether any answer came.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return double.IsNaN(_smoothed);
            }
        }
    }

    /// <summary>An answer came.</summary>
    public void Add(TimeSpan elapsed)
    {
        var time = elapsed.TotalMilliseconds;
        lock (_lock)
        {
            if (double.IsNaN(_smoothed))
            {
                _smoothed = time;
                _variation = time / 2;
                return;
            }

            _variation += (Math.Abs(_smoothed - time) - _variation) / 4;
            _smoothed += (time - _smoothed) / 8;
        }
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
