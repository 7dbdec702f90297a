using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Interfaces;

/// <summary>Checks that the DUT shows no security-relevant information before login beyond what it declares.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.6-2; TS 103 701 test case 5.6-2-2 (functional), both editions.
/// Cannot see: broadcasts and what is sent to groups without being asked for, unless captures hold it; UDP services that stay silent to every question, and radio; pages that only a
/// script builds, where Chromium is not installed.
/// </remarks>
public sealed class NothingUndeclaredIsDisclosed : TestCase
{
    // The name of a product or model alone does not help an attacker more than the device on the shelf does.
    private static readonly ImmutableArray<DisclosureKind> _harmless = [DisclosureKind.Product, DisclosureKind.Model];

    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.6-2-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) => [new('a', Ask, Judge)];

    private static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen) =>
        DutServices.Ask(declared, seen, Depth.Surveys).Concat(DutServices.AskUdp(declared)).Concat(DutServices.AskUdpSurveys(declared, seen));

    private static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen)
    {
        var interfaces = declared.Ixit.LogicalInterfaces(declared.Edition).ToList();
        var evidence = new List<EvidenceRef>();
        var sound = true;
        foreach (var (survey, reference) in DutServices.Surveys(declared, seen).Concat(DutServices.UdpSurveys(declared, seen)))
        {
            evidence.Add(reference);
            var allowed = interfaces.Where(pair => DeclaredInterfaces.Covers(pair.Facts, survey.Endpoint)).SelectMany(pair => pair.Facts.Discloses).ToHashSet();
            foreach (var kind in survey.Items.Where(item => !_harmless.Contains(item.Kind) && !allowed.Contains(item.Kind)).GroupBy(item => item.Kind))
            {
                sound = false;
                var examples = string.Join("; ", kind.Take(3).Select(item => $"{item.What} ({item.Where})"));
                yield return Finding.Fail(
                    survey.Endpoint.ToString(),
                    $"{survey.Endpoint} shows before login what {DeclaredInterfaces.TableName(declared)} does not declare: {Words(kind.Key)}: {examples}{(kind.Count() > 3 ? $" and {kind.Count() - 3} more" : "")}.",
                    reference);
            }
        }

        foreach (var announced in ShownInTraffic.Announcements(declared, seen))
        {
            sound = false;
            yield return announced;
        }

        foreach (var gap in DutServices.Gaps(declared, seen, Depth.Surveys).Concat(DutServices.UdpGaps(declared, seen)))
        {
            sound = false;
            yield return gap;
        }

        if (sound)
        {
            yield return Finding.Pass(
                OperatorQuestion.WholeDut,
                $"The open TCP ports{(DutServices.UdpServices(declared, seen).Any() ? " and the UDP services that answer" : "")} show no security-relevant information before login beyond the declaration.{PortsAtEnd.Remark(declared, seen)}{Addresses(declared)}",
                [.. evidence, .. DeclaredLogins.SweepEvidence(declared, seen), .. DutServices.UdpEvidence(declared, seen)]);
        }
    }

    // On its own link the hardware address shows anyway; beyond it, whether it matters is the examiner's.
    private static string Addresses(Declaration declared) => string.Concat(
        from address in declared.Addresses
        where !address.Address.IsIPv6LinkLocal
        let mac = InterfaceIdentifier.HardwareAddressIn(address)
        where mac is not null
        select $" For the examiner: {address} is made from the hardware address {mac} (RFC 4291, appendix A; RFC 8064 advises against it).");

    private static string Words(DisclosureKind kind) => kind switch
    {
        DisclosureKind.Version => "a software version",
        DisclosureKind.SerialNumber => "a serial number",
        DisclosureKind.MacAddress => "a MAC address",
        DisclosureKind.Network => "network settings",
        DisclosureKind.UserName => "a user name",
        DisclosureKind.Credential => "a credential",
        DisclosureKind.Status => "settings or state of the device",
        DisclosureKind.PersonalData => "personal data",
        DisclosureKind.DirectoryListing => "a list of files",
        DisclosureKind.InternalError => "internals in an error",
        DisclosureKind.Log => "a log",
        DisclosureKind.ApiDescription => "a description of an API",
        DisclosureKind.Messages => "messages of the broker",
        _ => kind.ToString(),
    };
}
