using DeviceConformance.Probing.Packets;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Messages of neighbour discovery in passing (RFC 4861, RFC 8106).</summary>
internal static class NeighbourMessage
{
    private const byte RouterAdvertisement = 134;
    private const byte Solicitation = 135;
    private const byte Advertisement = 136;
    private const byte SourceLinkAddress = 1;
    private const byte TargetLinkAddress = 2;
    private const byte NameServers = 25;

    // RFC 4861, 6.1 and 7.1: what passed a router is not to be believed.
    private const byte HighestHopLimit = 255;

    /// <summary>Reads which address somebody says to have, or asks whether he may take.</summary>
    /// <param name="packet">An ICMPv6 message.</param>
    /// <param name="claimed">The address.</param>
    /// <param name="hardware">The MAC address told with it; none when there is none.</param>
    /// <returns>Whether it claims one.</returns>
    public static bool TryParse(scoped in PacketView packet, out NetworkAddress claimed, out LinkAddress hardware)
    {
        (claimed, hardware) = (default, default);
        if (packet.HopLimit != HighestHopLimit || packet.IsFragment || packet.Body.Length < 24 || packet.Body[0] is not (Solicitation or Advertisement))
        {
            return false;
        }

        // 4.3: a solicitation comes from who asks, or, asking whether an address is taken, from nobody (RFC 4862, 5.4.2).
        var isSolicitation = packet.Body[0] == Solicitation;
        claimed = isSolicitation && !packet.Source.IsUnspecified ? packet.Source : NetworkAddress.ReadV6(packet.Body[8..]);
        var options = packet.Body[24..];
        while (TryOption(ref options, out var type, out var option))
        {
            if (type == (isSolicitation ? SourceLinkAddress : TargetLinkAddress) && option.Length == LinkAddress.Size)
            {
                hardware = LinkAddress.Read(option);
            }
        }

        return true;
    }

    /// <summary>Reads the name servers that a router advertisement gives (RFC 8106, 5.1).</summary>
    /// <param name="packet">An ICMPv6 message.</param>
    /// <param name="servers">Takes them.</param>
    public static void ReadNameServers(scoped in PacketView packet, List<NetworkAddress> servers)
    {
        if (packet.HopLimit != HighestHopLimit || packet.IsFragment || packet.Body.Length < 16 || packet.Body[0] != RouterAdvertisement)
        {
            return;
        }

        var options = packet.Body[16..];
        while (TryOption(ref options, out var type, out var option))
        {
            // Reserved 2, lifetime 4; a lifetime of 0 withdraws them.
            if (type == NameServers && option.Length >= 6 && !option[2..6].SequenceEqual<byte>([0, 0, 0, 0]))
            {
                for (var rest = option[6..]; rest.Length >= 16; rest = rest[16..])
                {
                    servers.Add(NetworkAddress.ReadV6(rest));
                }
            }
        }
    }

    // RFC 4861, 4.6: type, length in units of eight bytes with both; a length of 0 spoils the packet.
    private static bool TryOption(ref ReadOnlySpan<byte> options, out byte type, out ReadOnlySpan<byte> content)
    {
        type = 0;
        content = default;
        if (options.Length < 8 || options[1] == 0 || options[1] * 8 > options.Length)
        {
            return false;
        }

        type = options[0];
        content = options[2..(options[1] * 8)];
        options = options[(options[1] * 8)..];
        return true;
    }
}
