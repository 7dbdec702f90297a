using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Interfaces;

/// <summary>Checks that the network shows the logical interfaces that the IXIT declares enabled, and no others.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.6-1; TS 103 701 test case 5.6-1-2 (functional): units a and c in V3.1.3 (28-LogIntf), a and b in
/// V2.1.1 (15-Intf).
/// Cannot see: UDP services; physical and radio interfaces; anything behind another network interface than the laboratory's.
/// </remarks>
public sealed class ExposedInterfacesMatchDeclaration : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.6-1-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) =>
    [
        new('a', Ask, JudgeDeclaredStates),
        new(edition == StandardEdition.V2 ? 'b' : 'c', Ask, DeclaredInterfaces.Completeness),
    ];

    private static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen) => DutServices.Ask(declared, seen, Depth.Services);

    private static IEnumerable<Finding> JudgeDeclaredStates(Declaration declared, ObservationSet seen)
    {
        var open = DutServices.OpenPorts(declared, seen).ToList();
        foreach (var (entry, facts) in declared.Ixit.LogicalInterfaces(declared.Edition).Where(pair => pair.Facts.Transport.Or(Transport.Tcp) == Transport.Tcp))
        {
            if (facts.Ports.IsEmpty || !facts.Status.TryGet(out var status))
            {
                if (facts.Network.Or(true))
                {
                    yield return Finding.Inconclusive(entry.Id, $"{entry.Id} does not give in its facts its ports and whether it is enabled.", $"Add 'transport', 'ports' and 'status' to the facts of {entry.Id}.", entry.Ref);
                }

                continue;
            }

            foreach (var port in facts.Ports)
            {
                var there = open.Where(pair => pair.Endpoint.Port == port).ToList();
                yield return there.Count > 0 ? JudgeOpen(seen, entry, facts, status, there) : JudgeClosed(declared, seen, entry, status, port);
            }
        }
    }

    private static Finding JudgeOpen(ObservationSet seen, IxitEntry entry, LogIntfFacts facts, InterfaceStatus status, List<(Endpoint Endpoint, EvidenceRef Evidence)> there)
    {
        var endpoints = string.Join(", ", there.Select(pair => pair.Endpoint));
        if (status == InterfaceStatus.Disabled)
        {
            return Finding.Fail(entry.Id, $"{entry.Id} declares port {there[0].Endpoint.Port} disabled, but {endpoints} accepts connections.", [.. there.Select(pair => pair.Evidence), entry.Ref]);
        }

        foreach (var (endpoint, _) in there)
        {
            if (facts.Protocol.TryGet(out var protocol) && protocol is not (ServiceProtocol.Unknown or ServiceProtocol.Other)
                && seen.Ask(new ServiceIdentification(endpoint)).TryGet(out var service, out var identification)
                && service.Protocol is not (ServiceProtocol.Unknown or ServiceProtocol.Tls or ServiceProtocol.Other)
                && (service.Protocol != protocol || (facts.Tls.TryGet(out var tls) && tls != service.Tls)))
            {
                return Finding.Fail(
                    entry.Id,
                    $"{entry.Id} declares {protocol}{(facts.Tls.Or(false) ? " inside TLS" : "")} on port {endpoint.Port}, but on {endpoint} {DeclaredInterfaces.Speaks(service)}{(service.Tls ? "" : " in clear")}.",
                    identification,
                    entry.Ref);
            }
        }

        return Finding.Pass(entry.Id, $"{entry.Id} is enabled as declared: {endpoints} accepts connections.", [.. there.Select(pair => pair.Evidence), entry.Ref]);
    }

    private static Finding JudgeClosed(Declaration declared, ObservationSet seen, IxitEntry entry, InterfaceStatus status, int port)
    {
        var sweeps = declared.Addresses.Select(address => DutServices.Observed(seen.Ask(new TcpPortSweep(address)))).ToList();
        var evidence = sweeps.Where(sweep => sweep is not null).Select(sweep => sweep!.Value.Evidence).ToList();
        var complete = sweeps.Count > 0 && sweeps.TrueForAll(sweep => sweep is { Observation.Coverage.IsComplete: true });
        return status == InterfaceStatus.Disabled && complete
            ? Finding.Pass(entry.Id, $"{entry.Id} is disabled as declared: TCP {port} accepts no connection.", [.. evidence, entry.Ref])
            : status == InterfaceStatus.Disabled
                ? Finding.Inconclusive(entry.Id, $"{entry.Id} declares TCP {port} disabled; it was not seen open, but the ports were not all seen.", "Remove what the coverage of the sweep names, then resume the run or run again.", evidence)
                : Finding.Inconclusive(entry.Id, $"{entry.Id} declares TCP {port} enabled, but it was not seen open.", "Bring the DUT into the state in which the interface is enabled, or correct its declared status, then run again.", [.. evidence, entry.Ref]);
    }
}
