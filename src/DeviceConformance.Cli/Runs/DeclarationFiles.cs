using System.Text;
using DeviceConformance.Declarations.Laboratory;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Declared;

namespace DeviceConformance.Cli.Runs;

/// <summary>The files of a declaration as a run keeps them.</summary>
internal static class DeclarationFiles
{
    /// <summary>File of the laboratory; the only one whose copy is not exact: its passwords are masked.</summary>
    public const string Lab = "lab.yaml";

    // Images beyond this size are recorded by their hash only, and so are lists of credentials.
    private const long LargestCopy = 64 * 1024 * 1024;

    /// <summary>All files that belong to the declaration: YAML, and the images that it names.</summary>
    public static IEnumerable<SourceFile> Of(Declaration declared)
    {
        foreach (var path in Paths(declared).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var full = Path.Combine(declared.Folder, path);
            if (new FileInfo(full).Length > LargestCopy || declared.Lab.CredentialLists.Any(list => list.File == path))
            {
                using var stream = File.OpenRead(full);
                var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(stream));
                yield return new SourceFile(path + ".sha256", hash, Encoding.UTF8.GetBytes($"{hash}  {path}\n"));
                continue;
            }

            var bytes = File.ReadAllBytes(full);
            yield return new SourceFile(path, RunFolder.Hash(bytes), path == Lab ? Encoding.UTF8.GetBytes(LabMask.Mask(Encoding.UTF8.GetString(bytes))) : bytes);
        }
    }

    private static IEnumerable<string> Paths(Declaration declared)
    {
        foreach (var file in Directory.EnumerateFiles(declared.Folder, "*.yaml").Concat(Existing(Path.Combine(declared.Folder, "ixit"))))
        {
            yield return Path.GetRelativePath(declared.Folder, file).Replace('\\', '/');
        }

        if (declared.Lab.MudFile is { } mud)
        {
            yield return mud.File;
        }

        foreach (var list in declared.Lab.CredentialLists.Select(list => list.File).Where(list => File.Exists(Path.Combine(declared.Folder, list))))
        {
            yield return list;
        }

        foreach (var image in declared.Ixit.Tables.SelectMany(sheet => sheet.Entries).Select(entry => entry.Facts).OfType<UpdMechFacts>().SelectMany(Images))
        {
            // A path that leads out of the folder is not copied: the run must not become a way to collect other files.
            var full = Path.GetFullPath(Path.Combine(declared.Folder, image));
            if (File.Exists(full) && full.StartsWith(Path.GetFullPath(declared.Folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                yield return Path.GetRelativePath(declared.Folder, full).Replace('\\', '/');
            }
        }
    }

    private static IEnumerable<string> Existing(string folder) => Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.yaml") : [];

    private static IEnumerable<string> Images(UpdMechFacts facts) =>
        new[] { facts.Genuine, facts.Older, facts.OtherKey }
            .Where(image => image.IsDeclared)
            .SelectMany(image => image.TryGet(out var declared) ? [declared.File, declared.Manifest] : Array.Empty<string>())
            .Where(file => file.Length > 0);
}
