using DeviceConformance.Tests.Lab;

namespace DeviceConformance.Benchmarks;

/// <summary>What a target has seen so far.</summary>
internal static class Counters
{
    /// <summary>Packets that came in, and TCP connections that were accepted.</summary>
    public static (long Packets, long Connections) Of(NetworkNamespace device)
    {
        var tcp = device.Run("cat", "/proc/net/snmp").Split('\n').Where(line => line.StartsWith("Tcp:", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToArray();
        return (
            long.Parse(device.Run("cat", "/sys/class/net/eth0/statistics/rx_packets")),
            long.Parse(tcp[1][Array.IndexOf(tcp[0], "PassiveOpens")]));
    }
}
