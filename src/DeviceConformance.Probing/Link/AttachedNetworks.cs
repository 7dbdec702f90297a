using System.Net;
using System.Net.NetworkInformation;

namespace DeviceConformance.Probing.Link;

/// <summary>The networks that this host's interfaces are on.</summary>
internal static class AttachedNetworks
{
    /// <summary>Whether an address is on one of them, so that no gateway stands between it and this host.</summary>
    public static bool Hold(IPAddress address) =>
        IPAddress.IsLoopback(address)
        || address.IsIPv6LinkLocal
        || NetworkInterface.GetAllNetworkInterfaces()
            // Also without a carrier: a DUT whose cable is out is gone, not elsewhere.
            .SelectMany(@interface => @interface.GetIPProperties().UnicastAddresses)
            .Any(own => own.Address.AddressFamily == address.AddressFamily && Shares(own.Address.GetAddressBytes(), address.GetAddressBytes(), own.PrefixLength));

    private static bool Shares(byte[] own, byte[] other, int prefix)
    {
        var whole = prefix / 8;
        var mask = (byte)(0xff << (8 - (prefix % 8)));
        return own.AsSpan(0, whole).SequenceEqual(other.AsSpan(0, whole)) && (prefix % 8 == 0 || (own[whole] & mask) == (other[whole] & mask));
    }
}
