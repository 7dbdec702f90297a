using NUnit.Framework;

namespace DeviceConformance.Tests.Architecture;

/// <summary>
/// Packages and versions that must not come in, directly or through another: licences that bind users of this project, and versions with
/// known faults. The package source that the project builds from carries no vulnerability data, so the list is ours to keep.
/// </summary>
internal static class UnwantedPackages
{
    private static readonly (string Name, string? From, string? Below, string Reason)[] _list =
    [
        ("PDFsharp", null, null, "AGPL, and a licence key at run time"),
        ("Newtonsoft.Json.Schema", null, null, "AGPL or commercial"),
        ("JsonSchema.Net", "9.0.0", null, "maintenance fee for binaries"),
        ("MassTransit", "9.0.0", null, "commercial"),
        ("FluentAssertions", "8.0.0", null, "commercial"),
        ("EPPlus", "5.0.0", null, "commercial"),
        ("QuestPDF", null, null, "bound to revenue"),
        ("SixLabors.ImageSharp", "2.0.0", null, "split licence"),
        ("SixLabors.Fonts", "2.0.0", null, "split licence"),
        ("SonarAnalyzer.CSharp", "10.0.0", null, "source-available only"),
        ("System.Drawing.Common", null, "5.0.3", "remote code execution in old versions"),
        ("Portable.BouncyCastle", null, null, "unmaintained, known faults"),
        ("BouncyCastle.NetCore", null, null, "unmaintained, known faults"),
        ("SharpZipLib", null, "1.3.3", "path traversal"),
        ("Newtonsoft.Json", null, "13.0.1", "denial of service by nesting"),
        ("SQLitePCLRaw.lib.e_sqlite3", null, "2.1.0", "old SQLite with known faults"),
        ("DotNetZip", null, null, "unmaintained, path traversal"),
    ];

    /// <summary>Why a package is unwanted, or null.</summary>
    public static string? Reason(string name, string version) => _list
        .Where(item => item.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
            && (item.From is null || Number(version) >= Number(item.From))
            && (item.Below is null || Number(version) < Number(item.Below)))
        .Select(item => item.Reason)
        .FirstOrDefault();

    private static Version Number(string version) => Version.Parse(version.Split('-', '+')[0]);
}

[Parallelizable(ParallelScope.All)]
public sealed class UnwantedPackagesTests
{
    [TestCase("FluentAssertions", "8.1.0", true)]
    [TestCase("FluentAssertions", "7.0.0", false)]
    [TestCase("fluentassertions", "8.0.0", true)]
    [TestCase("System.Drawing.Common", "4.7.0", true)]
    [TestCase("System.Drawing.Common", "8.0.0", false)]
    [TestCase("PDFsharp", "6.5.0", true)]
    [TestCase("YamlDotNet", "16.3.0", false)]
    public void The_list_knows_names_and_versions(string name, string version, bool unwanted) =>
        Assert.That(UnwantedPackages.Reason(name, version) is not null, Is.EqualTo(unwanted));
}
