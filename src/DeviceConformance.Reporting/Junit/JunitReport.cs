using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Xml;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;

namespace DeviceConformance.Reporting.Junit;

/// <summary>Writes <c>junit.xml</c> as Jenkins and GitLab read it.</summary>
/// <remarks>
/// A test suite is a provision, a test case is a test unit. FAIL is a failure, INCONCLUSIVE is skipped with a message (or, on wish,
/// a failure), a problem of the run is an error. Run health, the verification of the ICS and the overall verdict are suites of their
/// own, so that the file is never greener than the assessment.
/// </remarks>
public static class JunitReport
{
    private const int NameLength = 160;

    /// <summary>Writes the report; the same assessment always gives the same bytes.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="assessment">What.</param>
    /// <param name="inconclusiveAsFailure">Whether INCONCLUSIVE is a failure instead of skipped.</param>
    public static void Write(Stream stream, Assessment assessment, bool inconclusiveAsFailure = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(assessment);
        var open = inconclusiveAsFailure ? JunitOutcome.Failed : JunitOutcome.Skipped;
        ImmutableArray<JunitSuite> suites =
        [
            Health(assessment.Run.Health),
            Ics(assessment.IcsVerification, open),
            .. assessment.Groups.Select(group => Group(group, open)),
            new JunitSuite("Overall verdict", [], [new JunitTest("overall", "Overall verdict", Outcome(assessment.Overall.Verdict, open), assessment.Overall.Reason, "")]),
        ];
        using var xml = XmlWriter.Create(stream, new XmlWriterSettings { Indent = true, NewLineChars = "\n", Encoding = new UTF8Encoding(false), CloseOutput = false });
        xml.WriteStartDocument();
        xml.WriteStartElement("testsuites");
        xml.WriteAttributeString("name", VisibleText.Line($"{Words.Name(assessment.Dut)}, EN 303 645 {assessment.Edition}"));
        Counts(xml, [.. suites.SelectMany(suite => suite.Tests)]);
        xml.WriteAttributeString("time", (assessment.Run.Finished - assessment.Run.Started).TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture));
        foreach (var suite in suites)
        {
            Suite(xml, suite, assessment.Run.Started);
        }

        xml.WriteEndElement();
        xml.WriteWhitespace("\n");
        xml.WriteEndDocument();
    }

    /// <summary>The report as a string.</summary>
    /// <inheritdoc cref="Write"/>
    public static string Render(Assessment assessment, bool inconclusiveAsFailure = false)
    {
        using var stream = new MemoryStream();
        Write(stream, assessment, inconclusiveAsFailure);
        return Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    private static JunitSuite Health(RunHealth health) => new("Run health", [], health.IsSound
        ? [new JunitTest("health", "The run is sound", JunitOutcome.Passed, "", "")]
        : [.. health.Problems.Select(problem => new JunitTest("health", $"{Words.Of(problem.Kind)}, {Words.Time(problem.At)}", JunitOutcome.Error, problem.Text, ""))]);

    private static JunitSuite Ics(IcsVerification verification, JunitOutcome open)
    {
        var tests = verification.Findings.Select(finding =>
            new JunitTest("ics", Words.Sentence(finding), Outcome(finding.Verdict, open), Message(finding), Line(finding)));
        return new JunitSuite(
            "Verification of the ICS",
            [],
            [.. tests.Append(new JunitTest("ics", "Verification of the ICS", Outcome(verification.Verdict, open), $"The verification of the ICS is {Words.Of(verification.Verdict)}.", ""))]);
    }

    private static JunitSuite Group(GroupResult group, JunitOutcome open)
    {
        var className = $"EN303645.{group.Provision.ToString().Replace('.', '_')}";
        var tests = group.Verdict is { } verdict && group.Cases.IsEmpty
            ? [new JunitTest(className, $"{group.Provision} as a whole", Outcome(verdict, open), "No test case of this group was judged.", "")]
            : group.Cases.SelectMany(testCase => Case(className, testCase, open));
        return new JunitSuite(
            $"{group.Provision} {group.Title}",
            [
                new("status", group.Status.Text),
                new("support", Words.Of(group.Support)),
                new("verdict", Words.Of(group.Verdict)),
                new("applicability", group.Applicability.Reason),
            ],
            [.. tests]);
    }

    /// <summary>The units of a case, and the case itself where none of them shows its verdict.</summary>
    private static IEnumerable<JunitTest> Case(string className, CaseResult testCase, JunitOutcome open)
    {
        var tests = testCase.Units.Select(unit => Unit(className, testCase, unit, open)).ToList();
        var outcome = Outcome(testCase.Verdict, open);
        return tests.Any(test => test.Outcome == outcome)
            ? tests
            : tests.Append(new JunitTest(className, $"{testCase.Id} as a whole", outcome, $"Test case {testCase.Id} is {Words.Of(testCase.Verdict)}; no single unit decides it.", ""));
    }

    private static JunitTest Unit(string className, CaseResult testCase, UnitResult unit, JunitOutcome open)
    {
        // Where one declared entry is enough, a unit can fail for another entry while its case does not.
        var outweighed = unit.Verdict == Verdict.Fail && testCase.Verdict != Verdict.Fail
            || unit.Verdict == Verdict.Inconclusive && testCase.Verdict == Verdict.Pass;
        var deciding = unit.Findings.FirstOrDefault(finding => finding.Verdict == unit.Verdict);
        var message = deciding is null ? "Nothing was found for this unit." : Message(deciding);
        return new JunitTest(
            className,
            $"{unit.Id}: {unit.Check}",
            outweighed ? JunitOutcome.Skipped : Outcome(unit.Verdict, open),
            outweighed ? $"{Words.Of(unit.Verdict)}, but does not decide test case {testCase.Id}, which is {Words.Of(testCase.Verdict)}. {message}" : message,
            string.Join('\n', unit.Findings.Select(Line)));
    }

    private static string Message(Finding finding) =>
        $"{Words.Sentence(finding)}{(finding.Missing.Length > 0 ? $" Missing: {finding.Missing}" : "")}";

    private static string Line(Finding finding) => VisibleText.Line(
        $"{Words.Of(finding.Verdict)} {Message(finding)}{(finding.Evidence.IsEmpty ? "" : $" [{string.Join(", ", finding.Evidence.Select(item => $"{item.Address} sha256:{item.Sha256}"))}]")}");

    private static JunitOutcome Outcome(Verdict verdict, JunitOutcome open) => verdict switch
    {
        Verdict.Pass => JunitOutcome.Passed,
        Verdict.Fail => JunitOutcome.Failed,
        _ => open,
    };

    private static void Suite(XmlWriter xml, JunitSuite suite, DateTimeOffset started)
    {
        xml.WriteStartElement("testsuite");
        xml.WriteAttributeString("name", VisibleText.Clip(VisibleText.Line(suite.Name), NameLength));
        Counts(xml, suite.Tests);
        xml.WriteAttributeString("timestamp", started.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture));
        if (!suite.Properties.IsEmpty)
        {
            xml.WriteStartElement("properties");
            foreach (var (name, value) in suite.Properties)
            {
                xml.WriteStartElement("property");
                xml.WriteAttributeString("name", name);
                xml.WriteAttributeString("value", VisibleText.Line(value));
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }

        foreach (var test in suite.Tests)
        {
            Test(xml, test);
        }

        xml.WriteEndElement();
    }

    private static void Test(XmlWriter xml, JunitTest test)
    {
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("classname", test.ClassName);
        xml.WriteAttributeString("name", VisibleText.Clip(VisibleText.Line(test.Name), NameLength));
        if (test.Outcome != JunitOutcome.Passed)
        {
            xml.WriteStartElement(test.Outcome switch
            {
                JunitOutcome.Failed => "failure",
                JunitOutcome.Error => "error",
                _ => "skipped",
            });
            xml.WriteAttributeString("message", VisibleText.Line(test.Message));
            if (test.Outcome != JunitOutcome.Skipped)
            {
                xml.WriteString(test.Details.Length > 0 ? test.Details : VisibleText.Line(test.Message));
            }

            xml.WriteEndElement();
        }

        if (test.Outcome is JunitOutcome.Passed or JunitOutcome.Skipped && test.Details.Length > 0)
        {
            xml.WriteElementString("system-out", test.Details);
        }

        xml.WriteEndElement();
    }

    private static void Counts(XmlWriter xml, ImmutableArray<JunitTest> tests)
    {
        Count("tests", tests.Length);
        Count("failures", tests.Count(test => test.Outcome == JunitOutcome.Failed));
        Count("errors", tests.Count(test => test.Outcome == JunitOutcome.Error));
        Count("skipped", tests.Count(test => test.Outcome == JunitOutcome.Skipped));

        void Count(string name, int number) => xml.WriteAttributeString(name, number.ToString(CultureInfo.InvariantCulture));
    }
}

/// <summary>What a reader of JUnit files distinguishes.</summary>
internal enum JunitOutcome
{
    Passed,
    Failed,
    Error,
    Skipped,
}

internal sealed record JunitSuite(string Name, ImmutableArray<KeyValuePair<string, string>> Properties, ImmutableArray<JunitTest> Tests);

internal sealed record JunitTest(string ClassName, string Name, JunitOutcome Outcome, string Message, string Details);
