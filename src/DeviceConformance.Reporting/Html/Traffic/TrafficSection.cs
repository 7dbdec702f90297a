using DeviceConformance.Model.Reports;
using static DeviceConformance.Reporting.Html.Markup;
using static DeviceConformance.Reporting.Html.Pieces;

namespace DeviceConformance.Reporting.Html.Traffic;

/// <summary>What captures show of the device's traffic: coverage, pictures, tables. It holds no verdict; test units judge.</summary>
internal static class TrafficSection
{
    public static Markup Of(Assessment assessment, EvidenceIndex evidence) => If(!assessment.Traffic.IsEmpty, () => Section(
        "traffic",
        FrontSections.Heading(assessment, "traffic"),
        Paragraph("What the device said while somebody listened. Declared means that an entry of the declaration names who opens the conversation, transport, port and peer, and all agree. This section holds no verdict; the results do."),
        Marks.Shapes(),
        All(assessment.Traffic.Select((traffic, at) => All(
        [
            assessment.Traffic.Length > 1 ? Element("h3", $"Analysis {at + 1} of {assessment.Traffic.Length}") : None,
            Analysis(assessment, traffic, evidence),
        ])))));

    private static Markup Analysis(Assessment assessment, AssessedTraffic traffic, EvidenceIndex evidence)
    {
        var destinations = Destination.Of(traffic);
        return All(
        [
            Element(
                "div",
                Class(traffic.Coverage.IsComplete ? "notice" : "notice partial"),
                Paragraph(Element("strong", traffic.Coverage.IsComplete ? "The captures were read completely. " : "The captures show a part only. "), traffic.Coverage.Statement),
                Paragraph(Counts(traffic), " Record: ", Citations([traffic.Ref], evidence))),
            TrafficTables.ClearItems(traffic),
            TimeLine.Of(traffic, destinations),
            PeerGraph.Of(Words.Name(assessment.Dut), destinations),
            TrafficTables.Captures(traffic),
            TrafficTables.Conversations(traffic),
            TrafficTables.NameQueries(traffic),
            TrafficTables.TimeSources(traffic),
            TrafficTables.Announcements(traffic),
            TrafficTables.Addresses(traffic),
        ]);
    }

    private static string Counts(AssessedTraffic traffic)
    {
        var tally = traffic.Tally;
        var lacks = new[]
        {
            (tally.Dropped ?? 0, "lost while capturing"),
            (tally.Cut, "cut short"),
            (tally.Undecoded, "not decoded"),
            (tally.StreamGaps, "gaps in streams"),
            (tally.Evicted, "given up for want of room"),
        }.Where(lack => lack.Item1 > 0).Select(lack => $"{Words.Number(lack.Item1)} {lack.Item2}").ToList();
        return $"{Words.Count(tally.Frames, "frame")} ({Words.Size(tally.Bytes)}): {Words.Number(tally.DutFrames)} of the device, {Words.Number(tally.HarnessFrames)} between it and the laboratory's own host, {Words.Number(tally.OtherFrames)} of others."
            + (lacks.Count > 0 ? $" {Words.List(lacks)}." : "")
            + (tally.Dropped is null ? " Nobody counted what was lost while capturing." : "");
    }
}
