using System.Collections.Immutable;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Communication;
using DeviceConformance.TestCases.Confirmations;
using DeviceConformance.TestCases.Input;
using DeviceConformance.TestCases.Interfaces;
using DeviceConformance.TestCases.Passwords;
using DeviceConformance.TestCases.PersonalData;
using DeviceConformance.TestCases.Reporting;
using DeviceConformance.TestCases.Updates;

namespace DeviceConformance.TestCases;

/// <summary>All test cases that have code, in the order of the standard. A new one is a line here.</summary>
public static class Registry
{
    /// <summary>The test cases for an edition.</summary>
    /// <param name="catalogue">The edition as data.</param>
    public static ImmutableArray<TestCase> For(Catalogue catalogue) =>
    [
        new RecommendationsAreJustified(TestCaseId.Parse("4-1-1"), StandardEdition.V2, catalogue),
        new RecommendationsAreJustified(TestCaseId.Parse("5.0-1-1"), StandardEdition.V3, catalogue),
        new PasswordsAreUniqueByDesign(),
        new PasswordsAreAsDeclared(),
        new PresetPasswordsAreAsGenerated(),
        new NoMachinePasswordsByDesign(),
        new NoMachinePasswords(),
        new LoginCryptographyIsAsDeclared(),
        new GuessingIsImpracticable(),
        new SupplierConfirms(TestCaseId.Parse("5.2-2-1"), 'b', "Confirmation of Vulnerability Actions"),
        new SupplierConfirms(TestCaseId.Parse("5.2-3-1"), 'd', "Confirmation of Vulnerability Monitoring"),
        new ComponentsUpdateSecurely(),
        new UpdatesCanNotBeMisused(),
        new SupplierConfirms(TestCaseId.Parse("5.3-8-1"), 'b', "Confirmation of Update Procedures"),
        new DeviceVerifiesUpdates(),
        new NetworkUpdatesAreDeclared(),
        new CommunicationIsProtectedAsDeclared(),
        new FunctionsNeedAuthentication(),
        new SettingsNeedAuthentication(),
        new CriticalParametersTravelProtected(),
        new RemoteParametersStayConfidential(),
        new SupplierConfirms(TestCaseId.Parse("5.5-8-1"), 'b', "Confirmation of Secure Management"),
        new ExposedInterfacesMatchDeclaration(),
        new NothingUndeclaredIsDisclosed(),
        new NoOtherDebugAccess(),
        new SupplierConfirms(TestCaseId.Parse("5.6-9-1"), 'b', "Confirmation of Secure Development"),
        new PersonalDataTravelProtected(),
        new SensitiveDataTravelProtected(),
        new RemoteApisAreDeclared(),
    ];
}
