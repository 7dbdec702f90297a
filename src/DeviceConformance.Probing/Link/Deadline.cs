namespace DeviceConformance.Probing.Link;

/// <summary>Deadlines on an injected clock.</summary>
public static class Deadline
{
    /// <summary>A source that cancels after <paramref name="span"/>, or when <paramref name="cancellationToken"/> does.</summary>
    public static CancellationTokenSource After(TimeSpan span, TimeProvider time, CancellationToken cancellationToken) => new Linked(span, time, cancellationToken);

    private sealed class Linked : CancellationTokenSource
    {
        private readonly ITimer _timer;
        private readonly CancellationTokenRegistration _outer;

        public Linked(TimeSpan span, TimeProvider time, CancellationToken cancellationToken)
        {
            _outer = cancellationToken.UnsafeRegister(static source => ((Linked)source!).CancelIfAlive(), this);
            _timer = time.CreateTimer(static source => ((Linked)source!).CancelIfAlive(), this, span, Timeout.InfiniteTimeSpan);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _timer.Dispose();
                _outer.Dispose();
            }

            base.Dispose(disposing);
        }

        private void CancelIfAlive()
        {
            try
            {
                Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The timer may fire while the operation that it guards ends; then there is nothing left to cancel.
                return;
            }
        }
    }
}
