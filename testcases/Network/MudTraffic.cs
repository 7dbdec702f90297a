using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.TestCases.Network;

/// <summary>Captured traffic against the MUD file of the maker (RFC 8520).</summary>
internal static class MudTraffic
{
    private const int MostNamed = 5;

    /// <summary>
    /// What the MUD file does not let pass, one question for each peer: it contradicts what the maker says, and no unit forbids it. What every
    /// network needs is no matter of the file.
    /// </summary>
    public static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen)
    {
        if (declared.Lab.MudFile is not { } mud)
        {
            yield break;
        }

        foreach (var (traffic, evidence) in DeclaredTraffic.Captured(seen))
        {
            var outside = traffic.Conversations.Where(conversation =>
                conversation is { Opener: ConversationOpener.Dut, Transport: not null } or { Opener: ConversationOpener.Peer, Transport: not null, Established: > 0, BytesFromDut: > 0 }
                && !DeclaredDestinations.IsInfrastructure(declared, traffic, conversation)
                && !DeclaredDestinations.IsToEverybody(conversation)
                && !mud.Allows(conversation.Opener == ConversationOpener.Dut, conversation.Peer, conversation.PeerNames, conversation.Transport!.Value, conversation.Port));
            foreach (var peer in outside.GroupBy(conversation => conversation.Peer, StringComparer.Ordinal))
            {
                var all = peer.Select(conversation => $"{conversation.Application} with {conversation.Title}{(conversation.Opener == ConversationOpener.Peer ? ", opened by it" : "")} ({conversation.Where})").ToList();
                yield return Finding.Inconclusive(
                    $"traffic/{peer.Key}/mud",
                    $"Captures show traffic that {mud.File} does not let pass: {string.Join("; ", all.Take(MostNamed))}{(all.Count > MostNamed ? $"; and {all.Count - MostNamed} more" : "")}.",
                    "Ask the maker what it is for: correct the MUD file or the device, or decide this point with 'dct answer'.",
                    evidence);
            }
        }
    }
}
