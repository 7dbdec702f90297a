using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Network;

/// <summary>Captured traffic for a report, each conversation with the entries that declare it. The same rules as in the judgement.</summary>
public static class TrafficStandings
{
    /// <summary>All analyses of a run; none when it has no captures.</summary>
    public static ImmutableArray<AssessedTraffic> Of(Declaration declared, ObservationSet seen)
    {
        ArgumentNullException.ThrowIfNull(declared);
        ArgumentNullException.ThrowIfNull(seen);
        return [.. DeclaredTraffic.Captured(seen).Select(captured => AssessedTraffic.Of(captured.Evidence, captured.Traffic, conversation => Of(declared, captured.Traffic, conversation)))];
    }

    private static (TrafficStanding, ImmutableArray<string>) Of(Declaration declared, TrafficSeen traffic, ConversationSeen conversation)
    {
        ImmutableArray<string> entries =
        [
            .. declared.Ixit.With<ComMechFacts>(IxitRole.ComMech)
                .Where(pair => DeclaredTraffic.Belongs(conversation, pair.Facts))
                .Select(pair => pair.Entry.Id)
                .Concat(DeclaredDestinations.All(declared).Where(pair => conversation.Opener == ConversationOpener.Dut && pair.Peer.Means(conversation)).Select(pair => pair.Entry.Id))
                .Distinct(),
        ];
        var isBasic = conversation.Transport is null || DeclaredDestinations.IsInfrastructure(declared, traffic, conversation);
        return (!entries.IsEmpty ? TrafficStanding.Declared : isBasic ? TrafficStanding.BasicService : TrafficStanding.Undeclared, entries);
    }
}
