using DeviceConformance.Model.Lab;

namespace DeviceConformance.Probing.Link;

/// <summary>Keeps connection attempts within the laboratory's limits: so many at once, so many in a second.</summary>
internal sealed class ConnectionPace(LabLimits limits, TimeProvider time) : IDisposable
{
    // Tokens are handed out in slices this long, so that a burst stays small.
    private static readonly TimeSpan _slice = TimeSpan.FromMilliseconds(20);

    private readonly SemaphoreSlim _concurrent = new(limits.ConcurrentConnections);
    private readonly Lock _lock = new();
    private readonly double _perSlice = Math.Max(1, limits.ConnectionsPerSecond * _slice.TotalSeconds);
    private long _start = time.GetTimestamp();
    private double _given;

    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        await _concurrent.WaitAsync(cancellationToken);
        try
        {
            while (DelayUntilNext() is { } delay && delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, time, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            _concurrent.Release();
            throw;
        }
    }

    public void Release() => _concurrent.Release();

    public void Dispose() => _concurrent.Dispose();

    private TimeSpan DelayUntilNext()
    {
        lock (_lock)
        {
            var elapsed = time.GetElapsedTime(_start);
            var allowed = (Math.Floor(elapsed / _slice) + 1) * _perSlice;
            if (_given + 1 <= allowed)
            {
                // After an idle time the unused tokens are forfeited: they must not become one large burst.
                if (allowed - _given > 2 * _perSlice)
                {
                    _start = time.GetTimestamp();
                    _given = 0;
                }

                _given++;
                return TimeSpan.Zero;
            }

            var slicesNeeded = Math.Ceiling((_given + 1) / _perSlice) - 1;
            return TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, (long)(slicesNeeded * _slice.Ticks) - elapsed.Ticks));
        }
    }
}
