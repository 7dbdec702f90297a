using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.PortSweep;

/// <summary>Which ports the last look of a campaign asks.</summary>
/// <param name="Order">Ports in the order of asking.</param>
/// <param name="Seed">Number from which the sample was drawn; 0 when all ports are asked.</param>
/// <param name="Statement">What was chosen, as a sentence.</param>
internal sealed record ClosingPorts(int[] Order, int Seed, string Statement)
{
    /// <summary>Size of the sample among the ports that nothing speaks for: it finds one that opened late once in thirty times.</summary>
    public const int SampleSize = 2048;

    /// <summary>So many unsettled ports are all asked again; more are the work of a firewall, and the sample has its share of them.</summary>
    public const int MostUnsettled = 1024;

    // Services of operating systems listen below it by tradition and by right (RFC 6335, 6: system ports).
    private const int LastSystemPort = 1023;
    private const string Resource = "DeviceConformance.Probing.PortSweep.late-tcp-ports.txt";

    /// <summary>System ports, and those of <c>late-tcp-ports.txt</c>.</summary>
    public static ImmutableHashSet<int> Usual { get; } =
        [.. Enumerable.Range(1, LastSystemPort), .. EmbeddedList.Read(Resource).SelectMany(ports => PortSet.Parse(ports).Ports)];

    /// <summary>Chooses.</summary>
    /// <param name="request">What is known already.</param>
    /// <param name="seed">From 1; the same number draws the same sample.</param>
    /// <param name="others">Ports that are not the DUT's and are not asked.</param>
    public static ClosingPorts Choose(ClosingPortSweep request, int seed, IReadOnlySet<int>? others = null)
    {
        int[] all = others is null or { Count: 0 } ? PortOrder.All() : [.. PortOrder.All().Where(port => !others.Contains(port))];
        if (request.IsWhole)
        {
            return new ClosingPorts(all, 0, "All ports were asked again.");
        }

        var chosen = Usual.ToHashSet();
        chosen.UnionWith(request.Before.Ports);
        var unsettled = request.Unsettled.Count <= MostUnsettled ? request.Unsettled.Ports.ToList() : [];
        chosen.UnionWith(unsettled);
        var sample = Sample([.. all.Where(port => !chosen.Contains(port)).Order()], seed);
        chosen.UnionWith(sample);
        return new ClosingPorts(
            [.. all.Where(chosen.Contains)],
            seed,
            $"Asked again were {request.Before.Count} ports that had been open, {unsettled.Count} of {request.Unsettled.Count} of which the first sweep had not learnt whether they are,"
            + $" {Usual.Count} system ports and ports where debug and remote access is usual, and a sample of {sample.Count} others (seed {seed}); the rest was not.");
    }

    // Of our own, so that the seed gives the same sample in every version of .NET: a linear congruential generator of 64 bits (Knuth, MMIX).
    private static HashSet<int> Sample(List<int> ports, int seed)
    {
        var state = (ulong)seed;
        var sample = new HashSet<int>();
        for (var left = Math.Min(SampleSize, ports.Count); left > 0; left--)
        {
            state = unchecked((state * 6364136223846793005UL) + 1442695040888963407UL);
            var place = (int)((state >> 33) % (ulong)ports.Count);
            sample.Add(ports[place]);
            ports[place] = ports[^1];
            ports.RemoveAt(ports.Count - 1);
        }

        return sample;
    }
}
