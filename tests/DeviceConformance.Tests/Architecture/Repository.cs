using System.Runtime.CompilerServices;

namespace DeviceConformance.Tests.Architecture;

/// <summary>The source tree that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find([CallerFilePath] string here = "")
    {
        for (var folder = new FileInfo(here).Directory; folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DeviceConformance.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No DeviceConformance.sln above {here}.");
    }
}
