using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases.Confirmations;

/// <summary>Checks that the supplier confirms in 4-Conf that what a procedure needs is in place.</summary>
/// <remarks>
/// Source: TS 103 701, units 5.2-2-1 b, 5.2-3-1 d, 5.3-8-1 b, 5.5-8-1 b and 5.6-9-1 b (conceptual), both editions.
/// Cannot see: whether it is true.
/// </remarks>
/// <param name="id">Number of the case.</param>
/// <param name="letter">Letter of the unit.</param>
/// <param name="field">Column of 4-Conf.</param>
public sealed class SupplierConfirms(TestCaseId id, char letter, string field) : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => id;

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) => [TestUnit.OfDeclaration(letter, Judge)];

    private IEnumerable<Finding> Judge(Declaration declared)
    {
        if (declared.Ixit.Entries(IxitRole.Conf).FirstOrDefault() is not { } form)
        {
            yield return Finding.Inconclusive("4-Conf", "The declaration has no table 4-Conf.", "Fill in ixit/04-Conf.yaml.");
            yield break;
        }

        var text = form.Field(field).Or("").Trim();
        yield return StartsWith(text, "yes")
            ? Finding.Pass("4-Conf", $"The supplier answers '{field}' with yes.", form.Ref)
            : StartsWith(text, "no")
                ? Finding.Fail("4-Conf", $"The supplier answers '{field}' with no.", form.Ref)
                : Finding.Inconclusive("4-Conf", text.Length == 0 ? $"'{field}' is not answered." : $"'{field}' is answered with neither yes nor no.", $"Answer '{field}' in 4-Conf with Yes or No.", form.Ref);
    }

    private static bool StartsWith(string text, string word) =>
        text.StartsWith(word, StringComparison.OrdinalIgnoreCase) && (text.Length == word.Length || !char.IsLetterOrDigit(text[word.Length]));
}
