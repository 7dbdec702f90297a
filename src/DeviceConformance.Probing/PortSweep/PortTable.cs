using System.Collections.Immutable;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.PortSweep;

/// <summary>What is known of the ports of an address while a sweep goes on.</summary>
internal sealed class PortTable
{
    public const int Count = 65535;

    // An odd factor makes i -> i * factor a permutation of 0..65535, which spreads neighbours far apart.
    private const int Spread = 40503;

    private readonly PortAnswer?[] _answers = new PortAnswer?[Count + 1];

    /// <summary>All ports, each once, neighbours far apart.</summary>
    public static IEnumerable<int> Order() => Enumerable.Range(1, Count).Select(index => (index * Spread) & 0xffff);

    public PortAnswer? this[int port]
    {
        get => _answers[port];
        set => _answers[port] = value;
    }

    public ImmutableArray<int> Open => [.. With(PortAnswer.Open)];

    public int Number(PortAnswer answer) => _answers.Skip(1).Count(known => known == answer);

    public int NotTried => _answers.Skip(1).Count(known => known is null);

    public IEnumerable<int> With(PortAnswer answer) => Enumerable.Range(1, Count).Where(port => _answers[port] == answer);
}
