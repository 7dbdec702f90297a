using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.TestCases.Network;

/// <summary>What a last look at the DUT's TCP ports adds to the first sweep.</summary>
/// <remarks>
/// A port that is open at the end is open, whatever the first sweep saw. One that was open and is no longer fails nothing, but the DUT has
/// changed meanwhile, so that what was not seen open may have changed too. Recordings made before there was a last look are judged without it,
/// which findings say.
/// </remarks>
internal static class PortsAtEnd
{
    /// <summary>The last look at each address that was swept.</summary>
    public static IEnumerable<ClosingPortSweep> Ask(Declaration declared, ObservationSet seen) =>
        from address in declared.Addresses
        let first = DutServices.Observed(seen.Ask(new TcpPortSweep(address)))
        where first is not null
        select ClosingPortSweep.After(first.Value.Observation, DutServices.Observed(seen.Ask(ClosingPortSweep.Of(address)))?.Observation);

    /// <summary>Ports that only the last look found open, with both sweeps as evidence.</summary>
    public static IEnumerable<(Endpoint Endpoint, IReadOnlyList<EvidenceRef> Evidence)> Late(Declaration declared, ObservationSet seen) =>
        from address in declared.Addresses
        let first = DutServices.Observed(seen.Ask(new TcpPortSweep(address)))
        let last = DutServices.Observed(seen.Ask(ClosingPortSweep.Of(address)))
        where last is not null
        from port in last.Value.Observation.EverOpen.Except(first?.Observation.Open ?? []).Order()
        select (new Endpoint(address, port), first is null ? (IReadOnlyList<EvidenceRef>)[last.Value.Evidence] : [first.Value.Evidence, last.Value.Evidence]);

    /// <summary>The last looks as evidence.</summary>
    public static IEnumerable<EvidenceRef> Evidence(Declaration declared, ObservationSet seen) =>
        from address in declared.Addresses
        let last = DutServices.Observed(seen.Ask(ClosingPortSweep.Of(address)))
        where last is not null
        select last.Value.Evidence;

    /// <summary>The last look at a port's address as evidence.</summary>
    public static IEnumerable<EvidenceRef> Evidence(Endpoint endpoint, ObservationSet seen) =>
        DutServices.Observed(seen.Ask(ClosingPortSweep.Of(endpoint.Address))) is { } last ? [last.Evidence] : [];

    /// <summary>An open finding when the last look at an address is missing or incomplete, or found that a port is gone; otherwise null.</summary>
    public static Finding? Gap(ObservationSet seen, DutAddress address) =>
        DutServices.Observed(seen.Ask(new TcpPortSweep(address))) is not { Observation: var first } || IsOfOld(first, seen)
            ? null
            : DutServices.Gap(seen.Ask(ClosingPortSweep.Of(address)), $"{address}/end", $"Whether the TCP ports of {address} were the same at the end of the campaign was not all seen");

    /// <summary>What a finding that passes has to say where a recording is so old that it has no last look; otherwise empty.</summary>
    public static string Remark(Declaration declared, ObservationSet seen)
    {
        var old = declared.Addresses.Where(address => DutServices.Observed(seen.Ask(new TcpPortSweep(address))) is { Observation: var first } && IsOfOld(first, seen)).ToList();
        return old.Count == 0 ? "" : $" The recording has no second look at the ports of {string.Join(", ", old)} at the end of the campaign, so that one which opened later was not seen.";
    }

    /// <summary>Whether a port was found open by the last look alone.</summary>
    public static bool IsLate(ObservationSet seen, Endpoint endpoint) =>
        endpoint.Transport == Transport.Tcp
        && DutServices.Observed(seen.Ask(new TcpPortSweep(endpoint.Address))) is { Observation: var first } && !first.Open.Contains(endpoint.Port);

    /// <summary>Whether a port that was open accepted no connection any more at the end.</summary>
    public static bool IsGone(ObservationSet seen, Endpoint endpoint) =>
        endpoint.Transport == Transport.Tcp
        && DutServices.Observed(seen.Ask(ClosingPortSweep.Of(endpoint.Address))) is { Observation: var last } && last.Gone.Contains(endpoint.Port);

    // Sweeps of today say what they left unsettled; their campaigns end with a last look, and one that lacks it was interrupted.
    private static bool IsOfOld(TcpPortsSeen first, ObservationSet seen) =>
        first.Unsettled is null && seen.Ask(ClosingPortSweep.Of(first.Address)).Outcome is ProbeOutcome.NotRun;
}
