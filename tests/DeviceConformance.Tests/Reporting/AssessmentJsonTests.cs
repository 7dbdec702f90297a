using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DeviceConformance.Model.Reports;
using DeviceConformance.Reporting.Html;
using DeviceConformance.Reporting.Json;
using NUnit.Framework;

namespace DeviceConformance.Tests.Reporting;

[Parallelizable(ParallelScope.All)]
public sealed class AssessmentJsonTests
{
    private static readonly JsonSchema Schema =
        JsonSchema.Of(File.ReadAllText(Path.Combine(Golden.RepositoryRoot, "reports", "schema", "assessment.schema.json")));

    private static IEnumerable<Assessment> All => [Samples.EveryKind, Samples.Passing, Samples.Empty, Samples.Huge(20, 3), .. Hostile.Texts.Select(Samples.WithText), .. TrafficSamples.All, .. Hostile.Texts.Where(text => text.Length < 4000).Select(TrafficSamples.WithText)];

    [Test]
    public void Every_kind_of_result_is_written_as_in_the_golden_file() =>
        Golden.Verify("reports/sample/assessment.json", Write(Samples.EveryKind));

    [Test]
    public void What_is_written_follows_the_published_schema() =>
        Assert.That(All.SelectMany(assessment => Schema.Complaints(JsonNode.Parse(Write(assessment)))), Is.Empty);

    [Test]
    public void What_is_read_back_is_what_was_written()
    {
        foreach (var assessment in All)
        {
            var written = Write(assessment);
            var again = Read(written);

            // JSON has no lone surrogates; each is written as U+FFFD, and only its spelling differs the second time.
            var hasLoneSurrogate = written.Contains("\\uFFFD lone", StringComparison.Ordinal);
            Assert.That(JsonNode.DeepEquals(JsonNode.Parse(Write(again)), JsonNode.Parse(written)), Is.True);
            Assert.That(Write(again) == written, Is.Not.EqualTo(hasLoneSurrogate));
            Assert.That(HtmlReport.Render(again) == HtmlReport.Render(assessment), Is.Not.EqualTo(hasLoneSurrogate));
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 100)]
    public bool Any_text_survives_writing_and_reading(FsCheck.NonNull<string> text)
    {
        var written = Write(Samples.WithText(text.Get));
        return JsonNode.DeepEquals(JsonNode.Parse(Write(Read(written))), JsonNode.Parse(written));
    }

    [Test]
    public void Verdicts_are_the_words_of_the_standard_and_null_where_nothing_was_tested()
    {
        var groups = JsonNode.Parse(Write(Samples.EveryKind))!["groups"]!.AsArray();
        Assert.That(
            groups.Select(group => group!["verdict"]?.GetValue<string>()).Distinct(),
            Is.EquivalentTo(new[] { "pass", "fail", "inconclusive", null }));
        Assert.That(groups.Select(group => group!["support"]?.GetValue<string>()).Distinct(), Is.EquivalentTo(new[] { "Y", "N", "N/A", null }));
        Assert.That(groups[4]!["cases"]![0]!["units"]![0]!["decidedBy"]!.ToJsonString(), Is.EqualTo("""["probe","rule","operator"]"""));
    }

    private static IEnumerable<TestCaseData> Broken()
    {
        yield return Case("a pass without evidence", root => Finding(root, "pass")["evidence"] = new JsonArray());
        yield return Case("a fail without evidence", root => Finding(root, "fail")["evidence"] = new JsonArray());
        yield return Case("an inconclusive that does not say what is missing", root => Finding(root, "inconclusive")["missing"] = "");
        yield return Case("a finding without statement", root => Finding(root, "fail")["statement"] = "");
        yield return Case("another word for a verdict", root => root["overall"]!["verdict"] = "passed");
        yield return Case("a number for a verdict", root => root["overall"]!["verdict"] = 0);
        yield return Case("a verdict for a group that was not tested", root => Group(root, "5.5-2")["verdict"] = "pass");
        yield return Case("no verdict for a group that was tested", root => Group(root, "5.1-1")["verdict"] = null);
        yield return Case("a support that is none", root => Group(root, "5.1-1")["support"] = "yes");
        yield return Case("a decider that is none", root => Group(root, "5.1-1")["cases"]![0]!["units"]![0]!["decidedBy"]![0] = "oracle");
        yield return Case("a unit without letter", root => Group(root, "5.1-1")["cases"]![0]!["units"]![0]!["letter"] = "");
        yield return Case("a provision that is a number", root => Group(root, "5.1-1")["provision"] = 51);
        yield return Case("an edition that nobody knows", root => root["edition"] = "V9.9.9");
        yield return Case("a later major version", root => root["schemaVersion"] = "2.0");
        yield return Case("no groups", root => root.AsObject().Remove("groups"));
        yield return Case("null for groups", root => root["groups"] = null);

        static TestCaseData Case(string name, Action<JsonNode> change) => new TestCaseData(change).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Broken))]
    public void A_file_that_contradicts_the_schema_is_not_read(Action<JsonNode> change)
    {
        var root = JsonNode.Parse(Write(Samples.EveryKind))!;
        change(root);
        Assert.Multiple(() =>
        {
            Assert.That(() => Read(root.ToJsonString()), Throws.InstanceOf<JsonException>());
            Assert.That(Schema.Complaints(root), Is.Not.Empty);
        });
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("{\"schemaVersion\": \"1.0\"")]
    public void A_file_that_is_no_assessment_is_not_read(string text) =>
        Assert.That(() => Read(text), Throws.InstanceOf<JsonException>());

    [Test]
    public void A_verdict_that_was_changed_by_hand_is_noticed_by_the_counts()
    {
        var root = JsonNode.Parse(Write(Samples.EveryKind))!;
        Group(root, "5.1-1")["verdict"] = "pass";
        Assert.That(() => Read(root.ToJsonString()), Throws.InstanceOf<JsonException>().With.Message.Contains("counts"));
    }

    private static JsonNode Group(JsonNode root, string provision) =>
        root["groups"]!.AsArray().Single(group => group!["provision"]!.GetValue<string>() == provision)!;

    private static JsonNode Finding(JsonNode root, string verdict) =>
        root["groups"]!.AsArray()
            .SelectMany(group => group!["cases"]!.AsArray())
            .SelectMany(testCase => testCase!["units"]!.AsArray())
            .SelectMany(unit => unit!["findings"]!.AsArray())
            .First(finding => finding!["verdict"]!.GetValue<string>() == verdict)!;

    private static string Write(Assessment assessment)
    {
        using var stream = new MemoryStream();
        AssessmentJson.Write(stream, assessment);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static Assessment Read(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return AssessmentJson.Read(stream);
    }
}
