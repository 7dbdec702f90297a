using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Logins;

/// <summary>A login by prompts over Telnet (RFC 854). Prompts are told by the last line of the screen, whether or not it ends.</summary>
internal sealed class TelnetLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : SessionLogin(endpoint, login, context)
{
    // A screen is text for a person; a device that pours out more is cut off.
    private const int MaxScreen = 16 * 1024;
    private const int ShownCharacters = 80;

    // A prompt that more text follows at once is no prompt ("Last login: ...").
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(150);

    // After text that says no, the next prompt or the end of the connection is a matter of a moment, apart from deliberate delays.
    private static readonly TimeSpan _afterRefusal = TimeSpan.FromSeconds(5);

    // A prompt for the password follows a user name at once, unless the device did not understand that the line is over.
    private static readonly TimeSpan _passwordPrompt = TimeSpan.FromSeconds(4);

    private readonly byte[] _buffer = new byte[4096];
    private DutConnection? _connection;
    private TelnetData _data = new();
    private Screen _screen = new("", TerminalPrompt.None, null);
    private string _lineEnd = "\r\0";
    private int _onConnection;

    /// <summary>What a connection shows before anything is typed.</summary>
    public override async Task<LoginAttempt> WithoutCredentialAsync(CancellationToken cancellationToken)
    {
        if (await OpenAsync(cancellationToken) is { } failure)
        {
            return failure;
        }

        return _screen.Prompt switch
        {
            TerminalPrompt.Command => Answered(AccessResult.Granted, "a prompt for commands without any login", TimeSpan.Zero),
            TerminalPrompt.User or TerminalPrompt.Password => Answered(AccessResult.Refused, "a prompt for a login", TimeSpan.Zero),
            _ => Answered(AccessResult.Unclear, $"neither a login nor a command prompt: {Shown(_screen.Text)}", TimeSpan.Zero),
        };
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync() => await CloseAsync();

    /// <inheritdoc/>
    protected override LoginSession Beside() => new TelnetLogin(Endpoint, Login, Context) { _lineEnd = _lineEnd };

    /// <inheritdoc/>
    protected override async Task<LoginAttempt> AttemptAsync(string user, Secret password, CancellationToken cancellationToken)
    {
        if (user.AsSpan().ContainsAny('\r', '\n') || password.Reveal().AsSpan().ContainsAny('\r', '\n'))
        {
            return Answered(AccessResult.Unclear, "a credential with a line end can not be typed", TimeSpan.Zero) with { Shape = AnswerShape.Empty };
        }

        var reconnected = _connection is null && _onConnection > 0;
        var attempt = await OnConnectionAsync(user, password, cancellationToken);
        if (attempt.Silence is Silence.ClosedByPeer or Silence.Reset && _onConnection > 0)
        {
            // The device takes only so many attempts on one connection, and this one it has not looked at.
            _onConnection = 0;
            reconnected = true;
            attempt = await OnConnectionAsync(user, password, cancellationToken);
        }

        if (attempt.Silence == Silence.NoReply && _lineEnd == "\r\0" && _onConnection == 0)
        {
            // RFC 854 wants CR NUL or CR LF for the key; some servers know the second only.
            _lineEnd = "\r\n";
            attempt = await OnConnectionAsync(user, password, cancellationToken);
        }

        if (attempt.Silence is null)
        {
            _onConnection++;
        }

        return attempt with { Reconnected = reconnected };
    }

    private async Task<LoginAttempt> OnConnectionAsync(string user, Secret password, CancellationToken cancellationToken)
    {
        if (await OpenAsync(cancellationToken) is { } failure)
        {
            return failure;
        }

        if (_screen.Prompt == TerminalPrompt.User)
        {
            await TypeAsync(user, Transcript.Printable(Encoding.UTF8.GetBytes(user), ShownCharacters), _lineEnd == "\r\0" ? _passwordPrompt : Patience, cancellationToken);
            if (_screen.Prompt is TerminalPrompt.User || (_screen.Prompt == TerminalPrompt.None && TelnetScreen.SaysRefused(_screen.Text)))
            {
                return await RefusedAsync(Answered(AccessResult.Refused, $"the user name is refused: {Shown(_screen.Text)}", _screen.Elapsed));
            }

            if (_screen.Prompt == TerminalPrompt.Command)
            {
                await CloseAsync();
                return Answered(AccessResult.Granted, "a prompt for commands after the user name alone", _screen.Elapsed);
            }
        }

        if (_screen.Prompt != TerminalPrompt.Password)
        {
            // The credential was not looked at, so there is nothing to compare.
            return await EndedAsync("the device does not ask for a password") with { Shape = AnswerShape.Empty };
        }

        await TypeAsync(password.Reveal(), Secret.Mask, Patience, cancellationToken);
        var text = _screen.Text;
        if (LockSigns.In(text))
        {
            return await RefusedAsync(Answered(AccessResult.Refused, $"further attempts are blocked: {Shown(text)}", _screen.Elapsed)) with { Blocked = true };
        }

        if (_screen.Prompt == TerminalPrompt.Command)
        {
            await CloseAsync();
            // A notice to intruders may speak of refusal too; then a nonsense login has to tell.
            return TelnetScreen.SaysRefused(text)
                ? Answered(AccessResult.Unclear, $"a prompt for commands after words of refusal: {Shown(text)}", _screen.Elapsed)
                : Answered(AccessResult.Granted, "a prompt for commands", _screen.Elapsed);
        }

        if (_screen.Prompt is TerminalPrompt.User or TerminalPrompt.Password || TelnetScreen.SaysRefused(text))
        {
            return await RefusedAsync(Answered(AccessResult.Refused, Shown(text), _screen.Elapsed));
        }

        return _screen.Silence is Silence.ClosedByPeer or Silence.Reset
            // Closing is how some devices say no; whether it is, a nonsense login tells.
            ? await RefusedAsync(Answered(AccessResult.Unclear, "the connection is closed after the password", _screen.Elapsed))
            : await EndedAsync($"neither a refusal nor a prompt follows the password: {Shown(text)}");
    }

    /// <summary>Opens a connection where there is none, and reads its first screen.</summary>
    /// <returns>Null when a screen is there; otherwise the attempt that failed.</returns>
    private async Task<LoginAttempt?> OpenAsync(CancellationToken cancellationToken)
    {
        if (_connection is not null)
        {
            return null;
        }

        // Characters come one by one when a device echoes; the transcript gets whole screens, in which passwords can be masked.
        (_connection, var failure) = await ConnectAsync(Transcript.None, cancellationToken);
        if (_connection is null)
        {
            Context.Transcript.Note(failure.Answer);
            return failure;
        }

        Context.Transcript.Note($"connected to {Endpoint}");
        _data = new TelnetData();
        await ReadScreenAsync(Patience, cancellationToken);
        return _screen is { Text.Length: 0, Silence: { } silence }
            ? await CloseAsync(Unanswered(silence, $"{Endpoint} shows nothing: {Words(silence)}", _screen.Elapsed))
            : null;
    }

    private async Task TypeAsync(string text, string shown, TimeSpan patience, CancellationToken cancellationToken)
    {
        Context.Transcript.Note($"-> {shown}");
        // A character 255 would be taken for a command unless doubled (RFC 854).
        var bytes = Encoding.UTF8.GetBytes(text + _lineEnd);
        if (await _connection!.SendAsync(bytes, Patience, cancellationToken) is { } silence)
        {
            _screen = new Screen("", TerminalPrompt.None, silence);
            return;
        }

        await ReadScreenAsync(patience, cancellationToken);
    }

    private async Task ReadScreenAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var started = Context.Time.GetTimestamp();
        var data = new List<byte>();
        var reply = new List<byte>();
        var prompt = TerminalPrompt.None;
        Silence? silence = null;
        TimeSpan? answered = null;
        while (data.Count < MaxScreen)
        {
            var elapsed = Context.Time.GetElapsedTime(started);
            var text = TelnetScreen.TextOf(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(data));
            prompt = TelnetScreen.PromptOf(text);
            var left = prompt != TerminalPrompt.None ? _pause
                : TelnetScreen.SaysRefused(text) ? _afterRefusal
                : patience - elapsed;
            // A read from TLS can not be given up and taken up again; there the first prompt counts.
            if (left <= TimeSpan.Zero || elapsed > 2 * patience || (prompt != TerminalPrompt.None && _connection!.Tls is not null))
            {
                silence = prompt == TerminalPrompt.None ? Silence.NoReply : null;
                break;
            }

            var read = await _connection!.ReadAsync(_buffer, left, cancellationToken);
            if (read.Silence is not null)
            {
                silence = read.Silence == Silence.NoReply && prompt != TerminalPrompt.None ? null : read.Silence;
                break;
            }

            answered = Context.Time.GetElapsedTime(started);
            _data.Take(_buffer.AsSpan(0, read.Count), data, reply);
            if (reply.Count > 0)
            {
                silence = await _connection.SendAsync(reply.ToArray(), Patience, cancellationToken);
                reply.Clear();
            }
        }

        var screen = TelnetScreen.TextOf(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(data));
        Context.Transcript.Note($"<- {Transcript.Printable(Encoding.Latin1.GetBytes(screen), 2048)}{(silence is null ? "" : $" ({silence})")}");
        _screen = new Screen(screen, prompt, silence) { Elapsed = answered ?? Context.Time.GetElapsedTime(started) };
    }

    /// <summary>Keeps the connection when it asks again, and gives it up otherwise.</summary>
    private async Task<LoginAttempt> RefusedAsync(LoginAttempt attempt)
    {
        if (_screen.Prompt is not (TerminalPrompt.User or TerminalPrompt.Password))
        {
            await CloseAsync();
        }

        return attempt;
    }

    private Task<LoginAttempt> EndedAsync(string text) =>
        CloseAsync(_screen.Silence is { } silence
            ? Unanswered(silence, $"{text}: {Words(silence)}", _screen.Elapsed)
            : Answered(AccessResult.Unclear, text, _screen.Elapsed));

    private async Task<LoginAttempt> CloseAsync(LoginAttempt attempt)
    {
        await CloseAsync();
        return attempt;
    }

    private async Task CloseAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            _connection = null;
        }
    }

    private LoginAttempt Answered(AccessResult result, string text, TimeSpan elapsed) =>
        new(result, text, elapsed, null, Blocked: false) { Shape = AnswerShape.Of(_screen.Silence is { } silence ? $"{silence}" : $"{_screen.Prompt}", _screen.Text) };

    private string Shown(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var shown = string.Join(" / ", lines.TakeLast(3));
        return shown.Length == 0 ? "an empty screen" : $"\"{Context.Transcript.Excerpt(Encoding.Latin1.GetBytes(shown), ShownCharacters)}\"";
    }

    private sealed record Screen(string Text, TerminalPrompt Prompt, Silence? Silence)
    {
        public TimeSpan Elapsed { get; init; }
    }
}
