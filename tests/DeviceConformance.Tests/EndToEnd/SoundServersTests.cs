using System.Text;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.EndToEnd;

/// <summary>The whole tool against servers that keep what they declare.</summary>
[Category("Daemon")]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[TestFixture("V2.1.1")]
[TestFixture("V3.1.3")]
[Parallelizable(ParallelScope.All)]
public sealed class SoundServersTests(string edition)
{
    private readonly StandardEdition _edition = StandardEdition.Parse(edition);

    [Test]
    public async Task Sound_device_fails_no_unit_and_passes_once_the_examiner_has_answered()
    {
        using var device = await ServerDevice.StartAsync(_edition);

        var first = await Dct.RunAsync("run", device.Declaration, "--out", device.Run());
        var assessment = Dct.Assessment(device.Run());

        Assert.Multiple(() =>
        {
            Assert.That(first.Code, Is.EqualTo(2), first.Text);
            Assert.That(first.Elapsed, Is.LessThan(TimeSpan.FromMinutes(2)));
            Assert.That(first.Errors, Is.Empty);
            Assert.That(assessment.Run.Health.Problems, Is.Empty);
            Assert.That(Failing(assessment), Is.Empty);
            Assert.That(Open(assessment), Is.EquivalentTo([.. ServerDeclaration.OpenForServers(_edition), .. ServerDeclaration.OpenForExaminer(_edition)]));
        });
        AssertSweeps(device);
        AssertSecretsAreKept(device, first);

        await File.WriteAllTextAsync(Path.Combine(device.Declaration, "answers.yaml"), AllAnswers(device, assessment));
        var second = await Dct.RunAsync("run", "--resume", device.Run());

        Assert.Multiple(() =>
        {
            Assert.That(second.Code, Is.Zero, second.Text);
            Assert.That(Dct.Assessment(device.Run()).Overall.Verdict, Is.EqualTo(Verdict.Pass));
            Assert.That(Dct.RequestsAskedTwice(device.Run()), Is.Empty);
        });
    }

    private static IEnumerable<string> Failing(Assessment assessment) =>
        assessment.Units.SelectMany(unit => unit.Findings.Where(finding => finding.Verdict == Verdict.Fail), (unit, finding) => $"{unit.Id}: {finding.Statement}");

    private static IEnumerable<string> Open(Assessment assessment) =>
        assessment.Units.Where(unit => unit.Verdict == Verdict.Inconclusive).Select(unit => unit.Id.ToString());

    private static void AssertSweeps(ServerDevice device)
    {
        using var run = RunFolder.Open(device.Run());
        var sweeps = run.Observations.All<TcpPortsSeen>().Select(sweep => sweep.Observation).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(sweeps.Select(sweep => sweep.Address.Address), Is.EqualTo([device.Network.DeviceAddress, device.Network.DeviceAddressV6]));
            foreach (var sweep in sweeps)
            {
                Assert.That(sweep.Open, Is.EqualTo([80, 443, 8883]));
                Assert.That((sweep.Closed, sweep.Silent, sweep.NotTried, sweep.Coverage.IsComplete), Is.EqualTo((65_532, 0, 0, true)), sweep.Coverage.Statement);
                Assert.That(sweep.Seconds, Is.LessThan(20));
            }
        });
    }

    /// <summary>No credential of lab.yaml shows anywhere, in whatever form a protocol or a report may have put it.</summary>
    private static void AssertSecretsAreKept(ServerDevice device, DctResult ended)
    {
        var outputs = Directory.EnumerateFiles(device.Run(), "*", SearchOption.AllDirectories)
            .Select(file => (Name: file, Text: Encoding.Latin1.GetString(File.ReadAllBytes(file))))
            .Append((Name: "console", ended.Text))
            .ToList();
        Assert.That(outputs, Has.Count.GreaterThan(20), "the search looks at the reports, the journal, the declaration and the transcripts");
        var found =
            from output in outputs
            from form in ServerDeclaration.Secrets.SelectMany(Forms)
            where output.Text.Contains(form, StringComparison.OrdinalIgnoreCase)
            select $"{output.Name}: {form}";
        Assert.That(found, Is.Empty);
    }

    private static IEnumerable<string> Forms((string User, string Password) secret)
    {
        var (user, password) = secret;
        foreach (var text in new[] { password, $"{user}:{password}" })
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            yield return text;
            yield return Uri.EscapeDataString(text);
            yield return System.Net.WebUtility.UrlEncode(text);
            yield return System.Net.WebUtility.HtmlEncode(text);
            yield return System.Text.Json.JsonEncodedText.Encode(text).ToString();
            yield return Convert.ToBase64String(bytes);
            yield return Convert.ToHexString(bytes);
        }
    }

    private string AllAnswers(ServerDevice device, Assessment assessment)
    {
        var answers = new StringBuilder(File.ReadAllText(Path.Combine(device.Declaration, "answers.yaml")));
        foreach (var unit in assessment.Units.Where(unit => unit.Verdict == Verdict.Inconclusive))
        {
            // An answer to the ordinary question never covers up what a probe could not see.
            var ending = ServerDeclaration.OpenForServers(_edition).Contains(unit.Id.ToString()) ? "/open" : "";
            foreach (var finding in unit.Findings.Where(finding => finding.Verdict == Verdict.Inconclusive))
            {
                answers.Append($"  - {{unit: {unit.Id}, subject: {finding.Subject}{ending}, verdict: pass, reason: Looked at by hand., by: A. Berg, date: 2026-11-20}}\n");
            }
        }

        return answers.ToString();
    }
}
