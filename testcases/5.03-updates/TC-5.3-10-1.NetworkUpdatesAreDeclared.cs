using System.Collections.Immutable;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Updates;

/// <summary>Checks that the DUT listens for no update that 7-UpdMech does not declare.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.3-10; TS 103 701 test case 5.3-10-1 (mixed), unit c, both editions.
/// Cannot see: updates that the DUT fetches from elsewhere, beyond what captures show; update paths behind a login.
/// </remarks>
public sealed partial class NetworkUpdatesAreDeclared : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.3-10-1");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) => [new('c', (declared, seen) => DutServices.Ask(declared, seen, Depth.Surveys), Judge)];

    private static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen)
    {
        var declaredPorts = UpdateTrials.Mechanisms(declared).SelectMany(pair => Ports(pair.Facts)).ToHashSet();
        var evidence = new List<EvidenceRef>();
        var sound = true;
        foreach (var (survey, reference) in DutServices.Surveys(declared, seen))
        {
            evidence.Add(reference);
            foreach (var open in survey.Open.Where(open => !declaredPorts.Contains(survey.Endpoint.Port) && IsUpdatePath(open.Where)))
            {
                sound = false;
                yield return Finding.Fail(
                    survey.Endpoint.ToString(),
                    $"{survey.Endpoint} offers {open.Where} without login, which reads like an update path, and no entry of 7-UpdMech declares that port.",
                    reference);
            }
        }

        // A port nobody declared may take updates; what it is for only the supplier or an examiner can say.
        foreach (var (endpoint, service, references) in DeclaredInterfaces.Undeclared(declared, seen).Where(open => !declaredPorts.Contains(open.Endpoint.Port)))
        {
            sound = false;
            yield return Finding.Inconclusive(
                endpoint.ToString(),
                $"{endpoint} is open and not declared; {DeclaredInterfaces.Speaks(service)}, and whether it takes updates is not known.",
                $"Find out what TCP {endpoint.Port} is for and decide this point with 'dct answer'.",
                references);
        }

        foreach (var gap in DutServices.Gaps(declared, seen, Depth.Surveys))
        {
            sound = false;
            yield return gap;
        }

        foreach (var open in UpdateTraffic.Judge(declared, seen))
        {
            yield return open;
        }

        if (sound)
        {
            yield return Finding.Pass(
                OperatorQuestion.WholeDut,
                $"No open TCP port shows an update path that 7-UpdMech does not declare.{PortsAtEnd.Remark(declared, seen)}",
                [.. evidence, .. DeclaredLogins.SweepEvidence(declared, seen)]);
        }
    }

    /// <summary>Whether a path or request reads like one for updates.</summary>
    internal static bool IsUpdatePath(string text) => UpdatePath().IsMatch(text);

    private static IEnumerable<int> Ports(UpdMechFacts facts) => facts.Offer.Or(null!) switch
    {
        UpdateOffer.Upload upload => [upload.Port],
        UpdateOffer.Fetch { Trigger: { } trigger } => [trigger.Port],
        _ => [],
    };

    [GeneratedRegex(@"\b(firmware|fwupdate|fw_?upgrade|upgrade|sysupgrade|ota|fota|flash(ing)?|update)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex UpdatePath();
}
