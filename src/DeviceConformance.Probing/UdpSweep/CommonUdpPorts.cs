using System.Collections.Immutable;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Probing.UdpSweep;

/// <summary>The thousand or so ports that are asked before all others: <c>common-udp-ports.txt</c> and the ports of <see cref="UdpQuestions"/>.</summary>
internal static class CommonUdpPorts
{
    private const string Resource = "DeviceConformance.Probing.UdpSweep.common-udp-ports.txt";

    public static ImmutableHashSet<int> All { get; } = [.. Listed(), .. UdpQuestions.Ports];

    private static IEnumerable<int> Listed()
    {
        using var reader = new StreamReader(typeof(CommonUdpPorts).Assembly.GetManifestResourceStream(Resource)!);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            // A line that is no range is a mistake in our own file, and a test reads it.
            foreach (var port in PortSet.Parse(line[..line.IndexOf(' ', StringComparison.Ordinal)]).Ports)
            {
                yield return port;
            }
        }
    }
}
