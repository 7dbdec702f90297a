using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Updates;

/// <summary>Searches for updates as declared in 7-UpdMech against what captures show (unit 5.3-10-1 c).</summary>
internal static class UpdateTraffic
{
    /// <summary>Findings; none without captures.</summary>
    public static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen)
    {
        var servers = DeclaredDestinations.Servers<UpdMechFacts>(declared, IxitRole.UpdMech, facts => facts.Servers).ToList();
        if (DeclaredTraffic.Unread(seen, "traffic") is { } unread)
        {
            yield return unread;
        }

        foreach (var (traffic, evidence) in DeclaredTraffic.Captured(seen))
        {
            foreach (var finding in Undeclared(traffic, servers, evidence).Concat(Declared(traffic, servers, evidence)))
            {
                yield return finding;
            }
        }
    }

    // What it was for only the content tells, which may be encrypted: whether it is a way of updating stays the examiner's.
    private static IEnumerable<Finding> Undeclared(TrafficSeen traffic, List<(IxitEntry Entry, DeclaredPeer Peer)> servers, EvidenceRef evidence)
    {
        foreach (var conversation in traffic.Conversations.Where(conversation => conversation is { Opener: ConversationOpener.Dut, Transport: not null } && !servers.Exists(server => server.Peer.Means(conversation))))
        {
            var request = conversation.Requests.FirstOrDefault(NetworkUpdatesAreDeclared.IsUpdatePath);
            var entry = servers.Find(server => server.Peer.IsHost(conversation.Peer, conversation.PeerNames)).Entry;
            if (request is null && entry is null)
            {
                continue;
            }

            yield return Finding.Inconclusive(
                $"traffic/{conversation.Peer}",
                request is null
                    ? $"The DUT speaks {conversation.Application} with {conversation.Title}, a server of {entry!.Id}, in a way that {entry.Id} does not declare; see {conversation.Where}."
                    : $"The DUT sends {request} to {conversation.Title}, which reads like a search for updates, and no entry of 7-UpdMech names that server; see {conversation.Where}.",
                "Find out whether updates come that way: then declare it among the 'servers' of an entry of 7-UpdMech; else decide this point with 'dct answer'.",
                evidence);
        }
    }

    private static IEnumerable<Finding> Declared(TrafficSeen traffic, List<(IxitEntry Entry, DeclaredPeer Peer)> servers, EvidenceRef evidence)
    {
        foreach (var entry in servers.GroupBy(server => server.Entry.Id, StringComparer.Ordinal))
        {
            var named = string.Join(", ", entry.Select(server => server.Peer));
            var reference = entry.First().Entry.Ref;
            var own = traffic.Conversations.Where(conversation => conversation is { Opener: not ConversationOpener.Peer, Established: > 0, BytesFromDut: > 0, Tls: null or { Completed: > 0 } } && entry.Any(server => server.Peer.Means(conversation))).ToList();
            if (own.Count == 0)
            {
                yield return Finding.Inconclusive(
                    DeclaredTraffic.Subject(entry.Key),
                    $"{entry.Key} asks {named} for updates, and that was not seen in {TrafficSufficiency.Watched(traffic)}.",
                    "Record a search for updates: start the DUT, trigger the search or wait for its time; or decide this point with 'dct answer'.",
                    evidence,
                    reference);
                continue;
            }

            var missing = TrafficSufficiency.Updates.Missing(traffic).ToList();
            var unseen = entry.Where(server => !own.Exists(server.Peer.Means)).Select(server => server.Peer).ToList();
            if (unseen.Count > 0)
            {
                missing.Insert(0, $"{string.Join(", ", unseen)} was not seen");
            }

            var what = string.Join("; ", own.Take(3).Select(conversation => $"{conversation.Application} with {conversation.Title} ({conversation.Where})"));
            yield return missing.Count == 0
                ? Finding.Pass(DeclaredTraffic.Subject(entry.Key), $"The search of {entry.Key} for updates goes where it is declared to: {what}; watched for {TrafficSufficiency.Watched(traffic)}.", evidence, reference)
                : Finding.Inconclusive(
                    DeclaredTraffic.Subject(entry.Key),
                    $"The search of {entry.Key} for updates goes where it is declared to: {what}; but not all can have been seen: {string.Join("; ", missing)}.",
                    TrafficSufficiency.Remedy(missing),
                    evidence,
                    reference);
        }
    }
}
