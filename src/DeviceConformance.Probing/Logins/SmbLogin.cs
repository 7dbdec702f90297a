using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Smb;

namespace DeviceConformance.Probing.Logins;

/// <summary>User name and password over SMB 2 or 3, by NTLM version 2. One connection takes one login; behind it nothing is opened.</summary>
internal sealed class SmbLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : SessionLogin(endpoint, login, context)
{
    private const uint AccountLocked = 0xc0000234;

    // Logon failure, no such user, wrong password, restrictions, disabled, expired, access denied (MS-ERREF, 2.3.1).
    private static readonly uint[] _refusals = [0xc000006d, 0xc0000064, 0xc000006a, 0xc000006e, 0xc0000072, 0xc0000193, 0xc0000022, 0xc000015b];

    private ushort _dialect;

    /// <summary>Whether nobody in particular, or a name that nobody has, gets at the files of a share.</summary>
    public override async Task<LoginAttempt> WithoutCredentialAsync(CancellationToken cancellationToken)
    {
        var stranger = await TryOnceAsync(Nonsense.User(), Nonsense.Password(), guestCounts: true, cancellationToken);
        return stranger.Result == AccessResult.Granted || stranger.Silence is not null ? stranger : await AsNobodyAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    protected override LoginSession Beside() => new SmbLogin(Endpoint, Login, Context) { _dialect = _dialect };

    /// <inheritdoc/>
    protected override Task<LoginAttempt> AttemptAsync(string user, Secret password, CancellationToken cancellationToken) => TryOnceAsync(user, password, guestCounts: false, cancellationToken);

    private Task<LoginAttempt> AsNobodyAsync(CancellationToken cancellationToken) => LogOnAsync(null, null, async (talk, login, elapsed) =>
    {
        if (!login.IsUp)
        {
            return Answered(AccessResult.Refused, $"nobody in particular is refused ({SmbTalk.Hex(login.Status)})", elapsed, login.Status);
        }

        // A session alone, in which servers answer questions about themselves, is no access to anything.
        var (shares, _) = await talk.ListSharesAsync(cancellationToken);
        foreach (var share in (shares ?? []).Where(share => share.IsFiles).Take(8))
        {
            if (await talk.ConnectShareAsync(share.Name, cancellationToken) is { Status: Smb2Message.Success, Kind: 1 } && await talk.ListRootAsync(cancellationToken) is { Status: Smb2Message.Success })
            {
                return Answered(AccessResult.Granted, $"nobody in particular gets at the files of share {Disclosure.SurveyNotes.Shortened(share.Name)}", elapsed, 0);
            }
        }

        return Answered(AccessResult.Refused, "nobody in particular gets a session and no files", elapsed, 1);
    }, cancellationToken);

    private Task<LoginAttempt> TryOnceAsync(string user, Secret password, bool guestCounts, CancellationToken cancellationToken) => LogOnAsync(user, password, (_, login, elapsed) => Task.FromResult(login switch
    {
        // Whoever is let in as a guest has not logged in.
        { IsUp: true, IsGuest: false, IsNobody: false } => Answered(AccessResult.Granted, "let in by NTLM", elapsed, 0),
        { IsUp: true } => Answered(guestCounts ? AccessResult.Granted : AccessResult.Refused, "let in as a guest only", elapsed, 1),
        { Status: AccountLocked } => Answered(AccessResult.Refused, "the account is locked", elapsed, AccountLocked) with { Blocked = true },
        { Status: var status } => Answered(_refusals.Contains(status) ? AccessResult.Refused : AccessResult.Unclear, SmbTalk.Hex(status), elapsed, status),
    }), cancellationToken);

    private async Task<LoginAttempt> LogOnAsync(string? user, Secret? password, Func<SmbTalk, SmbLogin2, TimeSpan, Task<LoginAttempt>> judge, CancellationToken cancellationToken)
    {
        var started = Context.Time.GetTimestamp();
        var (talk, failure) = await OpenAsync(started, cancellationToken);
        if (talk is null)
        {
            return failure!;
        }

        await using (talk)
        {
            var answer = await talk.LogOnAsync(user, password, cancellationToken);
            var elapsed = Context.Time.GetElapsedTime(started);
            return answer is { } login
                ? await judge(talk, login, elapsed)
                : Unanswered(talk.Ended, $"no answer to {(user is null ? "a login of nobody in particular" : "the login")}: {Words(talk.Ended)}", elapsed);
        }
    }

    private async Task<(SmbTalk? Talk, LoginAttempt? Failure)> OpenAsync(long started, CancellationToken cancellationToken)
    {
        var silence = Silence.HandshakeRefused;
        var text = "";
        // Newest first; the one that is taken serves all further attempts.
        foreach (var dialect in _dialect != 0 ? [_dialect] : Smb2Message.Dialects)
        {
            (var talk, silence, text) = await SmbTalk.OpenAsync(Endpoint, dialect, Context, cancellationToken);
            if (talk is not null)
            {
                _dialect = dialect;
                return (talk, null);
            }

            if (silence is not (Silence.HandshakeRefused or Silence.ClosedByPeer or Silence.Reset))
            {
                break;
            }
        }

        var elapsed = Context.Time.GetElapsedTime(started);
        return (null, silence == Silence.HandshakeRefused
            ? new LoginAttempt(AccessResult.Unclear, "the server takes neither SMB 2 nor SMB 3", elapsed, null, Blocked: false)
            : Unanswered(silence, text, elapsed));
    }

    private static LoginAttempt Answered(AccessResult result, string text, TimeSpan elapsed, uint status) =>
        new(result, text, elapsed, null, Blocked: false) { Code = $"0x{status:x8}", Shape = AnswerShape.Of($"{status:x8}", "") };
}
