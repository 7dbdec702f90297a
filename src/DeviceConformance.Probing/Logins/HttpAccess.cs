using System.Security.Cryptography;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Logins;

/// <summary>An answer to a request for a resource, judged.</summary>
/// <param name="Result">Whether the resource was given.</param>
/// <param name="Text">The answer in words.</param>
/// <param name="Shape">What it looks like.</param>
/// <param name="Status">Status of the first answer; 0 when there was none.</param>
/// <param name="Silence">Why there was none; null when there was one.</param>
/// <param name="RetryAfter">How long the DUT asks to wait, when it blocks; otherwise null.</param>
internal sealed record ResourceAnswer(AccessResult Result, string Text, AnswerShape Shape, int Status, Silence? Silence, TimeSpan? RetryAfter);

/// <summary>
/// Asks for one resource of a device as different people would. Access is judged by the resource: content that is neither the login
/// page nor what any unknown path answers is access.
/// </summary>
internal sealed partial class HttpAccess(HttpLogin login, HttpMethod method, string path, TimeProvider time)
{
    // Two answers that share less are not the same page, whatever counters and clocks they show.
    private const double SamePage = 0.95;

    // Error messages are short; a page that explains access rights is not.
    private const int LongestErrorMessage = 512;

    private AnswerShape? _unknownPath;

    private bool IsReading => method == HttpMethod.Get || method == HttpMethod.Head;

    /// <summary>Asks without a credential, after asking for a path that can not exist.</summary>
    public async Task<ResourceAnswer> AsNobodyAsync(CancellationToken cancellationToken)
    {
        var unknown = $"/dct-{RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", 10)}";
        var control = await PageAsync(unknown, (verb, target, content) => login.SendAnonymouslyAsync(verb, target, content(), cancellationToken));
        _unknownPath = control.Page.IsSuccess ? ShapeOf(control.Page.Answer) : null;
        return await JudgeAsync((verb, target, content) => login.SendAnonymouslyAsync(verb, target, content(), cancellationToken), cancellationToken);
    }

    /// <summary>Asks with what a login gave.</summary>
    /// <param name="sendAsync">Sends a request: method, path, body.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<ResourceAnswer> JudgeAsync(Func<HttpMethod, string, Func<HttpContent?>, Task<HttpAnswer>> sendAsync, CancellationToken cancellationToken)
    {
        var (first, page) = await PageAsync(path, sendAsync);
        if (first.Silence is { } silence || page.Answer.Silence is { })
        {
            return new ResourceAnswer(AccessResult.Unclear, $"no answer ({first.Silence ?? page.Answer.Silence})", AnswerShape.Empty, 0, first.Silence ?? page.Answer.Silence, null);
        }

        var shape = ShapeOf(page.Answer);
        var text = first == page.Answer ? $"{first.Status}" : $"{first.Status}, then {page.Answer.Status} at {page.Path}";
        var (result, why) = await JudgeAsync(first, page, shape, cancellationToken);
        var retryAfter = first.Status is 429 or 423 ? LockSigns.RetryAfter(first, time.GetUtcNow()) ?? TimeSpan.Zero : (TimeSpan?)null;
        return new ResourceAnswer(result, why.Length > 0 ? $"{text} ({why})" : text, shape, first.Status, null, retryAfter);
    }

    private async Task<(AccessResult Result, string Why)> JudgeAsync(HttpAnswer first, HttpPage page, AnswerShape shape, CancellationToken cancellationToken)
    {
        if (first.Status is 401 or 403 || page.Answer.Status is 401 or 403)
        {
            return (AccessResult.Refused, "");
        }

        if (page.LeadsTo.Length > 0)
        {
            return Uri.TryCreate(login.Session.Origin, page.LeadsTo, out var target) && (target.Scheme != login.Session.Origin.Scheme || target.Authority != login.Session.Origin.Authority)
                ? (AccessResult.Refused, $"sends the client to {target.GetLeftPart(UriPartial.Authority)}")
                : (AccessResult.Unclear, "redirects without end");
        }

        if (!page.IsSuccess)
        {
            return (AccessResult.Unclear, "");
        }

        if (login is HttpSessionLogin form && await form.IsLoginPageAsync(page.Answer, cancellationToken))
        {
            return (AccessResult.Refused, "the login page");
        }

        if (_unknownPath is not null && _unknownPath.Code == shape.Code && _unknownPath.LikenessTo(shape) >= SamePage)
        {
            return (AccessResult.Unclear, "the same as at a path that does not exist");
        }

        if (method == HttpMethod.Get && page.Answer.Body.IsEmpty)
        {
            return (AccessResult.Unclear, "without content");
        }

        return page.Answer.Body.Length <= LongestErrorMessage && SaysNo().IsMatch(page.Answer.Text)
            ? (AccessResult.Unclear, "with a message that speaks of missing rights")
            : (AccessResult.Granted, $"{page.Answer.Body.Length} bytes of content");
    }

    private async Task<(HttpAnswer First, HttpPage Page)> PageAsync(string target, Func<HttpMethod, string, Func<HttpContent?>, Task<HttpAnswer>> sendAsync)
    {
        // An empty form names no setting, so that nothing is changed even where the request is let through.
        var answer = await sendAsync(method, target, () => IsReading ? null : new FormUrlEncodedContent([]));
        return (answer, await login.FollowAsync(target, answer, next => sendAsync(HttpMethod.Get, next, static () => null)));
    }

    private static AnswerShape ShapeOf(HttpAnswer answer) => AnswerShape.Of($"{answer.Status}", answer.Text);

    [GeneratedRegex(
        @"unauthori[sz]ed|not (authori[sz]ed|authenticated|logged|allowed|permitted)|(log ?in|authentication|password) (is )?(required|needed|expired)|access (is )?denied|forbidden|please log ?in|permission|session (has )?(expired|timed)|no session|invalid (session|token)|""(error|code)"" ?: ?""?40[13]",
        RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex SaysNo();
}
