using System.Net;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Logins;

/// <summary>
/// An HTML login form. Decided by the declared texts and by 401; else by whether the session gets at a page that a client without
/// login does not get at; else by comparison with nonsense logins.
/// </summary>
internal sealed class HttpFormLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : HttpLogin(endpoint, login, context)
{
    private readonly LoginForm _form = login.Form ?? new LoginForm("user", "password", "", "", "");
    private HttpPage? _page;
    private HtmlForm? _fields;
    private (string Path, HtmlForm? Form)? _known;
    private bool _needsFreshPage;
    private bool _mayBeLoggedIn;

    /// <inheritdoc/>
    public override Task<HttpAnswer> SendAsync(string user, Secret password, HttpMethod method, string path, Func<HttpContent?> content, CancellationToken cancellationToken) =>
        Session.SendAsync(method, path, content(), null, cancellationToken);

    /// <summary>Whether a page is the login page: it has a form with the fields of the login, and with no others than the login page has.</summary>
    /// <remarks>A page of settings may well have a field of the same name; that must not be taken for being kept out.</remarks>
    public async Task<bool> IsLoginPageAsync(HttpAnswer answer, CancellationToken cancellationToken)
    {
        if (answer.Silence is not null || !HtmlForm.TryFind(answer.Text, _form.PasswordField, out var form))
        {
            return false;
        }

        return await KnownFormAsync(cancellationToken) is { Form: { } known }
            ? known.Fields.ToHashSet(StringComparer.Ordinal).SetEquals(form.Fields)
            : _form.UserField.Length == 0 || form.Fields.Contains(_form.UserField);
    }

    /// <summary>Whether an answer keeps a client out: by its status or by showing the login page.</summary>
    public async Task<bool> IsRefusalAsync(HttpPage page, CancellationToken cancellationToken) =>
        page.Answer.Status is 401 or 403 || (page.IsSuccess && await IsLoginPageAsync(page.Answer, cancellationToken));

    /// <inheritdoc/>
    protected override async Task<LoginAttempt> AttemptAsync(string user, Secret password, CancellationToken cancellationToken)
    {
        if (_mayBeLoggedIn)
        {
            ForgetSession();
        }

        if (_page is null || _needsFreshPage)
        {
            var (path, _) = await KnownFormAsync(cancellationToken);
            var page = await FollowAsync(path, await Session.GetAsync(path, cancellationToken), next => Session.GetAsync(next, cancellationToken));
            if (page.Answer.Silence is not null)
            {
                return NotAnswered(page.Answer);
            }

            if (LockSigns.In(page.Answer, page.Answer.Text))
            {
                return Answered(AccessResult.Refused, $"{path} answers {Describe(page.Answer)}: further attempts are blocked", page.Answer, AnswerShape.Empty) with { Blocked = true };
            }

            _page = page;
            _fields = HtmlForm.TryFind(page.Answer.Text, _form.PasswordField, out var fields) ? fields : null;
            // A token or a session that came with the page belongs to one attempt only.
            _needsFreshPage = _fields is { Hidden.IsEmpty: false } || page.Answer.HeaderValues("Set-Cookie").Any();
        }

        var action = _form.Action.Length > 0 ? _form.Action : Login.Path;
        using var content = new FormUrlEncodedContent(Fields(user, password));
        var answer = await Session.SendAsync(HttpMethod.Post, action, content, null, cancellationToken);
        if (answer.Silence is not null)
        {
            return NotAnswered(answer);
        }

        var shape = ShapeOf(answer, user, password);
        var attempt = await JudgeAsync(action, answer, shape, cancellationToken);
        _mayBeLoggedIn = attempt.Result != AccessResult.Refused && !IsLikeRefusal(shape);
        return attempt;
    }

    /// <inheritdoc/>
    protected override LoginSession Beside() => new HttpFormLogin(Endpoint, Login, Context);

    /// <summary>Where the login form is: at the declared path or, when that only refuses whoever has not logged in, at the root.</summary>
    private async Task<(string Path, HtmlForm? Form)> KnownFormAsync(CancellationToken cancellationToken)
    {
        if (_known is null)
        {
            foreach (var path in (string[])[Login.Path, "/"])
            {
                var page = await AsAnonymousAsync(path, cancellationToken);
                if (page.Answer.Silence is null && HtmlForm.TryFind(page.Answer.Text, _form.PasswordField, out var form))
                {
                    _known = (path, form);
                    break;
                }
            }

            _known ??= (Login.Path, null);
        }

        return _known.Value;
    }

    // The next attempt has to start as a client that never logged in, or it would be answered as the last one.
    private void ForgetSession()
    {
        foreach (Cookie cookie in Session.Cookies.GetAllCookies())
        {
            cookie.Expired = true;
        }

        _page = null;
        _mayBeLoggedIn = false;
    }

    private IEnumerable<KeyValuePair<string, string>> Fields(string user, Secret password)
    {
        var hidden = _fields?.Hidden.Where(field => field.Key != _form.UserField && field.Key != _form.PasswordField) ?? [];
        if (_form.UserField.Length > 0)
        {
            hidden = hidden.Append(KeyValuePair.Create(_form.UserField, user));
        }

        return hidden.Append(KeyValuePair.Create(_form.PasswordField, password.Reveal()));
    }

    private async Task<LoginAttempt> JudgeAsync(string action, HttpAnswer answer, AnswerShape shape, CancellationToken cancellationToken)
    {
        if (LockSigns.In(answer, _page!.Answer.Text))
        {
            return Answered(AccessResult.Refused, $"{Describe(answer)}: further attempts are blocked", answer, shape) with { Blocked = true };
        }

        if (answer.Status is 307 or 308 or 404 or 405 or 501)
        {
            return Answered(AccessResult.Unclear, $"{Describe(answer)} to POST {action}: there is no login at this place", answer, AnswerShape.Empty);
        }

        if (IsLikeRefusal(shape))
        {
            return Answered(AccessResult.Unclear, Describe(answer), answer, shape);
        }

        var page = await FollowAsync(action, answer, next => Session.GetAsync(next, cancellationToken));
        var fails = Shows(_form.FailureText, answer, page.Answer);
        var succeeds = Shows(_form.SuccessText, answer, page.Answer);
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
        var inside = answer.Status is >= 300
            ? page
            : await FollowAsync(path, await Session.GetAsync(path, cancellationToken), next => Session.GetAsync(next, cancellationToken));
        var outside = await AsAnonymousAsync(path, cancellationToken);
        if (inside.IsSuccess && !await IsRefusalAsync(inside, cancellationToken) && await IsRefusalAsync(outside, cancellationToken))
        {
            return Answered(AccessResult.Granted, $"{Describe(answer)}, after which {path} opens that needs a login", answer, shape);
        }

        return Answered(AccessResult.Unclear, Describe(answer), answer, shape);
    }

    private static bool Shows(string text, HttpAnswer answer, HttpAnswer page) =>
        text.Length > 0 && (answer.Text.Contains(text, StringComparison.Ordinal) || page.Text.Contains(text, StringComparison.Ordinal));
}
