using DeviceConformance.Cli.Commands;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Cli.Emulation;

/// <summary>The example declaration of the emulated device, as it travels inside the tool.</summary>
internal static class ExampleDevice
{
    private const string Root = "examples/water-heater/";

    /// <summary>Writes the declaration of an edition with its images into a folder.</summary>
    /// <exception cref="UsageException">A file is there already.</exception>
    public static void Write(string folder, StandardEdition edition)
    {
        var own = $"{Root}{edition.Id.ToLowerInvariant()}/";
        var resources = typeof(ExampleDevice).Assembly.GetManifestResourceNames()
            .Select(name => (Name: name, Path: name.Replace('\\', '/')))
            .Where(resource => resource.Path.StartsWith(own, StringComparison.Ordinal))
            .Select(resource => (resource.Name, Target: Path.Combine(folder, resource.Path[own.Length..])))
            .ToList();
        if (resources.FirstOrDefault(resource => File.Exists(resource.Target)) is { Target: { } there })
        {
            throw new UsageException($"{there} is there already and is not overwritten; name another folder.");
        }

        foreach (var (name, target) in resources)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using var source = typeof(ExampleDevice).Assembly.GetManifestResourceStream(name)!;
            using var file = File.Create(target);
            source.CopyTo(file);
        }
    }
}
