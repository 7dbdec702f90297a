using System.Text.RegularExpressions;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Collects what a survey sees of a web port beside information, open resources and logins.</summary>
internal sealed class WebNotes(Uri origin, bool tls)
{
    private const int MaxPaths = 20;
    private const int MaxCookies = 40;
    private const int MaxForms = 60;
    private const int MaxWrites = 200;
    private const int MaxTokenName = 60;

    // Fields by which forms guard against forged requests, as frameworks and makers name them.
    private static readonly Regex _token = new("csrf|xsrf|nonce|authenticity|requestverification|token|form_?key|secure_?key|sessionkey|stok", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private readonly List<string> _inClear = [];
    private readonly List<WebCookie> _cookies = [];
    private readonly List<WebForm> _forms = [];
    private readonly List<WebWrite> _writes = [];
    private readonly List<WebSocketSeen> _sockets = [];
    private WebStrictTransport _strict = WebStrictTransport.None;
    private int _toTls;

    /// <summary>Links from the start page to the farthest page asked for.</summary>
    public int Depth { get; set; }

    /// <summary>Whether a hidden field with content is named like a token against forged requests.</summary>
    public static bool IsToken(HtmlField field) => field.Type == "hidden" && field.Value.Length >= 6 && field.Name.Length < MaxTokenName && _token.IsMatch(field.Name);

    /// <summary>Notes cookies, and whether a port in clear gives content or leads to TLS.</summary>
    public void Read(HttpAnswer answer, string path)
    {
        foreach (var header in answer.HeaderValues("Set-Cookie"))
        {
            if (_cookies.Count < MaxCookies && SetCookie.TryParse(header, path, out var cookie, out _) && !_cookies.Exists(known => known.Name == cookie.Name))
            {
                _cookies.Add(cookie);
            }
        }

        if (tls)
        {
            // The first one counts (RFC 6797, 8.1).
            if (!_strict.IsSent && answer.HeaderValues("Strict-Transport-Security").FirstOrDefault() is { } strict && StrictTransport.TryParse(strict, SurveyNotes.Shortened(path), out var seen))
            {
                _strict = seen;
            }

            return;
        }

        if (answer.Status is >= 300 and < 400 && Uri.TryCreate(origin, answer.Header("Location"), out var target) && target.Scheme == Uri.UriSchemeHttps && target.Host == origin.Host)
        {
            _toTls++;
        }
        else if (answer.Status is >= 200 and < 300 && !answer.Body.IsEmpty && _inClear.Count < MaxPaths)
        {
            _inClear.Add(SurveyNotes.Shortened(path));
        }
    }

    /// <summary>Notes a form that is sent by POST.</summary>
    public void AddForm(HtmlFieldGroup form, string path, string action)
    {
        if (_forms.Count < MaxForms && !_forms.Exists(known => known.Action == action))
        {
            _forms.Add(new WebForm(
                SurveyNotes.Shortened(path),
                SurveyNotes.Shortened(action),
                [.. form.Fields.Select(field => field.Name).Where(name => name.Length > 0).Distinct().Take(20).Select(SurveyNotes.Shortened)],
                form.Fields.Any(IsToken)));
        }
    }

    /// <summary>Notes a request that was not sent because it would change something.</summary>
    public void AddWrite(string method, string path, string where)
    {
        if (_writes.Count < MaxWrites && !_writes.Exists(known => known.Method == method && known.Path == path))
        {
            _writes.Add(new WebWrite(method, SurveyNotes.Shortened(path), SurveyNotes.Shortened(where)));
        }
    }

    /// <summary>Notes a WebSocket.</summary>
    public void Add(WebSocketSeen socket) => _sockets.Add(socket);

    /// <summary>What was seen.</summary>
    /// <param name="requests">Requests made.</param>
    /// <param name="bytes">Bytes read.</param>
    /// <param name="queue">What waits, and what was not taken up.</param>
    public WebSeen ToSeen(int requests, long bytes, HttpQueue queue) => new(
        requests,
        bytes,
        Depth,
        [.. queue.Waiting.Take(MaxPaths).Select(SurveyNotes.Shortened)],
        [.. queue.Actions.Select(SurveyNotes.Shortened)],
        _toTls,
        [.. _inClear],
        [.. _cookies],
        [.. _forms],
        [.. _writes],
        [.. _sockets])
    {
        StrictTransport = tls ? _strict : null,
    };

    /// <summary>Sentences for the coverage.</summary>
    public IEnumerable<string> Remarks()
    {
        if (_toTls > 0 || (!tls && _inClear.Count > 0))
        {
            yield return _inClear.Count == 0
                ? $"all content is behind TLS: {_toTls} answers lead there and none gives content in clear"
                : $"{_toTls} answers lead to TLS; in clear there is {SurveyNotes.Some(_inClear)}";
        }

        if (_writes.Count > 0)
        {
            yield return $"{_writes.Count} requests that change something are named by scripts or descriptions and were not sent: {SurveyNotes.Some([.. _writes.Select(write => $"{write.Method} {write.Path}")])}";
        }

        if (tls && _cookies.Where(cookie => !cookie.Secure).Select(cookie => cookie.Name).ToList() is { Count: > 0 } careless)
        {
            yield return $"cookies set inside TLS without Secure: {SurveyNotes.Some(careless)}";
        }

        if (_forms.Where(form => !form.HasToken).Select(form => form.Action).ToList() is { Count: > 0 } bare && !_cookies.Exists(SetCookie.IsKeptFromOtherSites))
        {
            yield return $"forms sent by POST without a token against forged requests: {SurveyNotes.Some(bare)}";
        }

        foreach (var socket in _sockets)
        {
            yield return $"WebSocket {socket.Path}: upgrade without login {socket.WithoutLogin}, with the Origin of another site {socket.ForeignOrigin}";
        }
    }
}
