using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Logins;

/// <summary>Basic or Digest in RTSP (RFC 2326, 12.5; RFC 7826, 19.1): whether DESCRIBE of a stream is answered. No stream is set up.</summary>
internal sealed class RtspLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : SessionLogin(endpoint, login, context)
{
    private const int MaxAnswer = 64 * 1024;

    private DutConnection? _connection;
    private AuthChallenge[] _challenges = [];
    private int _sequence;

    /// <summary>Whether anybody gets the description of the stream.</summary>
    public override async Task<LoginAttempt> WithoutCredentialAsync(CancellationToken cancellationToken)
    {
        await CloseAsync();
        var answer = await DescribeAsync("", cancellationToken);
        return answer.Status == 401 ? Answered(AccessResult.Refused, answer, "without a credential") : Judge(answer, "without a credential");
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync() => await CloseAsync();

    /// <inheritdoc/>
    protected override LoginSession Beside() => new RtspLogin(Endpoint, Login, Context);

    /// <inheritdoc/>
    protected override async Task<LoginAttempt> AttemptAsync(string user, Secret password, CancellationToken cancellationToken)
    {
        var asked = await DescribeAsync("", cancellationToken);
        if (asked.Status != 401)
        {
            return asked.Silence is not null ? Judge(asked, "without a credential")
                : new LoginAttempt(AccessResult.Unclear, $"status {asked.Status} without a credential, so that none is asked for", asked.Elapsed, null, Blocked: false) { Code = $"{asked.Status}" };
        }

        if (Authorization(user, password) is not { } authorization)
        {
            return new LoginAttempt(AccessResult.Unclear, $"there is no {(Login.Protocol == LoginProtocol.RtspBasic ? "Basic" : "Digest")} challenge that the harness can answer", asked.Elapsed, null, Blocked: false) { Code = "401" };
        }

        var answer = await DescribeAsync(authorization, cancellationToken);
        return answer.Status switch
        {
            401 => Answered(AccessResult.Refused, answer, $"to {user}"),
            // It may have let this one past its login, or have looked for the stream first.
            404 => Answered(AccessResult.Unclear, answer, $"to {user}: there is no such stream; declare the path of one"),
            _ => Judge(answer, $"to {user}"),
        };
    }

    private string Target => $"rtsp://{(Endpoint.Address.IsIPv6 ? $"[{Endpoint.Address.ToString().Split('%')[0]}]" : Endpoint.Address)}:{Endpoint.Port}{Login.Path}";

    private string? Authorization(string user, Secret password)
    {
        if (Login.Protocol == LoginProtocol.RtspBasic)
        {
            return _challenges.Any(challenge => challenge.Scheme == "basic") ? $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password.Reveal()}"))}" : null;
        }

        return DigestCredential.TryChoose(_challenges, out var credential) ? credential.For("DESCRIBE", Target, user, password).ToString() : null;
    }

    private async Task<Answer> DescribeAsync(string authorization, CancellationToken cancellationToken)
    {
        var started = Context.Time.GetTimestamp();
        var kept = _connection is not null;
        if (_connection is null)
        {
            // What is said holds the credential and is noted without it.
            var (connection, failure) = await ConnectAsync(Transcript.None, cancellationToken);
            if (connection is null)
            {
                return new Answer(0, failure.Silence, failure.Answer, failure.Elapsed);
            }

            _connection = connection;
        }

        Context.Transcript.Note($"-> DESCRIBE {Target}{(authorization.Length > 0 ? $", {Login.Protocol}: {Secret.Mask}" : "")}");
        var request = $"DESCRIBE {Target} RTSP/1.0\r\nCSeq: {++_sequence}\r\nAccept: application/sdp\r\nUser-Agent: DeviceConformance\r\n{(authorization.Length > 0 ? $"Authorization: {authorization}\r\n" : "")}\r\n";
        var said = new StringBuilder();
        var (status, headers) = (0, new List<KeyValuePair<string, string>>());
        var silence = await _connection.SendAsync(Encoding.UTF8.GetBytes(request), Patience, cancellationToken)
            ?? await _connection.ReadUntilAsync(
                bytes =>
                {
                    said.Append(Encoding.Latin1.GetString(bytes.Span));
                    return RtspSurvey.TryParse(said.ToString(), out status, out headers, out _) || said.Length > MaxAnswer;
                },
                Patience,
                cancellationToken);
        var elapsed = Context.Time.GetElapsedTime(started);
        if (silence is { } ended)
        {
            await CloseAsync();
            // Servers that hang up after each answer have not looked at this question.
            return kept && ended is Silence.ClosedByPeer or Silence.Reset ? await DescribeAsync(authorization, cancellationToken) : new Answer(0, ended, Words(ended), elapsed);
        }

        if (status == 0)
        {
            await CloseAsync();
            return new Answer(0, Silence.Malformed, Words(Silence.Malformed), elapsed);
        }

        Context.Transcript.Note($"<- status {status}");
        _challenges = [.. headers.Where(header => header.Key.Equals("WWW-Authenticate", StringComparison.OrdinalIgnoreCase)).SelectMany(header => AuthChallenge.TryParse(header.Value, out var found) ? found : [])];
        return new Answer(status, null, $"status {status}", elapsed);
    }

    private static LoginAttempt Judge(Answer answer, string who) => answer switch
    {
        { Silence: { } silence } => Unanswered(silence, $"no answer to DESCRIBE {who}: {answer.Text}", answer.Elapsed),
        { Status: 200 } => Answered(AccessResult.Granted, answer, who),
        { Status: 403 } => Answered(AccessResult.Refused, answer, who),
        { Status: 429 or 453 or 503 } => Answered(AccessResult.Unclear, answer, who) with { Blocked = answer.Status == 429 },
        _ => Answered(AccessResult.Unclear, answer, who),
    };

    private static LoginAttempt Answered(AccessResult result, Answer answer, string who) =>
        new(result, $"status {answer.Status} to DESCRIBE {who}", answer.Elapsed, null, Blocked: false) { Code = $"{answer.Status}", Shape = AnswerShape.Of($"{answer.Status}", "") };

    private async Task CloseAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            (_connection, _sequence) = (null, 0);
        }
    }

    private readonly record struct Answer(int Status, Silence? Silence, string Text, TimeSpan Elapsed);
}
