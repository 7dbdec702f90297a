using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Logins;

/// <summary>An HTML login form.</summary>
internal sealed class HttpFormLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : HttpSessionLogin(endpoint, login, context)
{
    private HttpPage? _page;
    private HtmlForm? _fields;
    private bool _needsFreshPage;

    /// <inheritdoc/>
    protected override async Task<LoginAttempt> AttemptAsync(string user, Secret password, CancellationToken cancellationToken)
    {
        if (MayBeLoggedIn)
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
            _fields = HtmlForm.TryFind(page.Answer.Text, Form.PasswordField, out var fields) ? fields : null;
            // A token or a session that came with the page belongs to one attempt only.
            _needsFreshPage = _fields is { Hidden.IsEmpty: false } || page.Answer.HeaderValues("Set-Cookie").Any();
        }

        using var content = new FormUrlEncodedContent(Fields(user, password));
        var answer = await Session.SendAsync(HttpMethod.Post, Action, content, null, cancellationToken);
        if (answer.Silence is not null)
        {
            return NotAnswered(answer);
        }

        var shape = ShapeOf(answer, user, password);
        var attempt = await JudgeAsync(answer, _page.Answer.Text, shape, cancellationToken);
        MayBeLoggedIn = attempt.Result != AccessResult.Refused && !IsLikeRefusal(shape);
        return attempt;
    }

    /// <inheritdoc/>
    protected override LoginSession Beside() => new HttpFormLogin(Endpoint, Login, Context);

    /// <inheritdoc/>
    protected override void ForgetSession()
    {
        base.ForgetSession();
        _page = null;
    }

    private IEnumerable<KeyValuePair<string, string>> Fields(string user, Secret password)
    {
        var hidden = _fields?.Hidden.Where(field => field.Key != Form.UserField && field.Key != Form.PasswordField) ?? [];
        if (Form.UserField.Length > 0)
        {
            hidden = hidden.Append(KeyValuePair.Create(Form.UserField, user));
        }

        return hidden.Append(KeyValuePair.Create(Form.PasswordField, password.Reveal()));
    }
}
