using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Network;

/// <summary>A set of ports, written as ranges: <c>1-52,54-65535</c>. Equal by value.</summary>
[JsonConverter(typeof(ParsableJsonConverter<PortSet>))]
public sealed class PortSet : IParsable<PortSet>, IEquatable<PortSet>
{
    private const int Last = 65535;

    private readonly List<(int First, int Last)> _ranges = [];

    /// <summary>A set of ports between 1 and 65535, in any order.</summary>
    public PortSet(IEnumerable<int> ports)
    {
        ArgumentNullException.ThrowIfNull(ports);
        foreach (var port in ports.Order())
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(port is > 0 and <= Last, true, nameof(ports));
            if (_ranges.Count > 0 && port <= _ranges[^1].Last + 1)
            {
                _ranges[^1] = (_ranges[^1].First, port);
            }
            else
            {
                _ranges.Add((port, port));
            }
        }
    }

    /// <summary>No port.</summary>
    public static PortSet Empty { get; } = new([]);

    /// <summary>How many ports.</summary>
    public int Count => _ranges.Sum(range => range.Last - range.First + 1);

    /// <summary>The ports, ascending.</summary>
    public IEnumerable<int> Ports => _ranges.SelectMany(range => Enumerable.Range(range.First, range.Last - range.First + 1));

    /// <summary>Reads ranges.</summary>
    /// <exception cref="FormatException">The text holds no ranges of ports.</exception>
    public static PortSet Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var ports) ? ports : throw new FormatException($"'{s}' are no ports such as 1-52,54.");

    /// <summary>Reads ranges; false when the text holds none. An empty text is the empty set.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out PortSet result)
    {
        result = null;
        if (s is null)
        {
            return false;
        }

        var ports = new List<int>();
        foreach (var part in s.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            if (!TryPort(dash < 0 ? part : part[..dash], out var first) || !TryPort(dash < 0 ? part : part[(dash + 1)..], out var last) || last < first)
            {
                return false;
            }

            ports.AddRange(Enumerable.Range(first, last - first + 1));
            if (ports.Count > Last)
            {
                return false;
            }
        }

        result = new PortSet(ports);
        return true;
    }

    /// <summary>Whether a port belongs to it.</summary>
    public bool Contains(int port) => _ranges.Exists(range => range.First <= port && port <= range.Last);

    /// <inheritdoc/>
    public bool Equals(PortSet? other) => other is not null && _ranges.SequenceEqual(other._ranges);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PortSet);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The ranges.</summary>
    public override string ToString() =>
        string.Join(',', _ranges.Select(range => range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}"));

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= Last;
}
