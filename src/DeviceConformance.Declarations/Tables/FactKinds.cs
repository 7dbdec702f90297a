using System.Collections.Immutable;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Declarations.Tables;

/// <summary>Which tables have typed facts, and how they are read.</summary>
/// <param name="Keys">The keys that matter most, for the remedy when there are none.</param>
/// <param name="IsExpected">Whether an entry without facts is worth a warning.</param>
/// <param name="Read">Reads the facts of an entry.</param>
internal sealed record FactKinds(ImmutableArray<string> Keys, bool IsExpected, Func<MapReader, IxitFacts> Read)
{
    private static readonly ImmutableDictionary<IxitRole, FactKinds> Registry = new Dictionary<IxitRole, FactKinds>
    {
        [IxitRole.AuthMech] = new(["subject", "factor", "origin", "network-addressable", "cryptographic", "logins"], true, AuthMechReader.Read),
        [IxitRole.UpdMech] = new(["network", "automatic", "notifies", "offer", "version", "genuine"], true, UpdMechReader.Read),
        [IxitRole.ComMech] = new(["protocol", "role", "transport", "port", "versions"], true, InterfaceFactReader.ComMech),
        [IxitRole.SoftServ] = new(["transport", "ports", "protocol", "tls", "network", "status", "allows-configuration"], true, InterfaceFactReader.SoftServ),
        [IxitRole.PersData] = new(["servers"], false, InterfaceFactReader.PersData),
        [IxitRole.TelData] = new(["servers"], false, InterfaceFactReader.TelData),
        [IxitRole.Intf] = new(["physical", "debug", "network", "status", "needed"], false, InterfaceFactReader.Interface),
        [IxitRole.LogIntf] = new(["network", "transport", "ports", "protocol", "status", "needed"], true, InterfaceFactReader.Interface),
    }.ToImmutableDictionary();

    /// <summary>How the facts of a table are read; null when it has none.</summary>
    public static FactKinds? For(IxitRole role) => Registry.GetValueOrDefault(role);
}
