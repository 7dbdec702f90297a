using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Communication;

/// <summary>Whether anybody may change settings or leave files by protocols that may let nobody in particular in (5.5-5-2 a), declared or not.</summary>
internal static class AnonymousWrites
{
    /// <summary>Trials, where the surveys show that there is something to try.</summary>
    public static IEnumerable<WriteTrial> Ask(Declaration declared, ObservationSet seen) =>
        from survey in Surveys(declared, seen)
        let shown = DutServices.Observed(seen.Ask(survey))
        where shown is not null && !survey.Tls && MayWrite(shown.Value.Observation)
        select new WriteTrial(survey.Endpoint, survey.Protocol);

    /// <summary>
    /// Findings for what was tried, and for what was not: a survey that is missing, or that broke off before it showed whether anybody
    /// gets in, leaves open whether anybody may write.
    /// </summary>
    /// <param name="declared">The declaration.</param>
    /// <param name="seen">What was observed.</param>
    /// <param name="configuring">Services that are declared to change settings after authentication.</param>
    public static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen, IReadOnlyList<(IxitEntry Entry, SoftServFacts Facts)> configuring)
    {
        foreach (var gap in DutServices.UdpSweepGaps(declared, seen))
        {
            yield return gap;
        }

        foreach (var survey in Surveys(declared, seen))
        {
            var asked = seen.Ask(survey);
            var finding = asked.TryGet(out var shown, out var evidence) && MayWrite(shown)
                ? survey.Tls ? NotSpoken(survey, evidence) : Judge(seen, new WriteTrial(survey.Endpoint, survey.Protocol), configuring)
                : DutServices.Gap(asked, survey.Endpoint.ToString(), $"Whether {survey.Protocol} on {survey.Endpoint} lets anybody {Doing(survey.Protocol)} was not tried, since it was not all seen what it shows before login");
            if (finding is not null)
            {
                yield return finding;
            }
        }
    }

    private static Finding? Judge(ObservationSet seen, WriteTrial trial, IReadOnlyList<(IxitEntry Entry, SoftServFacts Facts)> configuring)
    {
        var (subject, doing) = (trial.Endpoint.ToString(), Doing(trial.Protocol));
        var asked = seen.Ask(trial);
        if (!asked.TryGet(out var write, out var evidence) || (write.Result != AccessResult.Granted && !write.Coverage.IsComplete))
        {
            return DutServices.Gap(asked, subject, $"Whether {trial.Protocol} on {subject} lets anybody {doing} was not all tried");
        }

        if (write.Result != AccessResult.Granted)
        {
            return null;
        }

        if (!LeavesFiles(trial.Protocol))
        {
            return Finding.Fail(subject, $"{subject} lets anybody {doing}: {write.What}", evidence);
        }

        // A file is no setting by itself: what it changes is known where the service is declared to change settings.
        return configuring.FirstOrDefault(pair => pair.Facts.Ports.Contains(trial.Endpoint.Port) && pair.Facts.Transport.Or(Transport.Tcp) == trial.Endpoint.Transport).Entry is { } entry
            ? Finding.Fail(entry.Id, $"{subject} lets anybody {doing}, and {entry.Id} declares that it changes settings after authentication: {write.What}", evidence, entry.Ref)
            : Finding.Inconclusive(
                subject,
                $"{subject} lets anybody {doing}: {write.What}",
                $"Find out whether files left over {trial.Protocol} change settings or software of the DUT, and decide this point with 'dct answer'.",
                evidence);
    }

    private static Finding NotSpoken(DisclosureSurvey survey, EvidenceRef evidence) => Finding.Inconclusive(
        survey.Endpoint.ToString(),
        $"{survey.Endpoint} lets nobody in particular in over {survey.Protocol} inside TLS, in which the harness does not try to {Doing(survey.Protocol)}.",
        "Try it by hand and decide this point with 'dct answer'.",
        evidence);

    private static IEnumerable<DisclosureSurvey> Surveys(Declaration declared, ObservationSet seen) =>
        DutServices.SurveysOf(declared, seen, ServiceProtocol.Ftp).Concat(DutServices.SurveysOf(declared, seen, ServiceProtocol.Smb))
            .Concat(DutServices.AskUdpSurveys(declared, seen).Where(survey => survey.Protocol is ServiceProtocol.Snmp or ServiceProtocol.Ssdp or ServiceProtocol.Tftp));

    private static bool MayWrite(DisclosureSeen shown) => shown.Protocol switch
    {
        // TFTP knows no logins (RFC 1350, 1): who is answered may try.
        ServiceProtocol.Tftp => true,
        ServiceProtocol.Ssdp => shown.Open.Any(open => open.Where.Contains("WANIPConnection", StringComparison.Ordinal) || open.Where.Contains("WANPPPConnection", StringComparison.Ordinal)),
        _ => !shown.Open.IsEmpty,
    };

    private static bool LeavesFiles(ServiceProtocol protocol) => protocol is ServiceProtocol.Ftp or ServiceProtocol.Smb or ServiceProtocol.Tftp;

    private static string Doing(ServiceProtocol protocol) => LeavesFiles(protocol) ? "leave files" : "change settings";
}
