using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;
using DeviceConformance.TestCases.Passwords;

namespace DeviceConformance.TestCases.Communication;

/// <summary>Checks that functions reached over a network are refused without authentication, given with it, and protected as declared.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.5-4; TS 103 701 test case 5.5-4-2 (functional), both editions.
/// Cannot see: functions that the facts do not name; UDP services that stay silent; a subject that lacks the right, unless lab.yaml holds one. Of a
/// web session an invented identifier that is taken, or one so short that it can be guessed, counts; all else about it is a fact in the evidence.
/// </remarks>
public sealed class FunctionsNeedAuthentication : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.5-4-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) =>
    [
        new('a', AskRefusal, (declared, seen) => ServiceAccess.Guarded(declared)
            .SelectMany(pair => ServiceAccess.JudgeRefusal(declared, seen, pair.Entry, pair.Facts).Concat(WebSessions.JudgeSessions(declared, seen, pair.Entry, pair.Facts)))),
        new('b', Ask, (declared, seen) => ServiceAccess.Guarded(declared).SelectMany(pair => ServiceAccess.JudgeGrant(declared, seen, pair.Entry, pair.Facts))),
        new('c', AskProtection, JudgeProtection),
    ];

    private static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen) =>
        DutServices.Ask(declared, seen, Depth.Surveys).Concat(DutServices.AskUdp(declared)).Concat(DutServices.AskUdpSurveys(declared, seen))
            .Concat(ServiceAccess.Guarded(declared).SelectMany(pair => ServiceAccess.Trials(declared, seen, pair.Entry, pair.Facts)));

    private static IEnumerable<ProbeRequest> AskRefusal(Declaration declared, ObservationSet seen) =>
        Ask(declared, seen).Concat(ServiceAccess.Guarded(declared).SelectMany(pair => WebSessions.Sessions(declared, seen, pair.Entry, pair.Facts)));

    private static IEnumerable<(IxitEntry Entry, AuthMechFacts Facts)> Guards(Declaration declared)
    {
        var guards = ServiceAccess.Guarded(declared).SelectMany(pair => pair.Entry.References("Authentication Mechanism")).ToHashSet(StringComparer.Ordinal);
        return DeclaredLogins.InNetwork(declared).Where(pair => guards.Contains(pair.Entry.Id));
    }

    private static IEnumerable<ProbeRequest> AskProtection(Declaration declared, ObservationSet seen) =>
        DutServices.Ask(declared, seen, Depth.Surveys).Concat(Guards(declared).SelectMany(pair => LoginProtection.Ask(declared, seen, pair.Entry, pair.Facts)));

    private static IEnumerable<Finding> JudgeProtection(Declaration declared, ObservationSet seen) =>
        Guards(declared).SelectMany(pair => LoginProtection.Judge(declared, seen, pair.Entry, pair.Facts));
}
