using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Logins;

/// <summary>
/// A login that takes user name and password as JSON. The answer gives a cookie or a token, which then goes as Bearer (RFC 6750, 2.1);
/// a token against forged requests is carried over from the page or a cookie as scripts do it.
/// </summary>
internal sealed partial class HttpJsonLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : HttpSessionLogin(endpoint, login, context)
{
    private HttpAnswer? _before;

    /// <inheritdoc/>
    protected override async Task<LoginAttempt> AttemptAsync(string user, Secret password, CancellationToken cancellationToken)
    {
        if (MayBeLoggedIn)
        {
            ForgetSession();
        }

        if (_before is null || _before.HeaderValues("Set-Cookie").Any())
        {
            var page = await FollowAsync(Login.Path, await Session.GetAsync(Login.Path, cancellationToken), next => Session.GetAsync(next, cancellationToken));
            if (page.Answer.Silence is not null)
            {
                return NotAnswered(page.Answer);
            }

            _before = page.Answer;
        }

        (string, string)[] values = Form.UserField.Length > 0 ? [(Form.UserField, user), (Form.PasswordField, password.Reveal())] : [(Form.PasswordField, password.Reveal())];
        using var content = new StringContent(JsonNames.Object(values), Encoding.UTF8, "application/json");
        foreach (var (name, token) in ForgeryTokens(_before))
        {
            content.Headers.TryAddWithoutValidation(name, token);
        }

        var answer = await Session.SendAsync(HttpMethod.Post, Action, content, null, cancellationToken);
        if (answer.Silence is not null)
        {
            return NotAnswered(answer);
        }

        if (answer.Status is >= 200 and < 300)
        {
            Token = JsonNames.TokenIn(answer.Body.Span, Form.TokenField);
            Context.Transcript.Mask("", new Secret(Token));
        }

        var shape = ShapeOf(answer, user, password);
        var attempt = await JudgeAsync(answer, _before.Text, shape, cancellationToken);
        MayBeLoggedIn = attempt.Result != AccessResult.Refused && !IsLikeRefusal(shape);
        return attempt;
    }

    /// <inheritdoc/>
    protected override LoginSession Beside() => new HttpJsonLogin(Endpoint, Login, Context);

    /// <inheritdoc/>
    protected override void ForgetSession()
    {
        base.ForgetSession();
        _before = null;
    }

    private IEnumerable<(string Name, string Token)> ForgeryTokens(HttpAnswer page)
    {
        // The cookie that a script repeats in a header, as common frameworks name both.
        foreach (Cookie cookie in Session.Cookies.GetAllCookies())
        {
            if (cookie.Name is "XSRF-TOKEN" or "csrftoken" or "csrf_token")
            {
                yield return (cookie.Name == "XSRF-TOKEN" ? "X-XSRF-TOKEN" : "X-CSRFToken", cookie.Value);
            }
        }

        if (MetaToken().Match(page.Text.Length > 64 * 1024 ? page.Text[..(64 * 1024)] : page.Text) is { Success: true } meta)
        {
            yield return ("X-CSRF-Token", WebUtility.HtmlDecode(meta.Groups[1].Value));
        }
    }

    [GeneratedRegex("""<meta [^<>]{0,80}name=["']?csrf-token["']? [^<>]{0,80}content=["']?([\w+/=.:-]{8,256})""", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex MetaToken();
}
