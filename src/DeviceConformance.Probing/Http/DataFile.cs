using System.Collections.Immutable;

namespace DeviceConformance.Probing.Http;

/// <summary>Lists that are data: text files with one entry a line, columns apart by blanks, the last one a reason in words.</summary>
internal static class DataFile
{
    /// <summary>Reads an embedded list.</summary>
    /// <param name="resource">Name of the resource, below the name of the assembly.</param>
    /// <param name="columns">Columns of each entry, the reason included.</param>
    /// <exception cref="InvalidOperationException">The assembly lacks the list, or an entry lacks a column.</exception>
    public static ImmutableArray<string[]> Read(string resource, int columns)
    {
        using var stream = typeof(DataFile).Assembly.GetManifestResourceStream($"DeviceConformance.Probing.{resource}")
            ?? throw new InvalidOperationException($"The assembly lacks its resource {resource}.");
        using var reader = new StreamReader(stream);
        var entries = ImmutableArray.CreateBuilder<string[]>();
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var entry = line.Split(' ', columns, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            entries.Add(entry.Length == columns ? entry : throw new InvalidOperationException($"{resource}:{number} has not {columns} columns."));
        }

        return entries.ToImmutable();
    }
}
