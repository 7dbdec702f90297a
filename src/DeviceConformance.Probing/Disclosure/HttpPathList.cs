using System.Collections.Immutable;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>What a path is usually for.</summary>
public enum HttpPathKind
{
    /// <summary>State of the device.</summary>
    Status,

    /// <summary>Settings.</summary>
    Configuration,

    /// <summary>Software and its update.</summary>
    Firmware,

    /// <summary>Copy of the settings.</summary>
    Backup,

    /// <summary>Left over from development.</summary>
    Debug,

    /// <summary>Diagnostics.</summary>
    Diagnostics,

    /// <summary>Log.</summary>
    Log,

    /// <summary>Source code.</summary>
    Source,

    /// <summary>Picture or sound.</summary>
    Media,

    /// <summary>An API or its description.</summary>
    Api,

    /// <summary>Description for other devices.</summary>
    Discovery,

    /// <summary>Where people enter: telling nothing by being there.</summary>
    Entry,

    /// <summary>Meant for everybody.</summary>
    Public,

    /// <summary>Named by a page of the device.</summary>
    Linked,
}

/// <summary>A path to ask for.</summary>
/// <param name="Kind">What it is usually for.</param>
/// <param name="Path">Path and query.</param>
/// <param name="Reason">Why it is asked for.</param>
public sealed record HttpPath(HttpPathKind Kind, string Path, string Reason);

/// <summary>The paths that the survey asks every web server for: <c>http-paths.txt</c>.</summary>
public static class HttpPathList
{
    private const string Resource = "DeviceConformance.Probing.Disclosure.http-paths.txt";

    /// <summary>All entries, in the order of the file.</summary>
    public static ImmutableArray<HttpPath> All { get; } = Read();

    private static ImmutableArray<HttpPath> Read()
    {
        using var stream = typeof(HttpPathList).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {Resource}.");
        using var reader = new StreamReader(stream);
        var entries = ImmutableArray.CreateBuilder<HttpPath>();
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is not [var kind, ['/', ..] path, var reason]
                || !Enum.TryParse<HttpPathKind>(kind, ignoreCase: true, out var known))
            {
                throw new InvalidOperationException($"http-paths.txt:{number} is not 'kind /path reason'.");
            }

            entries.Add(new HttpPath(known, path, reason));
        }

        return entries.ToImmutable();
    }
}
