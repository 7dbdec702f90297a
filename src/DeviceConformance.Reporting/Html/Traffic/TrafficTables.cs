using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using static DeviceConformance.Reporting.Html.Markup;
using static DeviceConformance.Reporting.Html.Pieces;

namespace DeviceConformance.Reporting.Html.Traffic;

/// <summary>The facts of an analysis as tables, each with the frames that show it and the display filter of Wireshark that finds them.</summary>
internal static class TrafficTables
{
    private const int Unfolded = 25;
    private const int TextLength = 300;

    public static Markup ClearItems(AssessedTraffic traffic) => traffic.ClearItems.IsEmpty
        ? Paragraph("In what was captured, no credential, token, secret or personal datum was found to pass readably. What the laboratory gave no value of was not looked for.")
        : Rows(
            "What passed readably: labels only, values are not kept",
            ["What", "Between", "Belongs to", "Frames"],
            traffic.ClearItems,
            0,
            item => [
                All([Element("strong", Words.Of(item.Kind)), $": {Clip(item.Label)} ({Clip(item.Encoding)})"]),
                All([item.FromDut ? "from the device to " : "to the device from ", Peer(item.PeerNames, item.Peer), $" {Words.Port(item.Transport, item.Port)}"]),
                item.Entry.Length > 0 ? Clip(item.Entry) : "no entry",
                Frames(item.Where),
            ]);

    public static Markup Captures(AssessedTraffic traffic) => Rows(
        "Captures",
        ["Capture", "Frames", "Time", "Lost while capturing", "SHA-256"],
        traffic.Captures,
        0,
        capture => [
            All([Element("code", Clip(capture.Name)), Element("span", Class("quiet"), $" {Clip(capture.Format)}, {Words.Size(capture.Length)}"), If(capture.Fault.Length > 0, () => Element("p", Element("strong", "Ends early: "), Clip(capture.Fault)))]),
            Words.Number(capture.Frames),
            capture is { First: { } first, Last: { } last } ? $"{Words.Time(first)} to {Words.Time(last)} ({Words.Span(last - first)})" : "no frame has a time",
            capture.Dropped is { } dropped ? Words.Count(dropped, "frame") : "not counted",
            Element("code", Class("hash"), capture.Sha256),
        ]);

    public static Markup Conversations(AssessedTraffic traffic) => Rows(
        "Conversations",
        ["With", "What was spoken", "How much and when", "Frames"],
        traffic.Conversations,
        traffic.LeftOut.Conversations,
        conversation => [
            All([Peer(conversation.Seen.PeerNames, conversation.Seen.Peer), " ", Words.Port(conversation.Seen.Transport, conversation.Seen.Port), Element("p", Class("quiet"), Words.Of(conversation.Seen.Opener)), Element("p", Marks.Node(conversation.Standing), " ", Marks.Standing(conversation.Standing, conversation.Entries))]),
            Spoken(conversation.Seen),
            Amount(conversation.Seen),
            Frames(conversation.Seen.Where),
        ]);

    public static Markup NameQueries(AssessedTraffic traffic) => Rows(
        "Names that the device asked for",
        ["Name", "Asked", "Questions", "Frames"],
        traffic.NameQueries,
        traffic.LeftOut.NameQueries,
        query => [
            All([Name(query.Name), $" {string.Join(", ", query.Types)}"]),
            All([Name(query.Server), $" port {query.Port}, {query.ServerIsGiven switch { true => "given by the network", false => "not given by the network", _ => "whether the network gave it was not seen" }}"]),
            $"{Words.Number(query.Count)}, {Words.Number(query.Answered)} answered with an address",
            Frames(query.Where),
        ]);

    public static Markup TimeSources(AssessedTraffic traffic) => Rows(
        "Sources of time",
        ["Server", "Protocol", "Questions", "Frames"],
        traffic.TimeSources,
        traffic.LeftOut.TimeSources,
        source => [
            Peer(source.Names, source.Server),
            $"NTP {source.Version}, {(source.Authenticated ? "authenticated" : "not authenticated")}",
            $"{Words.Number(source.Queries)}, {Words.Count(source.Answers, "answer")}",
            Frames(source.Where),
        ]);

    public static Markup Announcements(AssessedTraffic traffic) => Rows(
        "What the device tells everybody in its network",
        ["Protocol", "What", "Text", "Frames"],
        traffic.Announcements,
        traffic.LeftOut.Announcements,
        said => [Clip(said.Protocol), Clip(said.What), Name(said.Text), Frames(said.Where)]);

    public static Markup Addresses(AssessedTraffic traffic)
    {
        var uses = AddressUse.Of(traffic.Addresses);
        return Rows(
            "Addresses that the device used",
            ["Address", "Kind", "Known by", "Time", "Frames"],
            traffic.Addresses,
            traffic.LeftOut.Addresses,
            address => [
                Name(address.Address),
                uses.TryGetValue(address.Address, out var use) ? All([Words.Of(address.Kind), Element("p", Class("quiet"), Clip(use))]) : Words.Of(address.Kind),
                Clip(address.From),
                Words.Moments(address.First, address.Last),
                Frames(address.Where),
            ]);
    }

    /// <summary>A table; what goes beyond a page of it is folded away on screens.</summary>
    private static Markup Rows<T>(string caption, ImmutableArray<string> columns, ImmutableArray<T> items, int leftOut, Func<T, ImmutableArray<Markup>> cells)
    {
        var rest = items.Length - Unfolded;
        return If(!items.IsEmpty, () => All(
        [
            Part(caption, items.Take(Unfolded)),
            If(rest > 0, () => Element("details", Element("summary", $"{rest} more of: {caption}"), Part($"{caption}, continued", items.Skip(Unfolded)))),
            If(leftOut > 0, () => Element("p", Class("quiet"), $"{Words.Number(leftOut)} more are in the record of the run folder.")),
        ]));

        Markup Part(string title, IEnumerable<T> part) => Element("div", Class(typeof(T) == typeof(AssessedConversation) ? "facts-table conversations" : "facts-table"), Table(title, columns, part.Select(item => ((string?)null, cells(item)))));
    }

    private static Markup Spoken(ConversationSeen seen)
    {
        var lines = new List<Markup>
        {
            All([Marks.Single("13", Use($"mark-{Marks.ClassOf(seen.Protection)}", "50%", "50%")), " ", Element("strong", Words.Of(seen.Protection)), seen.Application.Length > 0 ? $", {Clip(seen.Application)}" : None]),
        };
        if (seen.Because.Length > 0)
        {
            lines.Add(Element("p", Class("quiet"), Clip(seen.Because)));
        }

        if (seen.Tls is { } tls)
        {
            lines.Add(Tls(tls));
        }

        if (!seen.Requests.IsEmpty)
        {
            lines.Add(Element("p", Class("quiet"), "Requests: ", Codes(seen.Requests)));
        }

        return All(lines);
    }

    private static Markup Tls(SeenTls tls)
    {
        var rows = new List<(string Name, ImmutableArray<string> Values)>
        {
            ("agreed on", [.. tls.Versions.Select(version => version.DisplayName())]),
            ("suites", tls.Suites),
            ("offered", [.. tls.OfferedVersions.Select(version => version.DisplayName())]),
            ("server name", tls.ServerNames),
            ("ALPN", tls.Alpn),
            ("JA3", tls.Ja3),
            ("JA4", tls.Ja4),
            ("certificates", [.. tls.Certificates.Select(certificate => $"{certificate.Subject}, issued by {certificate.Issuer}, {certificate.NotBefore:yyyy-MM-dd} to {certificate.NotAfter:yyyy-MM-dd}, {certificate.Key}, {certificate.Signature}, SHA-256 {certificate.Sha256}")]),
        };
        return All(
        [
            Element("p", Class("quiet"), $"{Words.Count(tls.Handshakes, "handshake")}, {tls.Completed} completed, {tls.Refused} refused{(tls.OpenedByKeyLog ? "; opened by a key log of the laboratory" : "")}"),
            .. rows.Where(row => !row.Values.IsEmpty).Select(row => Element("p", Class("quiet"), $"{row.Name}: ", Codes(row.Values))),
        ]);
    }

    private static Markup Amount(ConversationSeen seen) => All(
    [
        $"{Words.Count(seen.Connections, "connection")}, {Words.Number(seen.Established)} answered",
        Element("p", Class("quiet"), $"{Words.Size(seen.BytesFromDut)} from the device, {Words.Size(seen.BytesToDut)} to it"),
        Element("p", Class("quiet"), Words.Moments(seen.First, seen.Last)),
        If(!seen.Phases.IsEmpty, () => Element("p", Class("quiet"), $"in {Clip(string.Join(", ", seen.Phases))}")),
    ]);

    private static Markup Peer(ImmutableArray<string> names, string address) => names.IsEmpty
        ? Name(address)
        : All([Name(names[0]), " (", Name(address), ")", If(names.Length > 1, () => Element("p", Class("quiet"), "also ", Codes([.. names.Skip(1)])))]);

    private static Markup Frames(FrameSet where) => All(
    [
        Element("p", Element("code", Clip(where.File)), $" {(where.Count == 1 ? "frame" : "frames")} {string.Join(", ", where.Frames)}{(where.Count > where.Frames.Length ? $" and {Words.Number(where.Count - where.Frames.Length)} more" : "")}"),
        If(where.Filter.Length > 0, () => Element("p", Element("code", Class("display-filter"), where.Filter))),
    ]);

    private static Markup Codes(ImmutableArray<string> values)
    {
        const int Shown = 12;
        return All(values.Take(Shown).Select((value, at) => All([at > 0 ? ", " : None, Name(value)])).Append(values.Length > Shown ? $" and {values.Length - Shown} more" : None));
    }

    private static Markup Name(string text) => Element("code", Clip(text));

    private static string Clip(string text) => VisibleText.Clip(text, TextLength);
}
