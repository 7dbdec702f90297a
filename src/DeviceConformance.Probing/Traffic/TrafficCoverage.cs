using System.Collections.Immutable;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Says what was watched, and everything that is known to be missing.</summary>
internal static class TrafficCoverage
{
    /// <summary>As the coverage of an observation: complete only when nothing is known to be missing.</summary>
    public static Coverage Of(ImmutableArray<CaptureSeen> captures, ImmutableArray<CapturePhase> phases, TrafficTally tally, TrafficCounts counts, IEnumerable<string> more)
    {
        var missing = captures.Where(capture => capture.Fault.Length > 0).Select(capture => $"{capture.Name}: {capture.Fault}").ToList();
        void Lacks(bool lacks, string what)
        {
            if (lacks)
            {
                missing.Add(what);
            }
        }

        Lacks(captures.IsEmpty, "no capture");
        Lacks(tally.DutFrames == 0, "no frame is the DUT's");
        Lacks(tally.Dropped > 0, $"{tally.Dropped} frames were lost while capturing");
        Lacks(counts.DutCut > 0, $"{counts.DutCut} of the DUT's frames were captured in part only (raise the snapshot length)");
        Lacks(tally.StreamGaps > 0, $"{tally.StreamGaps} gaps in the DUT's TCP streams");
        Lacks(tally.Evicted > 0, $"{tally.Evicted} connections, datagrams, addresses or names did not fit the tables or could not be put together");
        Lacks(counts.Protected > 0, $"{counts.Protected} of the DUT's frames are encrypted by the wireless network (capture behind the access point)");
        Lacks(tally.Undecoded > 0, $"{tally.Undecoded} frames could not be decoded");
        Lacks(counts.Inner > 0, $"{counts.Inner} frames have addresses of the DUT on both sides, so that nobody can tell which side it is");
        Lacks(counts.Timeless > 0, $"{counts.Timeless} frames have no time");
        missing.AddRange(more);
        var watched = Watched(captures, phases, tally, counts);
        return missing.Count == 0 ? Coverage.Complete(watched) : Coverage.Partial($"{watched}. Missing: {string.Join("; ", missing)}");
    }

    private static string Watched(ImmutableArray<CaptureSeen> captures, ImmutableArray<CapturePhase> phases, TrafficTally tally, TrafficCounts counts)
    {
        var timed = captures.Where(capture => capture.First is not null).ToList();
        return $"{captures.Length} capture{(captures.Length == 1 ? "" : "s")} with {tally.Frames} frames, {tally.DutFrames} of the DUT"
            + (timed.Count == 0 ? "" : Span(timed.Min(capture => capture.First!.Value), timed.Max(capture => capture.Last!.Value)))
            + (tally.Dropped is null ? "; nobody counted lost frames" : "")
            + (phases.IsEmpty ? "; no phase is marked" : $"; phases: {string.Join(", ", phases.Select(phase => phase.Name).Distinct())}")
            + (counts.Phaseless > 0 ? $"; {counts.Phaseless} frames of the DUT are in none of them" : "");
    }

    private static string Span(DateTimeOffset first, DateTimeOffset last) =>
        $", from {first:yyyy-MM-dd HH:mm:ss} to {last:yyyy-MM-dd HH:mm:ss} UTC ({(last - first) switch { { TotalHours: >= 2 } span => $"{span.TotalHours:0.0} hours", { TotalMinutes: >= 2 } span => $"{span.TotalMinutes:0.0} minutes", var span => $"{span.TotalSeconds:0.0} seconds" }})";
}
