using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Logins;

/// <summary>An HTTP session that is logged in: by cookies or a token after a form or JSON, by the Authorization header with Basic and Digest.</summary>
public sealed class LoggedInHttp : IAsyncDisposable
{
    private readonly HttpLogin _login;
    private readonly string _user;
    private readonly Secret _password;

    internal LoggedInHttp(HttpLogin login, string user, Secret password)
    {
        _login = login;
        _user = user;
        _password = password;
    }

    /// <summary>The session underneath, with its cookies; requests sent there lack the Authorization header.</summary>
    public HttpSession Session => _login.Session;

    /// <summary>GET of a path.</summary>
    public Task<HttpAnswer> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, static () => null, cancellationToken);

    /// <summary>Sends a request with the login. Redirects are answers.</summary>
    /// <param name="method">Method.</param>
    /// <param name="path">Path and query, from the origin.</param>
    /// <param name="content">Makes the body; asked a second time when the nonce of a Digest login had run out and nothing was done yet.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<HttpAnswer> SendAsync(HttpMethod method, string path, Func<HttpContent?> content, CancellationToken cancellationToken) =>
        _login.SendAsync(_user, _password, method, path, content, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _login.DisposeAsync();
}

/// <summary>A logged-in HTTP session, or what the login answered instead.</summary>
public sealed class HttpLoginResult
{
    private readonly LoggedInHttp? _http;

    internal HttpLoginResult(LoginAttempt attempt, LoggedInHttp? http)
    {
        Attempt = attempt;
        _http = http;
    }

    /// <summary>The login. It may be <see cref="AccessResult.Unclear"/> although there is a session: the answer then differs from that to a nonsense login.</summary>
    public LoginAttempt Attempt { get; }

    /// <summary>The session, when there is one. The caller disposes it.</summary>
    public bool TryGet(out LoggedInHttp http)
    {
        http = _http!;
        return _http is not null;
    }
}
