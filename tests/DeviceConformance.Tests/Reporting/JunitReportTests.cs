using System.Globalization;
using System.Xml.Linq;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;
using DeviceConformance.Reporting.Junit;
using NUnit.Framework;

namespace DeviceConformance.Tests.Reporting;

[Parallelizable(ParallelScope.All)]
public sealed class JunitReportTests
{
    [Test]
    public void Report_of_every_kind_of_result_is_as_in_the_golden_file() =>
        Golden.Verify("reports/sample/junit.xml", JunitReport.Render(Samples.EveryKind));

    [TestCaseSource(typeof(Hostile), nameof(Hostile.Cases))]
    public void Any_hostile_text_gives_valid_xml(string text)
    {
        var plain = XDocument.Parse(JunitReport.Render(Samples.WithText("x")));
        var hostile = XDocument.Parse(JunitReport.Render(Samples.WithText(text)));
        Assert.That(hostile.Descendants().Select(element => element.Name), Is.EqualTo(plain.Descendants().Select(element => element.Name)));
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public bool Any_text_gives_valid_xml(FsCheck.NonNull<string> text) =>
        XDocument.Parse(JunitReport.Render(Samples.WithText(text.Get))).Root!.Name.LocalName == "testsuites";

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void Counts_are_true_and_never_greener_than_the_assessment(byte[][] choices, bool inconclusiveAsFailure)
    {
        var assessment = Chosen(choices);
        var root = XDocument.Parse(JunitReport.Render(assessment, inconclusiveAsFailure)).Root!;
        foreach (var level in root.Elements("testsuite").Append(root))
        {
            var tests = level.Descendants("testcase").ToList();
            Assert.That(Count(level, "tests"), Is.EqualTo(tests.Count));
            Assert.That(Count(level, "failures"), Is.EqualTo(tests.Count(test => test.Element("failure") is not null)));
            Assert.That(Count(level, "errors"), Is.EqualTo(tests.Count(test => test.Element("error") is not null)));
            Assert.That(Count(level, "skipped"), Is.EqualTo(tests.Count(test => test.Element("skipped") is not null)));
        }

        var (failures, skipped) = (Count(root, "failures"), Count(root, "skipped"));
        Assert.That(Count(root, "errors"), Is.EqualTo(assessment.Run.Health.Problems.Length));
        Assert.That(failures > 0, Is.EqualTo(assessment.Overall.Verdict == Verdict.Fail || (inconclusiveAsFailure && assessment.Overall.Verdict == Verdict.Inconclusive)));
        Assert.That(failures + skipped == 0 && assessment.Overall.Verdict != Verdict.Pass, Is.False);
    }

    [Test]
    public void A_failing_unit_is_a_failure_with_statement_and_evidence()
    {
        var failure = Test(Samples.EveryKind, "5.1-1-2 a").Element("failure")!;
        Assert.That(failure.Attribute("message")!.Value, Does.StartWith("tcp/127.0.0.1:12323: A Telnet login answers"));
        Assert.That(failure.Value, Does.Contain("obs/0007 sha256:").And.Contain("PASS tcp/127.0.0.1:18443"));
    }

    [Test]
    public void An_inconclusive_unit_is_skipped_and_says_what_is_missing()
    {
        var skipped = Test(Samples.EveryKind, "5.1-1-2 c").Element("skipped")!;
        Assert.That(skipped.Attribute("message")!.Value, Does.EndWith("Missing: Give the preset password of sample B in lab.yaml."));
    }

    [Test]
    public void An_inconclusive_unit_is_a_failure_on_wish() =>
        Assert.That(Test(Samples.EveryKind, "5.1-1-2 c", inconclusiveAsFailure: true).Element("failure"), Is.Not.Null);

    [Test]
    public void A_unit_that_fails_without_deciding_its_case_is_skipped()
    {
        var skipped = Test(Samples.EveryKind, "5.3-2-2 a:").Element("skipped")!;
        Assert.That(skipped.Attribute("message")!.Value, Does.StartWith("FAIL, but does not decide test case 5.3-2-2, which is PASS."));
    }

    [Test]
    public void A_case_without_units_does_not_vanish() =>
        Assert.That(Test(Samples.EveryKind, "5.4-1-1 as a whole").Element("skipped"), Is.Not.Null);

    [Test]
    public void A_case_that_fails_only_as_a_whole_is_a_failure()
    {
        var units = new[]
        {
            Samples.Unit("5.3-2-2 a", Deciders.Probe, Samples.Pass("UpdMech-1", "Refused.", "obs/1")),
            Samples.Unit("5.3-2-2 b", Deciders.Probe, Samples.Pass("UpdMech-2", "Refused.", "obs/2")),
        };
        var testCase = Samples.Case("5.3-2-2", TestKind.Functional, units) with { Verdict = Verdict.Fail };
        var assessment = Samples.Assessment([Samples.Group("5.3-2", "Updates", "M", testCase)]);
        Assert.That(Test(assessment, "5.3-2-2 as a whole").Element("failure"), Is.Not.Null);
    }

    [Test]
    public void Problems_of_the_run_are_errors_in_a_suite_of_their_own()
    {
        var suites = XDocument.Parse(JunitReport.Render(Samples.EveryKind)).Root!.Elements("testsuite").ToList();
        Assert.That(suites[0].Attribute("name")!.Value, Is.EqualTo("Run health"));
        Assert.That(suites[0].Descendants("error").Count(), Is.EqualTo(2));
        Assert.That(suites.Skip(1).Descendants("error"), Is.Empty);
    }

    [Test]
    public void An_untested_provision_is_a_suite_without_tests_that_says_why()
    {
        var suite = XDocument.Parse(JunitReport.Render(Samples.EveryKind)).Root!.Elements("testsuite").Single(suite => suite.Attribute("name")!.Value.StartsWith("5.5-8 ", StringComparison.Ordinal));
        Assert.That(suite.Elements("testcase"), Is.Empty);
        Assert.That(suite.Descendants("property").Select(property => property.Attribute("value")!.Value), Has.Member("The ICS answers N/A: condition (m) does not hold."));
    }

    private static int Count(XElement level, string name) => int.Parse(level.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static XElement Test(Assessment assessment, string start, bool inconclusiveAsFailure = false) =>
        XDocument.Parse(JunitReport.Render(assessment, inconclusiveAsFailure)).Descendants("testcase")
            .Single(test => test.Attribute("name")!.Value.StartsWith(start, StringComparison.Ordinal));

    /// <summary>An assessment whose verdicts come from chosen bytes and are folded by the rules of the standard.</summary>
    private static Assessment Chosen(byte[][] choices)
    {
        var groups = choices.Take(8).Select((chosen, at) =>
        {
            var id = $"5.{at + 1}-1";
            if (chosen.Length == 0)
            {
                return Samples.Untested(id, "Not tested", "R", null, "No answer.");
            }

            var findings = chosen.Take(12).Select(choice => (choice % 3) switch
            {
                0 => Samples.Pass("A", "Good.", "obs/1"),
                1 => Samples.Fail("B", "Bad.", "obs/2"),
                _ => Samples.Inconclusive("C", "Unknown.", "Ask."),
            });
            var units = findings.Chunk(2).Select((pair, number) => Samples.Unit($"{id}-1 {(char)('a' + number)}", Deciders.Probe, pair)).ToArray();
            var testCase = Samples.Case($"{id}-1", TestKind.Functional, units);

            // Where one entry is enough, the case may be better than its units.
            var anyEntry = chosen[0] % 5 == 0;
            return Samples.Group(id, "Tested", "M", anyEntry ? testCase with { Verdict = Verdicts.AnyOf(units.Select(unit => unit.Verdict)) } : testCase);
        }).ToList();
        var verdicts = groups.Select(group => group.Verdict).OfType<Verdict>().Append(Verdict.Pass);
        return Samples.Assessment([.. groups]) with { Overall = new OverallResult(Verdicts.AllOf(verdicts), "Folded.") };
    }
}
