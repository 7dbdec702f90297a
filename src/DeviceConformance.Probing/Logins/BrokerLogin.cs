using System.Security.Cryptography;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Mqtt;

namespace DeviceConformance.Probing.Logins;

/// <summary>User name and password in CONNECT of MQTT 3.1.1, or 5.0 where the broker wants that. One connection takes one login.</summary>
internal sealed class BrokerLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : SessionLogin(endpoint, login, context)
{
    private byte _level = MqttPacket.Level311;

    /// <summary>A CONNECT without user name and password.</summary>
    public override Task<LoginAttempt> WithoutCredentialAsync(CancellationToken cancellationToken) => ConnectAsync(null, null, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    protected override LoginSession Beside() => new BrokerLogin(Endpoint, Login, Context) { _level = _level };

    /// <inheritdoc/>
    protected override Task<LoginAttempt> AttemptAsync(string user, Secret password, CancellationToken cancellationToken) => ConnectAsync(user, password, cancellationToken);

    private async Task<LoginAttempt> ConnectAsync(string? user, Secret? password, CancellationToken cancellationToken)
    {
        var attempt = await ConnectOnceAsync(user, password, cancellationToken);
        if (attempt.Code == "1" && _level == MqttPacket.Level311)
        {
            _level = MqttPacket.Level5;
            return await ConnectOnceAsync(user, password, cancellationToken);
        }

        return attempt;
    }

    private async Task<LoginAttempt> ConnectOnceAsync(string? user, Secret? password, CancellationToken cancellationToken)
    {
        var (connection, failure) = await ConnectAsync(Context.Transcript, cancellationToken);
        if (connection is null)
        {
            return failure;
        }

        await using (connection)
        {
            var started = Context.Time.GetTimestamp();
            var identifier = "dct" + RandomNumberGenerator.GetString("0123456789abcdef", 12);
            var client = await MqttClient.ConnectAsync(connection, identifier, user, password, _level, Patience, Context.Time, cancellationToken);
            var elapsed = Context.Time.GetElapsedTime(started);
            if (client.ConnAck is not { } answer)
            {
                var silence = client.Silence ?? Silence.Malformed;
                return silence is Silence.ClosedByPeer or Silence.Reset
                    // Closing is how some brokers say no (3.1.1, 3.1.4); whether it is, a nonsense login tells.
                    ? new LoginAttempt(AccessResult.Unclear, "the connection is closed after CONNECT", elapsed, null, Blocked: false) { Shape = AnswerShape.Of("closed", "") }
                    : Unanswered(silence, $"no CONNACK: {Words(silence)}", elapsed);
            }

            var result = client.Login switch
            {
                MqttLogin.Accepted => AccessResult.Granted,
                MqttLogin.CredentialRefused => AccessResult.Refused,
                _ => AccessResult.Unclear,
            };
            if (client.Login == MqttLogin.Accepted)
            {
                await client.LeaveAsync(Patience, cancellationToken);
            }

            // 5.0, 3.2.2.2: banned, quota exceeded, connection rate exceeded.
            var blocked = answer.Code is 0x8A or 0x97 or 0x9F;
            return new LoginAttempt(blocked ? AccessResult.Refused : result, $"CONNACK with code {answer.Code}", elapsed, null, blocked)
            {
                Code = $"{answer.Code}",
                Shape = AnswerShape.Of($"{answer.Code}", ""),
            };
        }
    }
}
