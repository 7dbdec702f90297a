using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.TestCases.Network;

/// <summary>How far a unit looks into what the DUT offers in the network.</summary>
internal enum Depth
{
    /// <summary>Which ports are open.</summary>
    Ports,

    /// <summary>What speaks on them.</summary>
    Services,

    /// <summary>What they show, and which logins they ask for.</summary>
    Surveys,
}

/// <summary>What the DUT offers in the network, layer by layer, and what of it could not be seen.</summary>
internal static class DutServices
{
    private const int SsdpPort = 1900;
    private const int WsDiscoveryPort = 3702;
    private const int MdnsPort = 5353;
    private const int LlmnrPort = 5355;

    /// <summary>Requests down to a depth; each layer follows from the one above it.</summary>
    public static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen, Depth depth)
    {
        foreach (var address in declared.Addresses)
        {
            yield return new TcpPortSweep(address);
        }

        foreach (var closing in PortsAtEnd.Ask(declared, seen))
        {
            yield return closing;
        }

        if (depth == Depth.Ports)
        {
            yield break;
        }

        foreach (var (endpoint, _) in OpenPorts(declared, seen))
        {
            yield return new ServiceIdentification(endpoint);
        }

        if (depth == Depth.Services)
        {
            yield break;
        }

        foreach (var (service, _) in Services(declared, seen))
        {
            yield return SurveyOf(service);
        }
    }

    /// <summary>
    /// Open ports of the DUT, without listeners of the laboratory's own host on loopback: those of the first sweep, then those that were found
    /// open only at the end, with both sweeps as evidence.
    /// </summary>
    public static IEnumerable<(Endpoint Endpoint, IReadOnlyList<EvidenceRef> Evidence)> OpenPorts(Declaration declared, ObservationSet seen) =>
        (from address in declared.Addresses
         let sweep = Observed(seen.Ask(new TcpPortSweep(address)))
         where sweep is not null
         from port in sweep.Value.Observation.Open
         select (Endpoint: new Endpoint(address, port), Evidence: (IReadOnlyList<EvidenceRef>)[sweep.Value.Evidence]))
        .Concat(PortsAtEnd.Late(declared, seen))
        .Where(open => !declared.Lab.HostListeners.Any(listener => listener.Endpoint == open.Endpoint));

    /// <summary>Requests for the UDP ports of all addresses.</summary>
    public static IEnumerable<ProbeRequest> AskUdp(Declaration declared) => declared.Addresses.Select(address => new UdpPortSweep(address));

    /// <summary>The UDP sweeps as evidence.</summary>
    public static IEnumerable<EvidenceRef> UdpEvidence(Declaration declared, ObservationSet seen) =>
        from address in declared.Addresses
        let sweep = Observed(seen.Ask(new UdpPortSweep(address)))
        where sweep is not null
        select sweep.Value.Evidence;

    /// <summary>UDP services that answered, without listeners of the laboratory's own host on loopback.</summary>
    public static IEnumerable<(ServiceSeen Service, EvidenceRef Evidence)> UdpServices(Declaration declared, ObservationSet seen) =>
        from address in declared.Addresses
        let sweep = Observed(seen.Ask(new UdpPortSweep(address)))
        where sweep is not null
        from open in sweep.Value.Observation.Open
        let endpoint = new Endpoint(address, open.Port, Transport.Udp)
        where !declared.Lab.HostListeners.Any(listener => listener.Endpoint == endpoint)
        select (new ServiceSeen(endpoint, open.Protocol, open.Tls, open.Protocol == ServiceProtocol.Unknown ? "" : open.Name, open.Answer) { Coverage = sweep.Value.Observation.Coverage }, sweep.Value.Evidence);

    /// <summary>Multicast group in which a UDP service answered and not at its own address; empty when there is none.</summary>
    public static string GroupOf(ObservationSet seen, Endpoint endpoint) =>
        endpoint.Transport == Transport.Udp && Observed(seen.Ask(new UdpPortSweep(endpoint.Address))) is { } sweep
            ? sweep.Observation.Open.FirstOrDefault(open => open.Port == endpoint.Port)?.Group ?? ""
            : "";

    /// <summary>
    /// The first address on which a TCP port is open, or none. Logins are tried there only: a lock-out holds for all addresses.
    /// </summary>
    public static IEnumerable<Endpoint> FirstOpen(Declaration declared, ObservationSet seen, int port) =>
        OpenPorts(declared, seen).Select(open => open.Endpoint).Where(endpoint => endpoint.Port == port).Take(1);

    /// <summary>What was identified on the open ports.</summary>
    public static IEnumerable<(ServiceSeen Service, EvidenceRef Evidence)> Services(Declaration declared, ObservationSet seen) =>
        from open in OpenPorts(declared, seen)
        let service = Observed(seen.Ask(new ServiceIdentification(open.Endpoint)))
        where service is not null
        select (service.Value.Observation, service.Value.Evidence);

    /// <summary>What the services showed before login.</summary>
    public static IEnumerable<(DisclosureSeen Survey, EvidenceRef Evidence)> Surveys(Declaration declared, ObservationSet seen) =>
        from service in Services(declared, seen)
        let survey = Observed(seen.Ask(SurveyOf(service.Service)))
        where survey is not null
        select (survey.Value.Observation, survey.Value.Evidence);

    /// <summary>Surveys of UDP services: those that answered the sweep, and declared ones that are not proven closed, for they may wait for words of their own.</summary>
    public static IEnumerable<DisclosureSurvey> AskUdpSurveys(Declaration declared, ObservationSet seen)
    {
        var answering = UdpServices(declared, seen).Select(pair => pair.Service).ToList();
        var waiting =
            from address in declared.Addresses
            let sweep = Observed(seen.Ask(new UdpPortSweep(address)))
            where sweep is not null
            from pair in declared.Ixit.LogicalInterfaces(declared.Edition)
            where pair.Facts.Transport.Is(Transport.Udp) && !pair.Facts.Status.Is(InterfaceStatus.Disabled)
                && pair.Facts.Protocol.TryGet(out var named) && named is not (ServiceProtocol.Unknown or ServiceProtocol.Other)
            from port in pair.Facts.Ports
                // Where it answers on one address, it need not on the others.
            where (IsOfGroup(pair.Facts.Protocol.Or(ServiceProtocol.Unknown), port) || !sweep.Value.Observation.Closed.Contains(port)) && !answering.Exists(service => service.Endpoint.Port == port)
            select new DisclosureSurvey(new Endpoint(address, port, Transport.Udp), pair.Facts.Protocol.Or(ServiceProtocol.Unknown), pair.Facts.Tls.Or(false));
        return answering.Select(SurveyOf).Concat(waiting).Distinct();
    }

    /// <summary>What the UDP services showed before login.</summary>
    public static IEnumerable<(DisclosureSeen Survey, EvidenceRef Evidence)> UdpSurveys(Declaration declared, ObservationSet seen) =>
        from request in AskUdpSurveys(declared, seen)
        let survey = Observed(seen.Ask(request))
        where survey is not null
        select (survey.Value.Observation, survey.Value.Evidence);

    /// <summary>
    /// One open finding for each address whose UDP ports were not asked, so that nobody knows what there was to look at. A sweep that is
    /// incomplete gives none: silence leaves every one so, and the examiner's part goes by its figures.
    /// </summary>
    public static IEnumerable<Finding> UdpSweepGaps(Declaration declared, ObservationSet seen) =>
        from address in declared.Addresses
        let asked = seen.Ask(new UdpPortSweep(address))
        where !asked.TryGet(out _, out _)
        select Gap(asked, $"{address}/udp", $"The UDP ports of {address} were not looked at");

    /// <summary>
    /// One open finding for each UDP service, of certain protocols or of any, that answered or is declared and whose survey is missing or
    /// incomplete, and for each address whose UDP ports were not asked.
    /// </summary>
    public static IEnumerable<Finding> UdpGaps(Declaration declared, ObservationSet seen, params ServiceProtocol[] protocols) =>
        UdpSweepGaps(declared, seen).Concat(
        from request in AskUdpSurveys(declared, seen)
        where protocols.Length == 0 || protocols.Contains(request.Protocol)
        let gap = Gap(seen.Ask(request), request.Endpoint.ToString(), $"What {request.Protocol} on {request.Endpoint} shows before login was not all seen")
        where gap is not null
        select gap);

    /// <summary>One open finding for each thing down to the depth that was not seen, or not completely.</summary>
    public static IEnumerable<Finding> Gaps(Declaration declared, ObservationSet seen, Depth depth)
    {
        if (declared.Addresses.IsEmpty)
        {
            yield return Finding.Inconclusive(OperatorQuestion.WholeDut, "The DUT has no declared address, so the network was not looked at.", "Give the first sample's addresses in dut.yaml.");
        }

        foreach (var address in declared.Addresses)
        {
            var sweep = seen.Ask(new TcpPortSweep(address));
            if (Gap(sweep, address.ToString(), $"The TCP ports of {address} were not all seen") is { } gap)
            {
                yield return gap;
            }

            if (PortsAtEnd.Gap(seen, address) is { } late)
            {
                yield return late;
            }
        }

        if (depth == Depth.Ports)
        {
            yield break;
        }

        foreach (var (endpoint, _) in OpenPorts(declared, seen))
        {
            var identification = seen.Ask(new ServiceIdentification(endpoint));
            if (Gap(identification, endpoint.ToString(), $"What speaks on {endpoint} is not known") is { } gap)
            {
                yield return gap;
            }
            else if (depth == Depth.Surveys && identification.TryGet(out var service, out _)
                && Gap(seen.Ask(SurveyOf(service)), endpoint.ToString(), $"What {service.Protocol} on {endpoint} shows before login was not all seen") is { } surveyGap)
            {
                yield return surveyGap;
            }
        }
    }

    /// <summary>An open finding when something was not observed, or not completely; otherwise null.</summary>
    public static Finding? Gap<T>(Asked<T> asked, string subject, string statement)
        where T : Observation
    {
        if (!asked.TryGet(out var observation, out var evidence))
        {
            return Finding.Inconclusive(subject, $"{statement}: {asked.WhyNot}", Remedy(asked.Outcome), asked.Ref is null ? [] : [asked.Ref]);
        }

        return observation.Coverage.IsComplete
            ? null
            : Finding.Inconclusive(subject, $"{statement}: {observation.Coverage.Statement}", "Remove what the coverage names, then resume the run or run again.", evidence);
    }

    /// <summary>The observation with its evidence, or null.</summary>
    public static (T Observation, EvidenceRef Evidence)? Observed<T>(Asked<T> asked)
        where T : Observation =>
        asked.TryGet(out var observation, out var evidence) ? (observation, evidence) : null;

    /// <summary>
    /// Whether a service listens to a group, so that ICMP from the DUT's own address proves nothing of it: Debian's minidlna is closed there
    /// and answers the group.
    /// </summary>
    public static bool IsOfGroup(ServiceProtocol protocol, int port) =>
        protocol is ServiceProtocol.Mdns or ServiceProtocol.Ssdp or ServiceProtocol.WsDiscovery || port is MdnsPort or SsdpPort or WsDiscoveryPort or LlmnrPort;

    /// <summary>Survey requests for the TCP services of a protocol.</summary>
    public static IEnumerable<DisclosureSurvey> SurveysOf(Declaration declared, ObservationSet seen, ServiceProtocol protocol) =>
        Services(declared, seen).Where(pair => pair.Service.Protocol == protocol).Select(pair => SurveyOf(pair.Service));

    private static DisclosureSurvey SurveyOf(ServiceSeen service) => new(service.Endpoint, service.Protocol, service.Tls);

    private static string Remedy(ProbeOutcome outcome) => outcome switch
    {
        ProbeOutcome.NotRun { Reason: NotRunReason.ImpactNotAllowed } => "Allow it in lab.yaml and resume the run.",
        ProbeOutcome.NotRun { Reason: NotRunReason.NotRecorded or NotRunReason.Interrupted or NotRunReason.BudgetExhausted or NotRunReason.Offline } => "Resume the run with the DUT connected.",
        ProbeOutcome.NotRun { Reason: NotRunReason.HarnessFault } => "Report the fault of the harness; run again with a mended version.",
        ProbeOutcome.NotRun { Reason: NotRunReason.InputMissing } => "Add to the declaration or lab.yaml what is named as missing, then run again.",
        _ => "Check that the DUT is powered, reachable and in the declared state, then resume the run.",
    };
}
