using System.Net;
using System.Net.Http.Headers;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Logins;

/// <summary>
/// Logins after which the client is known by cookies or a token. Decided by the declared texts and by 401; else by whether the session
/// gets at a page that a client without login does not get at; else by comparison with nonsense logins.
/// </summary>
internal abstract class HttpSessionLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : HttpLogin(endpoint, login, context)
{
    private (string Path, HtmlForm? Form)? _known;

    /// <summary>Fields, and the signs of a refused and an accepted login.</summary>
    protected LoginForm Form { get; } = login.Form ?? new LoginForm("user", "password", "", "", "");

    /// <summary>The token that the login gave; empty when it goes by cookies.</summary>
    public string Token { get; protected set; } = "";

    /// <summary>Path that the credential is sent to.</summary>
    protected string Action => Form.Action.Length > 0 ? Form.Action : Login.Path;

    /// <summary>Whether the session may be logged in by the last attempt.</summary>
    protected bool MayBeLoggedIn { get; set; }

    /// <inheritdoc/>
    public override Task<HttpAnswer> SendAsync(string user, Secret password, HttpMethod method, string path, Func<HttpContent?> content, CancellationToken cancellationToken) =>
        Session.SendAsync(method, path, content(), Token.Length > 0 ? new AuthenticationHeaderValue("Bearer", Token) : null, cancellationToken);

    /// <summary>Whether a page is the login page: it has a form with the fields of the login, and with no others than the login page has.</summary>
    /// <remarks>A page of settings may well have a field of the same name; that must not be taken for being kept out.</remarks>
    public async Task<bool> IsLoginPageAsync(HttpAnswer answer, CancellationToken cancellationToken)
    {
        if (answer.Silence is not null || !HtmlForm.TryFind(answer.Text, Form.PasswordField, out var form))
        {
            return false;
        }

        return await KnownFormAsync(cancellationToken) is { Form: { } known }
            ? known.Fields.ToHashSet(StringComparer.Ordinal).SetEquals(form.Fields)
            : Form.UserField.Length == 0 || form.Fields.Contains(Form.UserField);
    }

    /// <summary>Whether an answer keeps a client out: by its status or by showing the login page.</summary>
    public async Task<bool> IsRefusalAsync(HttpPage page, CancellationToken cancellationToken) =>
        page.Answer.Status is 401 or 403 || (page.IsSuccess && await IsLoginPageAsync(page.Answer, cancellationToken));

    /// <summary>GET of a path with what the login gave, redirects on the port followed.</summary>
    public async Task<HttpPage> PageAsync(string path, CancellationToken cancellationToken) =>
        await FollowAsync(path, await AskAsync(path, cancellationToken), next => AskAsync(next, cancellationToken));

    /// <summary>Where the login form is: at the declared path or, when that only refuses whoever has not logged in, at the root.</summary>
    protected async Task<(string Path, HtmlForm? Form)> KnownFormAsync(CancellationToken cancellationToken)
    {
        if (_known is null)
        {
            foreach (var path in (string[])[Login.Path, "/"])
            {
                var page = await AsAnonymousAsync(path, cancellationToken);
                if (page.Answer.Silence is null && HtmlForm.TryFind(page.Answer.Text, Form.PasswordField, out var form))
                {
                    _known = (path, form);
                    break;
                }
            }

            _known ??= (Login.Path, null);
        }

        return _known.Value;
    }

    /// <summary>The next attempt has to start as a client that never logged in, or it would be answered as the last one.</summary>
    protected virtual void ForgetSession()
    {
        foreach (Cookie cookie in Session.Cookies.GetAllCookies())
        {
            cookie.Expired = true;
        }

        Token = "";
        MayBeLoggedIn = false;
    }

    /// <summary>Judges the answer to a credential.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="before">What the login showed before, in which a lock may stand already.</param>
    /// <param name="shape">What the answer looks like.</param>
    /// <param name="cancellationToken">Cancels.</param>
    protected async Task<LoginAttempt> JudgeAsync(HttpAnswer answer, string before, AnswerShape shape, CancellationToken cancellationToken)
    {
        if (LockSigns.In(answer, before))
        {
            return Answered(AccessResult.Refused, $"{Describe(answer)}: further attempts are blocked", answer, shape) with { Blocked = true };
        }

        if (answer.Status is 307 or 308 or 404 or 405 or 415 or 501)
        {
            return Answered(AccessResult.Unclear, $"{Describe(answer)} to POST {Action}: there is no such login at this place", answer, AnswerShape.Empty);
        }

        if (IsLikeRefusal(shape))
        {
            return Answered(AccessResult.Unclear, Describe(answer), answer, shape);
        }

        var page = await FollowAsync(Action, answer, next => AskAsync(next, cancellationToken));
        var fails = Shows(Form.FailureText, answer, page.Answer);
        var succeeds = Shows(Form.SuccessText, answer, page.Answer);
        if (fails != succeeds)
        {
            return succeeds
                ? Answered(AccessResult.Granted, $"{Describe(answer)} and the declared text of an accepted login", answer, shape)
                : Answered(AccessResult.Refused, $"{Describe(answer)} and the declared text of a refused login", answer, shape);
        }

        if (fails)
        {
            return Answered(AccessResult.Unclear, $"{Describe(answer)} and both declared texts, that of an accepted and that of a refused login", answer, shape);
        }

        if (answer.Status == 401)
        {
            return Answered(AccessResult.Refused, Describe(answer), answer, shape);
        }

        if (answer.Status is >= 400 || page.LeadsTo.Length > 0)
        {
            return Answered(AccessResult.Unclear, Describe(answer), answer, shape);
        }

        return await JudgeBySessionAsync(page, answer, shape, cancellationToken);
    }

    /// <summary>Whoever is logged in gets at something that others do not.</summary>
    private async Task<LoginAttempt> JudgeBySessionAsync(HttpPage page, HttpAnswer answer, AnswerShape shape, CancellationToken cancellationToken)
    {
        var path = answer.Status is >= 300 ? page.Path : Login.Path;
        var inside = answer.Status is >= 300 ? page : await PageAsync(path, cancellationToken);
        var outside = await AsAnonymousAsync(path, cancellationToken);
        return inside.IsSuccess && !await IsRefusalAsync(inside, cancellationToken) && await IsRefusalAsync(outside, cancellationToken)
            ? Answered(AccessResult.Granted, $"{Describe(answer)}, after which {path} opens that needs a login", answer, shape)
            : Answered(AccessResult.Unclear, Describe(answer), answer, shape);
    }

    private Task<HttpAnswer> AskAsync(string path, CancellationToken cancellationToken) => SendAsync("", new Secret(""), HttpMethod.Get, path, static () => null, cancellationToken);

    private static bool Shows(string text, HttpAnswer answer, HttpAnswer page) =>
        text.Length > 0 && (answer.Text.Contains(text, StringComparison.Ordinal) || page.Text.Contains(text, StringComparison.Ordinal));
}
