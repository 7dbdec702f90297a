using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using DeviceConformance.Reporting.Html;
using NUnit.Framework;

namespace DeviceConformance.Tests.Reporting;

[Parallelizable(ParallelScope.All)]
public sealed partial class HtmlReportTests
{
    private static readonly HashSet<string> Void = ["meta", "br", "input"];

    private static readonly HashSet<string> Elements =
    [
        "html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "article", "footer", "div", "span", "p", "h1", "h2", "h3", "h4", "small", "strong", "code",
        "a", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary", "pre", "fieldset", "legend", "label", "input",
        "figure", "figcaption", "svg", "defs", "rect", "circle", "line", "path", "text", "use", "desc",
    ];

    private static readonly HashSet<string> Attributes =
    [
        "lang", "charset", "http-equiv", "content", "name", "id", "class", "href", "title", "role", "scope", "tabindex", "type", "checked", "data-label", "aria-label", "aria-labelledby", "aria-hidden",
        "x", "y", "x1", "y1", "x2", "y2", "r", "d", "width", "height", "transform",
    ];

    private static readonly int PlainTags = Markup(HtmlReport.Render(Samples.WithText("x"))).Count;

    [Test]
    public void Report_of_every_kind_of_result_is_as_in_the_golden_file() =>
        Golden.Verify("reports/sample/report.html", HtmlReport.Render(Samples.EveryKind));

    [Test]
    public void Report_of_an_empty_run_is_as_in_the_golden_file() =>
        Golden.Verify("tests/DeviceConformance.Tests/Reporting/golden/empty.html", HtmlReport.Render(Samples.Empty));

    [TestCaseSource(typeof(Hostile), nameof(Hostile.Cases))]
    public void Every_text_from_outside_stays_text(string text)
    {
        var hostile = Markup(HtmlReport.Render(Samples.WithText(text)));
        Assert.That(hostile.Count, text.Length > 4000 ? Is.GreaterThan(PlainTags) : Is.EqualTo(PlainTags));
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public bool Any_text_stays_text(FsCheck.NonNull<string> text) =>
        Markup(HtmlReport.Render(Samples.WithText("<" + text.Get))).Count == PlainTags;

    [Test]
    public void Text_that_would_hide_or_reorder_is_spelled_out()
    {
        var page = HtmlReport.Render(Samples.WithText("a\u202eb\u001bc\u200bd\ud800e\u2028f"));
        Assert.That(page, Does.Contain("a⟨U+202E⟩b⟨U+001B⟩c⟨U+200B⟩d⟨U+D800⟩e⟨U+2028⟩f"));
        Assert.That(page.Where(char.IsControl).Distinct(), Is.EqualTo(['\n']));
    }

    [Test]
    public void Page_runs_nothing_and_fetches_nothing()
    {
        var page = HtmlReport.Render(Samples.EveryKind);
        var css = page[(page.IndexOf("<style>", StringComparison.Ordinal) + "<style>".Length)..page.IndexOf("</style>", StringComparison.Ordinal)];
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(css)));
        Assert.Multiple(() =>
        {
            Assert.That(WebUtility.HtmlDecode(page), Does.Contain($"content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\""));
            Assert.That(page, Does.Not.Contain("<script").And.Not.Contain("://").And.Not.Contain("url(").And.Not.Contain("@import").And.Not.Contain("<img"));
            Assert.That(Attribute().Matches(page).Where(match => match.Groups[1].Value == "href").Select(match => match.Groups[2].Value), Has.All.StartsWith("#"));
        });
    }

    [TestCaseSource(typeof(Hostile), nameof(Hostile.Cases))]
    public void Run_id_can_not_leave_its_place_in_the_style_sheet(string text)
    {
        var page = HtmlReport.Render(Samples.WithText(text));
        Assert.That(page, Does.Match("""@bottom-left \{ content: "Run [A-Za-z0-9\\]*"; font"""));
        Assert.That(Regex.Count(page, "</style>"), Is.EqualTo(1));
    }

    [Test]
    public void Every_link_has_a_target_and_every_id_is_there_once()
    {
        foreach (var assessment in new[] { Samples.EveryKind, Samples.Empty, Samples.Huge(30, 2), TrafficSamples.EveryKind, TrafficSamples.Twice })
        {
            var attributes = Attribute().Matches(HtmlReport.Render(assessment)).ToList();
            var ids = attributes.Where(match => match.Groups[1].Value == "id").Select(match => match.Groups[2].Value).ToList();
            Assert.That(ids, Is.Unique);
            Assert.That(attributes.Where(match => match.Groups[1].Value == "href").Select(match => match.Groups[2].Value[1..]).Except(ids), Is.Empty);
            Assert.That(attributes.Where(match => match.Groups[1].Value == "aria-labelledby").Select(match => match.Groups[2].Value).Except(ids), Is.Empty);
        }
    }

    [Test]
    public void Nothing_of_the_assessment_is_left_out()
    {
        var assessment = Samples.EveryKind;
        var text = WebUtility.HtmlDecode(HtmlReport.Render(assessment));
        var findings = assessment.Units.SelectMany(unit => unit.Findings).Concat(assessment.IcsVerification.Findings).ToList();
        var expected = findings.SelectMany(finding => new[] { finding.Subject, finding.Statement, finding.Missing })
            .Concat(findings.SelectMany(finding => finding.Evidence).SelectMany(item => new[] { item.Address, item.Sha256 }))
            .Concat(assessment.Groups.SelectMany(group => new[] { group.Title, group.Status.Text, group.Applicability.Reason }))
            .Concat(assessment.Units.Select(unit => unit.Check))
            .Concat(assessment.Scope.SelectMany(line => new[] { line.Title, line.Statement }))
            .Concat(assessment.Run.Health.Problems.Select(problem => problem.Text))
            .Concat(assessment.Dut.Samples.SelectMany(sample => new[] { sample.Name, sample.Serial }))
            .Append(assessment.Overall.Reason)
            .Append(assessment.Run.Id)
            .Append(assessment.CatalogueVersion)
            .Append("End of report");
        Assert.That(expected.Where(wanted => !text.Contains(wanted, StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Health_comes_before_the_verdict_and_failures_before_passes()
    {
        var page = HtmlReport.Render(Samples.EveryKind);
        var places = new[] { "dut-h", "health", "overall", "matrix", "failures", "missing", "ics", "results", "untested", "evidence", "basis" }
            .Select(id => page.IndexOf($" id=\"{id}\"", StringComparison.Ordinal)).ToList();
        Assert.That(places, Is.Ordered.Ascending.And.All.Positive);
    }

    [Test]
    public void A_failing_finding_that_does_not_decide_its_case_is_said_with_the_failures()
    {
        var page = HtmlReport.Render(Samples.EveryKind);
        var failures = page[page.IndexOf("id=\"failures\"", StringComparison.Ordinal)..page.IndexOf("id=\"missing\"", StringComparison.Ordinal)];
        Assert.That(failures, Does.Contain("UpdMech-2 installs an image without signature."));
    }

    [Test]
    public void Headings_do_not_skip_a_level()
    {
        var levels = Regex.Matches(HtmlReport.Render(Samples.EveryKind), "<h([1-6])").Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        Assert.That(levels[0], Is.EqualTo(1));
        Assert.That(levels.Zip(levels.Skip(1)).Where(pair => pair.Second > pair.First + 1), Is.Empty);
    }

    [Test]
    public void Every_verdict_is_a_word_and_not_only_a_colour()
    {
        var page = HtmlReport.Render(Samples.EveryKind);
        var badges = Regex.Matches(page, "<span class=\"badge (\\w+)\">(.*?)</span>(\\w[\\w ]*)</span>").Select(match => (Class: match.Groups[1].Value, Word: match.Groups[3].Value)).Distinct();
        Assert.That(badges, Is.EquivalentTo(new[] { ("pass", "PASS"), ("fail", "FAIL"), ("inconclusive", "INCONCLUSIVE"), ("untested", "not tested") }));
    }

    [Test]
    public void Text_contrasts_with_the_paper_in_light_and_dark()
    {
        var page = HtmlReport.Render(Samples.Empty);
        var schemes = Regex.Matches(page, "--paper: .*?}", RegexOptions.Singleline).Select(block =>
            Regex.Matches(block.Value, "--([a-z-]+): #([0-9a-f]+)").ToDictionary(match => match.Groups[1].Value, match => Luminance(match.Groups[2].Value))).ToList();
        Assert.That(schemes, Has.Count.EqualTo(2));
        foreach (var scheme in schemes)
        {
            foreach (var ink in new[] { "ink", "quiet", "link", "pass", "fail", "open" })
            {
                Assert.That(Contrast(scheme[ink], scheme["paper"]), Is.GreaterThan(4.5), ink);
            }

            Assert.That(Contrast(scheme["fail"], scheme["fail-soft"]), Is.GreaterThan(4.5));
            Assert.That(Contrast(scheme["open"], scheme["open-soft"]), Is.GreaterThan(4.5));
            Assert.That(Contrast(scheme["quiet"], scheme["soft"]), Is.GreaterThan(4.5));
        }
    }

    [Test]
    public void A_run_without_faults_says_so_and_an_empty_one_does_not_look_like_a_pass()
    {
        Assert.That(HtmlReport.Render(Samples.Passing), Does.Contain("The run is sound.").And.Contain("No tested provision fails."));
        var empty = HtmlReport.Render(Samples.Empty);
        Assert.That(empty, Does.Contain("nothing in this report was seen on the device itself").And.Contain("unnamed device"));
        Assert.That(Regex.Count(empty, "class=\"verdict inconclusive\""), Is.EqualTo(1));
    }

    [Test]
    public void A_long_excerpt_is_shortened_with_a_note()
    {
        var page = HtmlReport.Render(Samples.Huge(2, 2));
        Assert.That(page, Does.Contain("Shortened to 2000 of 6000 characters"));
    }

    /// <summary>All tags of a page, after checking that it is well-formed and made of known elements and attributes only.</summary>
    internal static List<string> Markup(string page)
    {
        page = page["<!DOCTYPE html>\n".Length..];
        page = Regex.Replace(page, "<style>.*?</style>", "", RegexOptions.Singleline);
        var open = new Stack<string>();
        var tags = new List<string>();
        for (var at = page.IndexOf('<', StringComparison.Ordinal); at >= 0; at = page.IndexOf('<', at + 1))
        {
            var match = Tag().Match(page, at);
            var name = match.Groups[2].Value;
            var known = match.Success
                && match.Index == at
                && Elements.Contains(name)
                && Attribute().Matches(match.Groups[3].Value).All(attribute => Attributes.Contains(attribute.Groups[1].Value))
                && (match.Groups[1].Length == 0 || (open.TryPop(out var opened) && opened == name));
            if (!known)
            {
                Assert.Fail($"This is no markup of the report: {page[at..Math.Min(page.Length, at + 80)]}");
            }

            if (match.Groups[1].Length == 0 && !Void.Contains(name))
            {
                open.Push(name);
            }

            tags.Add(name);
        }

        Assert.That(open, Is.Empty);
        Assert.That(Regex.Count(page, ">"), Is.EqualTo(tags.Count), "a > that ends no tag");
        return tags;
    }

    private static double Luminance(string hex)
    {
        var full = hex.Length == 3 ? string.Concat(hex.Select(digit => $"{digit}{digit}")) : hex;
        var parts = Convert.FromHexString(full).Select(value => value / 255.0).Select(value => value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4)).ToArray();
        return (0.2126 * parts[0]) + (0.7152 * parts[1]) + (0.0722 * parts[2]);
    }

    /// <summary>Contrast ratio (WCAG 2.2, 1.4.3).</summary>
    private static double Contrast(double one, double other) => (Math.Max(one, other) + 0.05) / (Math.Min(one, other) + 0.05);

    [GeneratedRegex("""<(/?)([a-z][a-z0-9]*)((?: [a-z][a-z0-9-]*="[^"<>]*")*)>""")]
    private static partial Regex Tag();

    [GeneratedRegex(" ([a-z][a-z0-9-]*)=\"([^\"<>]*)\"")]
    private static partial Regex Attribute();
}
