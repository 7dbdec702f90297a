using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace DeviceConformance.Model.Standard;

/// <summary>A pair of EN 303 645 and the TS 103 701 edition that tests it. Named in the declaration, never guessed.</summary>
[JsonConverter(typeof(ParsableJsonConverter<StandardEdition>))]
public sealed class StandardEdition : IParsable<StandardEdition>
{
    private StandardEdition(string id, string requirements, string assessment)
    {
        Id = id;
        Requirements = requirements;
        Assessment = assessment;
    }

    /// <summary>EN 303 645 V2.1.1 (2020-06) tested by TS 103 701 V1.1.1 (2021-08).</summary>
    public static StandardEdition V2 { get; } = new("V2.1.1", "ETSI EN 303 645 V2.1.1 (2020-06)", "ETSI TS 103 701 V1.1.1 (2021-08)");

    /// <summary>EN 303 645 V3.1.3 (2024-09) tested by TS 103 701 V2.1.1 (2025-05).</summary>
    public static StandardEdition V3 { get; } = new("V3.1.3", "ETSI EN 303 645 V3.1.3 (2024-09)", "ETSI TS 103 701 V2.1.1 (2025-05)");

    /// <summary>Both editions, the older first.</summary>
    public static IReadOnlyList<StandardEdition> All { get; } = [V2, V3];

    /// <summary>Version of EN 303 645, for example <c>V3.1.3</c>.</summary>
    public string Id { get; }

    /// <summary>Full name of the requirements standard.</summary>
    public string Requirements { get; }

    /// <summary>Full name of the test specification.</summary>
    public string Assessment { get; }

    /// <summary>File name of this edition's catalogue.</summary>
    public string CatalogueFile => $"en303645-{Id.ToLowerInvariant()}.yaml";

    /// <summary>Reads an edition.</summary>
    /// <exception cref="FormatException">The text names no edition that the harness knows.</exception>
    public static StandardEdition Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var edition) ? edition : throw new FormatException($"'{s}' is not an edition of EN 303 645 that the harness knows: V2.1.1, V3.1.3.");

    /// <summary>Reads an edition; the V may be missing or small.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out StandardEdition result)
    {
        var wanted = s?.Trim().TrimStart('v', 'V');
        result = All.FirstOrDefault(edition => edition.Id[1..] == wanted);
        return result is not null;
    }

    /// <summary>The version of EN 303 645.</summary>
    public override string ToString() => Id;
}
