using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Logins;

/// <summary>HTTP Basic (RFC 7617): the credential goes with a GET of the protected path, and 401 is refusal.</summary>
internal sealed class HttpBasicLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : HttpAuthorizationLogin(endpoint, login, context)
{
    /// <inheritdoc/>
    public override Task<HttpAnswer> SendAsync(string user, Secret password, HttpMethod method, string path, Func<HttpContent?> content, CancellationToken cancellationToken)
    {
        var pair = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password.Reveal()}"));
        return Session.SendAsync(method, path, content(), new AuthenticationHeaderValue("Basic", pair), cancellationToken);
    }

    /// <inheritdoc/>
    protected override string? WhyNot(int status, ImmutableArray<AuthChallenge> challenges) =>
        // Some devices take the header without ever asking for it.
        challenges.IsEmpty || challenges.Any(challenge => challenge.Scheme == "basic")
            ? null
            : $"it asks for {string.Join(", ", challenges.Select(challenge => challenge.Scheme).Distinct())} and not for Basic";

    /// <inheritdoc/>
    protected override LoginSession Beside() => new HttpBasicLogin(Endpoint, Login, Context);
}
