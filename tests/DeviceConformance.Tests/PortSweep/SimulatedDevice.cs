using System.Net.Sockets;
using DeviceConformance.Model.Lab;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.PortSweep;
using DeviceConformance.Tests.Tls;

namespace DeviceConformance.Tests.PortSweep;

/// <summary>A device and the way to it, without sockets: what a real network does by chance, this one does to order.</summary>
internal sealed class SimulatedDevice
{
    // Some way into the order of asking, so that a fault in the middle has ports on either side.
    public static readonly int[] SomePorts = PortOrder.All()[..6000];

    // Silence takes this long, on the wall's clock, whatever the sweep allows: the tests are about what it concludes.
    private static readonly TimeSpan _silence = TimeSpan.FromMilliseconds(20);

    private readonly FastTime _time = new(4);
    private readonly Random _chance = new(303645);
    private readonly Lock _lock = new();
    private int _questions;
    private long? _goneSince;
    private int _refusals;
    private double _credit;
    private long _creditAt;

    public HashSet<int> Open { get; init; } = [SomePorts[10], SomePorts[3000], SomePorts[5990]];

    /// <summary>Ports whose packets a firewall drops.</summary>
    public Func<int, bool> Drops { get; init; } = _ => false;

    /// <summary>Share of questions that get lost.</summary>
    public double Loss { get; init; }

    /// <summary>After so many refusals the device refuses no more.</summary>
    public int RefusesAtMost { get; init; } = int.MaxValue;

    /// <summary>Whether open ports stop answering together with refusals.</summary>
    public bool BlocksEverything { get; init; }

    /// <summary>How many questions in a second of the sweep's clock reach the device; a firewall refuses what comes faster.</summary>
    public int RefusesAbove { get; init; } = int.MaxValue;

    /// <summary>Whether single questions always find a pause in the rush, and only the rush itself is refused.</summary>
    public bool SinglesFindPauses { get; init; }

    /// <summary>What the host can not do, by number of the question.</summary>
    public Func<int, SocketError?> HostFault { get; init; } = _ => null;

    /// <summary>After so many questions the device is gone.</summary>
    public int GoneAfter { get; init; } = int.MaxValue;

    /// <summary>How long it is gone then, on the sweep's clock.</summary>
    public TimeSpan GoneFor { get; init; } = TimeSpan.MaxValue;

    /// <summary>Called at each question.</summary>
    public Action<int> OnQuestion { get; init; } = _ => { };

    /// <summary>Whether the host's kernel refuses in the device's place, as on loopback.</summary>
    public bool KernelRefuses { get; init; }

    /// <summary>Whether ports are asked without connections, as by a SYN.</summary>
    public bool IsLight { get; init; }

    public int Questions => _questions;

    public async Task<SweepResult> SweepAsync(LabLimits? limits = null, int[]? ports = null, CancellationToken cancellationToken = default)
    {
        var ground = new SweepGround((port, _, token) => KnockAsync(port, isSingle: true, token), Look, () => _questions) { Ask = IsLight ? Ask : null };
        var sweeper = new PortSweeper(ground, limits ?? LabLimits.Default with { ConnectTimeoutMilliseconds = 250 }, ports ?? SomePorts, _time, (_, _) => { });
        return await sweeper.RunAsync(cancellationToken);
    }

    private SocketError Ask(int port, TimeSpan timeout, Action<int, Knock, TimeSpan> answered)
    {
        var started = _time.GetTimestamp();
        var knock = KnockAsync(port, isSingle: false, CancellationToken.None).AsTask();
        if (knock is { IsCompletedSuccessfully: true, Result: { Answer: PortAnswer.HostFault } fault })
        {
            return fault.Error;
        }

        _ = TellAsync();
        return SocketError.Success;

        async Task TellAsync()
        {
            var answer = await knock;
            answered(port, answer, _time.GetElapsedTime(started));
        }
    }

    private async ValueTask<Knock> KnockAsync(int port, bool isSingle, CancellationToken cancellationToken)
    {
        bool answers;
        lock (_lock)
        {
            var question = ++_questions;
            OnQuestion(question);
            if (HostFault(question) is { } fault)
            {
                return new Knock(PortAnswer.HostFault, fault);
            }

            if (RefusesAbove != int.MaxValue && !(isSingle && SinglesFindPauses) && IsTooFast())
            {
                return new Knock(PortAnswer.Closed, SocketError.ConnectionRefused);
            }

            if (IsGone())
            {
                answers = KernelRefuses;
                if (answers)
                {
                    return new Knock(PortAnswer.Closed, SocketError.ConnectionRefused);
                }
            }
            else
            {
                var isOpen = Open.Contains(port);
                answers = !Drops(port) && _chance.NextDouble() >= Loss
                    && (isOpen ? !(BlocksEverything && _refusals > RefusesAtMost) : _refusals++ < RefusesAtMost);
                if (answers)
                {
                    return isOpen ? new Knock(PortAnswer.Open, SocketError.Success) : new Knock(PortAnswer.Closed, SocketError.ConnectionRefused);
                }
            }
        }

        await Task.Delay(_silence, cancellationToken);
        return new Knock(PortAnswer.Silent, SocketError.TimedOut);
    }

    private Task<SignOfLife> Look(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var alive = !IsGone() && !(BlocksEverything && _refusals > RefusesAtMost);
            return Task.FromResult(new SignOfLife(alive, alive ? "it answers" : "it does not answer"));
        }
    }

    private bool IsTooFast()
    {
        const int burst = 50;
        var now = _time.GetTimestamp();
        _credit = Math.Min(burst, _credit + (_time.GetElapsedTime(_creditAt, now).TotalSeconds * RefusesAbove));
        _creditAt = now;
        if (_credit < 1)
        {
            return true;
        }

        _credit--;
        return false;
    }

    private bool IsGone()
    {
        if (_questions > GoneAfter)
        {
            _goneSince ??= _time.GetTimestamp();
        }

        return _goneSince is { } since && _time.GetElapsedTime(since) < GoneFor;
    }
}
