using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DeviceConformance.Model.Standard;

/// <summary>The number of a provision of EN 303 645, for example <c>5.3-15A</c> or <c>6-1</c>.</summary>
/// <remarks>Sorts in the standard's own order: 5.3-9 before 5.3-10 before 5.3-15A, clause 4 or 5.0 first and clause 6 last.</remarks>
[JsonConverter(typeof(ParsableJsonConverter<ProvisionId>))]
public readonly record struct ProvisionId : IComparable<ProvisionId>, IParsable<ProvisionId>
{
    private readonly string? _text;

    private ProvisionId(string text, int clause, int subClause, int number, string suffix)
    {
        _text = text;
        Clause = clause;
        SubClause = subClause;
        Number = number;
        Suffix = suffix;
    }

    /// <summary>Clause of EN 303 645: 4, 5 or 6.</summary>
    public int Clause { get; }

    /// <summary>Subclause within clause 5 (3 in 5.3-9); -1 where the clause has none.</summary>
    public int SubClause { get; }

    /// <summary>Number after the dash.</summary>
    public int Number { get; }

    /// <summary>Letter that the 2024 edition appends to split provisions (A in 5.3-15A), or empty.</summary>
    public string Suffix { get; }

    /// <summary>Reads a provision number.</summary>
    /// <exception cref="FormatException">The text is no provision number.</exception>
    public static ProvisionId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException($"'{s}' is not a provision number such as 5.3-9 or 6-1.");

    /// <summary>Reads a provision number; false when the text is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ProvisionId result)
    {
        result = default;
        var dash = s?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        if (dash <= 0)
        {
            return false;
        }

        var clauseText = s![..dash].Split('.');
        var numberText = s[(dash + 1)..];
        var suffix = numberText.Length > 0 && char.IsAsciiLetterUpper(numberText[^1]) ? numberText[^1..] : "";
        numberText = numberText[..^suffix.Length];
        var subClause = -1;
        if (clauseText.Length > 2
            || !TryNumber(clauseText[0], out var clause)
            || (clauseText.Length == 2 && !TryNumber(clauseText[1], out subClause))
            || !TryNumber(numberText, out var number))
        {
            return false;
        }

        result = new ProvisionId(s, clause, subClause, number, suffix);
        return true;
    }

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out ProvisionId)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, out ProvisionId result) => TryParse(s, null, out result);

    /// <inheritdoc/>
    public int CompareTo(ProvisionId other) =>
        (Clause, SubClause, Number).CompareTo((other.Clause, other.SubClause, other.Number)) is var order and not 0
            ? order
            : string.CompareOrdinal(Suffix, other.Suffix);

    /// <summary>Whether <paramref name="left"/> stands before <paramref name="right"/> in the standard.</summary>
    public static bool operator <(ProvisionId left, ProvisionId right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> stands after <paramref name="right"/> in the standard.</summary>
    public static bool operator >(ProvisionId left, ProvisionId right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> is or stands before <paramref name="right"/>.</summary>
    public static bool operator <=(ProvisionId left, ProvisionId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> is or stands after <paramref name="right"/>.</summary>
    public static bool operator >=(ProvisionId left, ProvisionId right) => left.CompareTo(right) >= 0;

    /// <summary>The number as the standard prints it.</summary>
    public override string ToString() => _text ?? "";

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

/// <summary>The number of a test case of TS 103 701, for example <c>5.6-1-2</c>: the provision and a counter.</summary>
[JsonConverter(typeof(ParsableJsonConverter<TestCaseId>))]
public readonly record struct TestCaseId(ProvisionId Provision, int Number) : IComparable<TestCaseId>, IParsable<TestCaseId>
{
    /// <summary>Reads a test case number.</summary>
    /// <exception cref="FormatException">The text is no test case number.</exception>
    public static TestCaseId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException($"'{s}' is not a test case number such as 5.6-1-2.");

    /// <summary>Reads a test case number; false when the text is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out TestCaseId result)
    {
        result = default;
        var dash = s?.LastIndexOf('-') ?? -1;
        if (dash <= 0
            || !ProvisionId.TryParse(s![..dash], out var provision)
            || !int.TryParse(s.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        result = new TestCaseId(provision, number);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(TestCaseId other) => (Provision, Number).CompareTo((other.Provision, other.Number));

    /// <summary>The number as the standard prints it.</summary>
    public override string ToString() => $"{Provision}-{Number}";

    /// <summary>Whether <paramref name="left"/> stands before <paramref name="right"/>.</summary>
    public static bool operator <(TestCaseId left, TestCaseId right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> stands after <paramref name="right"/>.</summary>
    public static bool operator >(TestCaseId left, TestCaseId right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> is or stands before <paramref name="right"/>.</summary>
    public static bool operator <=(TestCaseId left, TestCaseId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> is or stands after <paramref name="right"/>.</summary>
    public static bool operator >=(TestCaseId left, TestCaseId right) => left.CompareTo(right) >= 0;
}

/// <summary>A lettered test unit of a test case, for example <c>5.6-1-2 a</c>.</summary>
[JsonConverter(typeof(ParsableJsonConverter<TestUnitId>))]
public readonly record struct TestUnitId(TestCaseId Case, char Letter) : IComparable<TestUnitId>, IParsable<TestUnitId>
{
    /// <summary>Reads a unit such as <c>5.6-1-2 a</c>.</summary>
    /// <exception cref="FormatException">The text is no test unit.</exception>
    public static TestUnitId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException($"'{s}' is not a test unit such as '5.6-1-2 a'.");

    /// <summary>Reads a unit; false when the text is none. The blank before the letter may be missing.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out TestUnitId result)
    {
        result = default;
        if (s is null || s.Length < 2 || !char.IsAsciiLetterLower(s[^1]) || !TestCaseId.TryParse(s[..^1].TrimEnd(), null, out var testCase))
        {
            return false;
        }

        result = new TestUnitId(testCase, s[^1]);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(TestUnitId other) => (Case, Letter).CompareTo((other.Case, other.Letter));

    /// <summary>Case number, blank, letter.</summary>
    public override string ToString() => $"{Case} {Letter}";

    /// <summary>Whether <paramref name="left"/> stands before <paramref name="right"/>.</summary>
    public static bool operator <(TestUnitId left, TestUnitId right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> stands after <paramref name="right"/>.</summary>
    public static bool operator >(TestUnitId left, TestUnitId right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> is or stands before <paramref name="right"/>.</summary>
    public static bool operator <=(TestUnitId left, TestUnitId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> is or stands after <paramref name="right"/>.</summary>
    public static bool operator >=(TestUnitId left, TestUnitId right) => left.CompareTo(right) >= 0;
}

/// <summary>Writes a value by its text and reads it back, so that ids and endpoints are plain strings in every JSON file.</summary>
/// <typeparam name="T">A type whose <c>ToString</c> its own <c>Parse</c> reads.</typeparam>
public sealed class ParsableJsonConverter<T> : JsonConverter<T>
    where T : IParsable<T>
{
    /// <inheritdoc/>
    public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        T.TryParse(reader.GetString(), CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new JsonException($"'{reader.GetString()}' is no valid {typeof(T).Name}.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value.ToString());
    }
}
