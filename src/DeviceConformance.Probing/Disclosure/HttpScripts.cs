using System.Collections.Immutable;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Declared;
using DeviceConformance.Probing.Logins;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>What a script names, read from its text; it is not run.</summary>
internal static class HttpScripts
{
    private const int MaxScript = 512 * 1024;
    private const int MaxFromScript = 150;
    private const int MaxOthers = 40;
    // How far from the path of a login its fields stand.
    private const int LoginWindow = 700;
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    // A path, up to where a template puts a value in; or a name with the ending of a page or data.
    private static readonly Regex _quoted = new("""["'`](/[\w][\w./?=&%-]*|(?:\.{1,2}/|[\w])[\w./-]*\.(?:json|cgi|xml|asp|php|html?|txt|log|m?js))(?:["'`?]|\$\{)""", Linear);
    private static readonly Regex _api = new("""["'`]((?:\./)?(?:api|rest|rpc|v[1-9])/[\w./-]*)(?:["'`?]|\$\{)""", Linear);
    private static readonly Regex _location = new("""location(?:\.href)? ?= ?["']([^"'\n]+)["']|location\.(?:replace|assign)\(["']([^"'\n]+)["']""", Linear);
    private static readonly Regex _open = new("""\.open\( ?["'](POST|PUT|PATCH|DELETE)["'] ?, ?["'`]([\w./-]{1,200})""", Linear | RegexOptions.IgnoreCase);
    private static readonly Regex _fetch = new("""(?:fetch|ajax)\( ?(?:["'`]([\w./-]{1,200})["'`] ?, ?)?\{[^{}]{0,200}(?:method|type) ?: ?["'](POST|PUT|PATCH|DELETE)["']""", Linear | RegexOptions.IgnoreCase);
    private static readonly Regex _verb = new("""[\w$)]\.(post|put|patch|delete)\( ?["'`]([\w./-]{2,200})""", Linear);
    private static readonly Regex _socket = new("""["'`](?:wss?://[^"'`/\s]{0,100})?(/(?:[\w./-]*/)?(?:ws|wss|websocket|socket|socket\.io|sockjs|live|stream|events?)[\w./-]*)["'`?]""", Linear | RegexOptions.IgnoreCase);
    private static readonly Regex _makesSocket = new(@"\bWebSocket\b|\bio\(|socket\.io", Linear);
    private static readonly Regex _login = new("""["'`]((?:\./|/)?(?:[\w.-]{1,60}/){0,6}[\w.-]{0,40}(?:login|logon|signin|sign-in|auth|session|token)[\w.-]{0,40}/?)["'`]""", Linear | RegexOptions.IgnoreCase);
    private static readonly Regex _object = new(@"\{([^{}]{3,400})\}", Linear);
    private static readonly Regex _map = new(@"//[#@] ?sourceMappingURL=([\w./%-]{1,200}\.map)", Linear);

    /// <summary>Targets that a script names in quotes.</summary>
    public static IEnumerable<string> Targets(string script)
    {
        var text = Cut(script);
        return _quoted.Matches(text).Select(match => match.Groups[1].Value).Concat(_api.Matches(text).Select(match => match.Groups[1].Value))
            .Concat(_map.Matches(text).Take(2).Select(match => match.Groups[1].Value))
            .Distinct().Take(MaxFromScript);
    }

    /// <summary>Targets to which a script sends the browser.</summary>
    public static IEnumerable<string> Moves(string script) =>
        _location.Matches(Cut(script)).Take(4).Select(match => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value);

    /// <summary>Requests other than GET: method in capitals, target.</summary>
    public static IEnumerable<(string Method, string Target)> Writes(string script)
    {
        var text = Cut(script);
        return _open.Matches(text).Select(match => (match.Groups[1].Value, match.Groups[2].Value))
            .Concat(_fetch.Matches(text).Where(match => match.Groups[1].Success).Select(match => (match.Groups[2].Value, match.Groups[1].Value)))
            .Concat(_verb.Matches(text).Where(match => match.Groups[2].Value.Contains('/', StringComparison.Ordinal)).Select(match => (match.Groups[1].Value, match.Groups[2].Value)))
            .Select(write => (write.Item1.ToUpperInvariant(), write.Item2)).Distinct().Take(MaxOthers);
    }

    /// <summary>Paths of WebSockets, where the script makes any.</summary>
    public static IEnumerable<string> Sockets(string script)
    {
        var text = Cut(script);
        return _makesSocket.IsMatch(text) ? _socket.Matches(text).Select(match => match.Groups[1].Value).Distinct().Take(8) : [];
    }

    /// <summary>Logins that a script sends as JSON: user field and password field side by side in an object near a path that names a login.</summary>
    public static ImmutableArray<LoginForm> Logins(string script)
    {
        var text = Cut(script);
        var logins = ImmutableArray.CreateBuilder<LoginForm>();
        foreach (Match match in _login.Matches(text).Take(MaxOthers))
        {
            var near = text.AsSpan(match.Index, Math.Min(LoginWindow, text.Length - match.Index)).ToString();
            var keys = _object.Matches(near).Take(8).Select(found => Keys(found.Groups[1].Value)).FirstOrDefault(keys => Named(keys, JsonNames.Passwords).Length > 0);
            if (keys is not null)
            {
                var login = new LoginForm(Named(keys, JsonNames.Users), Named(keys, JsonNames.Passwords), match.Groups[1].Value, "", "");
                if (!logins.Contains(login) && logins.Count < 4)
                {
                    logins.Add(login);
                }
            }
        }

        return logins.ToImmutable();
    }

    private static string Cut(string script) => script.Length > MaxScript ? script[..MaxScript] : script;

    private static List<string> Keys(string members) =>
        [.. members.Split(',').Take(20).Select(member => member.Split(':')[0].Trim(' ', '\t', '\r', '\n', '"', '\'')).Where(key => key.Length is > 0 and < 40 && key.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-'))];

    private static string Named(List<string> keys, ImmutableArray<string> names) =>
        names.Select(name => keys.Find(key => key.Equals(name, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(key => key is not null) ?? "";
}
