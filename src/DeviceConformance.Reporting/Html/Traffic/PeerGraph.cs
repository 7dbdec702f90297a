using System.Collections.Immutable;
using static DeviceConformance.Reporting.Html.Markup;

namespace DeviceConformance.Reporting.Html.Traffic;

/// <summary>Who the DUT talks to: the DUT on the left, a line to each destination, grouped by where they are.</summary>
/// <remarks>
/// The labels are rows of equal height beside the picture, which places the ends of its lines in percent. Names of any length wrap, and
/// the picture fits them.
/// </remarks>
internal static class PeerGraph
{
    /// <summary>Destinations with a line of their own.</summary>
    public const int MostPeers = 18;

    private const int NameLength = 80;

    /// <summary>The graph; nothing when the DUT talked with nobody.</summary>
    public static Markup Of(string device, ImmutableArray<Destination> destinations)
    {
        if (destinations.IsEmpty)
        {
            return None;
        }

        var shown = destinations.Take(MostPeers).ToHashSet();
        var rows = destinations.GroupBy(destination => destination.Place).OrderBy(place => place.Key).SelectMany(place => Rows(place, shown)).ToList();
        return Element(
            "figure",
            Class("peers"),
            Element("figcaption", Element("strong", "Who the device talks to. "), "A line for each way of protection, at its end how the declaration explains it."),
            Element("ul", Class("legend"), Marks.LineLegend(), Marks.NodeLegend()),
            Element(
                "div",
                Class("graph"),
                Element("p", Class("dut"), VisibleText.Clip(device, NameLength)),
                Element(
                    "div",
                    Class("links"),
                    Element(
                        "svg",
                        With("role", "img"),
                        With("width", "100%"),
                        With("height", "100%"),
                        Element("title", $"The device talked with {Words.Count(destinations.Length, "destination")}"),
                        Element("desc", Description(destinations)),
                        All(rows.Select((row, at) => Links(row, (at + 0.5) / rows.Count * 100))))),
                Element("ul", All(rows.Select(row => Element("li", row.Destination is null && !row.IsMore ? Class("place") : None, row.Label))))));
    }

    private static IEnumerable<Row> Rows(IGrouping<Place, Destination> place, HashSet<Destination> shown)
    {
        yield return new Row(Element("p", Named(place.Key)), null, false);
        foreach (var destination in place.Where(shown.Contains))
        {
            yield return new Row(
                All(
                [
                    Element("p", Class("subject"), VisibleText.Clip(destination.Name, NameLength)),
                    Element("p", Class("quiet"), $"{Marks.Spoken(destination)} · {Words.List([.. destination.Protections.Select(Words.Of)])} · {Marks.Standing(destination.Standing, destination.Entries)}"),
                ]),
                destination,
                false);
        }

        var rest = place.Where(destination => !shown.Contains(destination)).ToList();
        if (rest.Count > 0)
        {
            yield return new Row(
                Element("p", Class("quiet"), $"{rest.Count} more: {Tally(rest)}"),
                null,
                true);
        }
    }

    private static Markup Links(Row row, double y)
    {
        var end = TimeScale.Percent(y);
        if (row.Destination is not { } destination)
        {
            return If(row.IsMore, () => Link("more", end, 0));
        }

        var offset = (destination.Protections.Length - 1) * -2.5;
        return All(
        [
            .. destination.Protections.Select((protection, at) => Link($"link {Marks.ClassOf(protection)}", end, offset + (5 * at))),
            Use($"node-{Marks.ClassOf(destination.Standing)}", "97%", end),
        ]);
    }

    private static Markup Link(string name, string end, double offset) => Element(
        "line",
        Class(name),
        With("x1", "0"),
        With("y1", "50%"),
        With("x2", "97%"),
        With("y2", end),
        offset == 0 ? None : With("transform", FormattableString.Invariant($"translate(0 {offset})")));

    private static string Description(ImmutableArray<Destination> destinations) => string.Join(
        " ",
        destinations.GroupBy(destination => destination.Place).OrderBy(place => place.Key).Select(place => $"{Named(place.Key)}: {Tally([.. place])}."));

    private static string Tally(List<Destination> destinations) => string.Join(
        ", ",
        destinations
            .GroupBy(destination => $"{Words.List([.. destination.Protections.Select(Words.Of)])} and {Words.Of(destination.Standing)}")
            .OrderByDescending(kind => kind.Count())
            .ThenBy(kind => kind.Key, StringComparer.Ordinal)
            .Select(kind => $"{kind.Count()} {kind.Key}"));

    private static string Named(Place place) => place switch
    {
        Place.Internet => "Internet",
        Place.LocalNetwork => "Local network",
        Place.Everybody => "Multicast and broadcast",
        _ => "Without IP address",
    };

    private sealed record Row(Markup Label, Destination? Destination, bool IsMore);
}
