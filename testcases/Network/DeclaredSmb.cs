using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.TestCases.Network;

/// <summary>SMB servers of the DUT on ports that communication mechanisms declare (case 5.5-1-2).</summary>
/// <remarks>
/// The first dialect encrypts nothing and signs with MD5, so its offer fails. What a server of the others protects depends on its settings
/// and its clients: a finding here opens the unit and passes none.
/// </remarks>
internal static class DeclaredSmb
{
    /// <summary>Requests for an entry of the communication mechanisms.</summary>
    public static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen, ComMechFacts facts) => Servers(declared, seen, facts);

    /// <summary>Findings for an entry.</summary>
    public static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen, IxitEntry entry, ComMechFacts facts)
    {
        foreach (var request in Servers(declared, seen, facts))
        {
            var asked = seen.Ask(request);
            if (!asked.TryGet(out var survey, out var evidence) || survey.Smb is not { } smb)
            {
                yield return DutServices.Gap(asked, entry.Id, $"{entry.Id} declares the SMB server on {request.Endpoint}, but what it takes was not seen")
                    ?? Finding.Inconclusive(entry.Id, $"The recording does not hold which dialects the SMB server on {request.Endpoint} takes, since it was made by an older version of the harness.", "Run again with the DUT connected.", asked.Ref is null ? [] : [asked.Ref]);
                continue;
            }

            if (smb.Dialects.Contains(SmbSeen.FirstDialect))
            {
                yield return Finding.Fail(
                    entry.Id,
                    $"The SMB server on {request.Endpoint} takes SMB 1, which encrypts nothing and signs with MD5{(smb.PlainPasswords ? ", and wants passwords as they are" : "")}.",
                    evidence,
                    entry.Ref);
            }
            else if (!smb.SigningRequired)
            {
                yield return Finding.Inconclusive(
                    entry.Id,
                    $"The SMB server on {request.Endpoint} takes {string.Join(", ", smb.Dialects)} and does not require signed messages, so that whoever stands between may change them.",
                    $"Have it require signatures or encryption, or decide with 'dct answer' whether that is adequate for the use case of {entry.Id}.",
                    evidence,
                    entry.Ref);
            }
            else if (!smb.Refused.Contains(SmbSeen.FirstDialect))
            {
                yield return Finding.Inconclusive(entry.Id, $"Whether the SMB server on {request.Endpoint} takes SMB 1 was not seen.", "Check that the DUT is powered and reachable, then run again.", evidence, entry.Ref);
            }
        }
    }

    private static IEnumerable<DisclosureSurvey> Servers(Declaration declared, ObservationSet seen, ComMechFacts facts) =>
        facts.Role.Is(CommRole.Server) && facts.Port.TryGet(out var port)
            ? DutServices.SurveysOf(declared, seen, ServiceProtocol.Smb).Where(request => request.Endpoint.Port == port)
            : [];
}
