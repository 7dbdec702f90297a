using System.Globalization;

namespace DeviceConformance.Model.Network;

/// <summary>What the last 64 bits of an IPv6 address tell (RFC 4291, 2.5.1).</summary>
public static class InterfaceIdentifier
{
    /// <summary>
    /// The hardware address that an address is made from by the modified EUI-64 (RFC 4291, appendix A), or null. RFC 8064 advises against
    /// such addresses: they tell the maker and follow the device through networks.
    /// </summary>
    public static string? HardwareAddressIn(DutAddress address)
    {
        if (!address.IsIPv6)
        {
            return null;
        }

        var bytes = address.Address.GetAddressBytes();
        return bytes[11] == 0xff && bytes[12] == 0xfe
            ? string.Join(':', new[] { (byte)(bytes[8] ^ 2), bytes[9], bytes[10], bytes[13], bytes[14], bytes[15] }.Select(value => value.ToString("x2", CultureInfo.InvariantCulture)))
            : null;
    }
}
