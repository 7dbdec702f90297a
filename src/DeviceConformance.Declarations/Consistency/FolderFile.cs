namespace DeviceConformance.Declarations.Consistency;

/// <summary>A file that a declaration names. A supplier's file must not lead out of the folder: images are sent to the DUT and kept as evidence.</summary>
internal static class FolderFile
{
    /// <summary>The file, or what is wrong with it, as the rest of a sentence.</summary>
    public static (FileInfo? File, string Wrong) Find(string folder, string name)
    {
        try
        {
            var root = Path.GetFullPath(folder);
            var path = Path.GetFullPath(Path.Combine(root, name));
            if (Path.IsPathRooted(name) || !IsInside(root, path))
            {
                return (null, "is outside the folder");
            }

            var file = new FileInfo(path);
            if (!file.Exists)
            {
                return (null, Directory.Exists(path) ? "is a folder" : "does not exist");
            }

            if (Links(root, file))
            {
                return (null, "is a symbolic link or lies behind one");
            }

            return file.Length == 0 ? (null, "is empty") : (file, "");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return (null, "can not be read");
        }
    }

    private static bool IsInside(string root, string path) =>
        path.StartsWith(root.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static bool Links(string root, FileInfo file)
    {
        if (file.LinkTarget is not null)
        {
            return true;
        }

        for (var folder = file.Directory; folder is not null && IsInside(root, folder.FullName); folder = folder.Parent)
        {
            if (folder.LinkTarget is not null)
            {
                return true;
            }
        }

        return false;
    }
}
