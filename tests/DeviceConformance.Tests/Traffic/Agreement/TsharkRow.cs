using System.Globalization;

namespace DeviceConformance.Tests.Traffic.Agreement;

/// <summary>What tshark says of a frame.</summary>
internal sealed class TsharkRow
{
    /// <summary>What stands between several values of a field; no address, number or name has it.</summary>
    public const char Between = '\u001f';

    /// <summary>Fields that are asked for, in this order.</summary>
    public static readonly string[] Fields =
    [
        "frame.file_off", "frame.interface_id", "frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "frame.protocols", "eth.src", "eth.dst", "vlan.id", "ip.src", "ip.dst", "ip.proto", "ip.flags.mf", "ip.frag_offset",
        "ipv6.src", "ipv6.dst", "ipv6.fraghdr.more", "ipv6.fraghdr.offset", "ip.fragment.count", "ipv6.fragment.count", "arp.src.proto_ipv4", "arp.dst.proto_ipv4",
        "tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.len", "tcp.stream", "udp.srcport", "udp.dstport", "udp.length",
        "dns.flags.response", "dns.qry.name", "tls.handshake.type", "tls.handshake.extensions_server_name", "tls.handshake.version", "tls.handshake.extensions.supported_version", "tls.handshake.ciphersuite", "tls.handshake.ja3",
        "dtls.handshake.type", "dtls.handshake.extensions_server_name", "dtls.handshake.version", "dtls.handshake.extensions.supported_version", "dtls.handshake.ciphersuite", "dtls.handshake.ja3",
        "http.request.method", "http.request.uri", "dhcp.option.hostname", "ntp.flags.mode",
    ];

    private static readonly Dictionary<string, int> _places = Fields.Index().ToDictionary(field => field.Item, field => field.Index);

    // Layers below IP that are decoded here.
    private static readonly HashSet<string> _links = ["eth", "ethertype", "vlan", "ieee8021ad", "sll", "raw", "null", "loop", "wlan", "wlan_radio", "radiotap", "llc", "pppoes", "ppp"];

    private readonly string[] _values;

    /// <summary>Reads a line.</summary>
    public TsharkRow(string line)
    {
        _values = line.Split('\t');
        Number = long.Parse(this["frame.number"], CultureInfo.InvariantCulture);
        Protocols = this["frame.protocols"].Split(':');
        var ip = Array.FindIndex(Protocols, name => name is "ip" or "ipv6");
        // The name of the link, where it is raw IP.
        ip += ip >= 0 && this["ip.src"].Length == 0 && Protocols[ip] == "ip" && Protocols.Length > ip + 1 && Protocols[ip + 1] == "ipv6" ? 1 : 0;
        var links = ip < 0 ? Protocols : Protocols[..ip];
        var isReadable = links.All(name => _links.Contains(name) || name == "ip") && (!links.Contains("ppp") || links.Contains("pppoes"));
        IsNetwork = ip >= 0 && isReadable;
        IsArp = !IsNetwork && Protocols.Contains("arp") && Protocols.TakeWhile(name => name != "arp").All(_links.Contains);
        if (IsNetwork)
        {
            IsV6 = Protocols[ip] == "ipv6";
            var next = ip + 1;
            while (next < Protocols.Length && (Protocols[next].StartsWith("ipv6.", StringComparison.Ordinal) || Protocols[next] == "ah"))
            {
                next++;
            }

            Transport = next < Protocols.Length && Protocols[next] is "tcp" or "udp" ? Protocols[next] : "";
        }
    }

    /// <summary>Value of a field, all of its values where there are several.</summary>
    public string this[string field] => _places[field] < _values.Length ? _values[_places[field]] : "";

    /// <summary>Number of the frame in its file.</summary>
    public long Number { get; set; }

    /// <summary>Layers, from the link on; "data" alone for what Wireshark numbers though it is no frame.</summary>
    public string[] Protocols { get; }

    /// <summary>Whether it carries IP in links that are decoded here.</summary>
    public bool IsNetwork { get; }

    /// <summary>Whether that is IPv6.</summary>
    public bool IsV6 { get; }

    /// <summary>Whether it is ARP.</summary>
    public bool IsArp { get; }

    /// <summary>tcp or udp where IP carries it directly; empty otherwise.</summary>
    public string Transport { get; } = "";

    /// <summary>Sender's address of the outer IP header, or of ARP; empty without any.</summary>
    public string Source => IsNetwork ? First(IsV6 ? "ipv6.src" : "ip.src") : IsArp ? First("arp.src.proto_ipv4") : "";

    /// <summary>Receiver's.</summary>
    public string Destination => IsNetwork ? First(IsV6 ? "ipv6.dst" : "ip.dst") : IsArp ? First("arp.dst.proto_ipv4") : "";

    /// <summary>Whether the outer header is of a fragment.</summary>
    public bool IsFragment => IsNetwork && (IsV6
        ? this["ipv6.fraghdr.offset"].Length > 0 && (First("ipv6.fraghdr.offset") != "0" || First("ipv6.fraghdr.more") == "1")
        : First("ip.flags.mf") == "1" || First("ip.frag_offset") is not ("0" or ""));

    /// <summary>Whether the fragments of a datagram are whole with this frame.</summary>
    public bool CompletesFragments => First(IsV6 ? "ipv6.fragment.count" : "ip.fragment.count").Length > 0;

    /// <summary>Sender's port.</summary>
    public int SourcePort => Transport.Length == 0 ? -1 : Value($"{Transport}.srcport");

    /// <summary>Receiver's port.</summary>
    public int DestinationPort => Transport.Length == 0 ? -1 : Value($"{Transport}.dstport");

    /// <summary>First value of a field.</summary>
    public string First(string field) => this[field] is var value && value.IndexOf(Between) is >= 0 and var end ? value[..end] : value;

    /// <summary>All values of a field.</summary>
    public string[] All(string field) => this[field] is { Length: > 0 } value ? value.Split(Between) : [];

    /// <summary>Values of a field of the handshakes of TLS and DTLS.</summary>
    public string[] Handshake(string field) => [.. All($"tls.handshake.{field}"), .. All($"dtls.handshake.{field}")];

    private int Value(string field) => int.TryParse(First(field), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
