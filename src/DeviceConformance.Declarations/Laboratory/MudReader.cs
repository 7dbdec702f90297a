using System.Collections.Immutable;
using System.Text.Json;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Consistency;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Declarations.Laboratory;

/// <summary>Reads a MUD file (RFC 8520; access lists of RFC 8519 in JSON after RFC 7951).</summary>
internal static class MudReader
{
    private const long LargestFile = 4 * 1024 * 1024;
    private const int LastPort = 65535;
    private const int MostRules = 10_000;

    // Who these are only the network's own set-up tells; such a rule is taken for any host, so that it never makes a finding.
    private static readonly ImmutableArray<string> _unresolved = ["controller", "my-controller", "manufacturer", "same-manufacturer", "model"];

    /// <summary>Reads a file; null with a complaint when it is none.</summary>
    public static MudFile? Read(string folder, string name, SourceSpan at, ComplaintBook complaints)
    {
        var (file, wrong) = FolderFile.Find(folder, name);
        if (file is null || file.Length > LargestFile)
        {
            complaints.Reject("mud-file", at, $"The MUD file {Quotation.Of(name)} {(file is null ? wrong : $"is larger than {LargestFile} bytes")}.", "Put it into the declaration's folder.", "", "mud-file");
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file.FullName));
            return new MudFile(name, [.. Rules(document.RootElement)]);
        }
        catch (JsonException fault)
        {
            complaints.Reject("mud-file", new SourceSpan(name, (int)(fault.LineNumber ?? 0) + 1), $"It is no JSON: {fault.Message}", "Mend the file; 'python3 -m json.tool' shows the place too.", "", "mud-file");
        }
        catch (Exception fault) when (fault is FormatException or InvalidOperationException)
        {
            complaints.Reject("mud-file", new SourceSpan(name, 1), $"It is no MUD file: {fault.Message}", "RFC 8520, 9, shows one; it has the members ietf-mud:mud and ietf-access-control-list:acls.", "", "mud-file");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            complaints.Reject("mud-file", at, $"The MUD file can not be read: {fault.Message}", "Check its rights.", "", "mud-file");
        }

        return null;
    }

    private static IEnumerable<MudRule> Rules(JsonElement root)
    {
        var mud = Member(root, "ietf-mud:mud");
        var lists = Member(Member(root, "ietf-access-control-list:acls", "ietf-access-control-list:access-lists"), "acl").EnumerateArray()
            .GroupBy(list => Text(list, "name"), StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => same.First(), StringComparer.Ordinal);
        foreach (var (policy, fromDevice) in new[] { ("from-device-policy", true), ("to-device-policy", false) })
        {
            if (!mud.TryGetProperty(policy, out var named))
            {
                continue;
            }

            foreach (var name in Member(Member(named, "access-lists"), "access-list").EnumerateArray().Select(list => Text(list, "name")))
            {
                if (!lists.TryGetValue(name, out var list))
                {
                    throw new FormatException($"{policy} names the access list {Quotation.Of(name)}, which it does not hold.");
                }

                foreach (var rule in Member(Member(list, "aces"), "ace").EnumerateArray().Take(MostRules).Where(Accepts).Select(entry => Rule(Member(entry, "matches"), fromDevice)).OfType<MudRule>())
                {
                    yield return rule;
                }
            }
        }
    }

    private static bool Accepts(JsonElement entry) => Text(Member(entry, "actions"), "forwarding") is "accept" or "ietf-access-control-list:accept";

    private static MudRule? Rule(JsonElement matches, bool fromDevice)
    {
        var (host, isLocal) = ("", false);
        Transport? transport = null;
        var (first, last) = (0, LastPort);
        foreach (var match in matches.EnumerateObject())
        {
            switch (match.Name)
            {
                case "ipv4" or "ipv6":
                    host = Host(match.Value, fromDevice);
                    transport ??= match.Value.TryGetProperty("protocol", out var protocol) ? protocol.GetInt32() switch { 6 => Transport.Tcp, 17 => Transport.Udp, _ => null } : null;
                    break;
                case "tcp" or "udp":
                    transport = match.Name == "tcp" ? Transport.Tcp : Transport.Udp;
                    // What only answers is no leave to open a conversation (RFC 8520, 8.3).
                    if (match.Value.TryGetProperty("ietf-mud:direction-initiated", out var direction) && direction.GetString() != (fromDevice ? "from-device" : "to-device"))
                    {
                        return null;
                    }

                    (first, last) = match.Value.TryGetProperty("destination-port", out var ports) ? Ports(ports) : (0, LastPort);
                    break;
                case "ietf-mud:mud":
                    isLocal = match.Value.TryGetProperty("local-networks", out _);
                    if (!isLocal && !match.Value.EnumerateObject().Any(member => _unresolved.Contains(member.Name)))
                    {
                        throw new FormatException("an entry matches by something of ietf-mud:mud that RFC 8520 does not define.");
                    }

                    break;
                default:
                    // Link layer, ICMP and what later documents add: says nothing of hosts and ports.
                    break;
            }
        }

        return new MudRule(fromDevice, host, isLocal, transport, first, last);
    }

    private static string Host(JsonElement address, bool fromDevice)
    {
        var side = fromDevice ? ("ietf-acldns:dst-dnsname", "destination-ipv4-network", "destination-ipv6-network") : ("ietf-acldns:src-dnsname", "source-ipv4-network", "source-ipv6-network");
        return address.TryGetProperty(side.Item1, out var host) || address.TryGetProperty(side.Item2, out host) || address.TryGetProperty(side.Item3, out host) ? host.GetString() ?? "" : "";
    }

    // RFC 8519, 4.2: a range, or an operator with a port.
    private static (int First, int Last) Ports(JsonElement ports)
    {
        if (ports.TryGetProperty("lower-port", out var lower))
        {
            return (lower.GetInt32(), ports.TryGetProperty("upper-port", out var upper) ? upper.GetInt32() : LastPort);
        }

        var port = Member(ports, "port").GetInt32();
        return (ports.TryGetProperty("operator", out var word) ? word.GetString() : "eq") switch
        {
            "eq" => (port, port),
            "lte" => (0, port),
            "gte" => (port, LastPort),
            // All ports but one are taken for all.
            _ => (0, LastPort),
        };
    }

    private static string Text(JsonElement of, string name) => Member(of, name).GetString() ?? "";

    private static JsonElement Member(JsonElement of, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var member))
            {
                return member;
            }
        }

        throw new FormatException($"it lacks the member {names[0]}.");
    }
}
