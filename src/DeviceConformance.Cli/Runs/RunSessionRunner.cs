using DeviceConformance.Evidence;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.TestCases;

namespace DeviceConformance.Cli.Runs;

/// <summary>A session that asks the DUT and records the answers: the first of a run, or one that finishes it.</summary>
internal static class RunSessionRunner
{
    /// <summary>A new run folder for a declaration.</summary>
    public static RunFolder Create(string folder, Declaration declared, string command)
    {
        var catalogue = Harness.Catalogue(declared.Edition);
        return RunFolder.Create(
            folder,
            new RunManifest(
                1,
                Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
                DateTimeOffset.UtcNow,
                TimeZoneInfo.Local.GetUtcOffset(DateTimeOffset.UtcNow).ToString(),
                Harness.NameAndVersion,
                declared.Edition.Id,
                catalogue.Version,
                catalogue.Sha256,
                command,
                declared.Folder,
                new SortedDictionary<string, string>(StringComparer.Ordinal),
                new SortedDictionary<string, string>(StringComparer.Ordinal))
            {
                Captures = declared.Lab.Captures.IsEmpty ? null : declared.Lab.Captures,
            },
            DeclarationFiles.Of(declared));
    }

    /// <summary>Asks everything that the units want and the run does not hold yet.</summary>
    /// <param name="run">The run.</param>
    /// <param name="declared">The declaration, with the captures that are to be looked at.</param>
    /// <param name="command">The command line.</param>
    /// <param name="isOffline">Whether captures alone are looked at and the DUT is asked nothing.</param>
    /// <param name="quiet">Whether only problems are shown.</param>
    /// <param name="cancellationToken">Ends the session.</param>
    /// <exception cref="OperationCanceledException">The session was ended from outside; what is recorded stays.</exception>
    public static async Task AskAsync(RunFolder run, Declaration declared, string command, bool isOffline, bool quiet, CancellationToken cancellationToken)
    {
        run.Begin(new RunSession(DateTimeOffset.UtcNow, Harness.NameAndVersion, command, Harness.Host, Probes: true));
        var catalogue = Harness.Catalogue(declared.Edition);
        var units = new Planner(catalogue, Registry.For(catalogue)).Plan(declared).Units.Select(unit => unit.Code).OfType<TestUnit>().ToList();
        var isMore = RunCaptures.IsMore(declared.Lab.Captures, run);
        if (isMore)
        {
            run.Take(declared.Lab.Captures);
        }

        var seen = StillGood(run.Observations, isMore);
        // Offline the DUT is no target: its network may not even be there.
        using var link = new DutLink(declared.Lab, isOffline ? [] : declared.Dut.Samples.SelectMany(sample => sample.Addresses), TimeProvider.System);
        // Captures are a matter of the run and not of a unit: a run without any records no gap.
        ProbeRequest[] watch = declared.Lab.Captures.IsEmpty ? [] : [new TrafficWatch()];
        await CampaignView.ShowAsync(quiet, async view =>
        {
            var campaign = new Campaign(declared, Harness.Probes(), link, new RunLog(run, view), TimeProvider.System, isOffline);
            await campaign.RunAsync(known => watch.Concat(units.SelectMany(unit => unit.Ask(declared, known))), seen, cancellationToken);
        });
        foreach (var (entry, reference) in seen.Records)
        {
            run.Observations.Add(entry, reference);
        }
    }

    /// <summary>Records that still hold in a later session: what was not asked, or asked of a DUT that had gone, is asked again.</summary>
    private static ObservationSet StillGood(ObservationSet recorded, bool hasMoreCaptures)
    {
        var good = new ObservationSet();
        foreach (var (entry, reference) in recorded.Records)
        {
            var askAgain = entry.Outcome switch
            {
                ProbeOutcome.NotRun => true,
                // All captures are one watching; the analysis of some of them gives way to that of all.
                ProbeOutcome.Observed { Observation: TrafficSeen } => hasMoreCaptures,
                // The campaign decides when a last look is made anew, and starts it from what the earlier one saw.
                ProbeOutcome.Observed { Observation: TcpPortsAtEnd } => false,
                ProbeOutcome.Unanswered { Silence: Silence.DutGone or Silence.NoReply or Silence.HostUnreachable } => true,
                // What changed the DUT is not done twice.
                ProbeOutcome.Observed observed => !observed.Observation.Coverage.IsComplete && entry.Request.Impact == ProbeImpact.ReadOnly,
                _ => false,
            };
            if (!askAgain)
            {
                good.Add(entry, reference);
            }
        }

        return good;
    }
}
