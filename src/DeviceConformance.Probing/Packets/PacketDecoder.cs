using System.Buffers.Binary;
using DeviceConformance.Probing.CaptureFiles;

namespace DeviceConformance.Probing.Packets;

/// <summary>Decodes frames from link to ports over spans, without an allocation. The clients' codecs (<see cref="RawPackets"/>) make objects of the few packets they meet; here every packet of a capture passes.</summary>
internal static class PacketDecoder
{
    private const int TypeIPv4 = 0x0800;
    private const int TypeArp = 0x0806;
    private const int TypeIPv6 = 0x86dd;
    private const int TypePppoe = 0x8864;

    // The highest length of IEEE 802.3; from 1536 on the field is a type (IEEE 802.3, 3.2.6).
    private const int HighestLength = 1500;
    private const int LowestType = 1536;

    // Two tags are QinQ; more are met in providers' networks, without end only in hostile frames.
    private const int MostTags = 4;

    private static ReadOnlySpan<byte> SnapHeader => [0xaa, 0xaa, 0x03];

    private static ReadOnlySpan<byte> EthernetArp => [0, 1, 8, 0, 6, 4];

    /// <summary>Decodes a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="packet">What it says.</param>
    public static void Decode(scoped in CapturedFrame frame, out PacketView packet) => Decode(frame.Link, frame.Bytes, frame.Length, out packet);

    /// <summary>Decodes a frame.</summary>
    /// <param name="link">What the bytes begin with.</param>
    /// <param name="bytes">Bytes captured.</param>
    /// <param name="length">Length on the wire.</param>
    /// <param name="packet">What it says.</param>
    public static void Decode(LinkType link, ReadOnlySpan<byte> bytes, int length, out PacketView packet)
    {
        packet = default;
        packet.Vlan = -1;
        packet.InnerVlan = -1;
        packet.IsCut = length > bytes.Length;
        switch (link)
        {
            case LinkType.Ethernet:
                Ethernet(bytes, ref packet);
                break;
            case LinkType.LinuxCooked:
                // packet type 2, device type 2, length of address 2, address 8, protocol 2
                if (bytes.Length >= 16)
                {
                    Cooked(bytes[16..], BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]), bytes[6..], ref packet);
                }

                break;
            case LinkType.LinuxCooked2:
                // protocol 2, reserved 2, interface 4, device type 2, packet type 1, length of address 1, address 8
                if (bytes.Length >= 20)
                {
                    Cooked(bytes[20..], BinaryPrimitives.ReadUInt16BigEndian(bytes), bytes[11], bytes[12..], ref packet);
                }

                break;
            case LinkType.Null or LinkType.Loop:
                if (bytes.Length >= 4)
                {
                    // The writer's byte order is not told; families are small numbers, so that the other order shows.
                    var family = BinaryPrimitives.ReadUInt32BigEndian(bytes);
                    Family(family > 0xffff ? BinaryPrimitives.ReverseEndianness(family) : family, bytes[4..], ref packet);
                }

                break;
            case LinkType.Raw or LinkType.RawBsd or LinkType.RawOpenBsd or LinkType.IPv4 or LinkType.IPv6:
                if (bytes.Length > 0)
                {
                    packet.Outcome = DecodeOutcome.Link;
                    Typed(bytes[0] >> 4 == 6 ? TypeIPv6 : bytes[0] >> 4 == 4 ? TypeIPv4 : 0, bytes, ref packet);
                }

                break;
            case LinkType.Radiotap:
                WirelessFrame.DecodeRadiotap(bytes, ref packet);
                break;
            case LinkType.Ieee80211:
                WirelessFrame.Decode(bytes, padded: false, ref packet);
                break;
        }
    }

    private static void Ethernet(ReadOnlySpan<byte> bytes, ref PacketView packet)
    {
        if (bytes.Length < 14)
        {
            return;
        }

        packet.LinkDestination = LinkAddress.Read(bytes);
        packet.LinkSource = LinkAddress.Read(bytes[6..]);
        packet.Outcome = DecodeOutcome.Link;
        Typed(BinaryPrimitives.ReadUInt16BigEndian(bytes[12..]), bytes[14..], ref packet);
    }

    private static void Cooked(ReadOnlySpan<byte> rest, int type, int addressLength, ReadOnlySpan<byte> address, ref PacketView packet)
    {
        packet.Outcome = DecodeOutcome.Link;
        if (addressLength == LinkAddress.Size)
        {
            packet.LinkSource = LinkAddress.Read(address);
        }

        if (type == 4)
        {
            LogicalLink(rest, ref packet);
            return;
        }

        Typed(type, rest, ref packet);
    }

    // AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS.
    private static void Family(uint family, ReadOnlySpan<byte> rest, ref PacketView packet)
    {
        packet.Outcome = DecodeOutcome.Link;
        Typed(family switch { 2 => TypeIPv4, 10 or 24 or 28 or 30 => TypeIPv6, _ => 0 }, rest, ref packet);
    }

    /// <summary>Decodes what follows a type field.</summary>
    internal static void Typed(int type, ReadOnlySpan<byte> rest, ref PacketView packet)
    {
        for (var tags = 0; type is 0x8100 or 0x88a8 or 0x9100 or 0x9200; tags++)
        {
            if (rest.Length < 4 || tags == MostTags)
            {
                return;
            }

            var vlan = BinaryPrimitives.ReadUInt16BigEndian(rest) & 0xfff;
            (packet.Vlan, packet.InnerVlan) = packet.Vlan < 0 ? (vlan, -1) : (packet.Vlan, vlan);
            type = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            rest = rest[4..];
        }

        if (type is > 0 and <= HighestLength)
        {
            LogicalLink(rest.Length > type ? rest[..type] : rest, ref packet);
            return;
        }

        packet.EtherType = type >= LowestType ? type : 0;
        switch (type)
        {
            case TypeIPv4:
                NetworkDecoder.IPv4(rest, ref packet);
                break;
            case TypeIPv6:
                NetworkDecoder.IPv6(rest, ref packet);
                break;
            case TypeArp:
                Arp(rest, ref packet);
                break;
            case TypePppoe when rest.Length >= 8 && rest[0] == 0x11 && rest[1] == 0:
                // RFC 2516, 4: version and type, code 0 in a session, session 2, length 2; then PPP's protocol.
                switch (BinaryPrimitives.ReadUInt16BigEndian(rest[6..]))
                {
                    case 0x0021:
                        NetworkDecoder.IPv4(rest[8..], ref packet);
                        break;
                    case 0x0057:
                        NetworkDecoder.IPv6(rest[8..], ref packet);
                        break;
                }

                break;
        }
    }

    /// <summary>IEEE 802.2 with SNAP (RFC 1042); other services are only told apart from nothing.</summary>
    internal static void LogicalLink(ReadOnlySpan<byte> bytes, ref PacketView packet)
    {
        if (bytes.Length >= 8 && bytes.StartsWith(SnapHeader) && bytes[3] == 0 && bytes[4] == 0 && bytes[5] is 0 or 0xf8)
        {
            var type = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]);
            if (type >= LowestType)
            {
                Typed(type, bytes[8..], ref packet);
            }
        }
    }

    private static void Arp(ReadOnlySpan<byte> bytes, ref PacketView packet)
    {
        // RFC 826: hardware 1, protocol 0x0800, lengths 6 and 4.
        if (bytes.Length >= 28 && bytes.StartsWith(EthernetArp))
        {
            packet.Outcome = DecodeOutcome.Arp;
            packet.Source = NetworkAddress.ReadV4(bytes[14..]);
            packet.Destination = NetworkAddress.ReadV4(bytes[24..]);
            packet.Body = bytes[..28];
            packet.BodyLength = 28;
        }
    }
}
