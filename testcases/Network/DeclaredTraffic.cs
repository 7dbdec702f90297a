using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.TestCases.Network;

/// <summary>Communication mechanisms as declared against what captures show (case 5.5-1-2 and its users).</summary>
/// <remarks>
/// A capture fails a mechanism whose conversations deviate, and passes a client's only where <see cref="TrafficSufficiency"/> is met: what was
/// not said while somebody listened may be said at another time. Without a capture in the recording there is no finding, so that the
/// examiner's part of the unit stays as it is.
/// </remarks>
internal static class DeclaredTraffic
{
    /// <summary>Subject of a finding about traffic, apart from the entry's own: neither settles the other.</summary>
    public static string Subject(string entry) => $"{entry}/traffic";

    /// <summary>What captures show, with its evidence; nothing when the recording holds none.</summary>
    public static IEnumerable<(TrafficSeen Traffic, EvidenceRef Evidence)> Captured(ObservationSet seen) =>
        seen.All<TrafficSeen>().Select(found => (found.Observation, found.Evidence));

    /// <summary>
    /// Captures were to be looked at and were not: nobody knows what they would have shown. Null when they were, and when nobody gave any.
    /// </summary>
    public static Finding? Unread(ObservationSet seen, string subject) =>
        Captured(seen).Any() || seen.Ask(new TrafficWatch()) is not { Outcome: not ProbeOutcome.NotRun { Reason: NotRunReason.NotRecorded } } asked
            ? null
            : DutServices.Gap(asked, subject, "There are captures of the DUT's traffic, and they were not judged");

    /// <summary>Findings for an entry: conversations that are surely its own and deviate from it fail; else what a client says is held against what suffices.</summary>
    public static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen, IxitEntry entry, ComMechFacts facts)
    {
        if (Unread(seen, Subject(entry.Id)) is { } unread)
        {
            yield return unread;
        }

        foreach (var (traffic, evidence) in Captured(seen))
        {
            var own = traffic.Conversations.Where(conversation => Belongs(conversation, facts)).ToList();
            var deviations = IsProtected(facts)
                ? own.SelectMany(conversation => Deviations(conversation, entry, facts, evidence))
                    .Concat(Strays(declared, traffic, facts).Select(conversation => JudgeReadable(conversation, entry, facts, evidence, isStray: true)))
                    .ToList()
                : [];
            foreach (var deviation in deviations)
            {
                yield return deviation;
            }

            if (deviations.Count == 0 && DeclaredDestinations.Of(facts).Any() && Observed(traffic, own, entry, facts, evidence) is { } observed)
            {
                yield return observed;
            }
        }
    }

    /// <summary>Whether an entry declares a protection that the harness knows when it sees it.</summary>
    public static bool IsProtected(ComMechFacts facts) => facts.Protocol.TryGet(out var protocol) && protocol is CommProtocol.Tls or CommProtocol.Dtls or CommProtocol.Ssh;

    /// <summary>
    /// Whether a conversation is surely one of an entry's: who opens it, transport, port and, where the DUT is the client, the peer are all
    /// declared and agree. A port alone does not tell: anybody may listen on 443.
    /// </summary>
    public static bool Belongs(ConversationSeen conversation, ComMechFacts facts) =>
        facts.Role.TryGet(out var role)
        && (role == CommRole.Server
            ? conversation.Opener == ConversationOpener.Peer && facts.Port.Is(conversation.Port) && TransportOf(facts) is { } transport && conversation.Transport == transport
            // A capture that begins in the middle of a connection does not tell who opened it; that the peer has the declared port does.
            : conversation.Opener != ConversationOpener.Peer && DeclaredDestinations.Of(facts).Any(peer => peer.Port != 0 && peer.Transport is not null && peer.Means(conversation)));

    /// <summary>Whether readable content passed in which the DUT had a part. What others send it unasked is not its communication.</summary>
    public static bool IsReadable(ConversationSeen conversation) =>
        conversation.Protection == ContentProtection.Clear
        && (conversation.BytesFromDut > 0 || (conversation.Opener == ConversationOpener.Dut && conversation.BytesToDut > 0));

    /// <summary>Whether a conversation is an entry's own, or the same communication without the protection that the entry declares.</summary>
    public static bool Concerns(Declaration declared, TrafficSeen traffic, ConversationSeen conversation, ComMechFacts facts) =>
        Belongs(conversation, facts) || (IsProtected(facts) && Strays(declared, traffic, facts).Contains(conversation));

    /// <summary>Transport of an entry, declared or following from its protection; null when neither tells.</summary>
    public static Transport? TransportOf(ComMechFacts facts) => (facts.Transport.TryGet(out var transport), facts.Protocol.TryGet(out var protocol), protocol) switch
    {
        (true, _, _) => transport,
        (_, true, CommProtocol.Tls or CommProtocol.Ssh) => Transport.Tcp,
        (_, true, CommProtocol.Dtls) => Transport.Udp,
        _ => null,
    };

    // Readable talk with a host that is declared with protection only, at a port that nobody declares: the same communication without it.
    private static IEnumerable<ConversationSeen> Strays(Declaration declared, TrafficSeen traffic, ComMechFacts facts)
    {
        var hosts = DeclaredDestinations.Of(facts).ToList();
        var all = DeclaredDestinations.All(declared).ToList();
        return traffic.Conversations.Where(conversation =>
            conversation is { Opener: ConversationOpener.Dut, Transport: not null }
            && IsReadable(conversation)
            && hosts.Exists(peer => peer.IsHost(conversation.Peer, conversation.PeerNames))
            && !all.Exists(pair => pair.Peer.Means(conversation))
            && !DeclaredDestinations.IsInfrastructure(declared, traffic, conversation));
    }

    private static Finding? Observed(TrafficSeen traffic, List<ConversationSeen> own, IxitEntry entry, ComMechFacts facts, EvidenceRef evidence)
    {
        var peers = DeclaredDestinations.Of(facts).ToList();
        if (own.Count == 0)
        {
            return Finding.Inconclusive(
                Subject(entry.Id),
                $"{entry.Id} declares connections to {string.Join(", ", peers)}, and none was seen in {TrafficSufficiency.Watched(traffic)}.",
                $"Make the DUT connect there (start it, use the function that {entry.Id} serves, wait for its schedule) while you record, or decide this point with 'dct answer'.",
                evidence,
                entry.Ref);
        }

        if (facts.Protocol.Or(CommProtocol.Other) == CommProtocol.Other)
        {
            // What protects it is not known to the harness; the examiner's part of the unit looks at it.
            return null;
        }

        var what = string.Join("; ", own.Take(3).Select(conversation => $"{conversation.Application} with {conversation.Title} ({conversation.Where})"));
        var missing = TrafficSufficiency.Communication.Missing(traffic).ToList();
        // One connection of several says nothing about the others.
        var unseen = peers.Where(peer => !own.Exists(conversation => peer.Means(conversation) && HasContent(conversation))).ToList();
        if (unseen.Count > 0)
        {
            missing.Insert(0, $"nothing was seen to be said with {string.Join(", ", unseen)}");
        }

        var unproven = IsProtected(facts) ? peers.Except(unseen).Where(peer => !own.Exists(conversation => peer.Means(conversation) && HasHandshake(conversation))).ToList() : [];
        if (unproven.Count > 0)
        {
            missing.Insert(0, $"no handshake was seen to its end with {string.Join(", ", unproven)}");
        }

        if (facts.Protocol.Or(CommProtocol.Other) is CommProtocol.Tls or CommProtocol.Dtls && facts.Versions.IsEmpty)
        {
            missing.Insert(0, $"the facts of {entry.Id} do not say which versions it means to use");
        }

        if (IsProtected(facts) && own.Find(conversation => conversation.Protection == ContentProtection.Unknown) is { } doubtful)
        {
            missing.Insert(0, $"nobody can tell whether all that was said with {doubtful.Title} is encrypted ({doubtful.Because})");
        }

        if (IsProtected(facts))
        {
            missing.InsertRange(0, own.SelectMany(conversation => SeenTlsDoubts.Of(conversation, facts)).Distinct());
        }

        return missing.Count == 0
            ? Finding.Pass(Subject(entry.Id), $"What the DUT says over {entry.Id} agrees with its declaration: {what}; watched for {TrafficSufficiency.Watched(traffic)}.", evidence, entry.Ref)
            : Finding.Inconclusive(
                Subject(entry.Id),
                $"What was seen of {entry.Id} agrees with its declaration: {what}; but not all can have been seen: {string.Join("; ", missing)}.",
                TrafficSufficiency.Remedy(missing),
                evidence,
                entry.Ref);
    }

    // A connection that is refused, or over which nothing passes, shows nothing of how the DUT communicates.
    private static bool HasContent(ConversationSeen conversation) => conversation.BytesFromDut + conversation.BytesToDut > 0;

    private static bool HasHandshake(ConversationSeen conversation) =>
        conversation.Tls is { Completed: > 0 } || (conversation is { Protocol: ServiceProtocol.Ssh, Protection: ContentProtection.Encrypted, Established: > 0 });

    private static IEnumerable<Finding> Deviations(ConversationSeen conversation, IxitEntry entry, ComMechFacts facts, EvidenceRef evidence)
    {
        if (IsReadable(conversation))
        {
            yield return JudgeReadable(conversation, entry, facts, evidence, isStray: false);
        }

        if (facts.Protocol.Is(CommProtocol.Ssh) || conversation.Tls is not { Handshakes: > 0 } tls)
        {
            yield break;
        }

        var versions = tls.Versions.Where(version => !facts.Versions.IsEmpty && !DeclaredTls.Declares(facts, version)).ToList();
        if (versions.Count > 0)
        {
            yield return Fail($"agrees on {Names(versions)}, and {entry.Id} declares {Names(facts.Versions)} only");
        }

        var suites = tls.Suites.Where(suite => DeclaredTls.IsUndeclared(facts, suite)).ToList();
        if (suites.Count > 0)
        {
            yield return Fail($"agrees on suites that {entry.Id} does not declare: {string.Join(", ", suites)}");
        }

        var hollow = tls.Suites.Where(IsHollow).ToList();
        if (hollow.Count > 0)
        {
            yield return Fail($"agrees on suites without encryption, without authentication or of export strength: {string.Join(", ", hollow)}");
        }

        Finding Fail(string deviation) =>
            Finding.Fail(Subject(entry.Id), $"The DUT's conversation with {conversation.Title} {deviation}; see {conversation.Where}.", evidence, entry.Ref);
    }

    private static Finding JudgeReadable(ConversationSeen conversation, IxitEntry entry, ComMechFacts facts, EvidenceRef evidence, bool isStray)
    {
        var protection = facts.Protocol.Or(CommProtocol.Tls).ToString().ToUpperInvariant();
        var declares = isStray ? $"{entry.Id} declares {protection} with {string.Join(", ", DeclaredDestinations.Of(facts))}, and nothing declares anything" : $"{entry.Id} declares {protection}";
        // Mail servers and the like begin in clear and go over to TLS; and servers of TLS answer whoever speaks in clear by saying so.
        var isMixed = conversation.Tls is { Handshakes: > 0 }
            && (conversation.Opener != ConversationOpener.Dut || conversation.Protocol is ServiceProtocol.Tls or ServiceProtocol.Unknown or ServiceProtocol.Other || StartTlsProtocols.Of(conversation.Protocol) != StartTls.None);
        return isMixed
            ? Finding.Inconclusive(
                Subject(entry.Id),
                $"{declares} for {conversation.Title}, and some of that conversation is readable ({conversation.Application}), some encrypted; see {conversation.Where}.",
                $"Find out from the frames whether anything that {entry.Id} protects passes readably, and decide this point with 'dct answer'.",
                evidence,
                entry.Ref)
            : Finding.Fail(
                Subject(entry.Id),
                $"{declares} for {conversation.Title}, but the DUT speaks {conversation.Application} there in clear; see {conversation.Where}.",
                evidence,
                entry.Ref);
    }

    // Of a suite that was agreed on there is only the name; the same classes as for an enumerated server are told from it. RFC 9150 has
    // the two suites of TLS 1.3 that do not encrypt.
    private static bool IsHollow(string suite) =>
        suite is "TLS_SHA256_SHA256" or "TLS_SHA384_SHA384"
        || suite.Split('_').Any(part => part is "NULL" or "anon" || part.StartsWith("EXPORT", StringComparison.Ordinal));

    private static string Names(IEnumerable<TlsVersion> versions) => string.Join(", ", versions.Select(version => version.DisplayName()));
}
