using System.Text.RegularExpressions;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Which targets that a page names may be asked for.</summary>
internal static class HttpLinks
{
    private const int MaxPath = 500;
    private const int MaxScript = 512 * 1024;
    private const int MaxFromScript = 100;
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    private static readonly Regex _quoted = new("""["'`](/[\w][\w./?=&%-]*|[\w][\w./-]*\.(?:json|cgi|xml|asp|php|html?|txt|log))["'`]""", Linear);
    private static readonly Regex _location = new("""location(?:\.href)? ?= ?["']([^"'\n]+)["']|location\.(?:replace|assign)\(["']([^"'\n]+)["']""", Linear);
    private static readonly Regex _word = new("[A-Z]?[a-z]+|[A-Z]+", Linear);
    private static readonly Regex _asset = new(@"\.(?:png|jpe?g|gif|svg|ico|bmp|webp|woff2?|ttf|eot|css|map|mp3|wav|ogg)$", Linear | RegexOptions.IgnoreCase);
    private static readonly Regex _page = new(@"\.(?:html?|shtml|asp|php|jsp|js)$", Linear | RegexOptions.IgnoreCase);

    // GET should be safe (RFC 9110, 9.2.1), but on small devices a link is often a button.
    private static readonly HashSet<string> _actions = new(StringComparer.OrdinalIgnoreCase)
    {
        "logout", "logoff", "signout", "quit", "exit", "reboot", "restart", "reset", "shutdown", "poweroff", "halt", "delete", "del", "remove", "erase", "wipe", "format", "flash", "install", "apply", "save", "set",
        "enable", "disable", "toggle", "start", "stop", "unlock", "lock", "factory", "default", "defaults", "restore", "kill", "exec", "execute", "run", "cmd", "command", "ping", "traceroute", "clear", "add", "create",
        "send", "on", "off", "open", "close", "up", "down", "move", "ptz", "write", "register", "unregister", "pair", "unpair", "switch", "turn", "dim", "color", "relay", "control", "action", "do", "change", "edit",
        "submit", "upload", "upgrade", "update", "connect", "disconnect", "join", "leave", "rename", "cancel", "confirm", "accept", "sleep", "wake", "calibrate", "test",
    };

    /// <summary>The path of a target on the same port, or null when it leads elsewhere or to a part of the looks.</summary>
    /// <param name="origin">The port.</param>
    /// <param name="from">Path of the page that names it.</param>
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
        foreach (Match word in _word.Matches(path))
        {
            // A page named /update.html shows a form; /update alone may begin one.
            if (_actions.Contains(word.Value) && !(word.Index < resource.Length && query < 0 && _page.IsMatch(resource)
                && !word.Value.StartsWith("log", StringComparison.OrdinalIgnoreCase) && !word.Value.StartsWith("re", StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Targets that a script names in quotes.</summary>
    public static IEnumerable<string> InScript(string script) =>
        _quoted.Matches(script.Length > MaxScript ? script[..MaxScript] : script).Select(match => match.Groups[1].Value).Distinct().Take(MaxFromScript);

    /// <summary>Targets to which a script sends the browser.</summary>
    public static IEnumerable<string> Moves(string script) =>
        _location.Matches(script.Length > MaxScript ? script[..MaxScript] : script).Take(4).Select(match => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value);

    /// <summary>Paths that robots.txt or a sitemap names.</summary>
    public static IEnumerable<string> InPublicFile(string text) =>
        text.Split('\n').Take(200).Select(line => line.Trim())
            .Select(line => line.StartsWith("Disallow:", StringComparison.OrdinalIgnoreCase) || line.StartsWith("Allow:", StringComparison.OrdinalIgnoreCase) ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() : "")
            .Where(path => path.StartsWith('/') && !path.Contains('*', StringComparison.Ordinal))
            .Concat(Regex.Matches(text.Length > MaxScript ? text[..MaxScript] : text, "<loc>([^<]{1,400})</loc>", Linear).Take(50).Select(match => match.Groups[1].Value));
}
