using System.Collections.Immutable;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Model.Reports;

/// <summary>Captured traffic as a report shows it: one analysis, and what the declaration says to each conversation.</summary>
/// <param name="Ref">The record of the analysis.</param>
/// <param name="Coverage">What was looked at and how completely.</param>
/// <param name="Captures">The captures, in the order of their first frame.</param>
/// <param name="Phases">Marked phases in the order of time; empty when nobody marked any.</param>
/// <param name="Tally">Counts.</param>
/// <param name="Addresses">Addresses that the DUT used.</param>
/// <param name="Conversations">Who talked with the DUT; those that the declaration does not explain and readable ones first.</param>
/// <param name="NameQueries">Names that the DUT asked for.</param>
/// <param name="TimeSources">Sources of time that the DUT asked.</param>
/// <param name="Announcements">What the DUT says to everybody in its network.</param>
/// <param name="ClearItems">Secrets and personal data that passed readably: labels and places, never values.</param>
/// <param name="LeftOut">How many of each list the run folder holds beyond those.</param>
public sealed record AssessedTraffic(
    EvidenceRef Ref,
    Coverage Coverage,
    ImmutableArray<CaptureSeen> Captures,
    ImmutableArray<CapturePhase> Phases,
    TrafficTally Tally,
    ImmutableArray<AddressSeen> Addresses,
    ImmutableArray<AssessedConversation> Conversations,
    ImmutableArray<NameQuerySeen> NameQueries,
    ImmutableArray<TimeSourceSeen> TimeSources,
    ImmutableArray<AnnouncementSeen> Announcements,
    ImmutableArray<ClearItemSeen> ClearItems,
    TrafficLeftOut LeftOut)
{
    /// <summary>Entries of a list in a report at the most; readable items are not counted, since none of them may be passed over.</summary>
    public const int MostEntries = 300;

    /// <summary>An analysis with what the declaration says to its conversations.</summary>
    /// <param name="evidence">The record of the analysis.</param>
    /// <param name="seen">The analysis.</param>
    /// <param name="stand">Says how a conversation stands to the declaration.</param>
    public static AssessedTraffic Of(EvidenceRef evidence, TrafficSeen seen, Func<ConversationSeen, (TrafficStanding Standing, ImmutableArray<string> Entries)> stand)
    {
        ArgumentNullException.ThrowIfNull(seen);
        ArgumentNullException.ThrowIfNull(stand);
        var conversations = seen.Conversations
            .Select(conversation => stand(conversation) is var (standing, entries) ? new AssessedConversation(standing, entries, conversation) : null!)
            .OrderByDescending(conversation => conversation.Standing == TrafficStanding.Undeclared)
            .ThenByDescending(conversation => conversation.Seen.Protection == ContentProtection.Clear && conversation.Standing != TrafficStanding.BasicService)
            .ToList();
        return new AssessedTraffic(
            evidence,
            seen.Coverage,
            seen.Files,
            seen.Phases,
            seen.Tally,
            [.. seen.Addresses.Take(MostEntries)],
            [.. conversations.Take(MostEntries)],
            [.. seen.NameQueries.Take(MostEntries)],
            [.. seen.TimeSources.Take(MostEntries)],
            [.. seen.Announcements.Take(MostEntries)],
            seen.ClearItems,
            new TrafficLeftOut(
                Rest(seen.Addresses.Length),
                Rest(conversations.Count),
                Rest(seen.NameQueries.Length),
                Rest(seen.TimeSources.Length),
                Rest(seen.Announcements.Length)));

        static int Rest(int count) => Math.Max(0, count - MostEntries);
    }
}

/// <summary>A conversation and how it stands to the declaration.</summary>
/// <param name="Standing">How it stands.</param>
/// <param name="Entries">IXIT entries that declare it; empty when none does.</param>
/// <param name="Seen">What was seen.</param>
public sealed record AssessedConversation(TrafficStanding Standing, ImmutableArray<string> Entries, ConversationSeen Seen);

/// <summary>How a conversation stands to the declaration. It is no verdict: test units judge it.</summary>
public enum TrafficStanding
{
    /// <summary>An entry declares it.</summary>
    Declared,

    /// <summary>No entry does, and it is a service that every network has: address assignment, name resolution, discovery, time.</summary>
    BasicService,

    /// <summary>No entry declares it with everything that would tell it: role, transport, port and peer.</summary>
    Undeclared,
}

/// <summary>What a report leaves to the run folder.</summary>
/// <param name="Addresses">Addresses of the DUT.</param>
/// <param name="Conversations">Conversations.</param>
/// <param name="NameQueries">Names asked for.</param>
/// <param name="TimeSources">Sources of time.</param>
/// <param name="Announcements">Announcements.</param>
public sealed record TrafficLeftOut(int Addresses, int Conversations, int NameQueries, int TimeSources, int Announcements);
