using DeviceConformance.Model.Lab;

namespace DeviceConformance.Probing.Link;

/// <summary>Keeps connections within the laboratory's limits: so many at once, so many new ones in a second.</summary>
internal sealed class ConnectionPace(LabLimits limits, TimeProvider time) : IDisposable
{
    // Longer than any probe holds a connection that does not move, shorter than the deadline of an HTTP exchange.
    internal static readonly TimeSpan SlotDeadline = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _slots = new(limits.ConcurrentConnections);
    private readonly RateGate _rate = new(limits.ConnectionsPerSecond, time);

    /// <summary>Takes a slot and waits for the turn. The slot is held until <see cref="Release"/>.</summary>
    /// <exception cref="LabFaultException">All slots stayed taken: the laboratory's limit is too low for what the probes do at once.</exception>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        if (!_slots.Wait(0, CancellationToken.None))
        {
            await TakeSlotAsync(cancellationToken);
        }

        try
        {
            await _rate.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _slots.Release();
            throw;
        }
    }

    public void Release()
    {
        try
        {
            _slots.Release();
        }
        catch (ObjectDisposedException)
        {
            // A connection may outlive the link by a moment when a run is interrupted; nobody waits for its slot then.
        }
    }

    public void Dispose() => _slots.Dispose();

    private async Task TakeSlotAsync(CancellationToken cancellationToken)
    {
        using var limit = Deadline.After(SlotDeadline, time, cancellationToken);
        try
        {
            await _slots.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new LabFaultException(
                $"All {limits.ConcurrentConnections} connections that lab.yaml allows at once stayed in use for {SlotDeadline.TotalSeconds:0} s; raise 'concurrent-connections'.");
        }
    }
}
