using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Passwords;

/// <summary>Checks by design that machines do not authenticate by password.</summary>
/// <remarks>
/// Source: EN 303 645 V3.1.3 provision 5.1-2A; TS 103 701 V2.1.1 test case 5.1-2A-1 (conceptual).
/// Cannot see: a password that the entry calls something else.
/// </remarks>
public sealed class NoMachinePasswordsByDesign : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.1-2A-1");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) => edition == StandardEdition.V3 ? [TestUnit.OfDeclaration('a', JudgeFactors)] : [];

    private static IEnumerable<Finding> JudgeFactors(Declaration declared)
    {
        var machines = declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech).Where(pair => !pair.Facts.Subject.Is(AuthSubject.User)).ToList();
        foreach (var (entry, facts) in machines)
        {
            yield return !facts.Subject.IsDeclared || !facts.Factor.TryGet(out var factor)
                ? Finding.Inconclusive(entry.Id, $"{entry.Id} does not say in its facts who authenticates and by what.", $"Add 'subject' and 'factor' to the facts of {entry.Id}.", entry.Ref)
                : factor == AuthFactor.Password
                    ? Finding.Fail(entry.Id, $"{entry.Id} lets machines authenticate by password.", entry.Ref)
                    : Finding.Pass(entry.Id, $"{entry.Id} lets machines authenticate by {factor}, not by password.", entry.Ref);
        }

        if (machines.Count == 0 && declared.Ixit.Entries(IxitRole.AuthMech) is { IsEmpty: false } entries)
        {
            yield return Finding.Pass(OperatorQuestion.WholeDut, "Every entry of 1-AuthMech is for users; none is for machines.", entries.Select(entry => entry.Ref));
        }
    }
}
