using System.Collections.Immutable;
using System.Globalization;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.TestCases.Network;

/// <summary>What captures have to hold before a unit takes what they do not show for absent.</summary>
/// <param name="Busy">Phases that have to be marked and watched, and in which the DUT has to be seen to talk: what does not show there may not have happened.</param>
/// <param name="Quiet">Phases that have to be marked and watched, and in which it may be silent.</param>
/// <param name="Minutes">Time that captures ran at the least, in minutes.</param>
internal sealed record TrafficSufficiency(ImmutableArray<string> Busy, ImmutableArray<string> Quiet, int Minutes)
{
    /// <summary>
    /// 5.5-1-2 and the units that apply it: a DUT connects when it starts, by itself afterwards, and when it is used. Ten minutes hold
    /// two rounds of what repeats every five; what repeats less often is declared and has to be seen anyway.
    /// </summary>
    public static TrafficSufficiency Communication { get; } = new(["start-up", "in use"], ["idle"], 10);

    /// <summary>5.3-10-1 c: what searches for updates does so at a start, by itself, or when it is told to.</summary>
    public static TrafficSufficiency Updates { get; } = new(["start-up", "update"], ["idle"], 10);

    /// <summary>What is missing, each as a part of a sentence; empty when nothing is.</summary>
    public IEnumerable<string> Missing(TrafficSeen traffic)
    {
        var gaps = Gaps(traffic).ToList();
        if (gaps.Count == 0 && !traffic.Coverage.IsComplete)
        {
            gaps.Add(traffic.Coverage.Statement);
        }

        foreach (var gap in gaps)
        {
            yield return gap;
        }

        var needed = Busy.Concat(Quiet).ToList();
        var unwatched = needed.Where(phase => !traffic.Phases.Any(marked => IsSame(marked.Name, phase) && IsWatched(traffic, marked))).ToList();
        if (unwatched.Count > 0)
        {
            yield return traffic.Phases.IsEmpty
                ? $"nobody marked phases (needed: {string.Join(", ", needed)})"
                : $"the phases {string.Join(", ", unwatched)} are not marked";
        }

        var silent = Busy.Except(unwatched).Where(phase => !traffic.Conversations.Any(conversation => conversation.Opener != ConversationOpener.Peer && conversation.Phases.Any(seen => IsSame(seen, phase)))).ToList();
        if (silent.Count > 0)
        {
            yield return $"the DUT says nothing in the phases {string.Join(", ", silent)}, so that they may be marked wrongly";
        }

        if (traffic.WatchedFor < TimeSpan.FromMinutes(Minutes))
        {
            yield return $"it was watched for {Duration(traffic)}, and {Minutes} minutes are needed";
        }
    }

    /// <summary>What lets captures miss something: loss, damage, and what could not be read.</summary>
    public static IEnumerable<string> Gaps(TrafficSeen traffic)
    {
        foreach (var file in traffic.Files.Where(file => file.Fault.Length > 0))
        {
            yield return $"{file.Name} {file.Fault}";
        }

        if (traffic.Tally.Dropped is null)
        {
            yield return "no count says whether frames were lost (pcap has none; pcapng of dumpcap has one)";
        }

        // Whose IP address passed from one device to another in the meantime was somebody else for a while.
        var macs = traffic.Addresses.Where(address => address.Kind is AddressKind.UniversalMac or AddressKind.LocalMac).ToList();
        if (macs.Count > 1 && macs.Exists(mac => mac.From != AddressSeen.Declared))
        {
            yield return $"several MAC addresses had an address of the DUT ({string.Join(", ", macs.Select(mac => mac.Address))}); declare which are its own";
        }

        foreach (var (count, what) in new[]
        {
            (traffic.Tally.Dropped ?? 0, "frames were lost while capturing"),
            (traffic.Tally.StreamGaps, "gaps are in TCP streams"),
            (traffic.Tally.Undecoded, "frames could not be decoded"),
            (traffic.Tally.Cut, "frames were captured in part"),
            (traffic.Tally.Evicted, "conversations or names were given up before their end"),
        }.Where(row => row.Item1 > 0))
        {
            yield return $"{count.ToString(CultureInfo.InvariantCulture)} {what}";
        }
    }

    /// <summary>What to do about what is missing.</summary>
    public static string Remedy(IReadOnlyList<string> missing) => $"Record again so that this no longer holds, or decide this point with 'dct answer': {string.Join("; ", missing)}.";

    /// <summary>How long was watched, for sentences: "12 minutes between 2026-11-20 08:00:00 and 2026-11-20 08:12:00 UTC".</summary>
    public static string Watched(TrafficSeen traffic) => traffic.Watched is { } watched
        ? string.Create(CultureInfo.InvariantCulture, $"{Duration(traffic)} between {watched.First.UtcDateTime:yyyy-MM-dd HH:mm:ss} and {watched.Last.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC")
        : "an unknown time";

    private static string Duration(TrafficSeen traffic)
    {
        var length = traffic.WatchedFor;
        return length.TotalMinutes >= 120 ? string.Create(CultureInfo.InvariantCulture, $"{length.TotalHours:0.0} hours")
            : length.TotalSeconds >= 120 ? string.Create(CultureInfo.InvariantCulture, $"{length.TotalMinutes:0} minutes")
            : string.Create(CultureInfo.InvariantCulture, $"{length.TotalSeconds:0} seconds");
    }

    private static bool IsWatched(TrafficSeen traffic, CapturePhase phase) =>
        phase.To > phase.From && traffic.Files.Any(file => file.First is { } first && phase.From <= file.Last && phase.To >= first);

    private static bool IsSame(string marked, string needed) => string.Equals(Plain(marked), Plain(needed), StringComparison.OrdinalIgnoreCase);

    private static string Plain(string phase) => string.Concat(phase.Where(char.IsLetterOrDigit));
}
