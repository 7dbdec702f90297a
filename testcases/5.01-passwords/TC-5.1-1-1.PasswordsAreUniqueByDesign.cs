using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Passwords;

/// <summary>Checks by design that passwords are set by the user or unique per unit.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.1-1; TS 103 701 test case 5.1-1-1 (conceptual), both editions.
/// Cannot see: whether a described generation is really unique; that is the examiner's part.
/// </remarks>
public sealed class PasswordsAreUniqueByDesign : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.1-1-1");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) => [TestUnit.OfDeclaration('a', JudgeOrigins)];

    private static IEnumerable<Finding> JudgeOrigins(Declaration declared) =>
        declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech).Select(pair => JudgeOrigin(pair.Entry, pair.Facts));

    private static Finding JudgeOrigin(IxitEntry entry, AuthMechFacts facts)
    {
        if (!facts.Factor.TryGet(out var factor))
        {
            return Finding.Inconclusive(entry.Id, $"{entry.Id} does not say in its facts what proves the identity.", $"Add 'factor' to the facts of {entry.Id}.", entry.Ref);
        }

        if (factor != AuthFactor.Password)
        {
            return Finding.Pass(entry.Id, $"{entry.Id} uses no password.", entry.Ref);
        }

        return facts.Origin.TryGet(out var origin) ? origin switch
        {
            PasswordOrigin.UserDefined => Finding.Pass(entry.Id, $"{entry.Id} declares that the user sets the password.", entry.Ref),
            PasswordOrigin.PresetUnique => Finding.Pass(entry.Id, $"{entry.Id} declares a preset password that differs on every unit.", entry.Ref),
            _ => Finding.Fail(entry.Id, $"{entry.Id} declares a preset password that is the same on several units.", entry.Ref),
        }
            : Finding.Inconclusive(entry.Id, $"{entry.Id} does not say in its facts where the password comes from.", $"Add 'origin' to the facts of {entry.Id}.", entry.Ref);
    }
}
