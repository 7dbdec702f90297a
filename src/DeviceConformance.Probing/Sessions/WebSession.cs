using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;
using DeviceConformance.Probing.Logins;

namespace DeviceConformance.Probing.Sessions;

/// <summary>What a client shows to be known again: cookies and a token.</summary>
/// <param name="Cookies">Cookies.</param>
/// <param name="Token">Bearer token; empty when there is none.</param>
internal sealed record SessionKeys(ImmutableArray<(string Name, string Value)> Cookies, string Token)
{
    /// <summary>Of a client that shows nothing.</summary>
    public static SessionKeys None { get; } = new([], "");

    /// <summary>Without one cookie.</summary>
    public SessionKeys Without(string cookie) => this with { Cookies = Cookies.RemoveAll(known => known.Name == cookie) };

    /// <summary>With invented values of the same shape under the given names, and for the token.</summary>
    public SessionKeys Invented(IReadOnlyCollection<string> names) => new(
        [.. Cookies.Select(cookie => names.Contains(cookie.Name) ? (cookie.Name, Identifier.Invent(cookie.Value)) : cookie)],
        Identifier.Invent(Token));
}

/// <summary>A login at the device whose session can be taken apart.</summary>
internal sealed class WebSession : IAsyncDisposable
{
    private readonly HttpLogin _login;
    private readonly string _user;
    private readonly Secret _password;
    private readonly ProbeContext _context;
    private readonly List<(WebCookie Cookie, string Value, bool BeforeLogin)> _received = [];
    private readonly List<string> _locations = [];
    private bool _sent;

    private WebSession(HttpLogin login, TestCredential credential, ProbeContext context)
    {
        (_login, _user, _password, _context) = (login, credential.User, credential.Password, context);
        login.Session.Answered = Note;
    }

    /// <summary>The login under it.</summary>
    public HttpLogin Login => _login;

    /// <summary>Cookies in the order they were set, those before the credential was sent marked.</summary>
    public IReadOnlyList<(WebCookie Cookie, string Value, bool BeforeLogin)> Received => _received;

    /// <summary>Targets of the redirects that were met.</summary>
    public IReadOnlyList<string> Locations => _locations;

    /// <summary>What the client shows.</summary>
    public SessionKeys Keys => new(
        [.. _login.Session.Cookies.GetAllCookies().Where(cookie => !cookie.Expired).Select(cookie => (cookie.Name, cookie.Value)).DistinctBy(cookie => cookie.Name)],
        (_login as HttpSessionLogin)?.Token ?? "");

    /// <summary>Logs in once.</summary>
    /// <param name="login">A login that nothing was sent to yet; disposed with the session.</param>
    /// <param name="credential">Valid credential.</param>
    /// <param name="planted">Cookies that the client holds before, as if somebody else had put them there.</param>
    /// <param name="context">What the probe has at hand.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<(WebSession Session, LoginAttempt? Attempt)> OpenAsync(
        HttpLogin login, TestCredential credential, SessionKeys planted, ProbeContext context, CancellationToken cancellationToken)
    {
        var session = new WebSession(login, credential, context);
        Plant(login.Session, planted);
        context.Transcript.Mask(credential.User, credential.Password);
        // Others carry the credential with each request and have no session.
        var attempt = login is HttpSessionLogin ? await login.TryByItselfAsync(credential.User, credential.Password, cancellationToken) : null;
        return (session, attempt);
    }

    /// <summary>Sends a request in the session.</summary>
    public Task<HttpAnswer> SendAsync(HttpMethod method, string path, Func<HttpContent?> content, CancellationToken cancellationToken) =>
        _login.SendAsync(_user, _password, method, path, content, cancellationToken);

    /// <summary>GET in the session.</summary>
    public Task<HttpAnswer> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, static () => null, cancellationToken);

    /// <summary>Another client that shows given keys. The caller disposes it.</summary>
    public HttpSession Client(SessionKeys keys)
    {
        var client = new HttpSession(_login.Session.Endpoint, _login.Session.Tls, _context.Link, _context.Transcript, _context.Time);
        Plant(client, keys);
        return client;
    }

    /// <summary>The header that shows a token; null when there is none.</summary>
    public static AuthenticationHeaderValue? Header(SessionKeys keys) => keys.Token.Length > 0 ? new AuthenticationHeaderValue("Bearer", keys.Token) : null;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _login.DisposeAsync();

    private static void Plant(HttpSession session, SessionKeys keys)
    {
        foreach (var (name, value) in keys.Cookies)
        {
            try
            {
                session.Cookies.Add(session.Origin, new Cookie(name, value, "/"));
            }
            catch (CookieException)
            {
                // The platform took it from the device, but may not take it back: such a cookie is left out.
                continue;
            }
        }
    }

    private void Note(HttpMethod method, string path, HttpAnswer answer)
    {
        _sent |= method == HttpMethod.Post;
        foreach (var header in answer.HeaderValues("Set-Cookie"))
        {
            if (_received.Count < 40 && SetCookie.TryParse(header, path, out var cookie, out var value))
            {
                _received.Add((cookie, value, !_sent));
            }
        }

        if (answer.Header("Location") is { Length: > 0 } location && _locations.Count < 20)
        {
            _locations.Add(location);
        }
    }
}
