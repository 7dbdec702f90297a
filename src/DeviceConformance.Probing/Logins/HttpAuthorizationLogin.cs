using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Logins;

/// <summary>Logins whose credential goes with each request in the Authorization header (RFC 9110, 11.6.2).</summary>
internal abstract class HttpAuthorizationLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : HttpLogin(endpoint, login, context)
{
    /// <inheritdoc/>
    protected override async Task<LoginAttempt> AttemptAsync(string user, Secret password, CancellationToken cancellationToken)
    {
        var before = await AsAnonymousAsync(Login.Path, cancellationToken);
        if (before.Answer.Silence is not null)
        {
            return NotAnswered(before.Answer);
        }

        if (before.IsSuccess)
        {
            return Answered(AccessResult.Unclear, $"{Login.Path} answers {before.Answer.Status} without any login", before.Answer, AnswerShape.Empty);
        }

        if (WhyNot(before.Answer.Status, ChallengesOf(before.Answer)) is { } why)
        {
            return Answered(AccessResult.Unclear, $"{Describe(before.Answer)}: {why}", before.Answer, AnswerShape.Empty);
        }

        var answer = await SendAsync(user, password, HttpMethod.Get, Login.Path, static () => null, cancellationToken);
        if (answer.Silence is not null)
        {
            return NotAnswered(answer);
        }

        var shape = ShapeOf(answer, user, password);
        if (LockSigns.In(answer, before.Answer.Text))
        {
            return Answered(AccessResult.Refused, $"{Describe(answer)}: further attempts are blocked", answer, shape) with { Blocked = true };
        }

        var page = await FollowAsync(Login.Path, answer, next => SendAsync(user, password, HttpMethod.Get, next, static () => null, cancellationToken));
        if (page.Answer.Status == 401)
        {
            return Answered(AccessResult.Refused, Describe(answer), answer, shape);
        }

        return page.IsSuccess && (await AsAnonymousAsync(page.Path, cancellationToken)).Answer is { Status: 401 or 403 } closed
            ? Answered(AccessResult.Granted, $"{Describe(answer)}, where a client without credential gets {closed.Status}", answer, shape)
            : Answered(AccessResult.Unclear, Describe(answer), answer, shape);
    }

    /// <summary>Why the login can not be tried; null when it can, or when the device did not answer.</summary>
    public async Task<string?> WhyNotAsync(CancellationToken cancellationToken)
    {
        var page = await AsAnonymousAsync(Login.Path, cancellationToken);
        return page.Answer.Silence is not null ? null
            : page.IsSuccess ? $"{Login.Path} answers {page.Answer.Status} without any login"
            : WhyNot(page.Answer.Status, ChallengesOf(page.Answer));
    }

    /// <summary>Why the login can not be tried, given what a client without credential gets; null when it can.</summary>
    protected abstract string? WhyNot(int status, ImmutableArray<AuthChallenge> challenges);

    /// <summary>The challenges of an answer.</summary>
    protected static ImmutableArray<AuthChallenge> ChallengesOf(HttpAnswer answer) =>
    [
        .. answer.HeaderValues("WWW-Authenticate").SelectMany(static value =>
        {
            // What could be read of a malformed header is still worth answering.
            _ = AuthChallenge.TryParse(value, out var challenges);
            return challenges;
        }),
    ];
}
