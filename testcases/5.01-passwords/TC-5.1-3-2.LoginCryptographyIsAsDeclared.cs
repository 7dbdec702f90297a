using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Communication;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Passwords;

/// <summary>Checks that logins run with the declared cryptography.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.1-3; TS 103 701 test case 5.1-3-2 (functional), both editions.
/// Cannot see: logins over UDP, radio or a cloud service, beyond credentials that captures show readable; cryptography inside an encrypted
/// login.
/// </remarks>
public sealed class LoginCryptographyIsAsDeclared : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.1-3-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) => [new('a', Ask, Judge)];

    private static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen) =>
        DutServices.Ask(declared, seen, Depth.Surveys)
            .Concat(DeclaredLogins.InNetwork(declared).SelectMany(pair => LoginProtection.Ask(declared, seen, pair.Entry, pair.Facts)));

    private static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen) =>
        DeclaredLogins.InNetwork(declared).SelectMany(pair => LoginProtection.Judge(declared, seen, pair.Entry, pair.Facts).Concat(ReadableLogins(seen, pair.Entry, pair.Facts)));

    // A credential of the laboratory that passed readably, though a login with it is declared to be inside TLS or to use cryptography.
    private static IEnumerable<Finding> ReadableLogins(ObservationSet seen, IxitEntry entry, AuthMechFacts facts) =>
        from captured in DeclaredTraffic.Captured(seen)
        where facts.Cryptographic.Is(true) || facts.Logins.Any(login => login.Tls)
        from item in captured.Traffic.ClearItems
        where item.Entry == entry.Id
        select Finding.Fail(
            DeclaredTraffic.Subject(entry.Id),
            $"{entry.Id} declares cryptography for its login, and its credential ({item.Label}) passes readably ({item.Encoding}) {ReadableTraffic.Way(item)}; see {item.Where}.",
            captured.Evidence,
            entry.Ref);
}
