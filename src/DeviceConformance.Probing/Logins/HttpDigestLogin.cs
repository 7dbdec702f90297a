using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Logins;

/// <summary>HTTP Digest (RFC 7616).</summary>
internal sealed class HttpDigestLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : HttpAuthorizationLogin(endpoint, login, context)
{
    // Servers that never say "stale" let nonces run out all the same; a nonce this young has not.
    private static readonly TimeSpan _youngNonce = TimeSpan.FromSeconds(10);

    private DigestCredential? _credential;
    private long _taken;

    /// <inheritdoc/>
    public override async Task<HttpAnswer> SendAsync(
        string user, Secret password, HttpMethod method, string path, Func<HttpContent?> content, CancellationToken cancellationToken)
    {
        if (_credential is null)
        {
            // Without a challenge there is nothing to answer, and the request itself must not go out without its credential.
            var first = await FollowAsync(Login.Path, await Session.GetAsync(Login.Path, cancellationToken), next => Session.GetAsync(next, cancellationToken));
            if (!TakeChallenge(first.Answer))
            {
                return first.Answer;
            }
        }

        var (used, mayBeStale) = (_credential!, _credential!.Uses > 0 || Context.Time.GetElapsedTime(_taken) > _youngNonce);
        var answer = await SendOnceAsync(used, user, password, method, path, content, cancellationToken);

        // A nonce may have run out (RFC 7616, 3.3): nothing was done yet, so asking again with the new one is no repetition.
        return TakeChallenge(answer) && _credential.Nonce != used.Nonce && (_credential.IsStale || mayBeStale)
            ? await SendOnceAsync(_credential, user, password, method, path, content, cancellationToken)
            : answer;
    }

    /// <inheritdoc/>
    protected override string? WhyNot(int status, ImmutableArray<AuthChallenge> challenges) =>
        DigestCredential.TryChoose(challenges, out _) ? null
        : status == 401 ? "there is no Digest challenge that the harness can answer (MD5 or SHA-256, with or without -sess, qop auth or none)"
        : "it does not ask for Digest";

    /// <inheritdoc/>
    protected override LoginSession Beside() => new HttpDigestLogin(Endpoint, Login, Context);

    private Task<HttpAnswer> SendOnceAsync(
        DigestCredential credential, string user, Secret password, HttpMethod method, string path, Func<HttpContent?> content, CancellationToken cancellationToken)
    {
        var target = Uri.TryCreate(Session.Origin, path, out var uri) ? uri.PathAndQuery : path;
        return Session.SendAsync(method, path, content(), credential.For(method.Method, target, user, password), cancellationToken);
    }

    private bool TakeChallenge(HttpAnswer answer)
    {
        if (answer.Status != 401 || !DigestCredential.TryChoose(ChallengesOf(answer), out var credential))
        {
            return false;
        }

        if (_credential is null || credential.Nonce != _credential.Nonce)
        {
            _credential = credential;
            _taken = Context.Time.GetTimestamp();
        }

        return true;
    }
}
