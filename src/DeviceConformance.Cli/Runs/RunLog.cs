using System.Collections.Immutable;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Cli.Runs;

/// <summary>Writes what a campaign finds into the run folder, and tells the person at the console.</summary>
internal sealed class RunLog(RunFolder run, CampaignView view) : ICampaignLog
{
    public EvidenceRef Append(ProbeRecord entry)
    {
        var reference = run.Append(entry);
        view.Done(entry);
        return reference;
    }

    public void Note(HealthProblem problem)
    {
        run.Append(problem);
        view.Problem(problem);
    }

    public void Note(ImmutableArray<PortRequests> requests) => run.Append(requests);

    public EvidenceRef Store(ReadOnlyMemory<byte> bytes, string extension) => run.Store(bytes, extension);

    public void Progress(ProbeRequest request, double fraction, string text) => view.Progress(request, fraction, text);
}
