namespace DeviceConformance.Probing.Link;

/// <summary>Spaces events evenly in time. Every caller gets a place of its own in the queue, so the rate holds however many wait.</summary>
/// <remarks>
/// The rule is that of a leaky bucket used as a meter (ITU-T I.371, generic cell rate algorithm): in any span T there are at the most
/// rate x (T + burst) + 1 events. Time without events earns no more than one burst.
/// </remarks>
internal sealed class RateGate(double perSecond, TimeProvider time)
{
    // On a busy host a timer comes late by about this much; what a late timer costs is made up for, and no more.
    internal static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private long _due = time.GetTimestamp();
    private double _perSecond = perSecond;

    /// <summary>Events per second.</summary>
    public double PerSecond
    {
        get
        {
            lock (_lock)
            {
                return _perSecond;
            }
        }

        set
        {
            lock (_lock)
            {
                _perSecond = value;
            }
        }
    }

    /// <summary>Waits for the caller's turn.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        var delay = Reserve();
        if (delay > TimeSpan.Zero)
        {
            // A timer cuts fractions of a millisecond off; rounding up keeps the promise that no event is early.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(delay.TotalMilliseconds)), time, cancellationToken);
        }
    }

    /// <summary>Takes the next place and tells how long it is until then.</summary>
    internal TimeSpan Reserve()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            var burst = (long)(Burst.TotalSeconds * time.TimestampFrequency);
            _due = Math.Max(_due, now - burst);
            var wait = _due - now;
            _due += (long)Math.Ceiling(time.TimestampFrequency / _perSecond);
            return wait <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)wait / time.TimestampFrequency);
        }
    }
}
