using DeviceConformance.Model.Declared;

namespace DeviceConformance.Model.Judgement.Conditions;

/// <summary>Facts combined. What is missing stays missing unless the rest decides already: false and missing is false.</summary>
internal static class FactLogic
{
    public static Fact<bool> Equal<T>(Fact<T> fact, T wanted) =>
        fact.IsDeclared ? Fact<bool>.Declared(fact.Is(wanted), fact.At) : Fact<bool>.Missing;

    public static Fact<bool> Not(Fact<bool> fact) => fact.TryGet(out var value) ? Fact<bool>.Declared(!value, fact.At) : fact;

    public static Fact<bool> And(Fact<bool> one, Fact<bool> other) => one.Is(false) ? one : other.Is(false) ? other : one.IsDeclared ? other : one;

    public static Fact<bool> Or(Fact<bool> one, Fact<bool> other) => Not(And(Not(one), Not(other)));

    public static Fact<bool> Otherwise(Fact<bool> first, Fact<bool> second) => first.IsDeclared ? first : second;
}
