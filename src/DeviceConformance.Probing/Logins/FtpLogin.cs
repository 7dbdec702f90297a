using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Logins;

/// <summary>USER and PASS of FTP (RFC 959, 4.1.1); with TLS from the first byte, or by AUTH TLS (RFC 4217).</summary>
internal sealed class FtpLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : SessionLogin(endpoint, login, context)
{
    private readonly byte[] _buffer = new byte[FtpReply.MaxLength + 1024];
    private DutConnection? _connection;
    private int _count;
    private int _onConnection;
    private bool _startsInClear = !login.Tls;

    /// <summary>Whether anybody gets in under the name that FTP servers keep for that (RFC 1635).</summary>
    public override Task<LoginAttempt> WithoutCredentialAsync(CancellationToken cancellationToken) => AttemptAsync("anonymous", new Secret("anonymous@"), cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync() => await CloseAsync();

    /// <inheritdoc/>
    protected override LoginSession Beside() => new FtpLogin(Endpoint, Login, Context);

    /// <inheritdoc/>
    protected override async Task<LoginAttempt> AttemptAsync(string user, Secret password, CancellationToken cancellationToken)
    {
        if (user.AsSpan().ContainsAny('\r', '\n') || password.Reveal().AsSpan().ContainsAny('\r', '\n'))
        {
            return new LoginAttempt(AccessResult.Unclear, "a credential with a line end can not be sent", TimeSpan.Zero, null, Blocked: false);
        }

        var reconnected = _connection is null && _onConnection > 0;
        var attempt = await OnConnectionAsync(user, password, cancellationToken);
        if (_onConnection > 0 && (attempt.Silence is Silence.ClosedByPeer or Silence.Reset || attempt.Code == "421"))
        {
            // The server takes only so many attempts on one connection, and this one it has not looked at.
            _onConnection = 0;
            reconnected = true;
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
        if (_connection is null && await OpenAsync(cancellationToken) is { } failure)
        {
            await CloseAsync();
            return failure;
        }

        var started = Context.Time.GetTimestamp();
        var answer = await AskAsync($"USER {user}", $"USER {user}", cancellationToken);
        var step = "USER";
        if (answer.Reply?.Code == 331)
        {
            started = Context.Time.GetTimestamp();
            step = "PASS";
            answer = await AskAsync($"PASS {password.Reveal()}", $"PASS {Secret.Mask}", cancellationToken);
        }

        var elapsed = Context.Time.GetElapsedTime(started);
        if (answer.Reply is not { } reply)
        {
            await CloseAsync();
            return Unanswered(answer.Silence!.Value, $"no answer to {step}: {Words(answer.Silence.Value)}", elapsed);
        }

        var text = $"{reply.Code} {Context.Transcript.Excerpt(Encoding.Latin1.GetBytes(reply.Text), 80)} to {step}";
        switch (reply.Code)
        {
            case 230:
                // A login ends only with the connection on servers without REIN.
                await CloseAsync();
                return Answered(AccessResult.Granted, text, reply, elapsed);
            case 530:
                return Answered(AccessResult.Refused, text, reply, elapsed);
            case 421:
                await CloseAsync();
                return Answered(AccessResult.Unclear, text, reply, elapsed);
            default:
                return Answered(AccessResult.Unclear, text, reply, elapsed);
        }
    }

    private async Task<LoginAttempt?> OpenAsync(CancellationToken cancellationToken)
    {
        var started = Context.Time.GetTimestamp();
        LoginAttempt failure;
        if (_startsInClear)
        {
            var result = await Context.Link.ConnectAsync(Endpoint, Transcript.None, cancellationToken);
            if (!result.TryGet(out var connection))
            {
                return Unanswered(result.Silence, result.Text, Context.Time.GetElapsedTime(started));
            }

            _connection = connection;
        }
        else
        {
            (_connection, failure) = await ConnectAsync(Context.Transcript, cancellationToken);
            if (_connection is null)
            {
                if (failure.Silence is not (Silence.HandshakeRefused or Silence.Reset or Silence.ClosedByPeer))
                {
                    return failure;
                }

                // No TLS from the first byte: the server may want AUTH TLS.
                _startsInClear = true;
                return await OpenAsync(cancellationToken);
            }
        }

        _count = 0;
        Context.Transcript.Note($"connected to {Endpoint}");
        var greeting = await ReadAsync(cancellationToken);
        if (greeting.Reply is not { } reply)
        {
            return Unanswered(greeting.Silence!.Value, $"{Endpoint} does not greet: {Words(greeting.Silence.Value)}", Context.Time.GetElapsedTime(started));
        }

        if (reply.Code != 220)
        {
            var refused = Answered(AccessResult.Unclear, $"{Endpoint} greets with {reply.Code}", reply, Context.Time.GetElapsedTime(started)) with { Shape = AnswerShape.Empty };
            return LockSigns.In(reply.Text) ? refused with { Result = AccessResult.Refused, Blocked = true } : refused;
        }

        return Login.Tls && _connection.Tls is null ? await StartTlsAsync(started, cancellationToken) : null;
    }

    private async Task<LoginAttempt?> StartTlsAsync(long started, CancellationToken cancellationToken)
    {
        var answer = await AskAsync("AUTH TLS", "AUTH TLS", cancellationToken);
        if (answer.Reply?.Code != 234)
        {
            return answer.Reply is { } reply
                ? Answered(AccessResult.Unclear, $"{Endpoint} answers AUTH TLS with {reply.Code}", reply, Context.Time.GetElapsedTime(started)) with { Shape = AnswerShape.Empty }
                : Unanswered(answer.Silence!.Value, $"no answer to AUTH TLS: {Words(answer.Silence.Value)}", Context.Time.GetElapsedTime(started));
        }

        return await _connection!.StartTlsAsync(Patience, cancellationToken) is { } silence
            ? Unanswered(silence, $"{Endpoint} does not take up TLS: {Words(silence)}", Context.Time.GetElapsedTime(started))
            : null;
    }

    private async Task<(FtpReply? Reply, Silence? Silence)> AskAsync(string command, string shown, CancellationToken cancellationToken)
    {
        Context.Transcript.Note($"-> {shown}");
        return await _connection!.SendAsync(Encoding.UTF8.GetBytes(command + "\r\n"), Patience, cancellationToken) is { } silence
            ? (null, silence)
            : await ReadAsync(cancellationToken);
    }

    private async Task<(FtpReply? Reply, Silence? Silence)> ReadAsync(CancellationToken cancellationToken)
    {
        var started = Context.Time.GetTimestamp();
        while (true)
        {
            if (!FtpReply.TryParse(_buffer.AsSpan(0, _count), out var reply, out var length))
            {
                Context.Transcript.Note($"<- {Transcript.Printable(_buffer.AsSpan(0, _count), 256)} (no FTP reply)");
                return (null, Silence.Malformed);
            }

            if (reply is not null)
            {
                Context.Transcript.Note($"<- {Transcript.Printable(_buffer.AsSpan(0, length), 2048)}");
                _buffer.AsSpan(length, _count - length).CopyTo(_buffer);
                _count -= length;
                // A preliminary reply announces another (RFC 959, 4.2: 120 service ready in nnn minutes).
                if (reply.Code >= 200)
                {
                    return (reply, null);
                }

                continue;
            }

            var left = Patience - Context.Time.GetElapsedTime(started);
            var read = left > TimeSpan.Zero ? await _connection!.ReadAsync(_buffer.AsMemory(_count), left, cancellationToken) : new ReadResult(0, Silence.NoReply);
            if (read.Silence is not null)
            {
                Context.Transcript.Note($"<- nothing: {read.Silence}");
                return (null, read.Silence);
            }

            _count += read.Count;
        }
    }

    private async Task CloseAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            _connection = null;
        }
    }

    private static LoginAttempt Answered(AccessResult result, string text, FtpReply reply, TimeSpan elapsed) =>
        new(result, text, elapsed, null, Blocked: false) { Code = $"{reply.Code}", Shape = AnswerShape.Of($"{reply.Code}", "") };
}
