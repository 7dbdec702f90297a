using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Communication;

/// <summary>Communication mechanisms that security parameters or personal data refer to, judged as in 5.5-1-2.</summary>
internal static class ReferencedMechanisms
{
    /// <summary>Entries of the communication mechanisms that the rows of a table name.</summary>
    public static IEnumerable<(IxitEntry Entry, ComMechFacts Facts)> Of(Declaration declared, IxitRole referring, Func<IxitEntry, bool> concerns)
    {
        var names = declared.Ixit.Entries(referring).Where(concerns)
            .SelectMany(entry => entry.References("Secure Communication Mechanisms").Concat(entry.References("Communication Mechanisms")))
            .ToHashSet(StringComparer.Ordinal);
        return declared.Ixit.With<ComMechFacts>(IxitRole.ComMech).Where(pair => names.Contains(pair.Entry.Id));
    }

    /// <summary>Requests for mechanisms.</summary>
    public static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen, IEnumerable<(IxitEntry Entry, ComMechFacts Facts)> mechanisms) =>
        DutServices.Ask(declared, seen, Depth.Services).Concat(mechanisms.SelectMany(pair => DeclaredTls.Ask(declared, seen, pair.Facts)));

    /// <summary>Findings for mechanisms: what probes show of their servers, and what captures show of their traffic.</summary>
    public static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen, IEnumerable<(IxitEntry Entry, ComMechFacts Facts)> mechanisms) =>
        mechanisms.SelectMany(pair => DeclaredTls.Judge(declared, seen, pair.Entry, pair.Facts).Concat(DeclaredTraffic.Judge(declared, seen, pair.Entry, pair.Facts)));

    /// <summary>Whether a row of 10-SecParam is a critical security parameter.</summary>
    public static bool IsCritical(IxitEntry parameter) => !parameter.Field("Type").TryGet(out var type) || !type.Contains("public", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a row of 21-PersData is sensitive.</summary>
    public static bool IsSensitive(IxitEntry data) => !data.Field("Sensitive").TryGet(out var sensitive) || !sensitive.TrimStart().StartsWith("no", StringComparison.OrdinalIgnoreCase);
}
