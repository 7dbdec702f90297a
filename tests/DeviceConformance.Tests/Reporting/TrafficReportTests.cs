using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Reporting.Html;
using NUnit.Framework;

namespace DeviceConformance.Tests.Reporting;

/// <summary>Captured traffic in the report: pictures and tables that say the same, to everybody.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TrafficReportTests
{
    private static readonly int PlainTags = HtmlReportTests.Markup(HtmlReport.Render(TrafficSamples.WithText("x"))).Count;

    [Test]
    public void Every_kind_of_traffic_is_drawn_as_in_the_golden_file() =>
        Golden.Verify("tests/DeviceConformance.Tests/Reporting/golden/traffic.html", HtmlReport.Render(TrafficSamples.EveryKind));

    [TestCaseSource(typeof(Hostile), nameof(Hostile.Cases))]
    public void Every_text_from_the_network_stays_text(string text)
    {
        var tags = HtmlReportTests.Markup(HtmlReport.Render(TrafficSamples.WithText(text))).Count;
        Assert.That(tags, text.Length > 4000 ? Is.GreaterThan(PlainTags) : Is.EqualTo(PlainTags));
    }

    [FsCheck.NUnit.Property(MaxTest = 40)]
    public bool Any_text_from_the_network_stays_text(FsCheck.NonNull<string> text) =>
        HtmlReportTests.Markup(HtmlReport.Render(TrafficSamples.WithText("<" + text.Get))).Count == PlainTags;

    [Test]
    public void Names_that_would_break_a_picture_or_reorder_it_are_spelled_out()
    {
        var section = Section(TrafficSamples.WithText("</title></svg><script>\u202eevil\u0007"));
        Assert.That(section, Does.Contain("&lt;/title&gt;&lt;/svg&gt;&lt;script&gt;⟨U+202E⟩evil⟨U+0007⟩").And.Not.Contain("<script"));
        Assert.That(Regex.Count(section, "<svg"), Is.EqualTo(Regex.Count(section, "</svg>")));
    }

    [Test]
    public void Nothing_of_the_traffic_is_left_out()
    {
        var traffic = TrafficSamples.EveryKind.Traffic[0];
        var text = WebUtility.HtmlDecode(Section(TrafficSamples.EveryKind));
        var conversations = traffic.Conversations.Select(conversation => conversation.Seen).ToList();
        var expected = traffic.Captures.SelectMany(capture => new[] { capture.Name, capture.Sha256, capture.Fault })
            .Concat(traffic.Phases.Select(phase => phase.Name))
            .Concat(conversations.SelectMany(seen => new[] { seen.Peer, seen.Application, seen.Because, seen.Where.Filter }.Concat(seen.PeerNames).Concat(seen.Requests)))
            .Concat(conversations.Select(seen => seen.Tls).OfType<SeenTls>().SelectMany(tls => tls.Ja3.Concat(tls.Ja4).Concat(tls.Suites).Concat(tls.ServerNames).Concat(tls.Alpn)))
            .Concat(traffic.Conversations.SelectMany(conversation => conversation.Entries))
            .Concat(traffic.NameQueries.SelectMany(query => new[] { query.Name, query.Server, query.Where.Filter }))
            .Concat(traffic.TimeSources.SelectMany(source => new[] { source.Server, source.Where.Filter }.Concat(source.Names)))
            .Concat(traffic.Announcements.SelectMany(said => new[] { said.What, said.Text, said.Where.Filter }))
            .Concat(traffic.ClearItems.SelectMany(item => new[] { item.Label, item.Encoding, item.Entry, item.Where.Filter, $"frames {item.Where.Frames[0]}, {item.Where.Frames[1]}" }))
            .Concat(traffic.Addresses.Select(address => address.Address))
            .Append(traffic.Coverage.Statement)
            .Append(traffic.Ref.Address);
        Assert.That(expected.Where(wanted => !text.Contains(wanted, StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Every_picture_says_in_words_what_it_shows()
    {
        var pictures = Regex.Matches(Section(TrafficSamples.EveryKind), "<svg([^>]*)>(.*?)</svg>", RegexOptions.Singleline).ToList();
        var shown = pictures.Where(picture => !picture.Groups[1].Value.Contains("aria-hidden", StringComparison.Ordinal)).ToList();
        Assert.That(shown, Has.Count.EqualTo(12), "a strip for each of eleven destinations, and the graph");
        Assert.That(shown.Select(picture => picture.Groups[1].Value), Has.All.Contains("role=\"img\""));
        Assert.That(shown.Select(picture => picture.Groups[2].Value), Has.All.StartsWith("<title>"));
        Assert.That(
            shown.Select(picture => picture.Value),
            Has.Some.Contains("telemetry.analytics-partner.example.net: 12 connections between 2026-11-20 22:17:10 UTC and 2026-11-20 23:11:40 UTC, readable, not declared")
                .And.Some.Contains("<desc>Internet: 2 encrypted and declared, 1 not known whether encrypted and not declared, 1 readable and basic service of networks, 1 readable and not declared. Local network:"));
    }

    [Test]
    public void Each_protection_and_standing_has_a_shape_of_its_own_and_a_word()
    {
        var section = Section(TrafficSamples.EveryKind);
        foreach (var (shape, word) in new[]
        {
            ("mark-encrypted", "encrypted"), ("mark-clear", "readable"), ("mark-unknown", "not known whether encrypted"), ("mark-no-content", "nothing said"),
            ("node-declared", "declared"), ("node-undeclared", "not declared"), ("node-basic-service", "basic service of networks"),
        })
        {
            Assert.That(section, Does.Match($"<li><svg[^>]*>\n?<use href=\"#{shape}\"[^>]*></use></svg>\n? {word}</li>"), shape);
        }

        var shapes = Regex.Matches(section, "<(\\w+) id=\"(?:mark|node)-[^>]*>").Select(shape => Regex.Replace(shape.Value, "(id|class)=\"[^\"]*\"", "")).ToList();
        Assert.That(shapes, Has.Count.EqualTo(7));
        Assert.That(shapes, Is.Unique);
    }

    [Test]
    public void A_day_with_forty_destinations_keeps_to_what_a_reader_can_take_in()
    {
        var section = Section(TrafficSamples.Day);
        var lanes = Regex.Matches(section, "<svg width=\"100%\" height=\"100%\" role=\"img\">(.*?)</svg>", RegexOptions.Singleline).ToList();
        Assert.That(lanes, Has.Count.EqualTo(21), "twenty destinations and the rest together");
        Assert.That(lanes.Select(lane => Regex.Count(lane.Value, "href=\"#mark-")), Has.All.LessThanOrEqualTo(3 * 251));
        Assert.That(section, Does.Contain("23 more destinations").And.Contain("more connections, single times not kept"));
        Assert.That(section.Length, Is.LessThan(300_000));
    }

    [Test]
    public void Labels_of_the_axis_do_not_crowd()
    {
        foreach (var assessment in new[] { TrafficSamples.EveryKind, TrafficSamples.Day, TrafficSamples.TenSeconds, TrafficSamples.ManyPhases, TrafficSamples.WithText("x") })
        {
            var axis = Regex.Match(Section(assessment), "<div class=\"strip axis.*?</svg>", RegexOptions.Singleline).Value;
            foreach (var (kind, apart) in new[] { ("(?:begin|end|)", 12.0), ("number", 5.0) })
            {
                var places = Regex.Matches(axis, $"<text class=\"{kind}\" x=\"([0-9.]+)%\"").Select(label => double.Parse(label.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
                Assert.That(places.Zip(places.Skip(1)).Select(pair => pair.Second - pair.First), Has.All.GreaterThanOrEqualTo(apart));
                Assert.That(kind == "number" ? 2 : places.Count, Is.InRange(2, 7));
            }
        }
    }

    [Test]
    public void Time_that_no_capture_covers_is_drawn_as_not_recorded()
    {
        Assert.That(Regex.Count(Section(TrafficSamples.ManyPhases), "<rect class=\"unrecorded\" x=\"[0-9.]+%\""), Is.EqualTo(2 * 2), "two gaps in each of two lanes");
        Assert.That(Section(TrafficSamples.Day), Does.Not.Contain("unrecorded"));
    }

    [Test]
    public void A_device_that_said_nothing_is_not_praised_for_it()
    {
        var silent = Section(TrafficSamples.Silent);
        Assert.That(silent, Does.Contain("The device talked with nobody in this time.").And.Contain("was not looked for"));
        Assert.That(Section(TrafficSamples.NoFrame), Does.Contain("no frame has a time").And.Not.Contain("class=\"timeline"));
        Assert.That(Section(TrafficSamples.EveryKind), Does.Contain("The captures show a part only."));
    }

    [Test]
    public void A_run_without_captures_has_no_such_section()
    {
        Assert.That(HtmlReport.Render(Samples.Passing), Does.Not.Contain("id=\"traffic\"").And.Contain("9 Evidence"));
        Assert.That(HtmlReport.Render(TrafficSamples.EveryKind), Does.Contain("9 Captured traffic").And.Contain("10 Evidence").And.Contain("11 Basis of this report"));
        Assert.That(Section(TrafficSamples.Twice), Does.Contain("Analysis 1 of 2").And.Contain("Analysis 2 of 2"));
    }

    private static string Section(Assessment assessment)
    {
        var page = HtmlReport.Render(assessment);
        return page[page.IndexOf("<section id=\"traffic\"", StringComparison.Ordinal)..page.IndexOf("<section id=\"evidence\"", StringComparison.Ordinal)];
    }
}
