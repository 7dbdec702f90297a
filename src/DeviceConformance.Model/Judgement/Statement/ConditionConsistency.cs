using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement.Conditions;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement.Statement;

/// <summary>
/// Conditions against each other. Each answer of the ICS says something of its conditions: Y and N that they hold, N/A that one does not.
/// No condition can hold by one answer and not by another, and some follow from others.
/// </summary>
internal sealed class ConditionConsistency
{
    // If the first holds (or, with !, does not), so does the second (or does not).
    private static readonly ImmutableArray<(string If, string Then)> OfV2 =
    [
        ("2", "1"), ("9", "12"), ("11", "12"), ("4", "!5"), ("!4", "5"), ("3", "!12"), ("!3", "12"),
    ];

    private static readonly ImmutableArray<(string If, string Then)> OfV3 =
    [
        ("b", "a"), ("a", "c"), ("g", "12"), ("12", "g"), ("h", "12"), ("i", "12"), ("j", "12"), ("3", "!12"), ("!3", "12"),
        ("r", "q"), ("u", "t"), ("t", "z"), ("x", "z"), ("y", "z"), ("m", "16"), ("o", "16"),
    ];

    private readonly Catalogue _catalogue;
    private readonly Declaration _declared;
    private readonly ImmutableDictionary<string, Truth> _truths;

    private ConditionConsistency(Catalogue catalogue, Declaration declared)
    {
        _catalogue = catalogue;
        _declared = declared;
        _truths = catalogue.Conditions.ToImmutableDictionary(condition => condition.Id, condition => ConditionRules.Evaluate(condition.Id, declared));
    }

    public static IEnumerable<IcsRemark> Check(Catalogue catalogue, Declaration declared)
    {
        var consistency = new ConditionConsistency(catalogue, declared);
        return consistency.StatementsAgainstFacts().Concat(consistency.Disagreements());
    }

    // The facts win wherever a condition is evaluated; that the statement says otherwise is still a contradiction.
    private IEnumerable<IcsRemark> StatementsAgainstFacts() =>
        from condition in _catalogue.Conditions
        let stated = ConditionRules.State(condition.Id, _declared)
        let derived = ConditionRules.Derive(condition.Id, _declared)
        where (stated, derived) is (Truth.Holds, Truth.DoesNotHold) or (Truth.DoesNotHold, Truth.Holds)
        from provision in _catalogue.Provisions.Where(provision => provision.Status.Conditions.Contains(condition.Id)).Take(1)
        select new IcsRemark(
            "condition-against-facts",
            IcsWeight.Doubt,
            provision.Id,
            _declared.Dut.Conditions[condition.Id].At,
            "",
            $"dut.yaml states that condition {condition.Id} {stated.Word}, but it {derived.Word}: {derived.Reason}",
            "Mend the statement or the IXIT. Conditions that the IXIT shows need not be stated.",
            [_declared.Dut.Ref, .. derived.Evidence]);

    private IEnumerable<IcsRemark> Disagreements()
    {
        var claims = Claims().ToList();
        var same = from yes in claims
                   where yes.Holds
                   from no in claims
                   where !no.Holds && no.Condition == yes.Condition
                   select (yes, no, follows: "");
        var implied = from rule in Rules()
                      from cause in claims
                      where cause.Is(rule.If)
                      from effect in claims
                      where effect.IsNot(rule.Then)
                      select (cause, effect, follows: Sentence(rule));
        return same.Concat(implied)
            .Where(pair => IsNews(pair.Item1, pair.Item2))
            .GroupBy(pair => (pair.Item2.Condition, pair.Item1.Condition))
            .Select(group => Remark(group.First()));
    }

    private IEnumerable<(string If, string Then)> Rules() =>
        _declared.Edition != StandardEdition.V2 ? OfV3
        : UpdateConditions.IsPartlyUpdatable(_declared) ? OfV2.Where(rule => rule.If != "3")
        : OfV2;

    private static string Sentence((string If, string Then) rule) => (rule.If[0], rule.Then[0]) switch
    {
        ('!', _) => $"Condition {rule.If[1..]} or condition {rule.Then} has to hold. ",
        (_, '!') => $"Condition {rule.If} and condition {rule.Then[1..]} exclude each other. ",
        _ => $"Condition {rule.If} can not hold without condition {rule.Then}. ",
    };

    // Answers against conditions that are known are the matter of the rules for single rows.
    private bool IsNews(Claim one, Claim other) =>
        (one.Row is not null || other.Row is not null || one.IsStated || other.IsStated)
        && (one.Row is null || _truths[one.Condition] is Truth.Unknown)
        && (other.Row is null || _truths[other.Condition] is Truth.Unknown);

    private IEnumerable<Claim> Claims()
    {
        foreach (var (condition, truth) in _truths.Where(pair => pair.Value is not Truth.Unknown).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            yield return new Claim(condition, truth is Truth.Holds, null, truth, ConditionRules.Derive(condition, _declared) is Truth.Unknown);
        }

        foreach (var row in _declared.Ics.Entries)
        {
            var conditions = _catalogue.Provisions.FirstOrDefault(provision => provision.Id == row.Provision)?.Status.Conditions ?? [];
            var open = conditions.Where(condition => _truths.TryGetValue(condition, out var truth) && truth is not Truth.Holds).ToList();
            if (row.Support != Support.NotApplicable)
            {
                foreach (var condition in conditions.Where(_truths.ContainsKey))
                {
                    yield return new Claim(condition, true, row, null, false);
                }
            }
            else if (open.Count == 1)
            {
                yield return new Claim(open[0], false, row, null, false);
            }
        }
    }

    private IcsRemark Remark((Claim One, Claim Other, string Follows) pair)
    {
        var (one, other, follows) = pair;
        var row = other.Row ?? one.Row;
        var message = $"{follows}{one.Sentence} {other.Sentence}";
        return row is not null
            ? IcsRules.OnRow("answers-disagree", IcsWeight.Violation, row, message, "Change the answer or statement that is wrong.", [.. one.Evidence, .. other.Evidence])
            : new IcsRemark(
                "conditions-disagree",
                IcsWeight.Doubt,
                Provision(one, other),
                _declared.Dut.Conditions[one.IsStated ? one.Condition : other.Condition].At,
                "",
                message,
                "Change the statement that is wrong.",
                [.. one.Evidence, .. other.Evidence]);
    }

    private ProvisionId Provision(Claim one, Claim other) =>
        _catalogue.Provisions.First(provision => provision.Status.Conditions.Contains(one.Condition) || provision.Status.Conditions.Contains(other.Condition)).Id;

    /// <summary>What an answer, the IXIT or a statement says of a condition.</summary>
    private sealed record Claim(string Condition, bool Holds, IcsEntry? Row, Truth? Truth, bool IsStated)
    {
        public ImmutableArray<EvidenceRef> Evidence => Row is not null ? [Row.Ref] : Truth!.Evidence;

        public string Sentence => Row is not null
            ? $"{Row.At} answers {(Row.Support == Support.Yes ? "Y" : Row.Support == Support.No ? "N" : "N/A")} for {Row.Provision}, so condition {Condition} {(Holds ? "holds" : "does not hold")}."
            : $"Condition {Condition} {Truth!.Word}: {Truth.Reason}";

        public bool Is(string literal) => literal == (Holds ? Condition : "!" + Condition);

        public bool IsNot(string literal) => literal == (Holds ? "!" + Condition : Condition);
    }
}
