using System.Collections.Immutable;
using System.Globalization;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.UdpSweep;

/// <summary>What a UDP sweep found, and what it is worth.</summary>
internal sealed record UdpSweepFindings
{
    /// <summary>Ports that answered, ascending.</summary>
    public required IReadOnlyList<UdpOpenPort> Open { get; init; }

    /// <summary>Ports proven closed.</summary>
    public required PortSet Closed { get; init; }

    /// <summary>Ports that were asked and gave no sign.</summary>
    public required PortSet Silent { get; init; }

    /// <summary>Ports not asked while the DUT was there.</summary>
    public required PortSet NotTried { get; init; }

    /// <summary>How many of the silent ports the network calls unreachable.</summary>
    public required int Unreachable { get; init; }

    /// <summary>How many of the silent ports were asked once, twice, three times.</summary>
    public required ImmutableArray<int> SilentByTries { get; init; }

    /// <summary>How many of the silent ports were asked by questions for any port only, since no protocol is known for them.</summary>
    public required int SilentWithoutQuestion { get; init; }

    /// <summary>Rate of ICMP errors while they were limited.</summary>
    public required double UnreachablesPerSecond { get; init; }

    /// <summary>Whether the DUT limits its ICMP errors.</summary>
    public required bool IsLimited { get; init; }

    /// <summary>Control questions to ports that were closed before.</summary>
    public required int Controls { get; init; }

    /// <summary>How many of them were not answered.</summary>
    public required int ControlsSilent { get; init; }

    /// <summary>Datagrams sent.</summary>
    public required int Datagrams { get; init; }

    /// <summary>Length of the sweep.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>What lab.yaml allows.</summary>
    public required TimeSpan Allowed { get; init; }

    /// <summary>Signs of life during and after the sweep.</summary>
    public required int SignsOfLife { get; init; }

    /// <summary>The last one.</summary>
    public required string LastSign { get; init; }

    /// <summary>What happened on the way, as sentences.</summary>
    public required IReadOnlyList<string> Incidents { get; init; }

    /// <summary>Why the sweep ended early; empty when it did not.</summary>
    public required string Stopped { get; init; }

    /// <summary>Complete only when each port answered, is proven closed, or stayed silent to three fitting questions.</summary>
    public Coverage ToCoverage()
    {
        var gaps = Gaps().ToList();
        var statement = string.Join(' ', [Done(), .. Incidents, .. gaps]);
        return gaps.Count == 0 ? Coverage.Complete(statement) : Coverage.Partial(statement);
    }

    private IEnumerable<string> Gaps()
    {
        if (Stopped.Length > 0)
        {
            yield return Stopped;
        }

        if (NotTried.Count > 0)
        {
            yield return $"{NotTried.Count} ports were not asked while the DUT was there; raise 'udp-seconds' ({Allowed.TotalSeconds:0} in lab.yaml) to ask more.";
        }

        if (SilentByTries[..^1].Sum() is > 0 and var seldom)
        {
            yield return $"{seldom} silent ports were asked fewer than {SilentByTries.Length} times.";
        }

        if (SilentWithoutQuestion > 0)
        {
            yield return $"{SilentWithoutQuestion} silent ports were asked by text, CoAP and DTLS only: a service of another protocol may listen there and stay silent.";
        }
    }

    private string Done()
    {
        var rate = Elapsed.TotalSeconds > 0 ? Datagrams / Elapsed.TotalSeconds : 0;
        var text = Invariant($"UDP sweep of {Open.Count + Closed.Count + Silent.Count + NotTried.Count} ports in {Elapsed.TotalSeconds:0.0} s with {Datagrams} datagrams ({rate:0} a second): ")
            + $"{Open.Count} answered, {Closed.Count} proven closed by ICMP port unreachable, {Silent.Count} silent{(Unreachable > 0 ? $" ({Unreachable} of them unreachable, as the network says)" : "")}, {NotTried.Count} not tried.";
        if (Silent.Count > 0)
        {
            text += $" Silent ports: {string.Join(", ", SilentByTries.Select((count, index) => $"{count} asked {(index == 0 ? "once" : $"{index + 1} times")}"))}.";
        }

        if (IsLimited)
        {
            text += Invariant($" The DUT limits ICMP port unreachable to about {UnreachablesPerSecond:0.0} a second: ports that were closed before fell silent when they were asked again, so that silence elsewhere does not tell open from closed.");
        }
        else if (Silent.Count > 0 && Controls > 0)
        {
            text += $" Ports that were closed before answered {Controls - ControlsSilent} of {Controls} control questions.";
        }

        return text + (LastSign.Length > 0 ? $" The DUT gave a sign of life before, and {SignsOfLife} times during and after the sweep ({LastSign})." : "");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
