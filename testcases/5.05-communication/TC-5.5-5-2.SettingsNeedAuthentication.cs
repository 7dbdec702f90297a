using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Interfaces;
using DeviceConformance.TestCases.Network;
using DeviceConformance.TestCases.Passwords;

namespace DeviceConformance.TestCases.Communication;

/// <summary>Checks that security-relevant settings can be changed over a network after authentication only, and by declared interfaces only.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.5-5; TS 103 701 test case 5.5-5-2 (functional), both editions; unit a applies case 5.5-4-2.
/// Cannot see: device states other than the present one; UDP services that stay silent; interfaces over radio.
/// </remarks>
public sealed class SettingsNeedAuthentication : TestCase
{
    // Protocols that name, find or tell the time: nothing is set by them, unless their implementation has more to it.
    private static readonly ImmutableArray<ServiceProtocol> _lookups =
        [ServiceProtocol.Dns, ServiceProtocol.Mdns, ServiceProtocol.Ssdp, ServiceProtocol.WsDiscovery, ServiceProtocol.Ntp, ServiceProtocol.Netbios, ServiceProtocol.Stun, ServiceProtocol.Dhcp];

    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.5-5-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) =>
    [
        new('a', Ask, JudgeServices),
        new('b', (declared, seen) => DutServices.Ask(declared, seen, Depth.Services).Concat(DutServices.AskUdp(declared)), JudgeCompleteness),
    ];

    private static IEnumerable<(IxitEntry Entry, SoftServFacts Facts)> Configuring(Declaration declared) =>
        ServiceAccess.Guarded(declared).Where(pair => pair.Facts.AllowsConfiguration.Or(true));

    private static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen) =>
        DutServices.Ask(declared, seen, Depth.Surveys).Concat(DutServices.AskUdp(declared)).Concat(DutServices.AskUdpSurveys(declared, seen))
            .Concat(Configuring(declared).SelectMany(pair => ServiceAccess.Trials(declared, seen, pair.Entry, pair.Facts)
                .Concat<ProbeRequest>(WebSessions.Writes(declared, seen, pair.Entry, pair.Facts))))
            .Concat(Guards(declared).SelectMany(pair => LoginProtection.Ask(declared, seen, pair.Entry, pair.Facts)))
            .Concat(AnonymousWrites.Ask(declared, seen));

    private static IEnumerable<(IxitEntry Entry, AuthMechFacts Facts)> Guards(Declaration declared)
    {
        var guards = Configuring(declared).SelectMany(pair => pair.Entry.References("Authentication Mechanism")).ToHashSet(StringComparer.Ordinal);
        return DeclaredLogins.InNetwork(declared).Where(pair => guards.Contains(pair.Entry.Id));
    }

    private static IEnumerable<Finding> JudgeServices(Declaration declared, ObservationSet seen) =>
        Configuring(declared)
            .SelectMany(pair => ServiceAccess.JudgeRefusal(declared, seen, pair.Entry, pair.Facts)
                .Concat(ServiceAccess.JudgeGrant(declared, seen, pair.Entry, pair.Facts))
                .Concat(WebSessions.JudgeWrites(declared, seen, pair.Entry, pair.Facts)))
            .Concat(Guards(declared).SelectMany(pair => LoginProtection.Judge(declared, seen, pair.Entry, pair.Facts)))
            .Concat(AnonymousWrites.Judge(declared, seen, [.. Configuring(declared)]));

    private static IEnumerable<Finding> JudgeCompleteness(Declaration declared, ObservationSet seen)
    {
        var table = DeclaredInterfaces.TableName(declared);
        var sound = true;
        foreach (var shown in ShownInTraffic.Settings(declared, seen))
        {
            sound = false;
            yield return shown;
        }

        foreach (var (endpoint, service, evidence) in DeclaredInterfaces.Undeclared(declared, seen))
        {
            sound = false;
            yield return service is { Protocol: not (ServiceProtocol.Unknown or ServiceProtocol.Other or ServiceProtocol.Tls) } && !(endpoint.Transport == Transport.Udp && _lookups.Contains(service.Protocol))
                ? Finding.Fail(endpoint.ToString(), $"{endpoint} is open and no entry of {table} declares it; {DeclaredInterfaces.Speaks(service)}, by which settings might be changed.", evidence)
                : Finding.Inconclusive(
                    endpoint.ToString(),
                    $"{endpoint} is open and no entry of {table} declares it; {DeclaredInterfaces.Speaks(service)}.",
                    $"Find out whether settings can be changed over {endpoint} and decide this point with 'dct answer'.",
                    evidence);
        }

        foreach (var gap in DutServices.Gaps(declared, seen, Depth.Services))
        {
            sound = false;
            yield return gap;
        }

        if (sound)
        {
            yield return Finding.Pass(OperatorQuestion.WholeDut, $"Every open TCP port by which settings might be changed is declared in {table}.{PortsAtEnd.Remark(declared, seen)}", DeclaredLogins.SweepEvidence(declared, seen));
        }
    }
}
