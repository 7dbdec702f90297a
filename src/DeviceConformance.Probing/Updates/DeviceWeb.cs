using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;
using DeviceConformance.Probing.Logins;

namespace DeviceConformance.Probing.Updates;

/// <summary>A web port of the DUT, with the login that its resources need.</summary>
internal sealed class DeviceWeb : IAsyncDisposable
{
    // A login that the DUT refuses may lock the account; two in a row are no accident.
    private const int MaxRefusals = 2;

    private readonly ProbeContext _context;
    private readonly HttpSession? _open;
    private readonly LoginPoint? _login;
    private readonly TestCredential? _credential;
    private LoggedInHttp? _loggedIn;
    private int _refusals;

    private DeviceWeb(Endpoint endpoint, bool tls, LoginPoint? login, TestCredential? credential, ProbeContext context)
    {
        Endpoint = endpoint;
        _login = login;
        _credential = credential;
        _context = context;
        _open = login is null ? new HttpSession(endpoint, tls, context.Link, context.Transcript, context.Time) : null;
    }

    /// <summary>The port.</summary>
    public Endpoint Endpoint { get; }

    /// <summary>Whether its resources need a login.</summary>
    public bool NeedsLogin => _login is not null;

    /// <summary>Why the last login did not come about; empty when it did, or none is needed.</summary>
    public string LoginProblem { get; private set; } = "";

    /// <summary>How the last login went unanswered; null when it was answered.</summary>
    public Silence? LoginSilence { get; private set; }

    /// <summary>Looks up login and credential.</summary>
    /// <param name="endpoint">The port.</param>
    /// <param name="tls">Whether it speaks HTTPS.</param>
    /// <param name="authMech">Entry of 1-AuthMech, or empty when no login is needed.</param>
    /// <param name="context">What the probe has at hand.</param>
    /// <param name="web">The port.</param>
    /// <param name="missing">What is missing, with the remedy; empty when nothing is.</param>
    public static bool TryOpen(Endpoint endpoint, bool tls, string authMech, ProbeContext context, out DeviceWeb web, out string missing)
    {
        (web, missing) = (null!, "");
        if (authMech.Length == 0)
        {
            web = new DeviceWeb(endpoint, tls, null, null, context);
            return true;
        }

        var login = context.Declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech)
            .Where(pair => pair.Entry.Id == authMech)
            .SelectMany(pair => pair.Facts.Logins)
            .FirstOrDefault(point => point.Port == endpoint.Port && point.Tls == tls && point.IsHttp);
        if (login is null)
        {
            missing = $"{authMech} declares no login over {(tls ? "HTTPS" : "HTTP")} on port {endpoint.Port}; add it to its 'logins'";
            return false;
        }

        var sample = context.Declared.Dut.Samples.IsEmpty ? "" : context.Declared.Dut.Samples[0].Name;
        var credential = context.Declared.Lab.CredentialsFor(authMech, CredentialKind.Current).OrderBy(known => known.Sample != sample).FirstOrDefault();
        if (credential is null)
        {
            missing = $"lab.yaml holds no credential of kind 'current' for {authMech}; add one";
            return false;
        }

        web = new DeviceWeb(endpoint, tls, login, credential, context);
        return true;
    }

    /// <summary>Logs in anew, where a login is needed; false when that did not come about.</summary>
    public async Task<bool> LogInAsync(CancellationToken cancellationToken)
    {
        if (_login is null || _credential is null)
        {
            return true;
        }

        await LogOutAsync();
        if (_refusals >= MaxRefusals)
        {
            return false;
        }

        var result = await LoginClient.OpenHttpSessionAsync(Endpoint, _login, _credential.User, _credential.Password, _context, cancellationToken);
        if (result.TryGet(out var http))
        {
            (_loggedIn, _refusals, LoginProblem, LoginSilence) = (http, 0, "", null);
            return true;
        }

        LoginSilence = result.Attempt.Silence;
        _refusals += LoginSilence is null ? 1 : 0;
        LoginProblem = $"the login at {Endpoint} by {_credential.AuthMech} did not succeed: {result.Attempt.Answer}";
        return false;
    }

    /// <summary>Whether there is a session to send requests in.</summary>
    public bool IsOpen => _open is not null || _loggedIn is not null;

    /// <summary>GET of a path. <see cref="IsOpen"/> must hold.</summary>
    public Task<HttpAnswer> GetAsync(string path, CancellationToken cancellationToken) =>
        _loggedIn is not null ? _loggedIn.GetAsync(path, cancellationToken) : _open!.GetAsync(path, cancellationToken);

    /// <summary>Sends a request that changes something. <see cref="IsOpen"/> must hold.</summary>
    /// <param name="method">Method.</param>
    /// <param name="path">Path.</param>
    /// <param name="content">Makes the body.</param>
    /// <param name="deadline">How long it may take.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<HttpAnswer> SendAsync(HttpMethod method, string path, Func<HttpContent?> content, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var session = _loggedIn?.Session ?? _open!;
        var usual = session.Deadline;
        session.Deadline = deadline;
        try
        {
            return _loggedIn is not null
                ? await _loggedIn.SendAsync(method, path, content, cancellationToken)
                : await session.SendAsync(method, path, content(), null, cancellationToken);
        }
        finally
        {
            session.Deadline = usual;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await LogOutAsync();
        _open?.Dispose();
    }

    private async Task LogOutAsync()
    {
        if (_loggedIn is not null)
        {
            await _loggedIn.DisposeAsync();
            _loggedIn = null;
        }
    }
}
