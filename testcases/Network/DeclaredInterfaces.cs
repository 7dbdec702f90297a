using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Network;

/// <summary>Open ports against the logical interfaces that the IXIT declares.</summary>
internal static class DeclaredInterfaces
{
    /// <summary>Whether an entry of the logical interfaces covers a port.</summary>
    public static bool Covers(LogIntfFacts facts, Endpoint endpoint) =>
        facts.Ports.Contains(endpoint.Port) && facts.Transport.Or(Transport.Tcp) == endpoint.Transport;

    /// <summary>Name of the table of logical interfaces in the edition.</summary>
    public static string TableName(Declaration declared) => declared.Edition == StandardEdition.V2 ? "15-Intf" : "28-LogIntf";

    /// <summary>Open ports of both transports, with what speaks there.</summary>
    public static IEnumerable<(Endpoint Endpoint, ServiceSeen? Service, IReadOnlyList<EvidenceRef> Evidence)> Open(Declaration declared, ObservationSet seen)
    {
        foreach (var (endpoint, sweep) in DutServices.OpenPorts(declared, seen))
        {
            var service = DutServices.Observed(seen.Ask(new ServiceIdentification(endpoint)));
            yield return (endpoint, service?.Observation, service is null ? sweep : [service.Value.Evidence, .. sweep]);
        }

        foreach (var (service, sweep) in DutServices.UdpServices(declared, seen))
        {
            yield return (service.Endpoint, service, [sweep]);
        }
    }

    /// <summary>Open ports that no entry of the logical interfaces covers, with what speaks there.</summary>
    public static IEnumerable<(Endpoint Endpoint, ServiceSeen? Service, IReadOnlyList<EvidenceRef> Evidence)> Undeclared(Declaration declared, ObservationSet seen)
    {
        var interfaces = declared.Ixit.LogicalInterfaces(declared.Edition).ToList();
        return Open(declared, seen).Where(open => !interfaces.Exists(pair => Covers(pair.Facts, open.Endpoint)));
    }

    /// <summary>What speaks on a port, for a sentence: "Telnet speaks there"; or that nothing understood does.</summary>
    public static string Speaks(ServiceSeen? service) =>
        service is null || service.Protocol is ServiceProtocol.Unknown
            ? "what speaks there is not known"
            : $"{(service.Name.Length > 0 ? service.Name : service.Protocol)}{(service.Tls ? " inside TLS" : "")} speaks there";

    /// <summary>
    /// Findings on completeness: each open port that the table lacks fails; what could not be seen of TCP stays open; otherwise it passes.
    /// </summary>
    /// <remarks>
    /// UDP can fail here and never pass: a service stays silent to what it does not understand, and hosts limit the errors that would
    /// prove a port closed, so that no sweep proves the absence of UDP services. The examiner's part of the unit decides that, with the sweep's figures.
    /// </remarks>
    public static IEnumerable<Finding> Completeness(Declaration declared, ObservationSet seen)
    {
        var table = TableName(declared);
        var sound = true;
        foreach (var (endpoint, service, evidence) in Undeclared(declared, seen))
        {
            sound = false;
            yield return Finding.Fail(endpoint.ToString(), $"{endpoint} is open and no entry of {table} declares it; {Speaks(service)}.{Late(seen, endpoint)}{OfGroup(seen, endpoint)}{OnlyOverIPv6(declared, seen, endpoint)}", evidence);
        }

        foreach (var gap in DutServices.Gaps(declared, seen, Depth.Ports))
        {
            sound = false;
            yield return gap;
        }

        if (sound)
        {
            var open = DutServices.OpenPorts(declared, seen).Select(pair => pair.Endpoint.ToString()).ToList();
            yield return Finding.Pass(
                OperatorQuestion.WholeDut,
                (open.Count == 0 ? $"No TCP port of {string.Join(", ", declared.Addresses)} is open." : $"Every open TCP port is declared in {table}: {string.Join(", ", open)}.") + PortsAtEnd.Remark(declared, seen) + string.Concat(declared.Addresses.Select(address => UdpFigures(declared, seen, address))),
                DeclaredLogins.SweepEvidence(declared, seen).Concat(DutServices.UdpEvidence(declared, seen)));
        }
    }

    private static string Late(ObservationSet seen, Endpoint endpoint) =>
        PortsAtEnd.IsLate(seen, endpoint) ? " It was not open when the campaign began, and was at its end." : "";

    private static string OfGroup(ObservationSet seen, Endpoint endpoint) =>
        DutServices.GroupOf(seen, endpoint) is { Length: > 0 } group ? $" It answers the multicast group {group} and not the DUT's own address." : "";

    // A firewall or a service that forgets one family is a common slip.
    private static string OnlyOverIPv6(Declaration declared, ObservationSet seen, Endpoint endpoint) =>
        endpoint is { Transport: Transport.Tcp, Address.IsIPv6: true } && !PortsAtEnd.IsLate(seen, endpoint)
        && declared.Addresses.Where(address => !address.IsIPv6).Select(address => DutServices.Observed(seen.Ask(new TcpPortSweep(address)))).ToList() is { Count: > 0 } others
        && others.TrueForAll(sweep => sweep is { Observation: { Coverage.IsComplete: true } ports } && !ports.Open.Contains(endpoint.Port))
            ? " The port is open over IPv6 only."
            : "";

    private static string UdpFigures(Declaration declared, ObservationSet seen, DutAddress address)
    {
        var asked = seen.Ask(new UdpPortSweep(address));
        if (!asked.TryGet(out var ports, out _))
        {
            return $" UDP of {address}, for the examiner: {asked.WhyNot}";
        }

        var open = DutServices.UdpServices(declared, seen).Where(pair => pair.Service.Endpoint.Address == address).Select(pair => pair.Service.Endpoint.Port).ToList();
        return $" UDP of {address}, for the examiner: {(open.Count == 0 ? "no port answered" : $"every port that answered is declared ({string.Join(", ", open)})")};"
            + $" {ports.Closed.Count} are proven closed, {ports.Silent.Count} silent, {ports.NotTried.Count} not tried.";
    }
}
