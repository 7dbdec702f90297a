using System.Collections.Concurrent;
using System.Collections.Immutable;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Tests.Lab;

/// <summary>Keeps what a campaign writes in memory.</summary>
internal sealed class MemoryLog : ICampaignLog
{
    private int _count;

    public ConcurrentQueue<HealthProblem> Problems { get; } = new();

    public ConcurrentQueue<ProbeRecord> Records { get; } = new();

    public ConcurrentDictionary<string, byte[]> Artefacts { get; } = new();

    public EvidenceRef Append(ProbeRecord entry)
    {
        Records.Enqueue(entry);
        return new EvidenceRef($"obs/{Interlocked.Increment(ref _count):0000}", "00");
    }

    public void Note(HealthProblem problem) => Problems.Enqueue(problem);

    public ConcurrentQueue<PortRequests> Requests { get; } = new();

    public void Note(ImmutableArray<PortRequests> requests)
    {
        foreach (var part in requests)
        {
            Requests.Enqueue(part);
        }
    }

    public EvidenceRef Store(ReadOnlyMemory<byte> bytes, string extension)
    {
        var name = $"artefacts/{Interlocked.Increment(ref _count)}.{extension}";
        Artefacts[name] = bytes.ToArray();
        return new EvidenceRef(name, "00");
    }

    public void Progress(ProbeRequest request, double fraction, string text)
    {
    }
}
