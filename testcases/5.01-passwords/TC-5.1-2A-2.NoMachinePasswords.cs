using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Passwords;

/// <summary>Checks that the DUT has no undeclared machine login and that declared ones take no password.</summary>
/// <remarks>
/// Source: EN 303 645 V3.1.3 provision 5.1-2A; TS 103 701 V2.1.1 test case 5.1-2A-2 (functional).
/// Cannot see: who uses a login; of the logins that the network shows, MQTT alone is taken for one of machines.
/// </remarks>
public sealed class NoMachinePasswords : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.1-2A-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) => edition == StandardEdition.V3
        ?
        [
            new('a', (declared, seen) => DutServices.Ask(declared, seen, Depth.Surveys), JudgeCompleteness),
            new('b', (declared, seen) => Machines(declared).Any() ? DutServices.Ask(declared, seen, Depth.Surveys) : [], JudgeFactors),
        ]
        : [];

    private static IEnumerable<Finding> JudgeCompleteness(Declaration declared, ObservationSet seen) =>
        DeclaredLogins.Completeness(declared, seen, login => login.Protocol == LoginProtocol.Mqtt, "machine login");

    // Each declared port has to be open somewhere, and wherever one is open its survey has to be whole.
    private static bool AllSeen(Declaration declared, ObservationSet seen, AuthMechFacts facts, List<(DisclosureSeen Survey, EvidenceRef Evidence)> surveys)
    {
        var open = DutServices.OpenPorts(declared, seen).Select(port => port.Endpoint).ToList();
        return facts.Logins.All(login => open.Exists(endpoint => endpoint.Port == login.Port))
            && open.Where(endpoint => facts.Logins.Any(login => login.Port == endpoint.Port)).All(endpoint => surveys.Exists(pair => pair.Survey.Endpoint == endpoint && pair.Survey.Coverage.IsComplete));
    }

    private static IEnumerable<(IxitEntry Entry, AuthMechFacts Facts)> Machines(Declaration declared) =>
        DeclaredLogins.InNetwork(declared).Where(pair => pair.Facts.Subject.Is(AuthSubject.Machine));

    private static IEnumerable<Finding> JudgeFactors(Declaration declared, ObservationSet seen)
    {
        foreach (var (entry, facts) in Machines(declared))
        {
            var surveys = DutServices.Surveys(declared, seen).Where(pair => facts.Logins.Any(login => login.Port == pair.Survey.Endpoint.Port)).ToList();
            var asking = surveys.Where(pair => pair.Survey.Logins.Any(login => DeclaredLogins.Declares(facts, pair.Survey.Endpoint, login))).ToList();
            yield return asking.Count > 0
                ? Finding.Fail(entry.Id, $"{asking[0].Survey.Endpoint} asks for a password where {entry.Id} lets machines authenticate.", asking.Select(pair => pair.Evidence))
                : AllSeen(declared, seen, facts, surveys)
                    ? Finding.Pass(entry.Id, $"{surveys[0].Survey.Endpoint} asks for no password where {entry.Id} lets machines authenticate.", surveys.Select(pair => pair.Evidence))
                    : Finding.Inconclusive(entry.Id, $"The login of {entry.Id} was not seen, or not all of it.", "Bring the DUT into the state in which the login is open, then run again.", surveys.Select(pair => pair.Evidence));
        }
    }
}
