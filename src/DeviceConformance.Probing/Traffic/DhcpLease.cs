using DeviceConformance.Probing.Packets;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Which address a DHCP server gives to whom (RFC 2131, 2), read in passing without an allocation.</summary>
internal static class DhcpLease
{
    private const int FixedLength = 240;
    private const byte MessageType = 53; // RFC 2132, 9.6
    private const byte Acknowledgment = 5;

    /// <summary>Reads a server's reply.</summary>
    /// <param name="bytes">Payload of the datagram.</param>
    /// <param name="hardware">MAC address of the client.</param>
    /// <param name="leased">Its address, when the reply acknowledges one; unspecified otherwise.</param>
    /// <returns>Whether it is a reply to a client of Ethernet.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out LinkAddress hardware, out NetworkAddress leased)
    {
        (hardware, leased) = (default, default);
        if (bytes.Length < FixedLength || bytes[0] != 2 || bytes[1] != 1 || bytes[2] != LinkAddress.Size || !bytes[236..].StartsWith<byte>([0x63, 0x82, 0x53, 0x63]))
        {
            return false;
        }

        hardware = LinkAddress.Read(bytes[28..]);
        if (IsAcknowledgment(bytes[FixedLength..]))
        {
            leased = NetworkAddress.ReadV4(bytes[16..]);
        }

        return true;
    }

    private static bool IsAcknowledgment(ReadOnlySpan<byte> options)
    {
        while (options.Length > 0 && options[0] != 255)
        {
            if (options[0] == 0)
            {
                options = options[1..];
                continue;
            }

            if (options.Length < 2 || options[1] > options.Length - 2)
            {
                return false;
            }

            if (options[0] == MessageType)
            {
                return options[1] == 1 && options[2] == Acknowledgment;
            }

            options = options[(2 + options[1])..];
        }

        return false;
    }
}
