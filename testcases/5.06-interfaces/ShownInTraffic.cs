using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Interfaces;

/// <summary>Services that captures show the DUT offer, and what it tells everybody in its network unasked. Captures add findings here and pass nothing.</summary>
internal static class ShownInTraffic
{
    // RFC 6335, 6: ports of which clients and transfers take some for a while. Windows begins here, Linux later.
    private const int FirstDynamicPort = 49152;

    // A shorter text stands in other words by chance: firmware 2.1 in an address.
    private const int ShortestTelling = 4;

    /// <summary>Ports on which the DUT answered others and which no logical interface declares: one of TCP fails, any other is the examiner's.</summary>
    public static IEnumerable<Finding> Services(Declaration declared, ObservationSet seen) =>
        from service in Undeclared(declared, seen)
        select service is { Transport: Transport.Tcp, Port: < FirstDynamicPort }
            ? Finding.Fail(service.Subject, service.Statement, service.Evidence)
            : Finding.Inconclusive(
                service.Subject,
                service.Statement,
                "Find out whether it is an interface of its own, or a port that a declared one takes for a while, and decide this point with 'dct answer'.",
                service.Evidence);

    /// <summary>The same ports where configuration is in question (unit 5.5-5-2 b): that they answer does not tell that anything can be set by them.</summary>
    public static IEnumerable<Finding> Settings(Declaration declared, ObservationSet seen) =>
        from service in Undeclared(declared, seen)
        select Finding.Inconclusive(service.Subject, service.Statement, "Find out whether security-relevant settings can be changed by it, and decide this point with 'dct answer'.", service.Evidence);

    /// <summary>
    /// Declared logical interfaces in use by others: one that is declared disabled fails; one that is declared to be inside TLS and answers
    /// readably is the examiner's, since servers of TLS refuse clear text by a readable word.
    /// </summary>
    public static IEnumerable<Finding> States(Declaration declared, ObservationSet seen)
    {
        foreach (var (traffic, evidence) in DeclaredTraffic.Captured(seen))
        {
            foreach (var (entry, facts) in declared.Ixit.LogicalInterfaces(declared.Edition))
            {
                var used = Served(traffic).Where(conversation => facts.Ports.Contains(conversation.Port) && facts.Transport.Or(Transport.Tcp) == conversation.Transport).ToList();
                if (facts.Status.Is(InterfaceStatus.Disabled) && used.Count > 0)
                {
                    yield return Finding.Fail(DeclaredTraffic.Subject(entry.Id), $"{entry.Id} is declared disabled, but the DUT answers others there: {Shown(used)}.", evidence, entry.Ref);
                }
                else if (facts.Tls.Is(true) && used.Where(DeclaredTraffic.IsReadable).ToList() is { Count: > 0 } readable)
                {
                    yield return Finding.Inconclusive(
                        DeclaredTraffic.Subject(entry.Id),
                        $"{entry.Id} is declared to be inside TLS, but the DUT answers readably there: {Shown(readable)}.",
                        "Find out from the frames whether the interface can be used in clear, or refuses clear text by a readable word, and decide this point with 'dct answer'.",
                        evidence,
                        entry.Ref);
                }
            }
        }
    }

    private static IEnumerable<(string Subject, Transport Transport, int Port, string Statement, EvidenceRef Evidence)> Undeclared(Declaration declared, ObservationSet seen)
    {
        var interfaces = declared.Ixit.LogicalInterfaces(declared.Edition).ToList();
        return from captured in DeclaredTraffic.Captured(seen)
               from service in Served(captured.Traffic)
                   .Where(conversation => !interfaces.Exists(pair => pair.Facts.Ports.Contains(conversation.Port) && pair.Facts.Transport.Or(Transport.Tcp) == conversation.Transport))
                   .GroupBy(conversation => (Transport: conversation.Transport!.Value, conversation.Port))
               let name = service.Key.Transport == Transport.Udp ? "UDP" : "TCP"
               select (
                   $"traffic/{name.ToLowerInvariant()}/{service.Key.Port}", service.Key.Transport, service.Key.Port,
                   $"The DUT answers on {name} {service.Key.Port}, which no entry of {DeclaredInterfaces.TableName(declared)} declares: {Shown(service)}.", captured.Evidence);
    }

    // What others opened and the DUT answered.
    private static IEnumerable<ConversationSeen> Served(TrafficSeen traffic) =>
        traffic.Conversations.Where(conversation => conversation is { Opener: ConversationOpener.Peer, Transport: not null, BytesFromDut: > 0, Established: > 0 } && !DeclaredDestinations.IsToEverybody(conversation));

    private static string Shown(IEnumerable<ConversationSeen> conversations) =>
        string.Join("; ", conversations.Take(3).Select(conversation => $"{conversation.Application} with {conversation.Peer} ({conversation.Where})"));

    /// <summary>
    /// Security-relevant information that the DUT broadcasts and that no logical interface declares to disclose fails; readable broadcasts in
    /// words of the DUT's own are the examiner's.
    /// </summary>
    public static IEnumerable<Finding> Announcements(Declaration declared, ObservationSet seen)
    {
        var allowed = declared.Ixit.LogicalInterfaces(declared.Edition).SelectMany(pair => pair.Facts.Discloses).ToHashSet();
        foreach (var (traffic, evidence) in DeclaredTraffic.Captured(seen))
        {
            foreach (var said in traffic.Announcements
                .SelectMany(announcement => KindsIn(declared, announcement), (announcement, kind) => (announcement, kind))
                .Where(said => !allowed.Contains(said.kind.Kind))
                .GroupBy(said => (said.announcement.Protocol, said.kind)))
            {
                yield return Finding.Fail(
                    $"traffic/{said.Key.Protocol}",
                    $"The DUT tells everybody in its network {said.Key.kind.Words} by {said.Key.Protocol}, which {DeclaredInterfaces.TableName(declared)} does not declare; see {said.First().announcement.Where}.",
                    evidence);
            }

            foreach (var own in traffic.Conversations.Where(conversation =>
                conversation is { Opener: not ConversationOpener.Peer, BytesFromDut: > 0, Protocol: ServiceProtocol.Unknown or ServiceProtocol.Other, Protection: ContentProtection.Clear }
                && DeclaredDestinations.IsToEverybody(conversation)))
            {
                yield return Finding.Inconclusive(
                    $"traffic/{own.Peer}",
                    $"The DUT tells everybody in its network something readable, in words of its own, on {own.Title}; see {own.Where}.",
                    "Read the frames: if they hold security-relevant information that no interface declares to disclose, the unit fails; decide this point with 'dct answer'.",
                    evidence);
            }
        }
    }

    // What the information is called tells, and so does the declared value itself wherever it stands.
    private static IEnumerable<(DisclosureKind Kind, string Words)> KindsIn(Declaration declared, AnnouncementSeen announcement)
    {
        var sample = declared.Dut.Samples.FirstOrDefault();
        if (Says("serial") || Holds(sample?.Serial))
        {
            yield return (DisclosureKind.SerialNumber, "its serial number");
        }

        if (Says("version") || Says("firmware") || Holds(declared.Dut.Firmware))
        {
            yield return (DisclosureKind.Version, "a software version");
        }

        bool Says(string word) => announcement.What.Contains(word, StringComparison.OrdinalIgnoreCase);
        bool Holds(string? value) => value is { Length: >= ShortestTelling } && announcement.Text.Contains(value, StringComparison.OrdinalIgnoreCase);
    }
}
