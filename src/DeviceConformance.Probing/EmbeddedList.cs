using System.Collections.Immutable;

namespace DeviceConformance.Probing;

/// <summary>Dated data that the assembly carries: one entry a line with its reason behind it, # before a remark.</summary>
internal static class EmbeddedList
{
    /// <summary>The entries of a list, without their reasons.</summary>
    /// <exception cref="InvalidOperationException">There is no such list, or an entry has no reason.</exception>
    public static ImmutableArray<string> Read(string resource)
    {
        using var stream = typeof(EmbeddedList).Assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException($"The assembly lacks its resource {resource}.");
        using var reader = new StreamReader(stream);
        var entries = ImmutableArray.CreateBuilder<string>();
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            entries.Add(line.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries) is [var entry, _] ? entry : throw new InvalidOperationException($"{resource}:{number} is not 'entry reason'."));
        }

        return entries.ToImmutable();
    }
}
