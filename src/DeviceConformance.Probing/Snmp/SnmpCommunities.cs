using System.Collections.Immutable;

namespace DeviceConformance.Probing.Snmp;

/// <summary>The well-known communities: <c>snmp-communities.txt</c>.</summary>
internal static class SnmpCommunities
{
    /// <summary>All communities, in the order of the file.</summary>
    public static ImmutableArray<string> All { get; } = EmbeddedList.Read("DeviceConformance.Probing.Snmp.snmp-communities.txt");
}
