using System.Collections.Immutable;
using DeviceConformance.Model.Declared;

namespace DeviceConformance.Declarations.Yaml;

/// <summary>A node of a YAML file with its place. Closed: a text, a list or a mapping.</summary>
public abstract record YamlNode
{
    private YamlNode(SourceSpan at) => At = at;

    /// <summary>Where it begins.</summary>
    public SourceSpan At { get; }

    /// <summary>What it is, for messages: a text, a list, a mapping.</summary>
    public abstract string Kind { get; }

    /// <summary>A scalar. Numbers and booleans are texts too; who reads the value knows what it should be.</summary>
    /// <param name="Value">The text; empty for <c>null</c> and <c>~</c>.</param>
    /// <param name="At">Where it begins.</param>
    public sealed record Text(string Value, SourceSpan At) : YamlNode(At)
    {
        /// <summary>Whether nothing is said.</summary>
        public bool IsBlank => string.IsNullOrWhiteSpace(Value);

        /// <inheritdoc/>
        public override string Kind => "a text";
    }

    /// <summary>A list.</summary>
    /// <param name="Items">Its items.</param>
    /// <param name="At">Where it begins.</param>
    public sealed record List(ImmutableArray<YamlNode> Items, SourceSpan At) : YamlNode(At)
    {
        /// <inheritdoc/>
        public override string Kind => "a list";
    }

    /// <summary>A mapping; every key is there once.</summary>
    /// <param name="Pairs">Keys with values in the order of the file.</param>
    /// <param name="At">Where it begins.</param>
    public sealed record Map(ImmutableArray<YamlPair> Pairs, SourceSpan At) : YamlNode(At)
    {
        /// <inheritdoc/>
        public override string Kind => "a mapping";
    }
}

/// <summary>A key with its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="KeyAt">Where the key stands.</param>
/// <param name="Value">The value.</param>
public sealed record YamlPair(string Key, SourceSpan KeyAt, YamlNode Value);
