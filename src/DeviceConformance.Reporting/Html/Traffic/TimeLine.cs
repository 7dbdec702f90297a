using System.Collections.Immutable;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using static DeviceConformance.Reporting.Html.Markup;

namespace DeviceConformance.Reporting.Html.Traffic;

/// <summary>
/// The captures as a time line: a lane for each destination, bands for phases, marks for the beginnings of connections.
/// </summary>
/// <remarks>
/// A lane is a label and a strip of its own (SVG), so that labels wrap, pages break between lanes, and on a phone the strip stands below its
/// label. Places are percentages of the strip's width.
/// </remarks>
internal static class TimeLine
{
    // So many stand together on a page, under one axis.
    private const int FewLanes = 8;

    /// <summary>Destinations with a lane of their own.</summary>
    public const int MostLanes = 20;

    // Marks closer than this, in percent of the width, would lie on each other.
    private const double Apart = 0.4;
    private const int LabelLength = 80;
    private const double LeastForNumber = 1;
    private const double NumbersApart = 5;

    /// <summary>The time line; nothing when no frame has a time.</summary>
    public static Markup Of(AssessedTraffic traffic, ImmutableArray<Destination> destinations)
    {
        var timed = traffic.Captures.Where(capture => capture is { First: not null, Last: not null }).ToList();
        if (timed.Count == 0)
        {
            return None;
        }

        var (first, last) = (timed.Min(capture => capture.First!.Value), timed.Max(capture => capture.Last!.Value));
        var scale = new TimeScale(first, last);
        var ground = Ground(traffic, timed, scale);
        var rest = destinations.Skip(MostLanes).SelectMany(destination => destination.Conversations).ToList();
        var hasMore = destinations.SelectMany(destination => destination.Conversations).Any(conversation => UnknownFrom(conversation.Seen) is not null);
        return Element(
            "figure",
            Class(destinations.Length > FewLanes ? "timeline" : "timeline few"),
            Element(
                "figcaption",
                Element("strong", "When the device talked, and with whom. "),
                $"{Words.Time(first)} to {Words.Time(last)} ({Words.Span(last - first)}), times in UTC. A mark is the beginning of a connection or flow, the line its time from first to last frame."),
            Element(
                "ul",
                Class("legend"),
                Marks.MarkLegend(),
                Marks.NodeLegend(),
                If(hasMore, () => Marks.Entry(Marks.Single("32", Element("line", Class("more"), With("x1", "0"), With("y1", "50%"), With("x2", "100%"), With("y2", "50%"))), "more connections, single times not kept")),
                If(Gaps(timed).Count > 0, () => Marks.Entry(Marks.Single("32", Element("rect", Class("unrecorded"), With("x", "1"), With("y", "1"), With("width", "30"), With("height", "11"))), "not recorded"))),
            Element("div", Class("lane axis"), Element("p", traffic.Phases.IsEmpty ? "" : "Phases"), Axis(traffic, scale, withPhases: true)),
            All(destinations.Take(MostLanes).Select(destination => Lane(Label(destination), Title(destination), destination.Conversations, scale, ground))),
            If(rest.Count > 0, () => Lane(
                Element("p", Class("quiet"), $"{destinations.Length - MostLanes} more destinations; the table has all"),
                $"{destinations.Length - MostLanes} more destinations",
                rest,
                scale,
                ground)),
            If(destinations.IsEmpty, () => Element("p", Class("quiet"), "The device talked with nobody in this time.")),
            If(destinations.Length > FewLanes, () => Element("div", Class("lane axis"), Element("p"), Axis(traffic, scale, withPhases: false))),
            Phases(traffic.Phases));
    }

    private static Markup Lane(Markup label, string title, IEnumerable<AssessedConversation> conversations, TimeScale scale, Markup ground)
    {
        var kinds = conversations.GroupBy(conversation => conversation.Seen.Protection).OrderBy(kind => kind.Key == ContentProtection.Clear ? 0 : kind.Key == ContentProtection.Unknown ? 1 : 2).ToList();
        return Element(
            "div",
            Class("lane"),
            Element("div", Class("label"), label),
            Strip(
                $"strip rows-{kinds.Count}",
                title,
                ground,
                All(kinds.Select((kind, at) => Row(kind.Key, [.. kind.Select(conversation => conversation.Seen)], TimeScale.Percent((at + 1) * 100.0 / (kinds.Count + 1)), scale)))));
    }

    private static Markup Row(ContentProtection protection, List<ConversationSeen> conversations, string height, TimeScale scale)
    {
        var marks = new List<double>();
        foreach (var at in conversations.SelectMany(conversation => conversation.Starts.IsEmpty ? [conversation.First] : conversation.Starts).Select(scale.At).Order())
        {
            if (marks.Count == 0 || at - marks[^1] >= Apart)
            {
                marks.Add(at);
            }
        }

        return All(
            Spans(conversations.Select(conversation => (scale.At(conversation.First), scale.At(conversation.Last)))).Select(span => Line("span", span, height))
                .Concat(Spans(conversations.Select(conversation => (From: UnknownFrom(conversation), conversation.Last)).Where(more => more.From is not null).Select(more => (scale.At(more.From!.Value), scale.At(more.Last))))
                    .Select(span => Line("more", span, height)))
                .Concat(marks.Select(mark => Use($"mark-{Marks.ClassOf(protection)}", TimeScale.Percent(mark), height))));
    }

    // Connections after this moment are only known by their number.
    private static DateTimeOffset? UnknownFrom(ConversationSeen conversation) =>
        conversation.Connections > conversation.Starts.Length && conversation.Starts is [.., var lastKnown] && conversation.Last > lastKnown ? lastKnown : null;

    private static List<(double From, double To)> Spans(IEnumerable<(double From, double To)> parts)
    {
        var spans = new List<(double From, double To)>();
        foreach (var (from, to) in parts.OrderBy(part => part.From))
        {
            if (spans.Count > 0 && from <= spans[^1].To)
            {
                spans[^1] = (spans[^1].From, Math.Max(to, spans[^1].To));
            }
            else
            {
                spans.Add((from, to));
            }
        }

        return spans;
    }

    private static Markup Label(Destination destination) => All(
    [
        Element("p", Class("subject"), VisibleText.Clip(destination.Name, LabelLength)),
        Element(
            "p",
            Class("quiet"),
            Marks.Node(destination.Standing),
            string.Join(" · ", new[]
            {
                $" {Marks.Standing(destination.Standing, destination.Entries)}",
                Marks.Spoken(destination),
                Words.Count(destination.Connections, "connection"),
            })),
    ]);

    private static string Title(Destination destination) =>
        $"{VisibleText.Clip(destination.Name, LabelLength)}: {Words.Count(destination.Connections, "connection")} between {Words.Time(destination.Conversations.Min(conversation => conversation.Seen.First))} and {Words.Time(destination.Conversations.Max(conversation => conversation.Seen.Last))}, "
        + $"{Words.List([.. destination.Protections.Select(Words.Of)])}, {Marks.Standing(destination.Standing, destination.Entries)}";

    /// <summary>What every strip has below its marks: bands of phases, lines of time, what no capture covers.</summary>
    private static Markup Ground(AssessedTraffic traffic, List<CaptureSeen> timed, TimeScale scale) => All(
        new[] { Bands(traffic, scale) }
            .Concat(scale.Ticks().Select(tick => Element("line", Class("tick"), With("x1", TimeScale.Percent(tick.At)), With("y1", "0"), With("x2", TimeScale.Percent(tick.At)), With("y2", "100%"))))
            .Concat(Gaps(timed).Select(gap => Box("unrecorded", scale.At(gap.From), scale.At(gap.To)))));

    private static Markup Bands(AssessedTraffic traffic, TimeScale scale) =>
        All(traffic.Phases.Select((phase, at) => Box($"band band-{at % 2}", scale.At(phase.From), scale.At(phase.To))));

    private static List<(DateTimeOffset From, DateTimeOffset To)> Gaps(List<CaptureSeen> timed)
    {
        var gaps = new List<(DateTimeOffset From, DateTimeOffset To)>();
        DateTimeOffset? end = null;
        foreach (var capture in timed.OrderBy(capture => capture.First))
        {
            if (end is { } before && capture.First > before)
            {
                gaps.Add((before, capture.First!.Value));
            }

            end = end is { } later && later > capture.Last ? later : capture.Last;
        }

        return gaps;
    }

    private static Markup Axis(AssessedTraffic traffic, TimeScale scale, bool withPhases) => Strip(
        withPhases && !traffic.Phases.IsEmpty ? "strip axis-2" : "strip axis-1",
        null,
        Bands(traffic, scale),
        If(withPhases, () => All(Numbers(traffic.Phases, scale).Select(phase => Text("number", phase.At, "13", Words.Number(phase.Number))))),
        All(scale.Ticks().Select(tick => Text(tick.At < 6 ? "begin" : tick.At > 94 ? "end" : "", tick.At, withPhases && !traffic.Phases.IsEmpty ? "31" : "13", tick.Label))));

    // Narrow phases go without a number rather than one number lies on another; the list below the picture has all with their times.
    private static IEnumerable<(double At, int Number)> Numbers(ImmutableArray<CapturePhase> phases, TimeScale scale)
    {
        var last = double.NegativeInfinity;
        for (var index = 0; index < phases.Length; index++)
        {
            var (from, to) = (scale.At(phases[index].From), scale.At(phases[index].To));
            if (to - from >= LeastForNumber && ((from + to) / 2) - last >= NumbersApart)
            {
                last = (from + to) / 2;
                yield return (last, index + 1);
            }
        }
    }

    private static Markup Phases(ImmutableArray<CapturePhase> phases) => If(!phases.IsEmpty, () => Element(
        "ol",
        Class("phases"),
        With("aria-label", "Phases"),
        All(phases.Select(phase => Element("li", Element("span", Class("statement"), VisibleText.Clip(phase.Name, LabelLength)), " " + Words.Moments(phase.From, phase.To))))));

    // The picture fills a box of the style sheet, so that bands of neighbouring lanes meet however high their labels are.
    private static Markup Strip(string classes, string? title, params ReadOnlySpan<Markup> contents) => Element(
        "div",
        Class(classes),
        Element(
            "svg",
            [
                With("width", "100%"), With("height", "100%"),
                title is null ? With("aria-hidden", "true") : With("role", "img"),
                title is null ? None : Element("title", title),
                .. contents,
            ]));

    private static Markup Text(string anchor, double at, string y, string words) =>
        Element("text", Class(anchor), With("x", TimeScale.Percent(at)), With("y", y), words);

    private static Markup Box(string name, double from, double to) => Element(
        "rect",
        Class(name),
        With("x", TimeScale.Percent(from)),
        With("y", "0"),
        With("width", TimeScale.Percent(Math.Max(0, to - from))),
        With("height", "100%"));

    private static Markup Line(string name, (double From, double To) span, string y) => Element(
        "line",
        Class(name),
        With("x1", TimeScale.Percent(span.From)),
        With("y1", y),
        With("x2", TimeScale.Percent(span.To)),
        With("y2", y));
}
