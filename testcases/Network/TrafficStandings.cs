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
        return [.. DeclaredTraffic.Captured(seen).Select(captured => AssessedTraffic.Of(captured.Evidence, captured.Traffic, conversation => Of(declared, conversation)))];
    }

    private static (TrafficStanding, ImmutableArray<string>) Of(Declaration declared, ConversationSeen conversation)
    {
        ImmutableArray<string> entries =
        [
            .. declared.Ixit.With<ComMechFacts>(IxitRole.ComMech)
                .Where(pair => DeclaredTraffic.Belongs(conversation, pair.Facts))
                .Select(pair => pair.Entry.Id),
        ];
        return (!entries.IsEmpty ? TrafficStanding.Declared : DeclaredTraffic.IsInfrastructure(conversation) ? TrafficStanding.BasicService : TrafficStanding.Undeclared, entries);
    }
}
