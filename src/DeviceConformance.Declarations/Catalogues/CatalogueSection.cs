using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;

namespace DeviceConformance.Declarations.Catalogues;

/// <summary>A mapping of a catalogue file, read key by key. Missing, misshapen and left-over keys are complained about; reading goes on.</summary>
internal sealed class CatalogueSection
{
    private readonly YamlNode.Map _map;
    private readonly ComplaintBook _complaints;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    private CatalogueSection(YamlNode.Map map, ComplaintBook complaints)
    {
        _map = map;
        _complaints = complaints;
    }

    public SourceSpan At => _map.At;

    public static CatalogueSection? Of(YamlNode node, ComplaintBook complaints)
    {
        if (node is YamlNode.Map map)
        {
            return new CatalogueSection(map, complaints);
        }

        complaints.Error("shape", node.At, $"Here stands {node.Kind}, where a mapping is expected.", "Write keys with values.");
        return null;
    }

    public bool Has(string key) => Find(key) is not null;

    /// <summary>Where the value of a key stands; the mapping's own place when the key is missing.</summary>
    public SourceSpan AtOf(string key) => Find(key)?.At ?? At;

    public string Text(string key)
    {
        var text = Optional(key);
        if (text.Length == 0)
        {
            _complaints.Error("missing-key", At, $"The text {key} is missing.", $"Add '{key}: ...'.");
        }

        return text;
    }

    public string Optional(string key) => Find(key) switch
    {
        null => "",
        YamlNode.Text text => text.Value,
        { } other => Misshapen(other, "a text", ""),
    };

    public T Parsed<T>(string key)
        where T : IParsable<T>
    {
        var text = Text(key);
        if (!T.TryParse(text, CultureInfo.InvariantCulture, out var value) && text.Length > 0)
        {
            _complaints.Error("bad-value", AtOf(key), $"{Quotation.Of(text)} is no valid {typeof(T).Name}.", $"Mend {key}.");
        }

        return value!;
    }

    public T Choice<T>(string key, T otherwise)
        where T : struct, Enum => Chosen<T>(key, Text(key)) ?? otherwise;

    public T OptionalChoice<T>(string key, T otherwise)
        where T : struct, Enum => Has(key) ? Choice(key, otherwise) : otherwise;

    public IEnumerable<T> Choices<T>(string key)
        where T : struct, Enum => Texts(key).Select(text => Chosen<T>(key, text.Value)).OfType<T>();

    public ImmutableArray<YamlNode.Text> Texts(string key) =>
        [.. Items(key).Select(item => item as YamlNode.Text ?? Misshapen(item, "a text", new YamlNode.Text("", item.At)))];

    public IEnumerable<CatalogueSection> Sections(string key) =>
        Items(key).Select(item => Of(item, _complaints)).OfType<CatalogueSection>();

    public IEnumerable<(string Key, string Text)> Mapping(string key)
    {
        var pairs = Find(key) switch
        {
            YamlNode.Map map => map.Pairs,
            null => Misshapen<ImmutableArray<YamlPair>>(_map, $"the mapping {key}", []),
            { } other => Misshapen<ImmutableArray<YamlPair>>(other, "a mapping", []),
        };
        return pairs.Select(pair => (pair.Key, pair.Value is YamlNode.Text text ? text.Value : Misshapen(pair.Value, "a text", "")));
    }

    /// <summary>Complains about keys that nobody read.</summary>
    public void Close()
    {
        foreach (var pair in _map.Pairs.Where(pair => !_read.Contains(pair.Key)))
        {
            _complaints.Error("unknown-key", pair.KeyAt, $"The key {Quotation.Of(pair.Key)} is unknown here.", Nearest.Remedy(pair.Key, _read));
        }
    }

    private ImmutableArray<YamlNode> Items(string key) => Find(key) switch
    {
        YamlNode.List list => list.Items,
        null => Misshapen<ImmutableArray<YamlNode>>(_map, $"the list {key}", []),
        { } other => Misshapen<ImmutableArray<YamlNode>>(other, "a list", []),
    };

    private YamlNode? Find(string key)
    {
        _read.Add(key);
        return _map.Pairs.FirstOrDefault(pair => pair.Key == key)?.Value;
    }

    private T? Chosen<T>(string key, string text)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (Kebab(value.ToString()) == text)
            {
                return value;
            }
        }

        if (text.Length > 0)
        {
            _complaints.Error("bad-value", AtOf(key), $"{Quotation.Of(text)} is no {key}.", Nearest.Remedy(text, [.. Enum.GetNames<T>().Select(Kebab)]));
        }

        return null;
    }

    private T Misshapen<T>(YamlNode node, string expected, T otherwise)
    {
        _complaints.Error("shape", node.At, node == _map ? $"Here {expected} is missing." : $"Here stands {node.Kind}, where {expected} is expected.", "Change the shape.");
        return otherwise;
    }

    private static string Kebab(string name)
    {
        var text = new StringBuilder();
        foreach (var letter in name)
        {
            text.Append(char.IsAsciiLetterUpper(letter) && text.Length > 0 ? "-" : "").Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
