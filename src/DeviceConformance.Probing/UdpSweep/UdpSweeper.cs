using System.Collections.Immutable;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.PortSweep;

namespace DeviceConformance.Probing.UdpSweep;

/// <summary>The network as a UDP sweep sees it.</summary>
/// <param name="Ask">Asks one port one question, waiting as long as given.</param>
/// <param name="Look">Asks for a sign of life.</param>
internal sealed record UdpGround(
    Func<int, UdpQuestion, TimeSpan, CancellationToken, ValueTask<UdpReply>> Ask,
    Func<CancellationToken, Task<SignOfLife>> Look);

/// <summary>One sweep over UDP ports: declared ones first, then the common ones, then all; each three times unless it is settled before the time is up.</summary>
/// <remarks>The campaign has taken care that the DUT was there before.</remarks>
internal sealed class UdpSweeper : IDisposable
{
    /// <summary>A question that gets no answer is repeated so often in all, for what the network loses.</summary>
    public const int Tries = 3;

    // Each port in flight holds a socket of the host; the DUT keeps nothing for it.
    private const int Places = 1024;
    private const int MostSetbacks = 3;
    private const int HostFaultTries = 6;
    private const int ProvedSilence = 2;
    private static readonly TimeSpan _window = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _timePerSign = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _rest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _hostFaultPause = TimeSpan.FromMilliseconds(100);
    // A little more than the second in which Linux earns one ICMP error.
    private static readonly TimeSpan _proofPause = TimeSpan.FromMilliseconds(1100);

    private readonly UdpGround _ground;
    private readonly int[] _order;
    private readonly ImmutableSortedDictionary<int, ServiceProtocol> _declared;
    private readonly TimeProvider _time;
    private readonly Action<double, string> _progress;
    private readonly UdpTable _table;
    private readonly UdpPace _pace;
    private readonly RateGate _gate;
    private readonly AnswerTimes _answerTimes;
    private readonly TimeSpan _longestWait;
    private readonly TimeSpan _allowed;
    private readonly SemaphoreSlim _places = new(Places);
    private readonly List<string> _incidents = [];
    private readonly HashSet<(int Port, UdpQuestion Question)> _askedOpen = [];
    private readonly long _start;

    private (long At, int Sent, int Settled, int Closed) _last;
    private long _lastSignAt;
    private long _lastControlAt;
    private volatile Exception? _fault;
    private string _stopped = "";
    private string _lastSign = "";
    private int _signs;
    private int _setbacks;
    private int _sent;

    public UdpSweeper(UdpGround ground, LabLimits limits, int[] order, IReadOnlyDictionary<int, ServiceProtocol> declared, TimeProvider time, Action<double, string> progress)
    {
        _ground = ground;
        _order = order;
        _table = new UdpTable(order);
        _declared = declared.ToImmutableSortedDictionary();
        _time = time;
        _progress = progress;
        _pace = new UdpPace(limits.ConnectionsPerSecond);
        _gate = new RateGate(_pace.PerSecond, time);
        _longestWait = TimeSpan.FromMilliseconds(limits.ConnectTimeoutMilliseconds);
        _answerTimes = new AnswerTimes(_longestWait);
        _allowed = TimeSpan.FromSeconds(limits.UdpSeconds);
        _start = time.GetTimestamp();
        _last.At = _lastSignAt = _lastControlAt = _start;
    }

    private TimeSpan Elapsed => _time.GetElapsedTime(_start);

    public void Dispose() => _places.Dispose();

    /// <summary>Sweeps.</summary>
    /// <exception cref="LabFaultException">The host can not send.</exception>
    public async Task<UdpSweepFindings> RunAsync(CancellationToken cancellationToken)
    {
        await TierAsync([.. _declared.Keys], "declared", cancellationToken);
        await ProveDeclaredAsync(cancellationToken);
        await TierAsync([.. _order.Where(port => CommonUdpPorts.All.Contains(port) && !_declared.ContainsKey(port))], "common", cancellationToken);
        await TierAsync([.. _order.Where(port => !CommonUdpPorts.All.Contains(port) && !_declared.ContainsKey(port))], "other", cancellationToken);
        await IdentifyAsync(cancellationToken);
        await LookAsync(cancellationToken);
        return Findings();
    }

    private async Task TierAsync(int[] ports, string which, CancellationToken cancellationToken)
    {
        while (_stopped.Length == 0)
        {
            var left = ports.Where(port => !_table.IsSettled(port) && _table.Tries(port) < Tries).ToList();
            if (left.Count == 0)
            {
                return;
            }

            await PassAsync(left.SelectMany(port => QuestionsFor(port, _table.Tries(port)).Select((question, index) => (port, question, index == 0))), which, cancellationToken);
            if (IsTimeUp(keepsSomeTime: true))
            {
                return;
            }
        }
    }

    // A declared port is asked everything once, since the declaration may name the wrong protocol.
    private IEnumerable<UdpQuestion> QuestionsFor(int port, int tries)
    {
        var fitting = UdpQuestions.For(port);
        if (_declared.TryGetValue(port, out var protocol))
        {
            fitting = fitting.Concat(UdpQuestions.All.Where(question => question.Protocol == protocol && protocol != ServiceProtocol.Other)).Distinct();
            return tries == 0 ? fitting.Concat(UdpQuestions.All).Distinct() : fitting.DefaultIfEmpty(UdpQuestions.ForAnyPort[tries]);
        }

        return fitting.DefaultIfEmpty(UdpQuestions.ForAnyPort[tries]);
    }

    // Whether a declared port is closed decides a unit, so it is asked again at the pace at which even a limited DUT answers.
    private async Task ProveDeclaredAsync(CancellationToken cancellationToken)
    {
        for (var round = 0; round < ProvedSilence; round++)
        {
            foreach (var port in _declared.Keys.Where(port => !_table.IsSettled(port)).ToList())
            {
                if (_table.ClosedCount == 0 || Elapsed > _allowed / 4)
                {
                    return;
                }

                await Task.Delay(_proofPause, _time, cancellationToken);
                await PassAsync([(port, QuestionsFor(port, 1).First(), false)], "declared", cancellationToken);
            }
        }
    }

    // What answered without being understood is asked all there is, to name it.
    private async Task IdentifyAsync(CancellationToken cancellationToken)
    {
        var unknown = _table.Open.Where(open => open.Reply.Name.Length == 0).Select(open => open.Port).ToList();
        var jobs = UdpQuestions.All.SelectMany(question => unknown.Select(port => (port, question, false))).Where(job => !_askedOpen.Contains((job.port, job.question)));
        await PassAsync(jobs, "unidentified", cancellationToken, names: true);
    }

    private async Task PassAsync(IEnumerable<(int Port, UdpQuestion Question, bool IsFirst)> jobs, string which, CancellationToken cancellationToken, bool names = false)
    {
        foreach (var (port, question, isFirst) in jobs)
        {
            if (names ? _table.IsRecognised(port) : _table.IsSettled(port))
            {
                continue;
            }

            if (_stopped.Length > 0 || _fault is not null || IsTimeUp(keepsSomeTime: !names))
            {
                break;
            }

            await WatchAsync(which, cancellationToken);
            await _gate.WaitAsync(cancellationToken);
            await _places.WaitAsync(cancellationToken);
            if (isFirst)
            {
                _table.Tried(port);
            }

            _ = AskAsync(port, question, cancellationToken);
        }

        for (var place = 0; place < Places; place++)
        {
            await _places.WaitAsync(CancellationToken.None);
        }

        _places.Release(Places);
        cancellationToken.ThrowIfCancellationRequested();
        if (_fault is { } fault)
        {
            throw fault is LabFaultException ? fault : new InvalidOperationException(fault.Message, fault);
        }
    }

    private async Task AskAsync(int port, UdpQuestion question, CancellationToken cancellationToken, bool isControl = false)
    {
        try
        {
            var reply = await ReplyAsync(port, question, cancellationToken);
            _table.Note(port, question, reply);
            if (isControl)
            {
                _pace.Control(reply.Answer is PortAnswer.Closed or PortAnswer.Open);
            }

            if (reply.Answer == PortAnswer.Open)
            {
                lock (_askedOpen)
                {
                    _askedOpen.Add((port, question));
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The pass ends itself and says so.
        }
        catch (Exception fault)
        {
            // Nobody awaits this task; the pass throws it.
            _fault = fault;
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<UdpReply> ReplyAsync(int port, UdpQuestion question, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            Interlocked.Increment(ref _sent);
            var asked = _time.GetTimestamp();
            var wait = question.Ports.Contains(port) || _declared.ContainsKey(port) || _table.IsOpen(port) ? _longestWait : _answerTimes.Timeout;
            var reply = await _ground.Ask(port, question, wait, cancellationToken);
            if (reply.Answer is PortAnswer.Open or PortAnswer.Closed)
            {
                _answerTimes.Add(_time.GetElapsedTime(asked));
            }

            if (reply.Answer != PortAnswer.HostFault)
            {
                return reply;
            }

            if (attempt == HostFaultTries)
            {
                throw new LabFaultException($"The host can not send a datagram to UDP port {port} of the DUT; a firewall of its own may forbid it, or descriptors ran out.");
            }

            await Task.Delay(_hostFaultPause * attempt, _time, cancellationToken);
        }
    }

    // Between two questions: adapts the rate, asks control questions, wants a sign of life.
    private async Task WatchAsync(string which, CancellationToken cancellationToken)
    {
        var elapsed = _time.GetElapsedTime(_last.At);
        if (elapsed >= _window)
        {
            var (sent, settled, closed) = (Volatile.Read(ref _sent), _table.Settled, _table.ClosedCount);
            var left = ((_order.Length - settled) * Tries) - sent;
            _pace.Window(sent - _last.Sent, settled - _last.Settled, closed - _last.Closed, elapsed.TotalSeconds, Math.Max(0, left), (_allowed - Elapsed).TotalSeconds);
            _gate.PerSecond = _pace.PerSecond;
            _last = (_time.GetTimestamp(), sent, settled, closed);
            _progress(Math.Min(0.99, Math.Max(Elapsed / _allowed, settled / (double)_order.Length)), $"{which} ports, {_table.Open.Count} answered, {closed} proven closed");
        }

        if (_pace.WantsControl && _time.GetElapsedTime(_lastControlAt) > _answerTimes.Timeout && _table.SomeClosed(_pace.Controls) is > 0 and var control)
        {
            _lastControlAt = _time.GetTimestamp();
            await _places.WaitAsync(cancellationToken);
            _ = AskAsync(control, UdpQuestions.ForAnyPort[0], cancellationToken, isControl: true);
        }

        if (_time.GetElapsedTime(_lastSignAt) > _timePerSign)
        {
            await LookAsync(cancellationToken);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        if (_stopped.Length > 0)
        {
            return;
        }

        var silences = _table.Unconfirmed;
        var sign = await _ground.Look(cancellationToken);
        if (!sign.IsAlive)
        {
            var at = Elapsed;
            await Task.Delay(_rest, _time, cancellationToken);
            sign = await _ground.Look(cancellationToken);
            _table.Void();
            _pace.SlowDown();
            _gate.PerSecond = _pace.PerSecond;
            _incidents.Add(FormattableString.Invariant($"At {at.TotalSeconds:0.0} s the DUT gave no sign of life; silence since the one before does not count."));
            if (!sign.IsAlive || ++_setbacks > MostSetbacks)
            {
                _stopped = $"The sweep was ended: {(sign.IsAlive ? "the DUT was away too often" : sign.How)}.";
                return;
            }
        }
        else
        {
            _table.Confirm(silences);
        }

        _signs++;
        _lastSign = sign.How;
        _lastSignAt = _time.GetTimestamp();
    }

    // Naming what answered needs a little of the time at the end.
    private bool IsTimeUp(bool keepsSomeTime) => Elapsed > (keepsSomeTime ? _allowed * 0.9 : _allowed);

    private UdpSweepFindings Findings()
    {
        if (_stopped.Length > 0)
        {
            // What was still on its way when the DUT left.
            _table.Void();
        }

        var silent = _table.Silent();
        return new UdpSweepFindings
        {
            Open = _table.Open,
            Closed = _table.Closed(),
            Silent = silent,
            NotTried = _table.NotTried(),
            Unreachable = _table.Unreachable().Count,
            SilentByTries = [.. Enumerable.Range(1, Tries).Select(tries => silent.Ports.Count(port => Math.Min(Tries, _table.Tries(port)) == tries))],
            SilentWithoutQuestion = silent.Ports.Count(port => !UdpQuestions.Ports.Contains(port) && !_declared.ContainsKey(port)),
            UnreachablesPerSecond = _pace.UnreachablesPerSecond,
            IsLimited = _pace.IsLimited,
            Controls = _pace.Controls,
            ControlsSilent = _pace.ControlsSilent,
            Datagrams = _sent,
            Elapsed = Elapsed,
            Allowed = _allowed,
            SignsOfLife = _signs,
            LastSign = _lastSign,
            Incidents = _incidents,
            Stopped = _stopped,
        };
    }
}
