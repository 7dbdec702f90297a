using System.Collections.Immutable;
using DeviceConformance.Declarations.Yaml;

namespace DeviceConformance.Declarations.Templates;

/// <summary>What may stand at a place of a declaration file. One description gives the JSON Schema for editors and the comments of the blank forms.</summary>
internal abstract record FormShape
{
    private FormShape()
    {
    }

    /// <summary>Any text; numbers and yes/no count as texts, since people write versions and answers without quotes.</summary>
    internal sealed record Text : FormShape;

    /// <summary>A text of a certain form.</summary>
    /// <param name="Pattern">Regular expression of ECMA-262, anchored.</param>
    internal sealed record Patterned(string Pattern) : FormShape;

    /// <summary>yes or no.</summary>
    internal sealed record YesNo : FormShape;

    /// <summary>A whole number.</summary>
    internal sealed record Whole(int Least, int Most) : FormShape;

    /// <summary>One of a few words.</summary>
    internal sealed record Choice(ImmutableArray<string> Words) : FormShape;

    /// <summary>A list; with <paramref name="OrSingle"/> one item may stand alone.</summary>
    internal sealed record ListOf(FormShape Item, bool OrSingle = true) : FormShape;

    /// <summary>A mapping with known keys.</summary>
    internal sealed record Group(ImmutableArray<FormKey> Keys) : FormShape;

    /// <summary>A port number.</summary>
    public static FormShape Port { get; } = new Whole(1, 65535);

    /// <summary>One of the names of an enum in kebab-case.</summary>
    public static FormShape Of<T>()
        where T : struct, Enum => new Choice([.. Enum.GetValues<T>().Select(value => Kebab.Of(value.ToString()))]);
}

/// <summary>A key of a mapping.</summary>
/// <param name="Name">The key.</param>
/// <param name="Shape">What may stand there.</param>
/// <param name="Meaning">What belongs there: one sentence without a full stop.</param>
/// <param name="IsRequired">Whether the mapping makes no sense without it.</param>
internal sealed record FormKey(string Name, FormShape Shape, string Meaning, bool IsRequired = false);
