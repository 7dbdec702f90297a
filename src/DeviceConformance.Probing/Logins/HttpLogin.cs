using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Logins;

/// <summary>An answer together with the page that its redirects lead to.</summary>
/// <param name="Path">Path and query of the last page.</param>
/// <param name="Answer">The last answer.</param>
/// <param name="LeadsTo">Where a redirect leads that is not followed, since it leaves the port; empty when there is none.</param>
internal sealed record HttpPage(string Path, HttpAnswer Answer, string LeadsTo)
{
    /// <summary>Whether the last answer is a page or data.</summary>
    public bool IsSuccess => Answer.Status is >= 200 and < 300 && LeadsTo.Length == 0;
}

/// <summary>Logins over HTTP: what they have in common.</summary>
internal abstract class HttpLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : LoginSession(endpoint, login, context)
{
    private const int MaxRedirects = 3;
    private const int MaxRemembered = 32;

    private readonly HttpSession _anonymous = new(endpoint, login.Tls, context.Link, context.Transcript, context.Time);
    private readonly Dictionary<string, HttpPage> _asAnonymous = new(StringComparer.Ordinal);

    /// <summary>The session that logs in.</summary>
    public HttpSession Session { get; } = new(endpoint, login.Tls, context.Link, context.Transcript, context.Time);

    /// <summary>Sends a request with what the login gave: cookies, an Authorization header.</summary>
    public abstract Task<HttpAnswer> SendAsync(string user, Secret password, HttpMethod method, string path, Func<HttpContent?> content, CancellationToken cancellationToken);

    /// <summary>Sends a request as a client that never logged in.</summary>
    public Task<HttpAnswer> SendAnonymouslyAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken) =>
        _anonymous.SendAsync(method, path, content, null, cancellationToken);

    /// <summary>What a client that never logged in gets at a path, redirects followed; asked once for each path.</summary>
    public async Task<HttpPage> AsAnonymousAsync(string path, CancellationToken cancellationToken)
    {
        if (!_asAnonymous.TryGetValue(path, out var page))
        {
            page = await FollowAsync(path, await _anonymous.GetAsync(path, cancellationToken), next => _anonymous.GetAsync(next, cancellationToken));
            if (_asAnonymous.Count < MaxRemembered && page.Answer.Silence is null)
            {
                _asAnonymous.Add(path, page);
            }
        }

        return page;
    }

    /// <summary>Follows redirects that stay on the port, by GET.</summary>
    /// <param name="path">Path that was asked.</param>
    /// <param name="answer">Its answer.</param>
    /// <param name="getAsync">Asks for the next.</param>
    public async Task<HttpPage> FollowAsync(string path, HttpAnswer answer, Func<string, Task<HttpAnswer>> getAsync)
    {
        for (var redirect = 0; answer.Status is 301 or 302 or 303 or 307 or 308; redirect++)
        {
            var location = answer.Header("Location");
            if (redirect == MaxRedirects
                || !Uri.TryCreate(new Uri(Session.Origin, path), location, out var target)
                || target.Scheme != Session.Origin.Scheme
                || target.Authority != Session.Origin.Authority)
            {
                return new HttpPage(path, answer, location.Length == 0 ? "nowhere" : location);
            }

            path = target.PathAndQuery;
            answer = await getAsync(path);
        }

        return new HttpPage(path, answer, "");
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Session.Dispose();
        _anonymous.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>An attempt that HTTP answered.</summary>
    protected LoginAttempt Answered(AccessResult result, string text, HttpAnswer answer, AnswerShape shape) =>
        new(result, text, answer.Elapsed, null, Blocked: false) { Shape = shape, Code = $"{answer.Status}", RetryAfter = LockSigns.RetryAfter(answer, Context.Time.GetUtcNow()) };

    /// <summary>An attempt that HTTP did not answer.</summary>
    protected LoginAttempt NotAnswered(HttpAnswer answer) =>
        Unanswered(answer.Silence!.Value, $"{Endpoint} gave no answer over {(Login.Tls ? "HTTPS" : "HTTP")}: {Words(answer.Silence.Value)}", answer.Elapsed);

    /// <summary>The shape of an answer, whatever it repeats of the credential.</summary>
    protected static AnswerShape ShapeOf(HttpAnswer answer, string user, Secret password) =>
        AnswerShape.Of($"{answer.Status} {WithoutVolatile(answer.Header("Location"), user)} {CookieNames(answer)}".TrimEnd(), answer.Text, password.Reveal(), user);

    /// <summary>Status, redirect and cookies in words.</summary>
    protected static string Describe(HttpAnswer answer)
    {
        var text = new StringBuilder($"{answer.Status}");
        if (answer.Header("Location") is { Length: > 0 } location)
        {
            // Behind the path there may be a session id.
            text.Append($" to {Link.Transcript.Printable(Encoding.UTF8.GetBytes(location.Split('?', ';')[0]), 128)}");
        }

        return CookieNames(answer) is { Length: > 0 } cookies ? text.Append($" with cookie {cookies}").ToString() : text.ToString();
    }

    // Names only, those that a server takes back by an empty value left out: the values differ each time and are secret.
    private static string CookieNames(HttpAnswer answer) =>
        string.Join(' ', answer.HeaderValues("Set-Cookie")
            .Select(cookie => cookie.Split(';')[0].Split('=', 2))
            .Where(pair => pair.Length == 2 && pair[1].Trim().Trim('"').Length > 0)
            .Select(pair => pair[0].Trim()).Distinct(StringComparer.Ordinal).Take(16).Order(StringComparer.Ordinal));

    // A redirect may carry a token, a time stamp or the user name; a password in it would be a part of the page's name by chance.
    private static string WithoutVolatile(string location, string user) =>
        string.Join('/', AnswerShape.WordsOf(location).Where(word => word != user));
}
