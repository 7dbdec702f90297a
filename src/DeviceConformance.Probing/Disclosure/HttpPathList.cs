using System.Collections.Immutable;
using DeviceConformance.Probing.Http;

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

    /// <summary>Asked for a WebSocket, and not by a plain GET.</summary>
    WebSocket,

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
    /// <summary>All entries, in the order of the file.</summary>
    public static ImmutableArray<HttpPath> All { get; } = Read();

    private static ImmutableArray<HttpPath> Read() =>
    [
        .. DataFile.Read("Disclosure.http-paths.txt", 3).Select(row => row[1].StartsWith('/') && Enum.TryParse<HttpPathKind>(row[0], ignoreCase: true, out var kind)
            ? new HttpPath(kind, row[1], row[2])
            : throw new InvalidOperationException($"http-paths.txt: '{string.Join(' ', row)}' is not 'kind /path reason'.")),
    ];
}
