using System.Net;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.TestCases.Network;

/// <summary>Communication mechanisms as declared against what captures show (case 5.5-1-2 and its users).</summary>
/// <remarks>
/// A capture fails a mechanism and never passes it: what was not said while somebody listened may be said at another time. Without a
/// capture in the recording there is no finding, so that the examiner's part of the unit stays as it is.
/// </remarks>
internal static class DeclaredTraffic
{
    /// <summary>Subject of a finding about traffic, apart from the entry's own: neither settles the other.</summary>
    public static string Subject(string entry) => $"{entry}/traffic";

    /// <summary>What captures show, with its evidence; nothing when the recording holds none.</summary>
    public static IEnumerable<(TrafficSeen Traffic, EvidenceRef Evidence)> Captured(ObservationSet seen) =>
        seen.All<TrafficSeen>().Select(found => (found.Observation, found.Evidence));

    /// <summary>Findings for an entry: conversations that are surely its own and deviate from it fail.</summary>
    public static IEnumerable<Finding> Judge(ObservationSet seen, IxitEntry entry, ComMechFacts facts) =>
        from captured in Captured(seen)
        from conversation in captured.Traffic.Conversations
        where IsProtected(facts) && Belongs(conversation, facts)
        from finding in Deviations(conversation, entry, facts, captured.Evidence)
        select finding;

    /// <summary>Whether an entry declares a protection that the harness knows when it sees it.</summary>
    public static bool IsProtected(ComMechFacts facts) => facts.Protocol.TryGet(out var protocol) && protocol is CommProtocol.Tls or CommProtocol.Dtls or CommProtocol.Ssh;

    /// <summary>
    /// Whether a conversation is surely one of an entry's: who opens it, transport, port and, where the DUT is the client, the peer are all
    /// declared and agree. A port alone does not tell: anybody may listen on 443.
    /// </summary>
    public static bool Belongs(ConversationSeen conversation, ComMechFacts facts) =>
        facts.Role.TryGet(out var role)
        && facts.Port.Is(conversation.Port)
        && TransportOf(facts) is { } transport && conversation.Transport == transport
        && (role == CommRole.Server
            ? conversation.Opener == ConversationOpener.Peer
            // A capture that begins in the middle of a connection does not tell who opened it; that the peer has the declared port does.
            : conversation.Opener != ConversationOpener.Peer && facts.Peer.TryGet(out var peer) && IsPeer(conversation, peer));

    /// <summary>Whether readable content passed in which the DUT had a part. What others send it unasked is not its communication.</summary>
    public static bool IsReadable(ConversationSeen conversation) =>
        conversation.Protection == ContentProtection.Clear
        && (conversation.BytesFromDut > 0 || (conversation.Opener == ConversationOpener.Dut && conversation.BytesToDut > 0));

    /// <summary>Whether a conversation is what keeps a network going: address assignment, name resolution, discovery, time, or below TCP and UDP.</summary>
    public static bool IsInfrastructure(ConversationSeen conversation) =>
        conversation.Transport is null
        || conversation.Protocol is ServiceProtocol.Dhcp or ServiceProtocol.Dns or ServiceProtocol.Mdns or ServiceProtocol.Ntp or ServiceProtocol.Ssdp;

    private static Transport? TransportOf(ComMechFacts facts) => (facts.Transport.TryGet(out var transport), facts.Protocol.TryGet(out var protocol), protocol) switch
    {
        (true, _, _) => transport,
        (_, true, CommProtocol.Tls or CommProtocol.Ssh) => Transport.Tcp,
        (_, true, CommProtocol.Dtls) => Transport.Udp,
        _ => null,
    };

    private static bool IsPeer(ConversationSeen conversation, string declared)
    {
        var peer = declared.Trim().TrimEnd('.');
        return IPAddress.TryParse(peer, out var address)
            ? IPAddress.TryParse(conversation.Peer, out var seen) && seen.Equals(address)
            : conversation.PeerNames.Any(name => peer.StartsWith("*.", StringComparison.Ordinal)
                ? name.TrimEnd('.').EndsWith(peer[1..], StringComparison.OrdinalIgnoreCase)
                : name.TrimEnd('.').Equals(peer, StringComparison.OrdinalIgnoreCase));
    }

    private static IEnumerable<Finding> Deviations(ConversationSeen conversation, IxitEntry entry, ComMechFacts facts, EvidenceRef evidence)
    {
        if (IsReadable(conversation))
        {
            yield return JudgeReadable(conversation, entry, facts, evidence);
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

    private static Finding JudgeReadable(ConversationSeen conversation, IxitEntry entry, ComMechFacts facts, EvidenceRef evidence)
    {
        var declares = $"{entry.Id} declares {facts.Protocol.Or(CommProtocol.Tls).ToString().ToUpperInvariant()}";
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
