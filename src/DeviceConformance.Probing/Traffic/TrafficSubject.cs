using System.Collections.Immutable;
using System.Net;
using DeviceConformance.Probing.Packets;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Whose traffic is analysed, and what is looked for in it.</summary>
/// <param name="Macs">The DUT's MAC addresses.</param>
/// <param name="Addresses">The DUT's IP addresses. Further ones are learned from what its MAC addresses send.</param>
public sealed record TrafficSubject(ImmutableArray<LinkAddress> Macs, ImmutableArray<IPAddress> Addresses)
{
    /// <summary>IP addresses of the laboratory's own host. What it opens towards the DUT is the harness's traffic; what the DUT opens towards it is the DUT's.</summary>
    public ImmutableArray<IPAddress> LaboratoryAddresses { get; init; } = [];

    /// <summary>Secrets and personal data to look for.</summary>
    public ImmutableArray<SoughtValue> Sought { get; init; } = [];

    /// <summary>Key log files (SSLKEYLOGFILE) that open TLS.</summary>
    public ImmutableArray<string> KeyLogs { get; init; } = [];
}
