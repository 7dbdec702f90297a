namespace DeviceConformance.Emulator.Listening;

/// <summary>Cancels what a connection waits for when it was idle for too long or the service stops.</summary>
internal sealed class IdleDeadline : IDisposable
{
    private readonly CancellationTokenSource source;
    private readonly CancellationTokenRegistration onStop;

    /// <summary>Starts to run.</summary>
    /// <param name="patience">Time until the first restart or the end.</param>
    /// <param name="time">Clock.</param>
    /// <param name="stopping">Ends it at once.</param>
    public IdleDeadline(TimeSpan patience, TimeProvider time, CancellationToken stopping)
    {
        source = new CancellationTokenSource(patience, time);
        onStop = stopping.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), source);
    }

    /// <summary>Signalled at the deadline.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Starts again.</summary>
    public void Restart(TimeSpan patience) => source.CancelAfter(patience);

    /// <summary>Ends it now.</summary>
    public void Expire() => source.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        onStop.Dispose();
        source.Dispose();
    }
}
