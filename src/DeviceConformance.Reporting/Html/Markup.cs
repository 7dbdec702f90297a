using System.Collections.Immutable;

namespace DeviceConformance.Reporting.Html;

/// <summary>A part of an HTML page. A string becomes text and is always encoded; there is no way to pass markup as a string.</summary>
internal abstract record Markup
{
    private Markup()
    {
    }

    /// <summary>Nothing.</summary>
    public static Markup None { get; } = new Several([]);

    /// <summary>Text of any origin.</summary>
    public static implicit operator Markup(string text) => new Text(text);

    /// <summary>An element with its attributes and contents.</summary>
    /// <exception cref="ArgumentException">The name is no plain HTML name.</exception>
    public static Markup Element(string name, params ReadOnlySpan<Markup> parts) =>
        new Tag(Checked(name), [.. parts.ToArray().OfType<Attribute>()], [.. parts.ToArray().Where(part => part is not Attribute)]);

    /// <summary>An attribute with a value of any origin.</summary>
    /// <exception cref="ArgumentException">
    /// The name is no plain HTML name, or is one whose value a browser would run or fetch: event handlers, styles, addresses.
    /// </exception>
    public static Markup With(string name, string value) =>
        name.StartsWith("on", StringComparison.Ordinal) || name is "style" or "src" or "href" or "srcdoc" or "action"
            ? throw new ArgumentException($"The attribute {name} takes no text.", nameof(name))
            : new Attribute(Checked(name), value);

    /// <summary>The <c>class</c> attribute.</summary>
    public static Markup Class(string names) => With("class", names);

    /// <summary>The <c>id</c> attribute; ids are made by the report, never by a device.</summary>
    public static Markup Id(string id) => With("id", Checked(id));

    /// <summary>A link inside the page, the only kind there is.</summary>
    public static Markup Link(string id, params ReadOnlySpan<Markup> contents) =>
        Element("a", [new Attribute("href", "#" + Checked(id)), .. contents]);

    /// <summary>A shape of the page (SVG <c>use</c>) at a place of a picture.</summary>
    public static Markup Use(string id, string x, string y) => Element("use", new Attribute("href", "#" + Checked(id)), With("x", x), With("y", y));

    /// <summary>One part after the other.</summary>
    public static Markup All(IEnumerable<Markup> parts) => new Several([.. parts]);

    /// <summary>The part if <paramref name="condition"/> holds, else nothing.</summary>
    public static Markup If(bool condition, Func<Markup> part) => condition ? part() : None;

    /// <summary>The <c>style</c> element with a style sheet of the report's own.</summary>
    /// <exception cref="ArgumentException">The sheet could end the element.</exception>
    public static Markup StyleSheet(string css) =>
        css.Contains('<', StringComparison.Ordinal) ? throw new ArgumentException("A style sheet holds no <.", nameof(css)) : new Style(css);

    private static string Checked(string name) =>
        name.Length > 0 && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '_')
            ? name
            : throw new ArgumentException($"'{name}' is no plain name.", nameof(name));

    internal sealed record Text(string Value) : Markup;

    internal sealed record Attribute(string Key, string Value) : Markup;

    internal sealed record Tag(string Name, ImmutableArray<Attribute> Attributes, ImmutableArray<Markup> Contents) : Markup;

    internal sealed record Several(ImmutableArray<Markup> Parts) : Markup;

    internal sealed record Style(string Css) : Markup;
}
