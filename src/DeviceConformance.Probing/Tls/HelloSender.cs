using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Tls;

/// <summary>Makes offers to one port, each on a connection of its own: some at a time, one at a time from the first trouble on.</summary>
/// <param name="exchange">Makes one offer, over whatever transport.</param>
/// <param name="lanes">How many at a time.</param>
/// <param name="context">Clock and transcript.</param>
internal sealed class HelloSender(Func<ClientHello, CancellationToken, Task<HelloAnswer>> exchange, int lanes, ProbeContext context) : IDisposable
{
    private static readonly TimeSpan _rest = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _longRest = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _lanes = new(lanes);
    private readonly Lock _lock = new();
    private int _isSingle;
    private long _events;
    private long _lastTaken;
    private long _lastSilence;
    private int _connections;

    /// <summary>Connections opened so far, answered or not.</summary>
    public int Connections => _connections;

    /// <summary>Whether an offer that was made after the last end without a word was taken: what ended so was then no sign of a server that answers nobody any more.</summary>
    public bool HasTakenSince
    {
        get
        {
            lock (_lock)
            {
                return _lastTaken > _lastSilence;
            }
        }
    }

    /// <summary>Whether something went wrong with two connections at a time, so that there is one now.</summary>
    public bool IsOneAtATime => _isSingle != 0;

    /// <summary>Makes an offer. What ended without an alert, or with internal_error, is asked once more, alone, since the device may have been busy; after a reset, twice more.</summary>
    public async Task<HelloAnswer> AskAsync(ClientHello hello, CancellationToken cancellationToken)
    {
        var answer = await AskInLaneAsync(hello, cancellationToken);
        var isOutOfBreath = answer.Flight.Alert is { Description: TlsAlertDescription.InternalError };
        var isRepeated = answer.Silence == Silence.NoReply && hello.Version.IsDatagram();
        if (isRepeated || answer.Silence is null or Silence.Malformed || (answer.Silence == Silence.HandshakeRefused && !isOutOfBreath))
        {
            return answer;
        }

        if (lanes > 1 && Interlocked.Exchange(ref _isSingle, 1) == 0)
        {
            // One lane is taken for good: from here on there is one connection at a time.
            await _lanes.WaitAsync(cancellationToken);
            context.Transcript.Note($"{answer.Text}; from here on one connection at a time");
        }

        await Task.Delay(_rest, context.Time, cancellationToken);
        answer = await AskInLaneAsync(hello, cancellationToken);
        if (answer.Silence != Silence.Reset)
        {
            return answer;
        }

        // A device with room for one connection may be slow to forget the last one.
        await Task.Delay(_longRest, context.Time, cancellationToken);
        return await AskInLaneAsync(hello, cancellationToken);
    }

    /// <summary>Makes an offer once.</summary>
    public async Task<HelloAnswer> AskInLaneAsync(ClientHello hello, CancellationToken cancellationToken)
    {
        await _lanes.WaitAsync(cancellationToken);
        try
        {
            Interlocked.Increment(ref _connections);
            var began = Interlocked.Increment(ref _events);
            var answer = await exchange(hello, cancellationToken);
            Note(answer, began);
            context.Transcript.Note($"{hello.Version.DisplayName()} with {Words(hello.Suites.Length)}: {answer.Text}");
            return answer;
        }
        finally
        {
            _lanes.Release();
        }
    }

    /// <summary>Notes that something else than an offer ended without a word.</summary>
    public void NoteSilence()
    {
        lock (_lock)
        {
            _lastSilence = Interlocked.Increment(ref _events);
        }
    }

    private void Note(HelloAnswer answer, long began)
    {
        lock (_lock)
        {
            if (answer.Flight.Hello is not null)
            {
                _lastTaken = Math.Max(_lastTaken, began);
            }
            else if (answer.Flight.Alert is null)
            {
                _lastSilence = Interlocked.Increment(ref _events);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lanes.Dispose();

    private static string Words(int suites) => suites == 1 ? "1 suite" : $"{suites} suites";
}
