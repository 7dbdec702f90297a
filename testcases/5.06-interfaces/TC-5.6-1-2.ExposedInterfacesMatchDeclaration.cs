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
/// Cannot see: UDP services that stay silent to every question of the sweep, unless captures show them answer others; physical and radio interfaces; anything behind another network interface than the laboratory's.
/// </remarks>
public sealed class ExposedInterfacesMatchDeclaration : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.6-1-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) =>
    [
        new('a', Ask, (declared, seen) => JudgeDeclaredStates(declared, seen).Concat(ShownInTraffic.States(declared, seen))),
        new(edition == StandardEdition.V2 ? 'b' : 'c', Ask, (declared, seen) => DeclaredInterfaces.Completeness(declared, seen).Concat(ShownInTraffic.Services(declared, seen))),
    ];

    private static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen) =>
        DutServices.Ask(declared, seen, Depth.Services).Concat(DutServices.AskUdp(declared));

    private static IEnumerable<Finding> JudgeDeclaredStates(Declaration declared, ObservationSet seen)
    {
        var open = DeclaredInterfaces.Open(declared, seen).ToList();
        foreach (var (entry, facts) in declared.Ixit.LogicalInterfaces(declared.Edition))
        {
            if (facts.Ports.IsEmpty || !facts.Status.TryGet(out var status))
            {
                if (facts.Network.Or(true))
                {
                    yield return Finding.Inconclusive(entry.Id, $"{entry.Id} does not give in its facts its ports and whether it is enabled.", $"Add 'transport', 'ports' and 'status' to the facts of {entry.Id}.", entry.Ref);
                }

                continue;
            }

            var transport = facts.Transport.Or(Transport.Tcp);
            foreach (var port in facts.Ports)
            {
                var there = open.Where(pair => pair.Endpoint.Port == port && pair.Endpoint.Transport == transport).ToList();
                yield return there.Count > 0 ? JudgeOpen(seen, entry, facts, status, there)
                    : transport == Transport.Tcp ? JudgeClosed(declared, seen, entry, status, port)
                    : JudgeSilent(declared, seen, entry, facts.Protocol.Or(ServiceProtocol.Unknown), status, port);
            }
        }
    }

    private static Finding JudgeOpen(ObservationSet seen, IxitEntry entry, LogIntfFacts facts, InterfaceStatus status, List<(Endpoint Endpoint, ServiceSeen? Service, IReadOnlyList<EvidenceRef> Evidence)> there)
    {
        var answers = $"{string.Join(", ", there.Select(pair => pair.Endpoint))} {(there[0].Endpoint.Transport == Transport.Tcp ? "accepts connections" : "answers")}";
        var evidence = there.SelectMany(pair => pair.Evidence).ToList();
        if (status == InterfaceStatus.Disabled)
        {
            return Finding.Fail(entry.Id, $"{entry.Id} declares port {there[0].Endpoint.Port} disabled, but {answers}.", [.. evidence, entry.Ref]);
        }

        foreach (var (endpoint, service, shown) in there)
        {
            if (facts.Protocol.TryGet(out var protocol) && protocol is not (ServiceProtocol.Unknown or ServiceProtocol.Other)
                && service is { Protocol: not (ServiceProtocol.Unknown or ServiceProtocol.Tls or ServiceProtocol.Other) }
                && (service.Protocol != protocol || (facts.Tls.TryGet(out var tls) && tls != service.Tls)))
            {
                return Finding.Fail(
                    entry.Id,
                    $"{entry.Id} declares {protocol}{(facts.Tls.Or(false) ? " inside TLS" : "")} on port {endpoint.Port}, but on {endpoint} {DeclaredInterfaces.Speaks(service)}{(service.Tls ? "" : " in clear")}.",
                    [.. shown, entry.Ref]);
            }
        }

        var gone = there.Where(pair => PortsAtEnd.IsGone(seen, pair.Endpoint)).Select(pair => pair.Endpoint.ToString()).ToList();
        return Finding.Pass(
            entry.Id,
            $"{entry.Id} is enabled as declared: {answers}.{(gone.Count == 0 ? "" : $" At the end of the campaign {string.Join(", ", gone)} no longer did.")}",
            [.. evidence, .. gone.Count == 0 ? [] : PortsAtEnd.Evidence(there[0].Endpoint, seen), entry.Ref]);
    }

    private static Finding JudgeClosed(Declaration declared, ObservationSet seen, IxitEntry entry, InterfaceStatus status, int port)
    {
        var sweeps = declared.Addresses.Select(address => DutServices.Observed(seen.Ask(new TcpPortSweep(address)))).ToList();
        var evidence = DeclaredLogins.SweepEvidence(declared, seen).ToList();
        var complete = sweeps.Count > 0 && sweeps.TrueForAll(sweep => sweep is { Observation.Coverage.IsComplete: true }) && declared.Addresses.All(address => PortsAtEnd.Gap(seen, address) is null);
        return status == InterfaceStatus.Disabled && complete
            ? Finding.Pass(entry.Id, $"{entry.Id} is disabled as declared: TCP {port} accepts no connection.{PortsAtEnd.Remark(declared, seen)}", [.. evidence, entry.Ref])
            : status == InterfaceStatus.Disabled
                ? Finding.Inconclusive(entry.Id, $"{entry.Id} declares TCP {port} disabled; it was not seen open, but the ports were not all seen, or not again at the end.", "Remove what the coverage of the sweep names, then resume the run or run again.", evidence)
                : Finding.Inconclusive(entry.Id, $"{entry.Id} declares TCP {port} enabled, but it was not seen open.", "Bring the DUT into the state in which the interface is enabled, or correct its declared status, then run again.", [.. evidence, entry.Ref]);
    }

    // Only ICMP proves a UDP port closed, so each address has to have sent it; silence leaves the point to the examiner.
    private static Finding JudgeSilent(Declaration declared, ObservationSet seen, IxitEntry entry, ServiceProtocol protocol, InterfaceStatus status, int port)
    {
        var sweeps = declared.Addresses.Select(address => DutServices.Observed(seen.Ask(new UdpPortSweep(address)))).ToList();
        var evidence = DutServices.UdpEvidence(declared, seen).ToList();
        var isClosed = sweeps.Count > 0 && sweeps.TrueForAll(sweep => sweep is { Observation: var ports } && ports.Closed.Contains(port));
        if (status == InterfaceStatus.Disabled && isClosed && DutServices.IsOfGroup(protocol, port))
        {
            return Finding.Inconclusive(
                entry.Id,
                $"{entry.Id} declares UDP {port} disabled; the DUT's own address is closed there, which does not tell whether it listens to the group.",
                $"Ask the group from the DUT's link (lab.yaml, 'interface'; 'dct observe ssdp', 'mdns' or 'ws-discovery'), or show the DUT's list of sockets, and decide this point with 'dct answer'.",
                [.. evidence, entry.Ref]);
        }

        return status == InterfaceStatus.Disabled && isClosed
            ? Finding.Pass(entry.Id, $"{entry.Id} is disabled as declared: UDP {port} is proven closed by ICMP port unreachable.", [.. evidence, entry.Ref])
            : status == InterfaceStatus.Disabled
                ? Finding.Inconclusive(entry.Id, $"{entry.Id} declares UDP {port} disabled; it did not answer, but nothing proves it closed.", $"Show that nothing listens on UDP {port} (the DUT's list of sockets, or its reaction to a real client) and decide this point with 'dct answer'.", [.. evidence, entry.Ref])
                : Finding.Inconclusive(entry.Id, $"{entry.Id} declares UDP {port} enabled, but {(isClosed ? "it is proven closed" : "it did not answer")}.", $"Bring the DUT into the state in which the interface is enabled, or correct its declared status, then run again; where the service answers its own clients only, show that and decide this point with 'dct answer'.", [.. evidence, entry.Ref]);
    }
}
