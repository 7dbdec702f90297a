using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Coap;
using DeviceConformance.Probing.Dns;
using DeviceConformance.Probing.Snmp;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>Datagrams of the local network: LLMNR, NetBIOS names, DHCPv6, SNMP, CoAP, BACnet, SIP, and what else is told to everybody.</summary>
internal sealed class LocalDatagrams(FlowNotes notes)
{
    /// <summary>Port of LLMNR (RFC 4795, 2).</summary>
    public const int LlmnrPort = 5355;

    /// <summary>Port of the NetBIOS name service (RFC 1002, 4.2).</summary>
    public const int NetbiosPort = 137;

    private const int CoapPort = 5683;
    private const int UriHost = 3; // RFC 7252, 5.10
    private const int FewestTold = 16;

    private static readonly string[] _coapMethods = ["", "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH"]; // RFC 7252, 12.1.1; RFC 8132

    private ContentProtection _protection;

    /// <summary>Reads a datagram.</summary>
    /// <returns>How its content is protected; null when it is none of these.</returns>
    public ContentProtection? Read(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        _protection = ContentProtection.Clear;
        return TryLlmnr(fromClient, bytes, frame) || TryNetbios(fromClient, bytes, frame) || TryDhcp6(fromClient, bytes, frame) || TrySnmp(fromClient, bytes, frame)
            || TryCoap(fromClient, bytes, frame) || TryBacnet(fromClient, bytes, frame) || TrySip(fromClient, bytes, frame) || TryStun(bytes) ? _protection : null;
    }

    /// <summary>Something of no known protocol: text that the DUT tells everybody is an announcement.</summary>
    public void TakeUnknown(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        if (!fromClient || !notes.Flow.DutIsClient || !IsToAll(notes.Flow.Server))
        {
            return;
        }

        // The longest run of text: devices put it between a header and a checksum, as Tuya's do.
        ReadOnlySpan<byte> best = default;
        var start = 0;
        for (var at = 0; at <= bytes.Length; at++)
        {
            if (at == bytes.Length || bytes[at] is < 0x20 or > 0x7e)
            {
                best = at - start > best.Length ? bytes[start..at] : best;
                start = at + 1;
            }
        }

        if (best.Length >= FewestTold)
        {
            notes.Recognise(ServiceProtocol.Unknown, "broadcast");
            Announce("broadcast", "text", best, frame, $"udp.port == {notes.Flow.ServerPort}");
        }
    }

    /// <summary>Whether an address is everybody's: multicast, or the highest of a network as far as that shows without its mask.</summary>
    public static bool IsToAll(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out _) && (address.AddressFamily == AddressFamily.InterNetworkV6 ? bytes[0] == 0xff : bytes[0] is >= 224 and < 240 || bytes[3] == 255);
    }

    private bool IsOn(int port) => notes.Flow.ServerPort == port || notes.Flow.ClientPort == port;

    private bool IsFromDut(bool fromClient) => fromClient == notes.Flow.DutIsClient;

    private void Announce(string protocol, string what, ReadOnlySpan<byte> text, long frame, string filter) =>
        notes.Ledger.AddAnnouncement(protocol, what, notes.Mask(Encoding.Latin1.GetString(text)), notes.Flow, frame, filter);

    private bool TryLlmnr(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        if (!IsOn(LlmnrPort) || bytes.Length < 17 || !DnsMessage.TryParse(bytes.ToArray(), out var message) || message.Questions.Length != 1)
        {
            return false;
        }

        notes.Recognise(ServiceProtocol.Other, "LLMNR");
        DnsFacts.TakeLinkLocal(notes, fromClient, message, frame);
        return true;
    }

    // RFC 1002, 4.2 and RFC 1001, 14.1: a header as in DNS; the name has two letters for each of its bytes.
    private bool TryNetbios(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        if (!IsOn(NetbiosPort) || bytes.Length < 50 || bytes[12] != 32)
        {
            return false;
        }

        Span<byte> name = stackalloc byte[16];
        for (var at = 0; at < 16; at++)
        {
            var (high, low) = (bytes[13 + (2 * at)] - 'A', bytes[14 + (2 * at)] - 'A');
            if (high is < 0 or > 15 || low is < 0 or > 15)
            {
                return false;
            }

            name[at] = (byte)((high << 4) | low);
        }

        notes.Recognise(ServiceProtocol.Netbios, "NetBIOS name service");
        // Registration and refresh (4.2.1.1) are of one's own name, and so is an answer.
        var isOwn = ((bytes[2] >> 3) & 15) is 5 or 8 or 9 || (bytes[2] & 0x80) != 0;
        if (IsFromDut(fromClient))
        {
            Announce("NetBIOS", isOwn ? "host name" : "name asked for", name[..15].TrimEnd((byte)' ').TrimEnd((byte)0), frame, "nbns");
        }

        return true;
    }

    // RFC 9915 (before: RFC 8415), 8, 21.2, 21.16; RFC 4704; RFC 3646.
    private bool TryDhcp6(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        if (!(IsOn(546) || IsOn(547)) || bytes.Length < 8 || bytes[0] is 0 or > 11)
        {
            return false;
        }

        for (var options = bytes[4..]; options.Length > 0;)
        {
            if (options.Length < 4 || BinaryPrimitives.ReadUInt16BigEndian(options[2..]) is var length && length > options.Length - 4)
            {
                return false;
            }

            var value = options.Slice(4, length);
            switch (BinaryPrimitives.ReadUInt16BigEndian(options))
            {
                case 1 when IsFromDut(fromClient) && length > 4:
                    Announce("DHCPv6", "client identifier", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(value[..Math.Min((int)length, 32)])), frame, "dhcpv6");
                    break;
                case 16 when IsFromDut(fromClient) && length > 6:
                    Announce("DHCPv6", "vendor class", value[6..], frame, "dhcpv6");
                    break;
                case 39 when IsFromDut(fromClient) && length > 2:
                    Announce("DHCPv6", "host name", Encoding.ASCII.GetBytes(Labels(value[1..])), frame, "dhcpv6");
                    break;
                case 23 when !IsFromDut(fromClient):
                    for (var rest = value; rest.Length >= 16; rest = rest[16..])
                    {
                        notes.Ledger.AddGivenServer(new IPAddress(rest[..16]));
                    }

                    break;
            }

            options = options[(4 + length)..];
        }

        notes.Recognise(ServiceProtocol.Dhcp, "DHCPv6");
        return true;
    }

    private static string Labels(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder();
        while (name.Length > 0 && name[0] > 0 && name[0] < name.Length)
        {
            text.Append(text.Length > 0 ? "." : "").Append(Encoding.Latin1.GetString(name.Slice(1, name[0])));
            name = name[(1 + name[0])..];
        }

        return text.ToString();
    }

    // RFC 1157, 4 and RFC 1901, 3: version, community, request. RFC 3412, 6: in version 3 flags say whether the data is encrypted.
    private bool TrySnmp(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        var reader = new BerReader(bytes);
        if (!reader.TryEnter(0x30) || !reader.TryReadInteger(out var version))
        {
            return false;
        }

        if (version is 0 or 1)
        {
            if (!reader.TryRead(0x04, out var community) || !reader.TryReadAny(out var request, out _) || request is < 0xa0 or > 0xa8)
            {
                return false;
            }

            notes.Recognise(ServiceProtocol.Snmp, version == 0 ? "SNMPv1" : "SNMPv2c");
            if (!community.IsEmpty)
            {
                notes.Item(ClearItemKind.Credential, "SNMP community", "clear", fromClient, frame);
            }

            return true;
        }

        if (version != 3 || !reader.TryRead(0x30, out var header) || !reader.TryRead(0x04, out var security))
        {
            return false;
        }

        var fields = new BerReader(header);
        if (!fields.TryReadInteger(out _) || !fields.TryReadInteger(out _) || !fields.TryRead(0x04, out var flags) || flags.Length != 1)
        {
            return false;
        }

        notes.Recognise(ServiceProtocol.Snmp, "SNMPv3");
        // Without a user name it is the exchange by which both learn engine and time (RFC 3414, 4): nothing of the device's data.
        var parameters = new BerReader(security);
        var isDiscovery = parameters.TryEnter(0x30) && parameters.TryRead(0x04, out _) && parameters.TryReadInteger(out _) && parameters.TryReadInteger(out _) && parameters.TryRead(0x04, out var user) && user.IsEmpty;
        _protection = (flags[0] & 2) != 0 ? ContentProtection.Encrypted : isDiscovery ? ContentProtection.NoContent : ContentProtection.Clear;
        return true;
    }

    // Away from its port a request with a path in ASCII: shorter forms occur by chance.
    private bool TryCoap(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        var isKnown = IsOn(CoapPort) || notes.Protocol == ServiceProtocol.Coap;
        if (bytes.Length < 4 || bytes[0] >> 6 != 1 || !(isKnown || bytes[1] is >= 1 and <= 7) || !CoapMessage.TryParse(bytes.ToArray(), out var message))
        {
            return false;
        }

        var path = string.Concat(message.Options.Where(option => option.Number == CoapMessage.UriPath).Select(option => "/" + Encoding.UTF8.GetString(option.Value.Span)));
        if (!isKnown && (path.Length < 2 || !path.All(unit => unit is > ' ' and < '\x7f')))
        {
            return false;
        }

        notes.Recognise(ServiceProtocol.Coap, "CoAP");
        if (message.Code is > 0 && message.Code < _coapMethods.Length && fromClient)
        {
            var names = message.Options.Where(option => option.Number == CoapMessage.UriQuery).Select(option => Encoding.UTF8.GetString(option.Value.Span).Split('=')[0]).ToList();
            notes.Request($"{_coapMethods[message.Code]} {(path.Length == 0 ? "/" : path)}{(names.Count > 0 ? "?" : "")}{string.Join('&', names.Select(name => name + "="))}");
            if (message.Option(UriHost) is { } host)
            {
                notes.Name(Encoding.UTF8.GetString(host.Value.Span), "CoAP Uri-Host", frame);
            }
        }

        return true;
    }

    // ASHRAE 135, annex J.2 and clauses 6.2, 16.10: BVLC, then NPDU with places, then an unconfirmed I-Am or I-Have.
    private bool TryBacnet(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        if (bytes.Length < 6 || bytes[0] != 0x81 || bytes[1] > 0x0c || BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) != bytes.Length)
        {
            return false;
        }

        var at = bytes[1] == 4 ? 10 : 4; // A forwarded one names its origin.
        if (bytes[1] is 4 or 9 or 10 or 11 && bytes.Length > at + 1 && bytes[at] == 1)
        {
            var control = bytes[at + 1];
            at += 2;
            // Destination: network, length, address, and a hop count behind the source.
            foreach (var isDestination in (ReadOnlySpan<bool>)[true, false])
            {
                if ((control & (isDestination ? 0x20 : 0x08)) != 0 && at + 2 < bytes.Length)
                {
                    at += 3 + bytes[at + 2];
                }
            }

            at += (control & 0x20) != 0 ? 1 : 0;
            if (IsFromDut(fromClient) && at + 7 <= bytes.Length && bytes[at] == 0x10 && bytes[at + 1] is 0 or 1 && bytes[at + 2] == 0xc4)
            {
                var instance = BinaryPrimitives.ReadUInt32BigEndian(bytes[(at + 3)..]) & 0x3fffff;
                Announce("BACnet", "device", Encoding.ASCII.GetBytes($"instance {instance}"), frame, "bacnet");
            }
        }

        notes.Recognise(ServiceProtocol.Bacnet, "BACnet/IP");
        return true;
    }

    // RFC 3261, 18: the same text as over TCP, whole in each datagram.
    private bool TrySip(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        var end = bytes.IndexOf("\r\n"u8);
        if (end < 0 || !(bytes.StartsWith("SIP/2.0 "u8) || bytes[..end].EndsWith(" SIP/2.0"u8)))
        {
            return false;
        }

        new TextSide(notes, new TextTalk(), fromClient, null).Append(bytes, frame);
        return true;
    }

    // RFC 8489, 5 and 14: two zero bits, kind, a length, the fixed number; attributes, each filled up to four bytes, to the end. It finds the way through
    // address translation, for what is said beside it on the same port and may be protected or not: by itself it is no content.
    private bool TryStun(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 20 || bytes[0] > 1 || (bytes[1] & 0xef) != 1 || BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) + 20 != bytes.Length || BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) != 0x2112a442)
        {
            return false;
        }

        var attributes = bytes[20..];
        while (attributes.Length >= 4 && (BinaryPrimitives.ReadUInt16BigEndian(attributes[2..]) + 3 & ~3) + 4 is var length && length <= attributes.Length)
        {
            attributes = attributes[length..];
        }

        if (!attributes.IsEmpty)
        {
            return false;
        }

        notes.Recognise(ServiceProtocol.Stun, "STUN");
        _protection = ContentProtection.NoContent;
        return true;
    }
}
