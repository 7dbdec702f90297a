namespace DeviceConformance.Tests.Logins;

/// <summary>A clock that runs as usual, but steps over long waits at once. <see cref="ForDevice"/> is the same clock without the stepping.</summary>
internal sealed class SkippingTime : TimeProvider
{
    // Longer than every deadline of a request, shorter than every lock that is waited out.
    private static readonly TimeSpan _long = TimeSpan.FromSeconds(30);

    private long _skipped;

    public SkippingTime() => ForDevice = new Shifted(this);

    public TimeProvider ForDevice { get; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromSeconds((double)Interlocked.Read(ref _skipped) / TimestampFrequency);

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _skipped);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < _long)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        Interlocked.Add(ref _skipped, (long)(dueTime.TotalSeconds * TimestampFrequency));
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }

    private sealed class Shifted(SkippingTime time) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override long GetTimestamp() => time.GetTimestamp();
    }
}
