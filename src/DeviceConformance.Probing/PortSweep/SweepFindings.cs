using System.Globalization;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.PortSweep;

/// <summary>What one pass over ports showed of the way there and back.</summary>
/// <param name="Ports">How many ports were asked.</param>
/// <param name="Timeout">How long each was waited for when the pass began.</param>
/// <param name="ControlAsked">Control questions: ports whose answer was known.</param>
/// <param name="ControlMissed">Control questions that were not answered.</param>
/// <param name="IsSound">Whether silence in it counts: control questions did not go unanswered in a row, and the DUT was there.</param>
internal sealed record SweepPass(int Ports, TimeSpan Timeout, int ControlAsked, int ControlMissed, bool IsSound);

/// <summary>Everything that decides whether a sweep is complete.</summary>
internal sealed record SweepFindings
{
    /// <summary>By connecting.</summary>
    public const string Connect = "connect";

    /// <summary>By a SYN.</summary>
    public const string Syn = "SYN";

    /// <summary>A single port may have been missed with no more than this probability before the sweep counts as complete.</summary>
    public const double TolerableMiss = 0.001;

    /// <summary>Silence has to be seen at least so often while control ports answered.</summary>
    public const int LeastSilences = 2;

    /// <summary>How ports were asked: <see cref="Connect"/> or <see cref="Syn"/>.</summary>
    public required string Method { get; init; }

    /// <summary>Number of open ports.</summary>
    public required int Open { get; init; }

    /// <summary>Number of ports that refused.</summary>
    public required int Closed { get; init; }

    /// <summary>Number of ports that never answered, unreachable ones included.</summary>
    public required int Silent { get; init; }

    /// <summary>Number of those for which the network said that there is no way to them.</summary>
    public required int Unreachable { get; init; }

    /// <summary>Number of ports not asked, or asked when the DUT was not there.</summary>
    public required int NotTried { get; init; }

    /// <summary>The passes made.</summary>
    public required IReadOnlyList<SweepPass> Passes { get; init; }

    /// <summary>In how many sound passes each silent port was asked at least.</summary>
    public required int FewestSilences { get; init; }

    /// <summary>Whether silent ports crowd together in time.</summary>
    public required bool SilenceIsBunched { get; init; }

    /// <summary>Whether refusals had stopped at the end.</summary>
    public required bool RefusalsStopped { get; init; }

    /// <summary>Open ports that no longer accepted at the end.</summary>
    public required IReadOnlyList<int> Vanished { get; init; }

    /// <summary>Signs of life during the sweep.</summary>
    public required int SignsOfLife { get; init; }

    /// <summary>The sign of life after the sweep.</summary>
    public required string LastSign { get; init; }

    /// <summary>Why the sweep ended early; empty when it did not.</summary>
    public required string Stopped { get; init; }

    /// <summary>What happened on the way and matters to a reader, as sentences.</summary>
    public required IReadOnlyList<string> Incidents { get; init; }

    /// <summary>Length of the sweep.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Attempts made, by connecting or by a SYN.</summary>
    public required int Connections { get; init; }

    /// <summary>
    /// Upper bound of the probability that a question or its answer is lost, at a confidence of about 95 % (rule of three); 1 when nothing could be measured.
    /// </summary>
    public double LossBound
    {
        get
        {
            var sound = Passes.Where(pass => pass.IsSound).ToList();
            var asked = sound.Sum(pass => pass.ControlAsked);
            return Loss(asked, sound.Sum(pass => pass.ControlMissed));
        }
    }

    /// <summary>Upper bound of the probability that a given open port was taken for silent.</summary>
    public double MissBound => Miss(LossBound, FewestSilences);

    /// <summary><see cref="LossBound"/> for a number of control questions.</summary>
    public static double Loss(int asked, int missed) => asked == 0 ? 1 : Math.Min(1, (missed + 3.0) / asked);

    /// <summary><see cref="MissBound"/> for a loss and a number of silences.</summary>
    public static double Miss(double loss, int silences) => silences == 0 ? 1 : Math.Pow(loss, silences);

    /// <summary>What keeps the sweep from being complete, as sentences.</summary>
    public IEnumerable<string> Gaps()
    {
        if (Stopped.Length > 0)
        {
            yield return Stopped;
        }

        if (NotTried > 0)
        {
            yield return $"{NotTried} ports were not asked while the DUT was there.";
        }

        if (Vanished.Count > 0)
        {
            yield return $"TCP {string.Join(", ", Vanished.Take(20))}{(Vanished.Count > 20 ? $" and {Vanished.Count - 20} more" : "")} accepted a connection and no longer did at the end.";
        }

        if (Silent == 0)
        {
            yield break;
        }

        if (RefusalsStopped)
        {
            yield return $"Ports that had refused fell silent: {Silent} silent ports may be the work of a throttle or a block, not of closed or filtered ports.";
        }
        else if (SilenceIsBunched)
        {
            yield return $"The {Silent} silent ports crowd together in the order of asking: something changed in time, such as a throttle or a block.";
        }

        if (FewestSilences < LeastSilences)
        {
            yield return $"Not every silent port was asked {LeastSilences} times while control ports answered.";
        }
        else if (MissBound > TolerableMiss)
        {
            yield return Invariant($"Loss explains the silence of single ports: up to {LossBound:P1} of questions may be lost, so an open port may look silent with a probability of up to {MissBound:0.#####}.");
        }
    }

    /// <summary>The coverage of the observation.</summary>
    public Coverage ToCoverage()
    {
        var gaps = Gaps().ToList();
        var statement = string.Join(' ', [Done(), .. Incidents, .. gaps]);
        return gaps.Count == 0 ? Coverage.Complete(statement) : Coverage.Partial(statement);
    }

    private string Done()
    {
        var repeats = Passes.Count > 1 ? $", {string.Join(" and ", Passes.Skip(1).Select(pass => $"{pass.Ports} again for {pass.Timeout.TotalMilliseconds:0} ms each"))}" : "";
        var unreachable = Unreachable > 0 ? $" ({Unreachable} of them unreachable, as the network says)" : "";
        var silence = Silent > 0 && FewestSilences > 0
            ? Invariant($" Silent ports were asked {FewestSilences} times or more; {Passes.Sum(pass => pass.ControlMissed)} of {Passes.Sum(pass => pass.ControlAsked)} control questions went unanswered, so an open port was missed with a probability of {MissBound:0.0e+0} at the most.")
            : "";
        var (sweep, attempts) = Method == Connect ? ("Connect", "connection attempts") : (Method, "SYNs and connection attempts");
        return Invariant($"{sweep} sweep of {Open + Closed + Silent + NotTried} TCP ports in {Elapsed.TotalSeconds:0.0} s with {Connections} {attempts}{repeats}: {Open} open, {Closed} refused, {Silent} silent{unreachable}, {NotTried} not tried.")
            + silence
            + (LastSign.Length > 0 ? $" The DUT gave a sign of life before, {SignsOfLife} times during and after the sweep ({LastSign})." : "");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
