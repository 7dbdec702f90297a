using System.Text;
using NUnit.Framework;

namespace DeviceConformance.Tests;

/// <summary>
/// Compares text with a file that is kept beside the tests. <c>UPDATE_GOLDEN=1 dotnet test</c> rewrites the files; the diff is then
/// read like any other change.
/// </summary>
internal static class Golden
{
    private const int ShownCharacters = 200;

    /// <summary>Root folder of the repository: the nearest folder above the test assembly that holds the solution.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    private static bool IsUpdating => Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1";

    /// <summary>Asserts that <paramref name="actual"/> is what the golden file holds, character by character.</summary>
    /// <param name="path">Path in the repository with forward slashes, for example <c>reports/sample/report.md</c>.</param>
    /// <param name="actual">The text; its lines end with LF.</param>
    public static void Verify(string path, string actual)
    {
        Assert.That(actual, Does.Not.Contain("\r\n"), $"{path}: lines of a golden file end with LF.");
        var file = Path.Combine([RepositoryRoot, .. path.Split('/')]);
        if (IsUpdating)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, actual, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            return;
        }

        Assert.That(file, Does.Exist, "There is no golden file yet; run with UPDATE_GOLDEN=1 and read it.");
        var expected = File.ReadAllText(file);
        if (expected != actual)
        {
            Assert.Fail($"{path} differs from the golden file. {FirstDifference(expected, actual)}\nIf the change is meant, run with UPDATE_GOLDEN=1 and read the diff.");
        }
    }

    private static string FirstDifference(string expected, string actual)
    {
        var (expectedLines, actualLines) = (expected.Split('\n'), actual.Split('\n'));
        var at = 0;
        while (at < expectedLines.Length && at < actualLines.Length && expectedLines[at] == actualLines[at])
        {
            at++;
        }

        return $"First at line {at + 1}:\n  golden: {Line(expectedLines, at)}\n  actual: {Line(actualLines, at)}";
    }

    private static string Line(string[] lines, int at) =>
        at >= lines.Length ? "(end of file)" : lines[at].Length > ShownCharacters ? lines[at][..ShownCharacters] + "…" : lines[at];

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DeviceConformance.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"DeviceConformance.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
