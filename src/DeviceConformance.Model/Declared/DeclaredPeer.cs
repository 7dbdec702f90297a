using System.Globalization;
using System.Net;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Declared;

/// <summary>A peer that the DUT is declared to contact, written as <c>tcp/updates.example.com:443</c>.</summary>
/// <param name="Host">Host name, <c>*.example.com</c> for the names below it, IP address, or network in the form 192.0.2.0/24.</param>
/// <param name="Transport">Transport; null for any.</param>
/// <param name="Port">Port of the peer; 0 for any.</param>
public sealed record DeclaredPeer(string Host, Transport? Transport, int Port)
{
    private const int LongestName = 253;

    /// <summary>Reads a peer: transport and slash, host, colon and port; transport and port may be left out. IPv6 addresses with a port stand in brackets.</summary>
    public static bool TryParse(string? text, out DeclaredPeer peer)
    {
        peer = new DeclaredPeer("", null, 0);
        var rest = (text ?? "").Trim();
        Transport? transport = null;
        foreach (var (prefix, known) in new[] { ("tcp/", Network.Transport.Tcp), ("udp/", Network.Transport.Udp) })
        {
            if (rest.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                (transport, rest) = (known, rest[prefix.Length..]);
                break;
            }
        }

        var port = 0;
        var host = rest;
        // IPAddress alone would take "[2001:db8::1]:443" for an address and drop its port.
        if (rest.StartsWith('[') ? !rest.EndsWith(']') : !IPAddress.TryParse(rest, out _) && !IPNetwork.TryParse(rest, out _) && rest.Contains(':', StringComparison.Ordinal))
        {
            var colon = rest.LastIndexOf(':');
            if (colon <= 0)
            {
                return false;
            }

            host = rest[..colon];
            if (!int.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535)
            {
                return false;
            }
        }

        host = host.Length > 2 && host[0] == '[' && host[^1] == ']' ? host[1..^1] : host;
        peer = new DeclaredPeer(host.TrimEnd('.').ToLowerInvariant(), transport, port);
        return IPAddress.TryParse(host, out _) || IPNetwork.TryParse(host, out _) || IsName(peer.Host);
    }

    /// <summary>Whether a host is meant, by its address or any of its names.</summary>
    public bool IsHost(string address, IEnumerable<string> names) =>
        IPAddress.TryParse(Host, out var own) ? IPAddress.TryParse(address, out var seen) && seen.Equals(own)
        : IPNetwork.TryParse(Host, out var network) ? IPAddress.TryParse(address, out var member) && network.Contains(member)
        : names.Any(name => Host.StartsWith("*.", StringComparison.Ordinal)
            ? name.TrimEnd('.').EndsWith(Host[1..], StringComparison.OrdinalIgnoreCase)
            : name.TrimEnd('.').Equals(Host, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a service of the host is meant.</summary>
    public bool IsService(Transport? transport, int port) => (Transport is null || Transport == transport) && (Port == 0 || Port == port);

    /// <summary>As it is written.</summary>
    public override string ToString() =>
        $"{(Transport is null ? "" : Transport == Network.Transport.Udp ? "udp/" : "tcp/")}{(Port != 0 && Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}{(Port == 0 ? "" : $":{Port}")}";

    private static bool IsName(string host)
    {
        var name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
        return name.Length is > 0 and <= LongestName
            && name.Split('.').All(label => label.Length is > 0 and < 64 && label.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_'));
    }
}
