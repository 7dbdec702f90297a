using System.Collections.Immutable;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using static DeviceConformance.Reporting.Html.Markup;

namespace DeviceConformance.Reporting.Html.Traffic;

/// <summary>Shapes and words that the pictures of traffic share. Each thing has a shape and a word, so that none depends on colour.</summary>
internal static class Marks
{
    private const int EntriesLength = 120;

    private static readonly ImmutableArray<ContentProtection> _protections =
        [ContentProtection.Encrypted, ContentProtection.Clear, ContentProtection.Unknown, ContentProtection.NoContent];

    private static readonly ImmutableArray<TrafficStanding> _standings = [TrafficStanding.Declared, TrafficStanding.Undeclared, TrafficStanding.BasicService];

    /// <summary>The shapes, once for a page; pictures use them by id.</summary>
    public static Markup Shapes() => Element(
        "svg",
        Class("shapes"),
        With("width", "0"),
        With("height", "0"),
        With("aria-hidden", "true"),
        Element(
            "defs",
            Element("rect", Id("mark-encrypted"), Class("mark encrypted"), With("x", "-3.5"), With("y", "-3.5"), With("width", "7"), With("height", "7")),
            Element("circle", Id("mark-clear"), Class("mark clear"), With("r", "4")),
            Element("path", Id("mark-unknown"), Class("mark unknown"), With("d", "M-4.5 4 0 -4.5 4.5 4z")),
            Element("path", Id("mark-no-content"), Class("mark no-content"), With("d", "M0 -5V5")),
            Element("circle", Id("node-declared"), Class("node declared"), With("r", "5")),
            Element("rect", Id("node-undeclared"), Class("node undeclared"), With("x", "-5.5"), With("y", "-5.5"), With("width", "11"), With("height", "11")),
            Element("circle", Id("node-basic-service"), Class("node basic-service"), With("r", "2.5"))));

    /// <summary>Explains marks of the time line.</summary>
    public static Markup MarkLegend() => All(_protections.Select(protection => Entry(Single("13", Use($"mark-{ClassOf(protection)}", "50%", "50%")), Words.Of(protection))));

    /// <summary>Explains lines of the graph.</summary>
    public static Markup LineLegend() => All(_protections.Select(protection => Entry(
        Single("32", Element("line", Class($"link {ClassOf(protection)}"), With("x1", "0"), With("y1", "50%"), With("x2", "100%"), With("y2", "50%"))),
        Words.Of(protection))));

    /// <summary>Explains how destinations stand to the declaration.</summary>
    public static Markup NodeLegend() => All(_standings.Select(standing => Entry(Node(standing), Words.Of(standing))));

    /// <summary>The sign of a standing.</summary>
    public static Markup Node(TrafficStanding standing) => Single("13", Use($"node-{ClassOf(standing)}", "50%", "50%"));

    /// <summary>An item of a legend.</summary>
    public static Markup Entry(Markup picture, string words) => Element("li", picture, " ", words);

    /// <summary>A picture of one mark that says nothing to a screen reader; the word beside it does.</summary>
    public static Markup Single(string width, Markup mark) =>
        Element("svg", Class("sign"), With("width", width), With("height", "13"), With("aria-hidden", "true"), mark);

    /// <summary>Class of the style sheet.</summary>
    public static string ClassOf(ContentProtection protection) => protection switch
    {
        ContentProtection.Encrypted => "encrypted",
        ContentProtection.Clear => "clear",
        ContentProtection.Unknown => "unknown",
        _ => "no-content",
    };

    /// <summary>Class of the style sheet.</summary>
    public static string ClassOf(TrafficStanding standing) => standing switch
    {
        TrafficStanding.Declared => "declared",
        TrafficStanding.Undeclared => "undeclared",
        _ => "basic-service",
    };

    /// <summary>Transport, port and what was spoken, of the first conversations: "tcp/443 TLS 1.3, udp/53 DNS".</summary>
    public static string Spoken(Destination destination)
    {
        const int Shown = 2;
        var spoken = destination.Conversations.Select(conversation => Spoken(conversation.Seen)).Distinct().ToList();
        return string.Join(", ", spoken.Take(Shown)) + (spoken.Count > Shown ? $" and {spoken.Count - Shown} more" : "");
    }

    /// <summary>Transport, port and what was spoken.</summary>
    public static string Spoken(ConversationSeen conversation) => string.Join(
        ' ',
        new[] { Words.Port(conversation.Transport, conversation.Port), VisibleText.Clip(conversation.Application, 40) }.Where(word => word.Length > 0));

    /// <summary>How a destination stands to the declaration, with the entries.</summary>
    public static string Standing(TrafficStanding standing, ImmutableArray<string> entries) =>
        entries.IsEmpty ? Words.Of(standing)
        : standing == TrafficStanding.Declared ? $"{Words.Of(standing)}: {VisibleText.Clip(string.Join(", ", entries), EntriesLength)}"
        : $"{Words.Of(standing)} in part ({VisibleText.Clip(string.Join(", ", entries), EntriesLength)} {(entries.Length == 1 ? "explains" : "explain")} the rest)";
}
