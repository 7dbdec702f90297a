using System.Collections.Immutable;
using System.Globalization;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Cli.Commands;

/// <summary>Captured traffic as text for a person; each fact with its frames and display filter.</summary>
internal static class TrafficText
{
    // A summary is for reading; --json has all.
    private const int MostRows = 60;

    public static IEnumerable<string> Lines(TrafficSeen traffic) =>
    [
        .. traffic.Files.Select(File),
        .. Section("phases", traffic.Phases, phase => [$"{phase.Name}: {Time(phase.From)} to {Time(phase.To)}"]),
        .. Section("addresses of the device", traffic.Addresses, address => [$"{address.Address} ({Kind(address.Kind)}, {address.From}){Use(traffic, address)}", $"    {address.Where}"]),
        .. Section("conversations, most bytes first", traffic.Conversations, Conversation),
        .. Section("names asked for", traffic.NameQueries, query => [$"{query.Name} ({string.Join(", ", query.Types)}) of {query.Server}:{query.Port}{Given(query.ServerIsGiven)}, {query.Count} times, answered {query.Answered}", $"    {query.Where}"]),
        .. Section("time sources", traffic.TimeSources, source => [$"{Named(source.Names, source.Server)}: NTP version {source.Version}, {(source.Authenticated ? "authenticated" : "not authenticated")}, asked {source.Queries} times, answered {source.Answers}", $"    {source.Where}"]),
        .. Section("told to everybody", traffic.Announcements, item => [$"{item.Protocol} {item.What}: {item.Text}", $"    {item.Where}"]),
        .. Section("passed readably (values are not kept)", traffic.ClearItems, item =>
        [
            $"{item.Kind}: {item.Label}, {item.Encoding}, {(item.FromDut ? "to" : "from")} {Named(item.PeerNames, item.Peer)} {Port(item.Transport, item.Port)}{(item.Entry.Length > 0 ? $", {item.Entry}" : "")}",
            $"    {item.Where}",
        ]),
        Counts(traffic.Tally),
    ];

    private static IEnumerable<string> Section<T>(string title, ImmutableArray<T> rows, Func<T, IEnumerable<string>> lines)
    {
        if (rows.IsEmpty)
        {
            yield break;
        }

        yield return $"{title}:";
        foreach (var line in rows.Take(MostRows).SelectMany(lines))
        {
            yield return $"    {line}";
        }

        if (rows.Length > MostRows)
        {
            yield return $"    and {rows.Length - MostRows} more (--json shows all)";
        }
    }

    private static string File(CaptureSeen file) =>
        string.Create(CultureInfo.InvariantCulture, $"{file.Name}: {file.Format}, {file.Frames} frames, {file.Length} bytes{(file.First is { } first ? $", {Time(first)} to {Time(file.Last!.Value)}" : "")}, SHA-256 {file.Sha256}{(file.Fault.Length > 0 ? $"; {file.Fault}" : "")}");

    private static IEnumerable<string> Conversation(ConversationSeen row)
    {
        yield return $"{Word(row.Protection)}: {Direction(row.Opener)} {Named(row.PeerNames, row.Peer)}{(row.Transport is { } transport ? $" {Port(transport, row.Port)}" : "")}, {(row.Application.Length > 0 ? row.Application : "protocol not recognised")}: {row.Because}";
        yield return $"    {row.Connections} connections, {row.Established} with both sides, {row.BytesFromDut} bytes from and {row.BytesToDut} to the device, {Time(row.First)} to {Time(row.Last)}{(row.Phases.IsEmpty ? "" : $", in {string.Join(", ", row.Phases)}")}";
        if (row.Tls is { } tls)
        {
            yield return $"    handshakes: {tls.Handshakes}, completed {tls.Completed}, refused {tls.Refused}{Listed(", ", tls.Versions.Select(version => version.DisplayName()))}{Listed(", ", tls.Suites)}{Listed(", names ", tls.ServerNames)}{Listed(", ALPN ", tls.Alpn)}{Listed(", JA4 ", tls.Ja4)}";
            foreach (var certificate in tls.Certificates)
            {
                yield return $"    certificate: {certificate.Subject}, by {certificate.Issuer}, {certificate.Key}, valid {certificate.NotBefore:yyyy-MM-dd} to {certificate.NotAfter:yyyy-MM-dd}";
            }
        }

        if (!row.Requests.IsEmpty)
        {
            yield return $"    readable: {string.Join("; ", row.Requests)}";
        }

        yield return $"    {row.Where}";
    }

    private static string Counts(TrafficTally tally) =>
        $"{tally.Frames} frames with {tally.Bytes} bytes: {tally.DutFrames} of the device, {tally.HarnessFrames} of the harness, {tally.OtherFrames} others; {tally.Undecoded} not decoded, {tally.Cut} cut, {(tally.Dropped is { } dropped ? $"{dropped} lost" : "lost ones not counted")}, {tally.StreamGaps} gaps, {tally.Evicted} given up";

    private static string Listed(string before, IEnumerable<string> words) => string.Join(", ", words) is { Length: > 0 } text ? before + text : "";

    private static string Named(ImmutableArray<string> names, string address) => names.IsEmpty ? address : $"{names[0]} ({address})";

    private static string Port(Transport transport, int port) => $"{(transport == Transport.Udp ? "udp" : "tcp")}/{port}";

    private static string Given(bool? isGiven) => isGiven switch { true => ", the given server", false => ", NOT the given server", null => "" };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

    private static string Direction(ConversationOpener opener) => opener switch { ConversationOpener.Dut => "to", ConversationOpener.Peer => "opened by", _ => "with (opening not seen)" };

    private static string Word(ContentProtection protection) => protection switch
    {
        ContentProtection.Encrypted => "encrypted",
        ContentProtection.Clear => "CLEAR",
        ContentProtection.Unknown => "unknown",
        _ => "no content",
    };

    private static string Use(TrafficSeen traffic, AddressSeen address) =>
        AddressUse.Of(traffic.Addresses).TryGetValue(address.Address, out var use) ? $", used {Time(address.First)} to {Time(address.Last)}, {use}" : "";

    private static string Kind(AddressKind kind) => kind switch
    {
        AddressKind.UniversalMac => "vendor's MAC address",
        AddressKind.LocalMac => "locally administered MAC address, as randomised ones are",
        AddressKind.IPv4 => "IPv4",
        AddressKind.IPv6Eui64 => "IPv6, made from the MAC address",
        _ => "IPv6",
    };
}
