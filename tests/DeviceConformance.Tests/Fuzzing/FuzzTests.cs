using System.Globalization;
using NUnit.Framework;

namespace DeviceConformance.Tests.Fuzzing;

/// <summary>
/// Every parser of what a device or a maker sends, fed with altered messages: none throws, hangs or takes memory without bound. Two
/// seconds each by default; <c>DCT_FUZZ_SECONDS=600</c> for a long run, <c>DCT_FUZZ_SEED</c> to repeat one.
/// </summary>
[Category("Fuzz")]
[Parallelizable(ParallelScope.All)]
public sealed class FuzzTests
{
    private static IEnumerable<TestCaseData> Targets() => FuzzTargets.All.Select(target => new TestCaseData(target).SetArgDisplayNames(target.Name));

    [TestCaseSource(nameof(Targets))]
    public void Parser_survives_altered_messages(object target)
    {
        var seconds = Setting("DCT_FUZZ_SECONDS", 2);
        var seed = Setting("DCT_FUZZ_SEED", seconds > 2 ? Environment.TickCount : 1);
        var count = ((FuzzTarget)target).Run(TimeSpan.FromSeconds(seconds), seed, new DirectoryInfo(Path.Combine(Golden.RepositoryRoot, "tests/DeviceConformance.Tests/Fuzzing/found")));
        TestContext.Out.WriteLine($"{count} messages, seed {seed}");
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
