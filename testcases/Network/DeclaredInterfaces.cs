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

    /// <summary>Open ports that no entry of the logical interfaces covers, with what speaks there.</summary>
    public static IEnumerable<(Endpoint Endpoint, ServiceSeen? Service, IReadOnlyList<EvidenceRef> Evidence)> Undeclared(Declaration declared, ObservationSet seen)
    {
        var interfaces = declared.Ixit.LogicalInterfaces(declared.Edition).ToList();
        foreach (var (endpoint, sweep) in DutServices.OpenPorts(declared, seen).Where(open => !interfaces.Exists(pair => Covers(pair.Facts, open.Endpoint))))
        {
            var service = DutServices.Observed(seen.Ask(new ServiceIdentification(endpoint)));
            yield return (endpoint, service?.Observation, service is null ? [sweep] : [service.Value.Evidence, sweep]);
        }
    }

    /// <summary>What speaks on a port, for a sentence: "Telnet speaks there"; or that nothing understood does.</summary>
    public static string Speaks(ServiceSeen? service) =>
        service is null || service.Protocol is ServiceProtocol.Unknown
            ? "what speaks there is not known"
            : $"{(service.Name.Length > 0 ? service.Name : service.Protocol)}{(service.Tls ? " inside TLS" : "")} speaks there";

    /// <summary>
    /// Findings on completeness: each open port that the table lacks fails; what could not be seen stays open; otherwise it passes.
    /// </summary>
    public static IEnumerable<Finding> Completeness(Declaration declared, ObservationSet seen)
    {
        var table = TableName(declared);
        var sound = true;
        foreach (var (endpoint, service, evidence) in Undeclared(declared, seen))
        {
            sound = false;
            yield return Finding.Fail(endpoint.ToString(), $"{endpoint} is open and no entry of {table} declares it; {Speaks(service)}.", evidence);
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
                open.Count == 0 ? $"No TCP port of {string.Join(", ", declared.Addresses)} is open." : $"Every open TCP port is declared in {table}: {string.Join(", ", open)}.",
                DeclaredLogins.SweepEvidence(declared, seen));
        }
    }
}
