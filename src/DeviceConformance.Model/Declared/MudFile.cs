using System.Collections.Immutable;
using System.Net;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Declared;

/// <summary>A manufacturer usage description (RFC 8520): what the maker says that the device needs of its network.</summary>
/// <param name="File">Path relative to the declaration's folder.</param>
/// <param name="Rules">Entries that let traffic pass; those that drop it are left out, since whatever is not let pass is outside.</param>
public sealed record MudFile(string File, ImmutableArray<MudRule> Rules)
{
    /// <summary>Whether a rule lets a conversation pass.</summary>
    /// <param name="fromDevice">Whether the device opened it.</param>
    /// <param name="address">Address of the other side.</param>
    /// <param name="names">Names of the other side.</param>
    /// <param name="transport">Transport.</param>
    /// <param name="port">Port of the service: the other side's when the device opened it, else the device's.</param>
    public bool Allows(bool fromDevice, string address, IReadOnlyCollection<string> names, Transport transport, int port) =>
        Rules.Any(rule => rule.FromDevice == fromDevice && rule.IsHost(address, names) && (rule.Transport is null || rule.Transport == transport) && port >= rule.FirstPort && port <= rule.LastPort);
}

/// <summary>An entry of an access list that lets traffic pass.</summary>
/// <param name="FromDevice">Whether it stands in the policy for what the device sends, and may open a conversation there.</param>
/// <param name="Host">DNS name or network of the other side; empty for any, and where only a network's own set-up tells (controllers, other devices of a maker).</param>
/// <param name="IsLocal">Whether the other side has to be in the local network (RFC 8520, 3.14 local-networks).</param>
/// <param name="Transport">Transport; null for any.</param>
/// <param name="FirstPort">Lowest port of the service.</param>
/// <param name="LastPort">Highest port of the service.</param>
public sealed record MudRule(bool FromDevice, string Host, bool IsLocal, Transport? Transport, int FirstPort, int LastPort)
{
    /// <summary>Whether the other side of a conversation is meant.</summary>
    public bool IsHost(string address, IReadOnlyCollection<string> names) =>
        IsLocal ? DutAddress.TryParse(address, null, out var local) && !local.IsPublic
        : Host.Length == 0
        || (IPNetwork.TryParse(Host, out var network) ? IPAddress.TryParse(address, out var seen) && network.Contains(seen) : names.Any(name => name.TrimEnd('.').Equals(Host.TrimEnd('.'), StringComparison.OrdinalIgnoreCase)));
}
