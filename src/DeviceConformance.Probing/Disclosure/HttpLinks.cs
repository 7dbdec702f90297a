using System.Collections.Frozen;
using System.Text.RegularExpressions;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Which targets that a page names may be asked for.</summary>
internal static class HttpLinks
{
    private const int MaxPath = 500;
    private const int MaxText = 512 * 1024;
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    private static readonly Regex _word = new("[A-Z]?[a-z]+|[A-Z]+", Linear);
    private static readonly Regex _location = new("<loc>([^<]{1,400})</loc>", Linear);
    private static readonly Regex _asset = new(@"\.(?:png|jpe?g|gif|svg|ico|bmp|webp|avif|woff2?|ttf|eot|otf|css|mp3|wav|ogg|wasm)$", Linear | RegexOptions.IgnoreCase);
    private static readonly Regex _page = new(@"\.(?:html?|shtml|asp|php|jsp|m?js|map)$", Linear | RegexOptions.IgnoreCase);

    private static readonly FrozenSet<string> _actions = DataFile.Read("Disclosure.http-actions.txt", 2).Select(row => row[0]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // Words that are a button on whatever page they stand.
    private static readonly FrozenSet<string> _never = new[] { "logout", "logoff", "signout", "signoff", "out" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The path of a target on the same port, or null when it leads elsewhere or to a part of the looks.</summary>
    /// <param name="origin">The port.</param>
    /// <param name="from">Path of the page that names it, or what the page gives as the base of its links.</param>
    /// <param name="target">The target as written.</param>
    public static string? PathOf(Uri origin, string from, string target)
    {
        if (target.Length is 0 or > MaxPath || target[0] == '#'
            || !Uri.TryCreate(origin, from, out var page) || !Uri.TryCreate(page, target, out var uri)
            || uri.Scheme != origin.Scheme || uri.Authority != origin.Authority || _asset.IsMatch(uri.AbsolutePath))
        {
            return null;
        }

        return uri.PathAndQuery;
    }

    /// <summary>Whether asking for a path may do something: it or its query holds a word such as reboot, save or off.</summary>
    public static bool NamesAction(string path)
    {
        var query = path.IndexOf('?', StringComparison.Ordinal);
        var resource = query < 0 ? path : path[..query];
        // A page named /update.html shows a form; /update alone may begin one.
        var isPage = query < 0 && _page.IsMatch(resource);
        foreach (Match word in _word.Matches(path))
        {
            if (_actions.Contains(word.Value) && !(isPage && !_never.Contains(word.Value) && !word.Value.StartsWith("re", StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Words of a text that name an action.</summary>
    public static IEnumerable<string> ActionsIn(string text) => _word.Matches(text).Select(word => word.Value).Where(_actions.Contains);

    /// <summary>Paths that robots.txt or a sitemap names.</summary>
    public static IEnumerable<string> InPublicFile(string text) =>
        text.Split('\n').Take(200).Select(line => line.Trim())
            .Select(line => IsRule(line) ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() : "")
            .Where(path => path.Length > 0 && !path.Contains('*', StringComparison.Ordinal))
            .Concat(_location.Matches(text.Length > MaxText ? text[..MaxText] : text).Take(50).Select(match => match.Groups[1].Value.Trim()));

    private static bool IsRule(string line) =>
        line.StartsWith("Disallow:", StringComparison.OrdinalIgnoreCase) || line.StartsWith("Allow:", StringComparison.OrdinalIgnoreCase) || line.StartsWith("Sitemap:", StringComparison.OrdinalIgnoreCase);
}
