using System.Runtime.ExceptionServices;

namespace DeviceConformance.Probing.PortSweep;

/// <summary>Counts what is under way, and lets one wait until nothing is. A list of tasks would grow to all ports of a firewalled DUT.</summary>
internal sealed class Underway
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _idle;
    private ExceptionDispatchInfo? _fault;
    private int _count;

    /// <summary>Whether nothing is under way.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
            {
                return _count == 0;
            }
        }
    }

    /// <summary>Something begins.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _count++;
        }
    }

    /// <summary>Keeps the first fault for who waits.</summary>
    public void Note(Exception fault)
    {
        lock (_lock)
        {
            _fault ??= ExceptionDispatchInfo.Capture(fault);
        }
    }

    /// <summary>Something has ended.</summary>
    public void End()
    {
        TaskCompletionSource? idle = null;
        lock (_lock)
        {
            if (--_count == 0)
            {
                (idle, _idle) = (_idle, null);
            }
        }

        idle?.SetResult();
    }

    /// <summary>Waits until nothing is under way. Throws the first fault that was noted.</summary>
    public async Task WhenIdleAsync()
    {
        Task idle;
        lock (_lock)
        {
            idle = _count == 0 ? Task.CompletedTask : (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        await idle;
        _fault?.Throw();
    }
}
