using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Interfaces;

/// <summary>Checks that no network service lets anybody debug the DUT.</summary>
/// <remarks>
/// Source: EN 303 645 V3.1.3 provision 5.6-4A; TS 103 701 V2.1.1 test case 5.6-4A-2 (functional), unit b. V2.1.1 speaks of interfaces that
/// can be reached physically, and has no such unit.
/// Cannot see: pads, connectors and ports on the casing; services that stay silent until they hear a word that is not known.
/// </remarks>
public sealed class NoOtherDebugAccess : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.6-4A-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) => edition == StandardEdition.V3 ? [new('b', Ask, Judge)] : [];

    private static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen) =>
        DutServices.Ask(declared, seen, Depth.Surveys).Concat(DutServices.AskUdp(declared)).Concat(DutServices.AskUdpSurveys(declared, seen));

    private static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen)
    {
        var evidence = new List<EvidenceRef>();
        var sound = true;
        foreach (var (survey, reference) in DutServices.Surveys(declared, seen).Concat(DutServices.UdpSurveys(declared, seen)))
        {
            evidence.Add(reference);
            var debugging = survey.Open.Where(open => open.Kind == AccessKind.Debug).ToList();
            foreach (var open in debugging)
            {
                sound = false;
                yield return Finding.Fail(survey.Endpoint.ToString(), $"{survey.Endpoint} lets anybody debug the DUT: {open.What}.", reference);
            }

            if (debugging.Count == 0 && survey.Protocol == ServiceProtocol.Adb)
            {
                sound = false;
                yield return Finding.Inconclusive(
                    survey.Endpoint.ToString(),
                    $"{survey.Endpoint} speaks the Android Debug Bridge; nobody was let in without a key: {survey.Coverage.Statement}",
                    "Decide with 'dct answer' whether the declaration names this debug interface and whether its keys guard it as best practice asks.",
                    reference);
            }
        }

        // What is not understood may be a console; ports that are are looked at whatever else their surveys lack.
        foreach (var gap in DutServices.Gaps(declared, seen, Depth.Services).Concat(NotUnderstood(declared, seen)).Concat(DutServices.UdpGaps(declared, seen, ServiceProtocol.Unknown, ServiceProtocol.Other)))
        {
            sound = false;
            yield return gap;
        }

        if (sound)
        {
            yield return Finding.Pass(
                OperatorQuestion.WholeDut,
                $"No network service lets anybody debug the DUT: on the open TCP ports no shell, Android, Java or GDB debugger, browser or Node.js inspector or container engine answers without a login.{PortsAtEnd.Remark(declared, seen)}",
                [.. evidence, .. DeclaredLogins.SweepEvidence(declared, seen)]);
        }
    }

    private static IEnumerable<Finding> NotUnderstood(Declaration declared, ObservationSet seen) =>
        from service in DutServices.Services(declared, seen)
        let survey = new DisclosureSurvey(service.Service.Endpoint, service.Service.Protocol, service.Service.Tls)
        let gap = service.Service.Protocol is ServiceProtocol.Unknown or ServiceProtocol.Other or ServiceProtocol.Http or ServiceProtocol.Telnet or ServiceProtocol.Adb or ServiceProtocol.Rfb
            && !(DutServices.Observed(seen.Ask(survey)) is { Observation.Open: var open } && open.Any(access => access.Kind == AccessKind.Debug))
            ? DutServices.Gap(seen.Ask(survey), service.Service.Endpoint.ToString(), $"Whether {service.Service.Endpoint} can be used for debugging was not all seen")
            : null
        where gap is not null
        select gap;
}
