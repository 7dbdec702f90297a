using DeviceConformance.Tests.Lab;

namespace DeviceConformance.Benchmarks;

/// <summary>What a device has seen, by the counters of its kernel.</summary>
internal static class Counting
{
    /// <summary>Packets received, and connections accepted (TCP PassiveOpens), since the device began.</summary>
    public static (long Packets, long Connections) Of(NetworkNamespace device)
    {
        var tcp = device.Run("cat", "/proc/net/snmp").Split('\n').Where(line => line.StartsWith("Tcp:", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToArray();
        return (
            long.Parse(device.Run("cat", "/sys/class/net/eth0/statistics/rx_packets")),
            long.Parse(tcp[1][Array.IndexOf(tcp[0], "PassiveOpens")]));
    }
}
