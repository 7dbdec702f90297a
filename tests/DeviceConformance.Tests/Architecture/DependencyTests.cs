using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using NUnit.Framework;

namespace DeviceConformance.Tests.Architecture;

[Parallelizable(ParallelScope.All)]
public sealed class DependencyTests
{
    private const string Prefix = "DeviceConformance.";

    private static readonly Dictionary<string, string[]> _arrows = new()
    {
        ["Model"] = [],
        ["Declarations"] = ["Model"],
        ["Probing"] = ["Model"],
        ["Evidence"] = ["Model"],
        ["Reporting"] = ["Model"],
        ["TestCases"] = ["Model"],
        ["Emulator"] = ["Model"],
    };

    // Types that would let a judgement look at the world instead of the record.
    private static readonly string[] _world =
    [
        "System.IO.File", "System.IO.FileStream", "System.IO.Directory", "System.IO.FileInfo", "System.Net.Sockets.Socket", "System.Net.Sockets.TcpClient", "System.Net.Http.HttpClient",
        "System.Diagnostics.Process", "System.Diagnostics.Stopwatch", "System.TimeProvider", "System.Random", "System.Console",
    ];

    [TestCaseSource(nameof(Projects))]
    public void Dependencies_point_one_way(string project)
    {
        var own = References(project).Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..]);
        Assert.That(own, Is.SubsetOf(_arrows[project]));
    }

    [Test]
    public void The_model_uses_the_base_library_only() =>
        Assert.That(References("Model").Where(name => !name.StartsWith("System.", StringComparison.Ordinal)), Is.Empty);

    [TestCase("Model")]
    [TestCase("TestCases")]
    [TestCase("Reporting")]
    public void What_judges_or_shows_does_not_touch_the_world(string project)
    {
        var used = TypeReferences(project).ToHashSet();
        Assert.That(used, Is.Not.Empty);
        Assert.That(_world.Where(used.Contains), Is.Empty);
        // The compiler asks for the thread's number in every iterator.
        Assert.That(MemberReferences(project).Where(member => member.StartsWith("System.Environment.", StringComparison.Ordinal) && !member.EndsWith(".get_CurrentManagedThreadId", StringComparison.Ordinal)), Is.Empty);
        Assert.That(MemberReferences(project).Where(member => member is "System.DateTime.get_Now" or "System.DateTime.get_UtcNow" or "System.DateTimeOffset.get_Now" or "System.DateTimeOffset.get_UtcNow" or "System.Guid.NewGuid"), Is.Empty);
    }

    [Test]
    public void The_ban_would_notice_a_file()
    {
        // The guard itself is checked on a project that does use files.
        Assert.That(TypeReferences("Evidence"), Does.Contain("System.IO.File"));
        Assert.That(MemberReferences("Evidence"), Does.Contain("System.Guid.NewGuid"));
    }

    [Test]
    public void Every_package_is_pinned_and_none_is_on_the_list_of_unwanted_ones()
    {
        var files = Directory.EnumerateFiles(Golden.RepositoryRoot, "packages.lock.json", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).ToList();
        Assert.That(files, Has.Count.EqualTo(Directory.EnumerateFiles(Golden.RepositoryRoot, "*.csproj", SearchOption.AllDirectories).Count()));
        var packages = files.SelectMany(Packages).Distinct().ToList();
        Assert.That(packages.Select(package => package.Name), Does.Contain("YamlDotNet"));
        Assert.That(packages.Where(package => UnwantedPackages.Reason(package.Name, package.Version) is not null).Select(package => $"{package.Name} {package.Version}: {UnwantedPackages.Reason(package.Name, package.Version)}"), Is.Empty);
    }

    private static IEnumerable<string> Projects => _arrows.Keys;

    private static IEnumerable<(string Name, string Version)> Packages(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        foreach (var framework in json.RootElement.GetProperty("dependencies").EnumerateObject())
        {
            foreach (var package in framework.Value.EnumerateObject().Where(package => package.Value.TryGetProperty("resolved", out _)))
            {
                yield return (package.Name, package.Value.GetProperty("resolved").GetString()!);
            }
        }
    }

    private static List<string> References(string project) => Read(project, reader => reader.AssemblyReferences.Select(handle => reader.GetString(reader.GetAssemblyReference(handle).Name)).ToList());

    private static List<string> TypeReferences(string project) => Read(project, reader => reader.TypeReferences.Select(handle => Name(reader, handle)).ToList());

    private static List<string> MemberReferences(string project) => Read(project, reader => reader.MemberReferences
        .Select(reader.GetMemberReference)
        .Where(member => member.Parent.Kind == HandleKind.TypeReference)
        .Select(member => $"{Name(reader, (TypeReferenceHandle)member.Parent)}.{reader.GetString(member.Name)}")
        .ToList());

    private static string Name(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        return $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
    }

    private static List<string> Read(string project, Func<MetadataReader, List<string>> read)
    {
        using var stream = File.OpenRead(Path.Combine(TestContext.CurrentContext.TestDirectory, $"{Prefix}{project}.dll"));
        using var image = new PEReader(stream);
        return read(image.GetMetadataReader());
    }
}
