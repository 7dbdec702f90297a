using System.Collections.Concurrent;
using System.Net.Sockets;
using DeviceConformance.Model.Lab;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.PortSweep;

/// <summary>The network as a sweep sees it.</summary>
/// <param name="Knock">Asks one port, waiting as long as given.</param>
/// <param name="Look">Asks for a sign of life.</param>
/// <param name="Connections">How many attempts have been made.</param>
internal sealed record SweepGround(
    Func<int, TimeSpan, CancellationToken, ValueTask<Knock>> Knock,
    Func<CancellationToken, Task<SignOfLife>> Look,
    Func<int> Connections)
{
    /// <summary>How a port is asked, in a word.</summary>
    public string Method { get; init; } = SweepFindings.Connect;

    /// <summary>
    /// Asks a port without a connection, for a packet each way: returns at once, and tells the answer and how long it took on a thread of its
    /// own; an error of the host comes back instead. Null where every question is a connection.
    /// </summary>
    public Func<int, TimeSpan, Action<int, Knock, TimeSpan>, SocketError>? Ask { get; init; }

    /// <summary>Whether asking a port costs the DUT no connection.</summary>
    public bool IsLight => Ask is not null;

    /// <summary>Asks a port for a connection.</summary>
    public Func<int, TimeSpan, CancellationToken, ValueTask<Knock>> Connect { get; init; } = Knock;
}

/// <summary>What a sweep found.</summary>
/// <param name="Open">Open ports, ascending.</param>
/// <param name="Findings">Counts, and what they are worth.</param>
internal sealed record SweepResult(IReadOnlyList<int> Open, SweepFindings Findings)
{
    /// <summary>Ports of which it is not known whether they are open.</summary>
    public required IReadOnlyList<int> Unsettled { get; init; }
}

/// <summary>One sweep over ports: asks each, goes as fast as the DUT answers, repeats what stayed silent, and watches that the DUT is there.</summary>
/// <remarks>
/// A first pass asks every port once. A watch beside it asks control ports, whose answer is known, and adapts the rate; every few thousand
/// ports it wants a sign of life. What did not answer is asked again at the end, waiting longer and at a lower rate; what was open has to
/// complete a connection then. The campaign has taken care that the DUT was there before.
/// </remarks>
internal sealed class PortSweeper
{
    private const int Passes = 3;
    // More are made as long as they settle ports, and where few ports are left: there they cost little and make an accident of loss unlikely.
    private const int PassesForFew = 5;
    private const int MostPasses = 8;
    private const int Few = 256;
    private const double WorthRepeating = 0.1;
    private const int LeastPortsPerSign = 4096;
    private const int SignsPerSecond = 5;
    private const int LeastControls = 40;
    // Where they are light, so many as it takes to tell a loss of some per cent from none.
    private const int MostControls = 300;
    private const int MostSetbacks = 3;
    private const int MostContradictions = 8;
    // SYNs between two to a port that accepts. They go in the same stream: asked beside it, they would find the pauses of the sweep.
    private const int SynsPerAccepting = 128;
    // After ten misses in a row the rate is at its lowest, and still no refusal comes.
    private const int MissesUntilRefusalsStopped = 10;
    // In-flight attempts that leave places for control ports and signs of life.
    private const int PlacesForControl = 2;
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _measure = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _timePerSign = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _costlyControl = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _breath = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _rest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _repeatBudget = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _longestSweep = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan _hostFaultPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _hostFaultPatience = TimeSpan.FromSeconds(10);

    private readonly SweepGround _ground;
    private readonly TimeProvider _time;
    private readonly Action<double, string> _progress;
    private readonly PortTable _table;
    private readonly ControlPorts _controls = new();
    private readonly AnswerTimes _answerTimes;
    private readonly SweepRate _rate;
    private readonly RateGate _gate;
    private readonly List<SweepPass> _passes = [];
    private readonly List<string> _incidents = [];
    private readonly ConcurrentQueue<int> _again = new();
    private readonly Underway _underway = new();
    private readonly Action<int, Knock, TimeSpan> _answered;
    private readonly int _portsPerSign;
    private readonly long _start;

    private int _places;
    private volatile string _stopped = "";
    private volatile bool _isPaused;
    private SignOfLife? _absence;
    private long _lastSignAt;
    private long _lastControlAt;
    private long _hostFaultSince;
    private long _measuredAt;
    private int _answers;
    private int _answersMeasured;
    private double _answersPerSecond;
    private int _signs;
    private int _setbacks;
    private int _contradictions;
    private int _refusedThoughOpen;
    private bool _passIsSound;
    private bool _placesReduced;

    public PortSweeper(SweepGround ground, LabLimits limits, int[] ports, TimeProvider time, Action<double, string> progress)
    {
        _ground = ground;
        _time = time;
        _progress = progress;
        _table = new PortTable(ports);
        _answerTimes = new AnswerTimes(TimeSpan.FromMilliseconds(limits.ConnectTimeoutMilliseconds));
        _rate = limits.Sweep == SweepPace.Fast ? new SweepRate(limits.ConnectionsPerSecond, 0.5) : new SweepRate(limits.ConnectionsPerSecond);
        _gate = new RateGate(_rate.PerSecond, time);
        _places = Math.Max(1, limits.ConcurrentConnections - PlacesForControl);
        _answered = (port, knock, elapsed) =>
        {
            Note(port, knock.Answer, elapsed, _passes.Count);
            _underway.End();
        };
        _portsPerSign = Math.Max(LeastPortsPerSign, limits.ConnectionsPerSecond / SignsPerSecond);
        _start = time.GetTimestamp();
        _lastSignAt = _start;
        _measuredAt = _start;
        _lastControlAt = _start;
    }

    /// <summary>Sweeps.</summary>
    /// <exception cref="LabFaultException">The host can not open connections.</exception>
    public async Task<SweepResult> RunAsync(CancellationToken cancellationToken)
    {
        for (var pass = 0; _stopped.Length == 0; pass++)
        {
            var ports = _table.Unsettled();
            var settled = pass == 0 ? 1 : 1 - (ports.Count / (double)_passes[^1].Ports);
            if (ports.Count == 0 || pass >= (settled > WorthRepeating || _table.Count(PortState.NotTried) > 0 ? MostPasses : ports.Count <= Few ? PassesForFew : Passes))
            {
                break;
            }

            await PassAsync(pass, ports, cancellationToken);
        }

        if (_stopped.Length == 0 && _table.Unsettled().Count > 0)
        {
            await TopUpControlsAsync(cancellationToken);
        }

        var vanished = _stopped.Length == 0 ? await VanishedAsync(cancellationToken) : [];
        var last = _absence ?? await _ground.Look(cancellationToken);
        if (last.IsAlive)
        {
            _table.Confirm(_table.Mark());
        }
        else if (_stopped.Length == 0)
        {
            Stop($"After the sweep the DUT gave no sign of life: {last.How}.");
        }

        if (!last.IsAlive)
        {
            _table.Void();
        }

        return new SweepResult(_table.In(PortState.Open), Findings(vanished, last)) { Unsettled = _table.Unsettled() };
    }

    private async Task PassAsync(int pass, List<int> ports, CancellationToken cancellationToken)
    {
        _controls.StartPass();
        _passIsSound = true;
        var timeout = pass == 0 ? (TimeSpan?)null : RepeatTimeout(pass, ports.Count);
        if (pass > 0)
        {
            _rate.Restart(0.25);
            _gate.PerSecond = _rate.PerSecond;
            await ReviveRefusalsAsync(cancellationToken);
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var dispatch = DispatchAsync(pass, ports, timeout, end);
        var watch = WatchAsync(pass, dispatch, ports.Count, end.Token);
        if (await Task.WhenAny(dispatch, watch) == watch && !dispatch.IsCompleted)
        {
            // The watch ends first only by a fault.
            await end.CancelAsync();
        }

        await Task.WhenAll(dispatch, watch);
        var sound = _passIsSound && _controls.LongestRun < ControlPorts.RunOfMisses && !_controls.RefusalsStopped;
        _passes.Add(new SweepPass(ports.Count, timeout ?? _answerTimes.Timeout, _controls.Asked, _controls.Missed, sound));
    }

    // Waits as long as the laboratory allows where few ports are left, and shorter where a firewall swallows most: the pass has to end.
    // Loss is made good first, where asking costs little: what a packet lost needs no longer wait.
    private TimeSpan RepeatTimeout(int pass, int ports)
    {
        // What opens no connection waits for all of them at the same time.
        var affordable = _ground.IsLight ? _answerTimes.Longest : _repeatBudget * ((double)_places / ports);
        var shortest = TimeSpan.FromTicks(Math.Min(_answerTimes.Timeout.Ticks * 3 / 2, _answerTimes.Longest.Ticks));
        return affordable < shortest || (pass == 1 && _ground.IsLight) ? shortest : affordable > _answerTimes.Longest ? _answerTimes.Longest : affordable;
    }

    private async Task DispatchAsync(int pass, List<int> ports, TimeSpan? timeout, CancellationTokenSource end)
    {
        using var places = new SemaphoreSlim(_places);
        try
        {
            for (var next = 0; _stopped.Length == 0;)
            {
                if (next < ports.Count)
                {
                    if (next % SynsPerAccepting == 0)
                    {
                        AskAccepting();
                    }

                    await StartAsync(ports[next++]);
                }
                else if (_again.TryDequeue(out var port))
                {
                    await StartAsync(port);
                }
                else if (!_underway.IsIdle)
                {
                    // Attempts under way may still come back because the host had no means for them.
                    await _underway.WhenIdleAsync();
                }
                else
                {
                    return;
                }
            }
        }
        finally
        {
            await _underway.WhenIdleAsync();
        }

        async ValueTask StartAsync(int port)
        {
            await _gate.WaitAsync(end.Token);
            await HoldAsync(end.Token);
            if (_ground.Ask is { } ask)
            {
                // A question that opens no connection takes none of the places and no task: there are tens of thousands of them.
                _underway.Begin();
                var error = ask(port, timeout ?? _answerTimes.Timeout, _answered);
                if (error != SocketError.Success)
                {
                    _underway.End();
                    await BearHostFaultAsync(error, end.Token);
                    _again.Enqueue(port);
                }

                return;
            }

            await places.WaitAsync(end.Token);
            _underway.Begin();
            // Its end and its fault, if any, are for whoever waits until nothing is under way.
            _ = AttemptAsync(port, timeout ?? _answerTimes.Timeout, pass, places, end);
        }
    }

    // Nothing is asked while the DUT may be gone, nor far ahead of its last sign of life.
    private async ValueTask HoldAsync(CancellationToken cancellationToken)
    {
        while (_stopped.Length == 0 && (_isPaused || _table.Unconfirmed > 2 * _portsPerSign))
        {
            await Task.Delay(_tick / 5, _time, cancellationToken);
        }
    }

    private async Task AttemptAsync(int port, TimeSpan timeout, int pass, SemaphoreSlim places, CancellationTokenSource end)
    {
        try
        {
            var started = _time.GetTimestamp();
            var knock = await _ground.Knock(port, timeout, end.Token);
            if (knock.Answer != PortAnswer.HostFault)
            {
                Note(port, knock.Answer, _time.GetElapsedTime(started), pass);
                places.Release();
                return;
            }

            await BearHostFaultAsync(knock.Error, end.Token);
            _again.Enqueue(port);
            if (Interlocked.Decrement(ref _places) > 0)
            {
                // The place is not given back: the host can not bear so many attempts at once.
                _placesReduced = true;
                return;
            }

            Interlocked.Increment(ref _places);
            places.Release();
        }
        catch (Exception fault)
        {
            _underway.Note(fault);
            await end.CancelAsync();
        }
        finally
        {
            _underway.End();
        }
    }

    private void Note(int port, PortAnswer answer, TimeSpan elapsed, int pass)
    {
        Interlocked.Exchange(ref _hostFaultSince, 0);
        if (answer is PortAnswer.Open or PortAnswer.Closed)
        {
            _answerTimes.Add(elapsed);
            _controls.Add(port, answer);
            Interlocked.Increment(ref _answers);
        }

        var state = answer switch
        {
            PortAnswer.Open => PortState.Open,
            PortAnswer.Closed => PortState.Closed,
            PortAnswer.Unreachable => PortState.Unreachable,
            _ => PortState.Silent,
        };
        _table.Note(port, state, pass);
    }

    // Descriptors and local ports that other programs hold come free; a prohibition does not.
    private async Task BearHostFaultAsync(SocketError error, CancellationToken cancellationToken)
    {
        var now = _time.GetTimestamp();
        var since = Interlocked.CompareExchange(ref _hostFaultSince, now, 0);
        if (since != 0 && _time.GetElapsedTime(since) > _hostFaultPatience)
        {
            throw new LabFaultException($"The host can not open connections: {new SocketException((int)error).Message} ({error}). Raise its limit of open files or free local ports.");
        }

        await Task.Delay(_hostFaultPause, _time, cancellationToken);
    }

    private async Task WatchAsync(int pass, Task dispatch, int ports, CancellationToken cancellationToken)
    {
        using var ticker = new PeriodicTimer(_tick, _time);
        var before = _table.Outcomes;
        while (await Task.WhenAny(dispatch, ticker.WaitForNextTickAsync(cancellationToken).AsTask()) != dispatch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var done = Math.Clamp((_table.Outcomes - before) / (double)ports, 0, 1);
            _progress(
                pass == 0 ? 0.8 * done : 0.8 + (0.15 * ((pass - 1 + done) / (MostPasses - 1))),
                pass == 0 ? $"{_table.Outcomes} of {ports} ports asked, {_rate.PerSecond:0} per second" : $"{ports} silent ports asked again, time {pass}");
            MeasureAnswers();
            if (_time.GetElapsedTime(_start) > _longestSweep)
            {
                Stop($"The sweep was ended after {_longestSweep.TotalMinutes:0} minutes.");
            }

            await AskControlAsync(cancellationToken);
            await BearContradictionAsync(cancellationToken);
            if (_table.Unconfirmed >= _portsPerSign || _time.GetElapsedTime(_lastSignAt) >= _timePerSign || _controls.MissesInARow == ControlPorts.RunOfMisses)
            {
                await LookAsync(cancellationToken);
            }
        }

        await BearContradictionAsync(cancellationToken);
    }

    private void MeasureAnswers()
    {
        var span = _time.GetElapsedTime(_measuredAt);
        if (span >= _measure)
        {
            var answers = Volatile.Read(ref _answers);
            _answersPerSecond = (answers - _answersMeasured) / span.TotalSeconds;
            _answersMeasured = answers;
            _measuredAt = _time.GetTimestamp();
        }
    }

    private async Task AskControlAsync(CancellationToken cancellationToken)
    {
        if (!_controls.AreRefusing && !_ground.IsLight && _time.GetElapsedTime(_lastControlAt) < _costlyControl)
        {
            _rate.Unknown();
        }
        else if (await ControlAsync(cancellationToken) is { WasAsked: true } control)
        {
            if (control.Answered)
            {
                _rate.Answered(control.Elapsed);
            }
            else
            {
                _rate.Lost(_answersPerSecond);
            }
        }

        _gate.PerSecond = _rate.PerSecond;
        if (_controls is { AreRefusing: true, MissesInARow: >= MissesUntilRefusalsStopped })
        {
            _controls.RefusalsStopped = true;
            _passIsSound = false;
            _incidents.Add($"After {_time.GetElapsedTime(_start).TotalSeconds:0.0} s and {_table.Count(PortState.Closed)} refusals, ports that had refused stopped answering.");
            // What is left may be open all the same.
            _rate.Restart(0.25);
        }
    }

    private async Task<Control> ControlAsync(CancellationToken cancellationToken)
    {
        _lastControlAt = _time.GetTimestamp();
        var started = _lastControlAt;
        bool answered;
        if (_controls.TryNext(out var port))
        {
            var knock = await _ground.Knock(port, _answerTimes.Timeout, cancellationToken);
            if (knock.Answer == PortAnswer.HostFault)
            {
                return default;
            }

            answered = knock.Answer is PortAnswer.Open or PortAnswer.Closed;
        }
        else
        {
            // No port answers at all; then whatever shows that the DUT is there has to do, a ping for example.
            answered = (await _ground.Look(cancellationToken)).IsAlive;
            if (answered && _answerTimes.IsEmpty)
            {
                _answerTimes.Add(_time.GetElapsedTime(started));
            }
        }

        _controls.Count(answered);
        return new Control(true, answered, _time.GetElapsedTime(started));
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var mark = _table.Mark();
        var sign = _ground.IsLight ? await GlanceAsync(cancellationToken) : null;
        sign ??= await _ground.Look(cancellationToken);
        if (!sign.Value.IsAlive)
        {
            await BearAbsenceAsync(sign.Value, cancellationToken);
            return;
        }

        _signs++;
        _lastSignAt = _time.GetTimestamp();
        _table.Confirm(mark);
    }

    private async Task<SignOfLife?> GlanceAsync(CancellationToken cancellationToken) =>
        _controls.TryAccepting(out var port) && (await _ground.Knock(port, _answerTimes.Timeout, cancellationToken)).Answer == PortAnswer.Open
            ? new SignOfLife(true, $"TCP {port} accepts")
            : null;

    // Some firewalls answer what comes too fast with a reset in the device's place. Then ports that accepted refuse, and no refusal counts.
    private void AskAccepting()
    {
        if (_ground.Ask is not { } ask || !_controls.TryAccepting(out var port))
        {
            return;
        }

        _underway.Begin();
        var error = ask(port, _answerTimes.Timeout, (asked, knock, _) =>
        {
            if (knock.Answer == PortAnswer.Closed)
            {
                Volatile.Write(ref _refusedThoughOpen, asked);
            }

            _underway.End();
        });
        if (error != SocketError.Success)
        {
            // The ports beside it meet the same fault, which is borne there.
            _underway.End();
        }
    }

    private async Task BearContradictionAsync(CancellationToken cancellationToken)
    {
        var port = Volatile.Read(ref _refusedThoughOpen);
        if (port == 0)
        {
            return;
        }

        _isPaused = true;
        try
        {
            await Task.Delay(_answerTimes.Timeout + _breath, _time, cancellationToken);
            Volatile.Write(ref _refusedThoughOpen, 0);
            if ((await _ground.Knock(port, _answerTimes.Longest, cancellationToken)).Answer != PortAnswer.Open)
            {
                // It has closed for good, which says nothing about other ports.
                _controls.Remove(port);
                return;
            }

            _incidents.Add($"At {_time.GetElapsedTime(_start).TotalSeconds:0.0} s, at {_rate.PerSecond:0} per second, TCP {port} refused though it is open; ports that had refused until then were asked again, more slowly.");
            _table.VoidRefusals();
            _rate.Cap(_rate.PerSecond / 2);
            _gate.PerSecond = _rate.PerSecond;
            if (++_contradictions > MostContradictions)
            {
                Stop("Ports that are open kept refusing at any rate; refusals mean nothing here.");
            }
        }
        finally
        {
            _isPaused = false;
        }
    }

    // A device may stall for a moment under the sweep itself. It gets a rest, and what was asked meanwhile is asked again.
    private async Task BearAbsenceAsync(SignOfLife sign, CancellationToken cancellationToken)
    {
        var at = _time.GetElapsedTime(_start);
        _isPaused = true;
        _passIsSound = false;
        try
        {
            // Long enough for every attempt under way to end, so that its outcome is void as well.
            await Task.Delay(_answerTimes.Longest + _rest, _time, cancellationToken);
            var again = ++_setbacks > MostSetbacks ? sign : await _ground.Look(cancellationToken);
            _table.Void();
            if (again.IsAlive)
            {
                _incidents.Add($"At {at.TotalSeconds:0.0} s the DUT gave no sign of life for a while ({sign.How}); what was asked then was asked again.");
                _rate.Lost(0);
                _gate.PerSecond = _rate.PerSecond;
                _lastSignAt = _time.GetTimestamp();
            }
            else
            {
                _absence = again;
                Stop($"At {at.TotalSeconds:0.0} s the DUT gave no sign of life any more ({again.How}); the sweep was ended.");
            }
        }
        finally
        {
            _isPaused = false;
        }
    }

    private async Task ReviveRefusalsAsync(CancellationToken cancellationToken)
    {
        if (!_controls.RefusalsStopped)
        {
            return;
        }

        await Task.Delay(_rest, _time, cancellationToken);
        if (_controls.TryRefusing(out var port)
            && (await _ground.Knock(port, _answerTimes.Longest, cancellationToken)).Answer is PortAnswer.Closed or PortAnswer.Open)
        {
            _controls.RefusalsStopped = false;
            _incidents.Add($"At {_time.GetElapsedTime(_start).TotalSeconds:0.0} s they answered again.");
        }
    }

    // Silence of single ports is worth as much as the loss is known.
    private async Task TopUpControlsAsync(CancellationToken cancellationToken)
    {
        using var ticker = new PeriodicTimer(_tick / 5, _time);
        _controls.StartPass();
        var sound = _passes.Where(pass => pass.IsSound).ToList();
        var silences = _table.FewestSilences(SoundPasses());
        while (!Suffice(sound.Sum(pass => pass.ControlAsked) + _controls.Asked, sound.Sum(pass => pass.ControlMissed) + _controls.Missed)
            && _controls.MissesInARow < ControlPorts.RunOfMisses && await ticker.WaitForNextTickAsync(cancellationToken))
        {
            await ControlAsync(cancellationToken);
        }

        _passes[^1] = _passes[^1] with
        {
            ControlAsked = _passes[^1].ControlAsked + _controls.Asked,
            ControlMissed = _passes[^1].ControlMissed + _controls.Missed,
        };

        bool Suffice(int asked, int missed) =>
            asked >= (_ground.IsLight ? MostControls : LeastControls)
            || (asked >= LeastControls && SweepFindings.Miss(SweepFindings.Loss(asked, missed), silences) <= SweepFindings.TolerableMiss);
    }

    private async Task<List<int>> VanishedAsync(CancellationToken cancellationToken)
    {
        var vanished = new List<int>();
        foreach (var chunk in _table.In(PortState.Open).Chunk(Math.Min(16, _places)))
        {
            var accepts = await Task.WhenAll(chunk.Select(port => StillAcceptsAsync(port, cancellationToken)));
            vanished.AddRange(chunk.Where((_, index) => !accepts[index]));
        }

        return vanished;
    }

    private async Task<bool> StillAcceptsAsync(int port, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var knock = await _ground.Connect(port, attempt == 0 ? _answerTimes.Timeout : _answerTimes.Longest, cancellationToken);
            if (knock.Answer == PortAnswer.Open)
            {
                return true;
            }

            // A device that serves one connection at a time may refuse the next for a moment.
            await Task.Delay(_answerTimes.Timeout, _time, cancellationToken);
        }

        return false;
    }

    private void Stop(string why) => _stopped = _stopped.Length == 0 ? why : _stopped;

    private SweepFindings Findings(List<int> vanished, SignOfLife last)
    {
        if (_placesReduced)
        {
            _incidents.Add($"The host could not bear more than {_places} attempts at the same time.");
        }

        if (_rate.Lowest < _rate.Limit / 4 && _contradictions == 0)
        {
            _incidents.Add($"The rate fell to {_rate.Lowest:0} per second when the DUT did not keep up.");
        }

        var unreachable = _table.Count(PortState.Unreachable);
        return new SweepFindings
        {
            Method = _ground.Method,
            Open = _table.Count(PortState.Open),
            Closed = _table.Count(PortState.Closed),
            Silent = _table.Count(PortState.Silent) + unreachable,
            Unreachable = unreachable,
            NotTried = _table.Count(PortState.NotTried),
            Passes = _passes,
            FewestSilences = _table.FewestSilences(SoundPasses()),
            SilenceIsBunched = _table.SilenceIsBunched(),
            RefusalsStopped = _controls.RefusalsStopped,
            Vanished = vanished,
            SignsOfLife = _signs,
            LastSign = last.IsAlive ? last.How : "",
            Stopped = _stopped,
            Incidents = _incidents,
            Elapsed = _time.GetElapsedTime(_start),
            Connections = _ground.Connections(),
        };
    }

    private uint SoundPasses() => _passes.Select((pass, index) => pass.IsSound ? 1u << index : 0).Aggregate(0u, (mask, bit) => mask | bit);

    private readonly record struct Control(bool WasAsked, bool Answered, TimeSpan Elapsed);
}
