using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Communication;

/// <summary>Secrets, personal data and conversations that passed readably in captures. Values are neither known here nor said.</summary>
internal static class ReadableTraffic
{
    private const int MostNamed = 5;

    /// <summary>Critical security parameters that passed readably: of an entry, or over a mechanism that such parameters refer to.</summary>
    public static IEnumerable<Finding> Secrets(Declaration declared, ObservationSet seen) => JudgeItems(declared, seen, item => item.Kind != ClearItemKind.PersonalDatum, _ => true);

    /// <summary>The same over interfaces that can be reached from outside the local network.</summary>
    public static IEnumerable<Finding> RemoteSecrets(Declaration declared, ObservationSet seen) =>
        JudgeItems(declared, seen, item => item.Kind != ClearItemKind.PersonalDatum, item => LeavesNetwork(item) || MechanismsOf(declared, seen, item).Any(pair => pair.Facts.RemotelyAccessible.Is(true)));

    /// <summary>Personal data that passed readably: of an entry, or over a mechanism that personal data refer to.</summary>
    public static IEnumerable<Finding> PersonalData(Declaration declared, ObservationSet seen) => JudgeItems(declared, seen, item => item.Kind == ClearItemKind.PersonalDatum, _ => true);

    /// <summary>Personal data of entries that are declared sensitive. What is not said to be sensitive fails nothing here.</summary>
    public static IEnumerable<Finding> SensitiveData(Declaration declared, ObservationSet seen) =>
        JudgeItems(
            declared,
            seen,
            item => item.Kind == ClearItemKind.PersonalDatum,
            item => declared.Ixit.Find(item.Entry) is { Table.Role: IxitRole.PersData } entry && entry.Field("Sensitive").IsDeclared && ReferencedMechanisms.IsSensitive(entry));

    /// <summary>
    /// What the declaration does not explain: conversations with hosts that no entry names, and what is readable and is the fault of no
    /// entry. For each peer it is one question to the examiner: encrypted or not, nothing in the unit says that it is wrong. Address
    /// assignment, name resolution by the given resolver, discovery and time need no declaration.
    /// </summary>
    public static IEnumerable<Finding> Unattributed(Declaration declared, ObservationSet seen)
    {
        var mechanisms = declared.Ixit.With<ComMechFacts>(IxitRole.ComMech).ToList();
        foreach (var (traffic, evidence) in DeclaredTraffic.Captured(seen))
        {
            var undeclared = DeclaredDestinations.Undeclared(declared, traffic).ToHashSet();
            var conversations = traffic.Conversations
                .Where(conversation => undeclared.Contains(conversation)
                    || (conversation.Transport is not null
                        && DeclaredTraffic.IsReadable(conversation)
                        && !DeclaredDestinations.IsInfrastructure(declared, traffic, conversation)
                        && !mechanisms.Exists(pair => IsSettled(pair.Facts) && DeclaredTraffic.Belongs(conversation, pair.Facts))))
                .Where(conversation => DeclaredDestinations.StrangeNames(declared, conversation).Any() || !mechanisms.Exists(pair => DeclaredTraffic.IsProtected(pair.Facts) && DeclaredTraffic.Concerns(declared, traffic, conversation, pair.Facts)))
                .Select(conversation => (conversation.Peer, Says: Explain(declared, traffic, conversation)));
            var items = traffic.ClearItems
                .Where(item => !IsPublic(declared, item) && SubjectOf(declared, seen, item) is null)
                .Select(item => (item.Peer, Says: $"{What(item)} {Way(item)} belongs to no entry ({item.Where})"));
            foreach (var peer in conversations.Concat(items).GroupBy(row => row.Peer, row => row.Says, StringComparer.Ordinal))
            {
                var all = peer.ToList();
                yield return Finding.Inconclusive(
                    $"traffic/{peer.Key}",
                    $"Captures show traffic that the declaration does not explain: {string.Join("; ", all.Take(MostNamed))}{(all.Count > MostNamed ? $"; and {all.Count - MostNamed} more" : "")}.",
                    "Find out from the frames what it is for and whether it needs protection: declare the mechanism with role, transport, port and peer among its facts, or decide this point with 'dct answer'.",
                    evidence);
            }
        }
    }

    private static string Explain(Declaration declared, TrafficSeen traffic, ConversationSeen conversation) =>
        conversation.Protocol == ServiceProtocol.Dns && DeclaredDestinations.IsForeignResolver(declared, traffic, conversation.Peer)
            ? $"the DUT asks {conversation.Title} for names, a resolver that it was not given ({conversation.Where})"
            : DeclaredDestinations.StrangeNames(declared, conversation).ToList() is { Count: > 0 } strange && DeclaredDestinations.All(declared).Any(pair => pair.Peer.Means(conversation))
            ? $"{conversation.Application} with {conversation.Title} is also for {string.Join(", ", strange.Take(MostNamed))}, which no entry declares ({conversation.Where})"
            : $"{(DeclaredTraffic.IsReadable(conversation) ? "readable " : "")}{conversation.Application} with {conversation.Title} belongs to no declared mechanism ({conversation.Where})";

    private static IEnumerable<Finding> JudgeItems(Declaration declared, ObservationSet seen, Func<ClearItemSeen, bool> isOfKind, Func<ClearItemSeen, bool> concerns)
    {
        foreach (var (traffic, evidence) in DeclaredTraffic.Captured(seen))
        {
            foreach (var item in traffic.ClearItems.Where(item => isOfKind(item) && !IsPublic(declared, item) && concerns(item)))
            {
                if (SubjectOf(declared, seen, item) is { } entry)
                {
                    yield return Finding.Fail(
                        DeclaredTraffic.Subject(entry.Id),
                        $"{What(item)}, which belongs to {entry.Id}, passes readably ({item.Encoding}) {Way(item)}; see {item.Where}.",
                        evidence,
                        entry.Ref);
                }
            }
        }
    }

    // The entry that a readable item speaks against: its own, or the mechanism that it travelled over if such items are declared to use it.
    private static IxitEntry? SubjectOf(Declaration declared, ObservationSet seen, ClearItemSeen item)
    {
        if (declared.Ixit.Find(item.Entry) is { } entry)
        {
            return entry;
        }

        var referenced = item.Kind == ClearItemKind.PersonalDatum
            ? ReferencedMechanisms.Of(declared, IxitRole.PersData, _ => true)
            : ReferencedMechanisms.Of(declared, IxitRole.SecParam, ReferencedMechanisms.IsCritical);
        var names = referenced.Select(pair => pair.Entry.Id).ToHashSet(StringComparer.Ordinal);
        return MechanismsOf(declared, seen, item).FirstOrDefault(pair => names.Contains(pair.Entry.Id)).Entry;
    }

    private static IEnumerable<(IxitEntry Entry, ComMechFacts Facts)> MechanismsOf(Declaration declared, ObservationSet seen, ClearItemSeen item)
    {
        var conversations = DeclaredTraffic.Captured(seen)
            .SelectMany(captured => captured.Traffic.Conversations, (captured, conversation) => (captured.Traffic, Conversation: conversation))
            .Where(row => row.Conversation.Peer == item.Peer && row.Conversation.Port == item.Port && row.Conversation.Transport == item.Transport)
            .ToList();
        return declared.Ixit.With<ComMechFacts>(IxitRole.ComMech).Where(pair => conversations.Exists(row => DeclaredTraffic.Concerns(declared, row.Traffic, row.Conversation, pair.Facts)));
    }

    // Declared as clear text, or judged against its protection elsewhere; any other mechanism may protect inside what is readable.
    private static bool IsSettled(ComMechFacts facts) => facts.Protocol.Is(CommProtocol.None) || DeclaredTraffic.IsProtected(facts);

    private static bool IsPublic(Declaration declared, ClearItemSeen item) =>
        declared.Ixit.Find(item.Entry) is { Table.Role: IxitRole.SecParam } parameter && !ReferencedMechanisms.IsCritical(parameter);

    private static bool LeavesNetwork(ClearItemSeen item) =>
        DutAddress.TryParse(item.Peer, null, out var peer) && peer.IsPublic && !peer.Address.IsIPv6Multicast && (peer.IsIPv6 || peer.Address.GetAddressBytes()[0] < 224);

    private static string What(ClearItemSeen item) => item.Kind switch
    {
        ClearItemKind.Credential => $"A credential ({item.Label})",
        ClearItemKind.Token => $"A token ({item.Label})",
        ClearItemKind.DeclaredSecret => $"A secret ({item.Label})",
        _ => $"A personal datum ({item.Label})",
    };

    /// <summary>From whom to whom an item passed, for a sentence.</summary>
    public static string Way(ClearItemSeen item) =>
        $"{(item.FromDut ? "from the DUT to" : "to the DUT from")} {(item.PeerNames.IsEmpty ? item.Peer : $"{item.PeerNames[0]} ({item.Peer})")} {(item.Transport == Transport.Udp ? "udp" : "tcp")}/{item.Port}";
}
