using System.Net;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Traffic;

namespace DeviceConformance.Tests.Traffic.Agreement;

/// <summary>A capture beside tshark: frame by frame, and what the analysis makes of it with each of its busiest hosts as the DUT.</summary>
internal static class CaptureAgreement
{
    private const int MostHosts = 3;

    /// <summary>What differs.</summary>
    public static List<Disagreement> Compare(string file, IReadOnlyList<TsharkRow> rows)
    {
        var hosts = new Dictionary<string, int>(StringComparer.Ordinal);
        try
        {
            var found = FrameAgreement.Compare(file, rows, hosts).ToList();
            foreach (var host in hosts.OrderByDescending(host => host.Value).ThenBy(host => host.Key, StringComparer.Ordinal).Take(MostHosts))
            {
                var seen = TrafficAnalysis.Analyse([file], new TrafficSubject([], [IPAddress.Parse(host.Key)]), CancellationToken.None);
                found.AddRange(FactAgreement.Compare(seen, rows));
            }

            return found;
        }
        catch (CaptureFileException refusal)
        {
            return rows.Count == 0 ? [] : [new Disagreement("file", 0, refusal.Message, $"{rows.Count} frames")];
        }
    }
}
