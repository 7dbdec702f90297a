using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Input;

/// <summary>Checks that the DUT offers no programming interface that 28-ExtAPI does not declare.</summary>
/// <remarks>
/// Source: EN 303 645 V2.1.1 provision 5.13-1; TS 103 701 V1.1.1 test case 5.13-1-2 (functional), unit c.
/// Cannot see: UDP services that stay silent, interfaces over radio, and whether one can be reached from the Internet.
/// </remarks>
public sealed class RemoteApisAreDeclared : TestCase
{
    // What programs speak; logins for people (Telnet, SSH) are no programming interface.
    private static readonly ImmutableArray<ServiceProtocol> _programming = [ServiceProtocol.Http, ServiceProtocol.Mqtt, ServiceProtocol.Coap, ServiceProtocol.Modbus, ServiceProtocol.Rtsp, ServiceProtocol.Snmp, ServiceProtocol.Bacnet, ServiceProtocol.Knx];

    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.13-1-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) =>
        edition == StandardEdition.V2 ? [new('c', (declared, seen) => DutServices.Ask(declared, seen, Depth.Services).Concat(DutServices.AskUdp(declared)), Judge)] : [];

    private static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen)
    {
        // An interface that serves the lab LAN only is declared in 15-Intf and needs no row among the remotely accessible ones.
        var rows = declared.Ixit.LogicalInterfaces(declared.Edition).ToList();
        var sound = true;
        foreach (var (service, evidence) in DutServices.Services(declared, seen).Concat(DutServices.UdpServices(declared, seen)).Where(pair => !rows.Exists(row => DeclaredInterfaces.Covers(row.Facts, pair.Service.Endpoint))))
        {
            if (_programming.Contains(service.Protocol))
            {
                sound = false;
                yield return Finding.Fail(service.Endpoint.ToString(), $"{service.Endpoint} is open, {DeclaredInterfaces.Speaks(service)}, and neither 28-ExtAPI nor 15-Intf declares it.", evidence);
            }
            else if (service.Protocol is ServiceProtocol.Unknown or ServiceProtocol.Tls or ServiceProtocol.Other)
            {
                sound = false;
                yield return Finding.Inconclusive(
                    service.Endpoint.ToString(),
                    $"{service.Endpoint} is open and not declared; {DeclaredInterfaces.Speaks(service)}, so that it may be a programming interface.",
                    $"Find out what {service.Endpoint} is for and decide this point with 'dct answer'.",
                    evidence);
            }
        }

        foreach (var gap in DutServices.Gaps(declared, seen, Depth.Services))
        {
            sound = false;
            yield return gap;
        }

        if (sound)
        {
            yield return Finding.Pass(OperatorQuestion.WholeDut, $"No open TCP port offers a programming interface that the declaration lacks.{PortsAtEnd.Remark(declared, seen)}", DeclaredLogins.SweepEvidence(declared, seen));
        }
    }
}
