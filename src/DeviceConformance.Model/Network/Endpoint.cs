using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Serialization;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Network;

/// <summary>Transport protocol of a port.</summary>
public enum Transport
{
    /// <summary>TCP (RFC 9293).</summary>
    Tcp,

    /// <summary>UDP (RFC 768).</summary>
    Udp,
}

/// <summary>An address of the DUT, equal by value; a link-local IPv6 address keeps its zone.</summary>
[JsonConverter(typeof(ParsableJsonConverter<DutAddress>))]
public readonly record struct DutAddress(IPAddress Address) : IParsable<DutAddress>
{
    /// <summary>Whether it is an IPv6 address.</summary>
    public bool IsIPv6 => Address.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>Whether it belongs to the host itself (127.0.0.0/8 or ::1).</summary>
    public bool IsLoopback => IPAddress.IsLoopback(Address);

    /// <summary>
    /// Whether the address is reachable over the Internet, that is in none of: loopback, RFC 1918 private, RFC 6598 shared,
    /// link-local (RFC 3927, RFC 4291), unique local (RFC 4193), documentation and benchmarking ranges (RFC 5737, RFC 3849, RFC 2544).
    /// </summary>
    public bool IsPublic
    {
        get
        {
            var bytes = Address.GetAddressBytes();
            if (IsIPv6)
            {
                if (Address.IsIPv4MappedToIPv6)
                {
                    return new DutAddress(Address.MapToIPv4()).IsPublic;
                }

                var documentation = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0d && bytes[3] == 0xb8;
                return !(IsLoopback || Address.IsIPv6LinkLocal || (bytes[0] & 0xfe) == 0xfc || documentation);
            }

            return (bytes[0], bytes[1], bytes[2]) switch
            {
                (127, _, _) or (10, _, _) or (192, 168, _) or (169, 254, _) => false,
                (172, >= 16 and <= 31, _) or (100, >= 64 and <= 127, _) => false,
                (192, 0, 2) or (198, 51, 100) or (203, 0, 113) or (198, 18 or 19, _) => false,
                _ => true,
            };
        }
    }

    /// <summary>Reads an IP address.</summary>
    /// <exception cref="FormatException">The text is no IP address.</exception>
    public static DutAddress Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var address) ? address : throw new FormatException($"'{s}' is not an IP address.");

    /// <summary>Reads an IP address; false when the text is none. Numbers without dots are refused: 1 is no address.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out DutAddress result)
    {
        result = default;
        if (s is null || !(s.Count(c => c == '.') == 3 || s.Contains(':', StringComparison.Ordinal)) || s.StartsWith('[') || !IPAddress.TryParse(s, out var address))
        {
            return false;
        }

        result = new DutAddress(address);
        return true;
    }

    /// <summary>The address in its usual notation.</summary>
    public override string ToString() => Address?.ToString() ?? "";
}

/// <summary>A port of the DUT: <c>tcp/192.0.2.7:443</c>, <c>udp/[fe80::1%eth0]:5353</c>.</summary>
[JsonConverter(typeof(ParsableJsonConverter<Endpoint>))]
public readonly record struct Endpoint(DutAddress Address, int Port, Transport Transport = Transport.Tcp) : IParsable<Endpoint>
{
    /// <summary>Reads an endpoint.</summary>
    /// <exception cref="FormatException">The text is no endpoint.</exception>
    public static Endpoint Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var endpoint) ? endpoint : throw new FormatException($"'{s}' is not an endpoint such as tcp/192.0.2.7:443.");

    /// <summary>Reads an endpoint; false when the text is none. Without a prefix it is TCP.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Endpoint result)
    {
        result = default;
        if (s is null)
        {
            return false;
        }

        var transport = s.StartsWith("udp/", StringComparison.Ordinal) ? Transport.Udp : Transport.Tcp;
        var rest = s.StartsWith("udp/", StringComparison.Ordinal) || s.StartsWith("tcp/", StringComparison.Ordinal) ? s[4..] : s;
        var colon = rest.LastIndexOf(':');
        if (colon <= 0
            || !int.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port is < 1 or > 65535
            || !DutAddress.TryParse(rest[..colon] is ['[', .. var inner, ']'] ? inner : rest[..colon], null, out var address))
        {
            return false;
        }

        result = new Endpoint(address, port, transport);
        return true;
    }

    /// <summary>Address and port without the transport, as in a URL: <c>192.0.2.7:443</c>, <c>[::1]:443</c>.</summary>
    public string HostAndPort => Address.IsIPv6 ? $"[{Address}]:{Port}" : $"{Address}:{Port}";

    /// <summary>Transport, slash, address and port.</summary>
    public override string ToString() => (Transport == Transport.Udp ? "udp/" : "tcp/") + HostAndPort;
}
