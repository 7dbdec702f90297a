using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Logins;

/// <summary>Logs in at a declared or discovered login point, whatever its protocol.</summary>
public static class LoginClient
{
    // How long a lock is waited out when neither the DUT nor the declaration says how long it lasts, and at the most.
    private static readonly TimeSpan _usualLock = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _longestLock = TimeSpan.FromSeconds(180);

    /// <summary>Tries one credential once.</summary>
    /// <param name="endpoint">Address and port of the login.</param>
    /// <param name="login">How it is spoken.</param>
    /// <param name="user">User name; may be empty.</param>
    /// <param name="password">Password; masked in the transcript.</param>
    /// <param name="context">What the probe has at hand.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<LoginAttempt> TryAsync(Endpoint endpoint, LoginPoint login, string user, Secret password, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(login);
        ArgumentNullException.ThrowIfNull(context);
        if (Open(endpoint, login, context) is not { } session)
        {
            return NotSpoken(login);
        }

        await using (session)
        {
            return await session.TryAsync(user, password, cancellationToken);
        }
    }

    /// <summary>
    /// Logs in over HTTP. When the login is locked by earlier wrong attempts, waits once as long as the DUT or the declaration says.
    /// </summary>
    /// <param name="endpoint">Address and port of the login.</param>
    /// <param name="login">How it is spoken: Basic, Digest, form or JSON.</param>
    /// <param name="user">User name; may be empty.</param>
    /// <param name="password">Password; masked in the transcript.</param>
    /// <param name="context">What the probe has at hand.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<HttpLoginResult> OpenHttpSessionAsync(
        Endpoint endpoint, LoginPoint login, string user, Secret password, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(login);
        ArgumentNullException.ThrowIfNull(context);
        if (Open(endpoint, login, context) is not HttpLogin http)
        {
            return new HttpLoginResult(NotSpoken(login) with { Answer = $"{login.Protocol} is no login over HTTP" }, null);
        }

        var attempt = await TryPatientlyAsync(http, login, user, password, context, cancellationToken);
        if (attempt.Result == AccessResult.Granted || (attempt is { Result: AccessResult.Unclear, Silence: null } && attempt.Shape.Code.Length > 0))
        {
            return new HttpLoginResult(attempt, new LoggedInHttp(http, user, password));
        }

        await http.DisposeAsync();
        return new HttpLoginResult(attempt, null);
    }

    /// <summary>A series of logins at a point; null when the harness does not speak its protocol.</summary>
    internal static LoginSession? Open(Endpoint endpoint, LoginPoint login, ProbeContext context) => login.Protocol switch
    {
        LoginProtocol.HttpBasic => new HttpBasicLogin(endpoint, login, context),
        LoginProtocol.HttpDigest => new HttpDigestLogin(endpoint, login, context),
        LoginProtocol.HttpForm => new HttpFormLogin(endpoint, login, context),
        LoginProtocol.HttpJson => new HttpJsonLogin(endpoint, login, context),
        LoginProtocol.Telnet => new TelnetLogin(endpoint, login, context),
        LoginProtocol.Ftp => new FtpLogin(endpoint, login, context),
        LoginProtocol.Mqtt => new BrokerLogin(endpoint, login, context),
        LoginProtocol.Ssh => new SshLogin(endpoint, login, context),
        LoginProtocol.RtspBasic or LoginProtocol.RtspDigest => new RtspLogin(endpoint, login, context),
        LoginProtocol.Smb when !login.Tls => new SmbLogin(endpoint, login, context),
        _ => null,
    };

    /// <summary>Tries a credential that is meant to be right; a lock that is found is waited out once.</summary>
    internal static async Task<LoginAttempt> TryPatientlyAsync(
        LoginSession session, LoginPoint login, string user, Secret password, ProbeContext context, CancellationToken cancellationToken)
    {
        var attempt = await session.TryAsync(user, password, cancellationToken);
        if (!attempt.Blocked)
        {
            return attempt;
        }

        await WaitOutLockAsync(login, attempt.RetryAfter, context, cancellationToken);
        return await session.TryAsync(user, password, cancellationToken);
    }

    /// <summary>Waits as long as the DUT asks or the declaration says that a lock lasts.</summary>
    internal static async Task WaitOutLockAsync(LoginPoint login, TimeSpan? retryAfter, ProbeContext context, CancellationToken cancellationToken)
    {
        var wait = retryAfter ?? DeclaredLock(login, context.Declared) ?? _usualLock;
        wait = (wait > _longestLock ? _longestLock : wait) + TimeSpan.FromSeconds(1);
        context.Transcript.Note($"the login is locked; waiting {wait.TotalSeconds:0} s");
        context.Progress(0, $"the login is locked; waiting {wait.TotalSeconds:0} s");
        await Task.Delay(wait, context.Time, cancellationToken);
    }

    /// <summary>An attempt that was not made, since the harness does not speak the protocol.</summary>
    internal static LoginAttempt NotSpoken(LoginPoint login) =>
        new(
            AccessResult.NotTried,
            $"the harness does not speak the login ({login.Protocol})",
            TimeSpan.Zero,
            null,
            Blocked: false);

    private static TimeSpan? DeclaredLock(LoginPoint login, Declaration declared) =>
        declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech)
            .Where(mechanism => mechanism.Facts.Logins.Contains(login) && mechanism.Facts.LockOut.IsDeclared)
            .Select(mechanism => mechanism.Facts.LockOut.TryGet(out var lockOut) ? TimeSpan.FromSeconds(Math.Clamp(lockOut.Seconds, 0, 3600)) : (TimeSpan?)null)
            .FirstOrDefault();
}
