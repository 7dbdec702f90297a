using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Logins;

/// <summary>
/// Logins at one point, one after the other: keeps the connection as long as the DUT allows, and what refusal was found to look like.
/// </summary>
internal abstract class LoginSession(Endpoint endpoint, LoginPoint login, ProbeContext context) : IAsyncDisposable
{
    /// <summary>How long the DUT has for each step of a login; logins that delay refusal take a few seconds.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly LoginAttempt NotConnected = new(AccessResult.NotTried, "", TimeSpan.Zero, null, Blocked: false);

    private readonly List<(AnswerShape Shape, int Tolerance)> _refusals = [];
    private int _answered;

    /// <summary>The port.</summary>
    protected Endpoint Endpoint { get; } = endpoint;

    /// <summary>How the login is spoken.</summary>
    protected LoginPoint Login { get; } = login;

    /// <summary>What the probe has at hand.</summary>
    protected ProbeContext Context { get; } = context;

    /// <summary>Tries a credential.</summary>
    public async Task<LoginAttempt> TryAsync(string user, Secret password, CancellationToken cancellationToken)
    {
        Context.Transcript.Mask(user, password);
        var attempt = await TryByItselfAsync(user, password, cancellationToken);
        if (IsUndecided(attempt) && _refusals.Count == 0)
        {
            // Beside the session, so that a session which the credential may have opened stays as it is.
            await using var beside = Beside();
            await LearnRefusalAsync(beside, cancellationToken);
        }

        return AsRefusalIfAlike(attempt);
    }

    /// <summary>Tries a credential that can not be right, and learns what refusal looks like.</summary>
    /// <param name="user">A user name, to see what a wrong password for it gives; null: one that nobody has.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<LoginAttempt> TryNonsenseAsync(string? user, CancellationToken cancellationToken)
    {
        var attempt = AsRefusalIfAlike(await TryByItselfAsync(user ?? Nonsense.User(), Nonsense.Password(), cancellationToken));
        if (IsUndecided(attempt))
        {
            Learn(attempt.Shape, 0);
            return attempt with { Result = AccessResult.Refused, IsInferred = true, Answer = $"{attempt.Answer}; taken for a refusal, since the credential is nonsense" };
        }

        return attempt;
    }

    /// <summary>Takes an answer for a refusal from here on.</summary>
    /// <param name="shape">The answer.</param>
    /// <param name="tolerance">How many words may differ.</param>
    public void Learn(AnswerShape shape, int tolerance) => _refusals.Add((shape, tolerance));

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Sends a credential and judges the answer by itself.</summary>
    protected abstract Task<LoginAttempt> AttemptAsync(string user, Secret password, CancellationToken cancellationToken);

    /// <summary>Another session at the same point that shares nothing with this one.</summary>
    protected abstract LoginSession Beside();

    /// <summary>An attempt that got no answer.</summary>
    protected static LoginAttempt Unanswered(Silence silence, string text, TimeSpan elapsed) => new(AccessResult.Unclear, text, elapsed, silence, Blocked: false);

    /// <summary>Opens a connection, inside TLS where the login runs inside TLS from its first byte.</summary>
    /// <param name="transcript">Where its bytes are kept.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The connection, or the attempt that failed for want of one.</returns>
    protected async Task<(DutConnection? Connection, LoginAttempt Failure)> ConnectAsync(Transcript transcript, CancellationToken cancellationToken)
    {
        var started = Context.Time.GetTimestamp();
        var result = await Context.Link.ConnectAsync(Endpoint, transcript, cancellationToken);
        if (!result.TryGet(out var connection))
        {
            return (null, Unanswered(result.Silence, result.Text, Context.Time.GetElapsedTime(started)));
        }

        if (Login.Tls && await connection.StartTlsAsync(Patience, cancellationToken) is { } silence)
        {
            await connection.DisposeAsync();
            return (null, Unanswered(silence, $"{Endpoint} does not take up TLS: {Words(silence)}", Context.Time.GetElapsedTime(started)));
        }

        return (connection, NotConnected);
    }

    /// <summary>A silence in words.</summary>
    protected static string Words(Silence silence) => silence switch
    {
        Silence.Refused => "the connection is refused",
        Silence.NoReply => "nothing came within the deadline",
        Silence.ClosedByPeer => "the connection was closed",
        Silence.Reset => "the connection was reset",
        Silence.Malformed => "the answer does not follow the protocol",
        Silence.HandshakeRefused => "the TLS handshake failed",
        Silence.HostUnreachable => "the network knows no way to it",
        _ => "the device no longer answers",
    };

    /// <summary>Whether an answer is known to be a refusal.</summary>
    protected bool IsLikeRefusal(AnswerShape shape) => _refusals.Exists(refusal => refusal.Shape.DistanceTo(shape) <= refusal.Tolerance);

    // Without a shape the credential was not looked at, and there is nothing to compare.
    private static bool IsUndecided(LoginAttempt attempt) => attempt is { Result: AccessResult.Unclear, Silence: null, Blocked: false, Shape.Code.Length: > 0 };

    /// <summary>Tries a credential and judges the answer by itself, without comparing it with others.</summary>
    public async Task<LoginAttempt> TryByItselfAsync(string user, Secret password, CancellationToken cancellationToken)
    {
        var attempt = await AttemptAsync(user, password, cancellationToken);
        if (attempt.Silence is null)
        {
            _answered++;
            return attempt;
        }

        // The port took connections before; that it no longer does is an answer to what was tried on it.
        return attempt.Silence == Silence.Refused && _answered > 0 ? attempt with { Blocked = true } : attempt;
    }

    private LoginAttempt AsRefusalIfAlike(LoginAttempt attempt) =>
        IsUndecided(attempt) && IsLikeRefusal(attempt.Shape)
            ? attempt with { Result = AccessResult.Refused, IsInferred = true, Answer = $"{attempt.Answer}, as to a nonsense login" }
            : attempt;

    private async Task LearnRefusalAsync(LoginSession beside, CancellationToken cancellationToken)
    {
        // Two, since what differs between them differs anyway and tells nothing.
        var first = await beside.TryByItselfAsync(Nonsense.User(), Nonsense.Password(), cancellationToken);
        var second = await beside.TryByItselfAsync(Nonsense.User(), Nonsense.Password(), cancellationToken);
        if (IsUndecided(first))
        {
            var distance = IsUndecided(second) ? first.Shape.DistanceTo(second.Shape) : 0;
            Learn(first.Shape, distance == int.MaxValue ? 0 : distance);
        }

        if (IsUndecided(second))
        {
            Learn(second.Shape, 0);
        }
    }
}
