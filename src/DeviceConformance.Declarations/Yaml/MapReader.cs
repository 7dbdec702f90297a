using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Model.Declared;

namespace DeviceConformance.Declarations.Yaml;

/// <summary>
/// Takes values out of a mapping by key. Every value of the wrong kind is a complaint with its place; <see cref="Close"/> complains
/// of the keys that nobody took, with the one that was probably meant.
/// </summary>
public sealed class MapReader
{
    private readonly YamlNode.Map _map;
    private readonly ComplaintBook _complaints;
    private readonly List<string> _known = [];

    private MapReader(YamlNode.Map map, string what, string table, ComplaintBook complaints)
    {
        _map = map;
        _complaints = complaints;
        What = what;
        Table = table;
    }

    /// <summary>What the mapping is, for messages: "the facts of AuthMech-1".</summary>
    public string What { get; }

    /// <summary>IXIT table that complaints name; empty when there is none.</summary>
    public string Table { get; }

    /// <summary>Where the mapping begins.</summary>
    public SourceSpan At => _map.At;

    /// <summary>Keys with values in the order of the file.</summary>
    public ImmutableArray<YamlPair> Pairs => _map.Pairs;

    /// <summary>Opens a mapping; a complaint and null when the node is anything else.</summary>
    public static MapReader? Open(YamlNode node, string what, ComplaintBook complaints, string table = "")
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(complaints);
        if (node is YamlNode.Map map)
        {
            return new MapReader(map, what, table, complaints);
        }

        complaints.Reject("wrong-kind", node.At, $"{Capital(what)} is {node.Kind}; it has to be a mapping.", "Write it as 'key: value' lines.", table);
        return null;
    }

    /// <summary>The value of a key, or null when the mapping has none. The key counts as known from then on.</summary>
    public YamlNode? Take(string key)
    {
        _known.Add(key);
        return _map.Pairs.FirstOrDefault(pair => pair.Key == key)?.Value;
    }

    /// <summary>The value of a key; a complaint when the mapping has none.</summary>
    public YamlNode? TakeRequired(string key, string remedy)
    {
        var value = Take(key);
        if (value is null or YamlNode.Text { IsBlank: true })
        {
            _complaints.Reject("missing-key", value?.At ?? At, $"{Capital(What)} does not give {Quotation.Of(key)}.", remedy, Table, key);
            return null;
        }

        return value;
    }

    /// <summary>A text; missing when it is absent or blank.</summary>
    public Fact<string> Text(string key) => TextOf(key, Take(key));

    /// <summary>A text; a complaint and an empty text when it is absent or blank.</summary>
    public string RequiredText(string key, string remedy) => TextOf(key, TakeRequired(key, remedy)).Or("");

    /// <summary>A whole number within bounds.</summary>
    public Fact<int> Number(string key, int least, int most) => NumberOf(key, Take(key), least, most);

    /// <summary>A whole number within bounds; a complaint and the lower bound when it is absent.</summary>
    public int RequiredNumber(string key, int least, int most) =>
        NumberOf(key, TakeRequired(key, $"Add '{key}:' with a number from {least} to {most}."), least, most).Or(least);

    /// <summary>yes, no, true or false.</summary>
    public Fact<bool> YesNo(string key) => YesNoOf(key, Take(key));

    /// <summary>yes, no, true or false; a complaint and false when it is absent.</summary>
    public bool RequiredYesNo(string key) => YesNoOf(key, TakeRequired(key, $"Add '{key}: yes' or '{key}: no'.")).Or(false);

    /// <summary>One of the names of an enum in kebab-case.</summary>
    public Fact<T> Choice<T>(string key)
        where T : struct, Enum =>
        Convert(key, Take(key), Kebab.Names<T>());

    /// <summary>One of the names of an enum in kebab-case; a complaint and the first name when it is absent.</summary>
    public T RequiredChoice<T>(string key)
        where T : struct, Enum =>
        Convert(key, TakeRequired(key, $"Add '{key}:' with one of {string.Join(", ", Kebab.Names<T>().Keys)}."), Kebab.Names<T>()).Or(default);

    /// <summary>Names of an enum in kebab-case, several in a list or one alone; each value once.</summary>
    public ImmutableArray<T> Choices<T>(string key)
        where T : struct, Enum =>
        AllOf(key, Kebab.Names<T>());

    /// <summary>Some of a few words, each standing for a value; each value once.</summary>
    public ImmutableArray<T> AllOf<T>(string key, IReadOnlyDictionary<string, T> words) =>
        [.. Items(key).Select(item => Convert(key, item, words)).Where(fact => fact.IsDeclared).Select(fact => fact.Or(default!)).Distinct()];

    /// <summary>One of a few words, each standing for a value.</summary>
    public Fact<T> OneOf<T>(string key, IReadOnlyDictionary<string, T> words) => Convert(key, Take(key), words);

    /// <summary>A mapping; null when it is absent, blank or something else.</summary>
    public MapReader? Map(string key) => Take(key) is { } value and not YamlNode.Text { IsBlank: true } ? Open(value, $"'{key}' of {What}", _complaints, Table) : null;

    /// <summary>The items of a list, or the one value that stands in place of a list.</summary>
    public ImmutableArray<YamlNode> Items(string key) => Take(key) switch
    {
        null or YamlNode.Text { IsBlank: true } => [],
        YamlNode.List list => list.Items,
        var single => [single],
    };

    /// <summary>The texts of a list, or the one text that stands in place of a list; blank ones are complaints.</summary>
    public ImmutableArray<(string Value, SourceSpan At)> Texts(string key) =>
    [
        .. Items(key)
            .Select(item => (text: TextOf(key, item), item))
            .Where(pair => NotBlank(key, pair.text, pair.item))
            .Select(pair => (pair.text.Or(""), pair.item.At)),
    ];

    /// <summary>Numbers of a list, each within bounds.</summary>
    public ImmutableArray<int> Numbers(string key, int least, int most) =>
        [.. Items(key).Select(item => NumberOf(key, item, least, most)).Where(number => number.IsDeclared).Select(number => number.Or(least))];

    /// <summary>Mappings of a list; items of another kind are complaints.</summary>
    public IEnumerable<MapReader> Maps(string key, string what) =>
        Items(key).Select(item => Open(item, what, _complaints, Table)).OfType<MapReader>();

    /// <summary>Complains of something about a value of this mapping; what stands there is not taken over.</summary>
    public void Reject(string rule, SourceSpan at, string key, string message, string remedy) =>
        _complaints.Reject(rule, at, message, remedy, Table, key);

    /// <summary>Complains of every key that was not taken.</summary>
    public void Close()
    {
        foreach (var pair in _map.Pairs.Where(pair => !_known.Contains(pair.Key)))
        {
            _complaints.Reject("unknown-key", pair.KeyAt, $"{Capital(What)} has the unknown key {Quotation.Of(pair.Key)}.", Nearest.Remedy(pair.Key, _known), Table, pair.Key);
        }
    }

    /// <summary>The sentence with a capital letter.</summary>
    internal static string Capital(string sentence) => sentence.Length == 0 ? sentence : char.ToUpperInvariant(sentence[0]) + sentence[1..];

    private bool NotBlank(string key, Fact<string> text, YamlNode item)
    {
        if (item is YamlNode.Text && !text.IsDeclared)
        {
            _complaints.Reject("blank-item", item.At, $"An item of '{key}' of {What} is blank.", "Fill it in or remove it.", Table, key);
        }

        return text.IsDeclared;
    }

    private Fact<string> TextOf(string key, YamlNode? node)
    {
        if (node is null or YamlNode.Text { IsBlank: true })
        {
            return Fact<string>.Missing;
        }

        if (node is YamlNode.Text text)
        {
            return Fact<string>.Declared(text.Value, text.At);
        }

        _complaints.Reject("wrong-kind", node.At, $"'{key}' of {What} is {node.Kind}; it has to be a text.", "Write one text; put it in quotes if it has brackets, braces or ': '.", Table, key);
        return Fact<string>.Missing;
    }

    private Fact<int> NumberOf(string key, YamlNode? node, int least, int most)
    {
        if (!TextOf(key, node).TryGet(out var text))
        {
            return Fact<int>.Missing;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return Fact<int>.Declared(number, node!.At);
        }

        _complaints.Reject("bad-number", node!.At, $"'{key}' of {What} is {Quotation.Of(text)}.", $"Give a whole number from {least} to {most}.", Table, key);
        return Fact<int>.Missing;
    }

    private Fact<bool> YesNoOf(string key, YamlNode? node) => Convert(key, node, YesOrNo);

    private Fact<T> Convert<T>(string key, YamlNode? node, IReadOnlyDictionary<string, T> words)
    {
        if (!TextOf(key, node).TryGet(out var text))
        {
            return Fact<T>.Missing;
        }

        if (words.TryGetValue(text.Trim().ToLowerInvariant(), out var value))
        {
            return Fact<T>.Declared(value, node!.At);
        }

        _complaints.Reject("bad-choice", node!.At, $"'{key}' of {What} is {Quotation.Of(text)}.", Nearest.Remedy(text, [.. words.Keys]), Table, key);
        return Fact<T>.Missing;
    }

    private static readonly ImmutableDictionary<string, bool> YesOrNo = new Dictionary<string, bool>
    {
        ["yes"] = true,
        ["no"] = false,
        ["true"] = true,
        ["false"] = false,
    }.ToImmutableDictionary();
}

/// <summary>Names of enums as declaration files write them.</summary>
public static class Kebab
{
    /// <summary>The values of an enum by their names in kebab-case: <c>UserDefined</c> is <c>user-defined</c>.</summary>
    public static ImmutableSortedDictionary<string, T> Names<T>()
        where T : struct, Enum =>
        Enum.GetValues<T>().ToImmutableSortedDictionary(value => Of(value.ToString()), value => value, StringComparer.Ordinal);

    /// <summary>A name in kebab-case; digits stay with the word before them.</summary>
    public static string Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var kebab = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsAsciiLetterUpper(name[i]))
            {
                kebab.Append('-');
            }

            kebab.Append(char.ToLowerInvariant(name[i]));
        }

        return kebab.ToString();
    }
}
