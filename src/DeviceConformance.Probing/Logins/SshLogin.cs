using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Credentials;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.Ssh;

namespace DeviceConformance.Probing.Logins;

/// <summary>
/// Passwords over SSH, by "password" (RFC 4252, 8) or in answer to the server's questions (RFC 4256). One connection serves one user name,
/// as servers want it, for as many attempts as the server takes on it; behind the login nothing is opened.
/// </summary>
internal sealed class SshLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : SessionLogin(endpoint, login, context)
{
    private const int ShownText = 120;

    // What OpenSSH says in place of its identification to those whom it keeps out for a while.
    private static readonly string[] _keptOut = ["Not allowed at this time", "Exceeded MaxStartups"];

    private SshTransport? _transport;
    private SshAuthentication? _authentication;
    private SshAuthAnswer? _methods;
    private string _user = "";
    private int _onConnection;
    private bool _endedByServer;

    /// <summary>Whether the declared user, or root, gets in by the method "none".</summary>
    public override async Task<LoginAttempt> WithoutCredentialAsync(CancellationToken cancellationToken)
    {
        var declared = GuessedLogin.Of(Login, Endpoint.Address, Context.Declared).User;
        LoginAttempt attempt = NothingTried;
        foreach (var user in new[] { declared, "root" }.Where(user => user.Length > 0).Distinct(StringComparer.Ordinal))
        {
            await CloseAsync();
            attempt = await OpenAsync(user, cancellationToken)
                ?? (_methods!.Result == SshAuthResult.Success
                    ? await GrantedAsync($"user {user} is let in without any credential", _methods.Elapsed)
                    : Answered(AccessResult.Refused, $"user {user} is not let in without a credential; the server takes {Names(_methods)}", _methods.Elapsed, "51"));
            if (attempt.Silence is not null || attempt.Result == AccessResult.Granted)
            {
                break;
            }
        }

        await CloseAsync();
        return attempt;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync() => await CloseAsync();

    /// <inheritdoc/>
    protected override LoginSession Beside() => new SshLogin(Endpoint, Login, Context);

    /// <inheritdoc/>
    protected override async Task<LoginAttempt> AttemptAsync(string user, Secret password, CancellationToken cancellationToken)
    {
        if (user != _user || (_transport is null && !_endedByServer))
        {
            await CloseAsync();
            _onConnection = 0;
        }

        _endedByServer = false;
        var endedAfter = _transport is null ? _onConnection : 0;
        var attempt = await OnConnectionAsync(user, password, cancellationToken);
        if (_onConnection > 0 && attempt.Silence is Silence.ClosedByPeer or Silence.Reset)
        {
            // Whether the server looked at this attempt before it closed is not known, so it is made again.
            endedAfter = _onConnection;
            attempt = await OnConnectionAsync(user, password, cancellationToken);
        }

        _onConnection = endedAfter > 0 ? 0 : _onConnection;
        _onConnection += attempt.Silence is null ? 1 : 0;
        return attempt with { Reconnected = endedAfter > 0, EndedAfter = endedAfter };
    }

    private static LoginAttempt NothingTried { get; } = new(AccessResult.NotTried, "", TimeSpan.Zero, null, Blocked: false);

    private async Task<LoginAttempt> OnConnectionAsync(string user, Secret password, CancellationToken cancellationToken)
    {
        if (_transport is null && await OpenAsync(user, cancellationToken) is { } failure)
        {
            return failure;
        }

        var methods = _methods!;
        if (methods.Result == SshAuthResult.Success)
        {
            return await GrantedAsync($"user {user} is let in without any credential", methods.Elapsed);
        }

        var byPassword = methods.Methods.Contains("password");
        if (!byPassword && !methods.Methods.Contains("keyboard-interactive"))
        {
            return Answered(AccessResult.Refused, $"the server takes no passwords, only {Names(methods)}", methods.Elapsed, "51");
        }

        var name = byPassword ? "password" : "keyboard-interactive";
        Context.Transcript.Note($"-> {name} for {user}: {Secret.Mask}");
        var answer = byPassword
            ? await _authentication!.PasswordAsync(user, password, cancellationToken)
            : await _authentication!.KeyboardAsync(user, password, cancellationToken);
        Context.Transcript.Note($"<- {answer.Result} {Names(answer)}{(answer.Fault is null ? "" : $": {answer.Fault.Text}")}");
        var shown = Shown(answer.Text);
        if (LockSigns.In(answer.Text))
        {
            return Answered(AccessResult.Refused, $"the server says: {shown}", answer.Elapsed, "51") with { Blocked = true };
        }

        switch (answer.Result)
        {
            case SshAuthResult.Success:
                return await GrantedAsync($"let in by {name}", answer.Elapsed);
            case SshAuthResult.Failure:
                return Answered(AccessResult.Refused, $"{name} refused", answer.Elapsed, "51");
            case SshAuthResult.Partial:
                await CloseAsync();
                return Answered(AccessResult.Unclear, $"{name} is right, and the server wants {Names(answer)} besides", answer.Elapsed, "partial");
            case SshAuthResult.ChangePassword:
                await CloseAsync();
                return Answered(AccessResult.Unclear, "the server wants another password to be set first", answer.Elapsed, "60");
            case SshAuthResult.AsksFurther:
                await CloseAsync();
                return Answered(AccessResult.Unclear, $"after the password the server asks further: {shown}", answer.Elapsed, "further");
            default:
                await CloseAsync();
                _endedByServer = true;
                return Ended(answer.Fault!, name, answer.Elapsed);
        }
    }

    /// <summary>What it means that the connection ended in place of an answer.</summary>
    private LoginAttempt Ended(SshFault fault, string name, TimeSpan elapsed)
    {
        if (fault.Disconnect > 0)
        {
            // A server that has counted enough attempts parts with a message; it let nobody in, so it refused.
            return Answered(AccessResult.Refused, $"{name} refused: {fault.Text}", elapsed, "51");
        }

        return fault.Silence is Silence.ClosedByPeer or Silence.Reset && _onConnection == 0
            // Closing is how some servers say no; whether it is, a nonsense login tells.
            ? Answered(AccessResult.Unclear, $"the connection is closed after {name}", elapsed, "closed") with { Code = "" }
            : Unanswered(fault.Silence, $"no answer to {name}: {fault.Text}", elapsed);
    }

    /// <summary>Opens a connection, exchanges keys and asks for the methods of a user.</summary>
    private async Task<LoginAttempt?> OpenAsync(string user, CancellationToken cancellationToken)
    {
        var started = Context.Time.GetTimestamp();
        // What is encrypted tells nobody anything, so the exchange is noted in words.
        var (connection, failure) = await ConnectAsync(Transcript.None, cancellationToken);
        if (connection is null)
        {
            return failure;
        }

        _user = user;
        _transport = new SshTransport(connection, SshWish.All, Patience, Context.Time);
        _authentication = new SshAuthentication(_transport, Context.Time);
        var fault = await _transport.GreetAsync(cancellationToken)
            ?? await _transport.EncryptAsync(cancellationToken)
            ?? await _authentication.StartAsync(cancellationToken);
        if (fault is null)
        {
            _methods = await _authentication.NoneAsync(user, cancellationToken);
            fault = _methods.Fault;
        }

        Context.Transcript.Note($"connected to {Endpoint}, {_transport.Opening.Identification}, {_transport.Choice}{(fault is null ? $"; {user} may log in by {Names(_methods!)}" : $": {fault.Text}")}");
        if (fault is null)
        {
            return null;
        }

        await CloseAsync();
        var elapsed = Context.Time.GetElapsedTime(started);
        if (LockSigns.In(fault.Text) || _keptOut.Any(text => fault.Text.Contains(text, StringComparison.Ordinal)))
        {
            return Answered(AccessResult.Refused, fault.Text, elapsed, "") with { Blocked = true };
        }

        return fault.Silence == Silence.HandshakeRefused && fault.Disconnect == 0
            ? new LoginAttempt(AccessResult.Unclear, fault.Text, elapsed, null, Blocked: false)
            : Unanswered(fault.Disconnect > 0 ? Silence.ClosedByPeer : fault.Silence, fault.Text, elapsed);
    }

    private async Task<LoginAttempt> GrantedAsync(string text, TimeSpan elapsed)
    {
        // The login lasts as long as the connection.
        await CloseAsync();
        return Answered(AccessResult.Granted, text, elapsed, "52");
    }

    private async Task CloseAsync()
    {
        if (_transport is not null)
        {
            await _transport.DisposeAsync();
            (_transport, _authentication, _methods) = (null, null, null);
        }
    }

    private string Shown(string text) => Context.Transcript.Excerpt(Encoding.UTF8.GetBytes(text), ShownText);

    private static string Names(SshAuthAnswer answer) => string.Join(" or ", answer.Methods);

    private static LoginAttempt Answered(AccessResult result, string text, TimeSpan elapsed, string code) =>
        new(result, text, elapsed, null, Blocked: false) { Code = code, Shape = AnswerShape.Of(code, "") };
}
