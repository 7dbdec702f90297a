using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.Mqtt;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>MQTT (OASIS, 3.1.1 and 5.0): CONNECT without a user name, and listening to every topic where that is let in.</summary>
internal static class MqttSurvey
{
    private const int MaxMessages = 400;
    private const int MaxTopics = 40;
    private const int MaxValue = 2048;
    private const string WebSocketPath = "/mqtt";

    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _window = TimeSpan.FromSeconds(3);

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        var heard = false;
        foreach (var (level, name) in new[] { (MqttPacket.Level311, "MQTT 3.1.1"), (MqttPacket.Level5, "MQTT 5.0") })
        {
            var (connection, failure) = await Conversation.ConnectAsync(request, context, cancellationToken);
            if (connection is null)
            {
                if (level == MqttPacket.Level311)
                {
                    return new ProbeOutcome.Unanswered(failure.Silence, failure.Text);
                }

                notes.Gap($"{name}: {failure.Text}");
                return null;
            }

            await using (connection)
            {
                heard |= await ConnectAsync(connection, level, name, !heard, context, reader, notes, cancellationToken);
            }
        }

        return null;
    }

    /// <summary>Asks a web server for MQTT over WebSocket (MQTT 5.0, 6), and surveys the broker behind it where there is one.</summary>
    /// <returns>Whether there is one.</returns>
    public static async Task<bool> OverWebSocketAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        var heard = false;
        foreach (var (level, name) in new[] { (MqttPacket.Level311, "MQTT 3.1.1 over WebSocket"), (MqttPacket.Level5, "MQTT 5.0 over WebSocket") })
        {
            var (connection, failure) = await Conversation.ConnectAsync(request, context, cancellationToken);
            if (connection is null)
            {
                notes.Gap($"{name}: {failure.Text}");
                return level == MqttPacket.Level5;
            }

            await using (connection)
            {
                // Brokers that have one path for it have this one; others take any.
                if (!(await connection.StartWebSocketAsync(WebSocketPath, "mqtt", _deadline, cancellationToken)).Switched)
                {
                    return level == MqttPacket.Level5;
                }

                heard |= await ConnectAsync(connection, level, name, !heard, context, reader, notes, cancellationToken);
            }
        }

        return true;
    }

    private static async Task<bool> ConnectAsync(DutConnection connection, byte level, string name, bool listens, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        context.Transcript.Note($"-> CONNECT, {name}, no user name");
        var client = await MqttClient.ConnectAsync(connection, $"dct{RandomNumberGenerator.GetHexString(8, lowercase: true)}", null, null, level, _deadline, context.Time, cancellationToken);
        context.Transcript.Note(client.ConnAck is { } answer ? $"<- CONNACK 0x{answer.Code:x2}" : $"<- no CONNACK: {client.Silence}");
        Read(client, name, reader, notes);
        if (client.Login != MqttLogin.Accepted || !listens)
        {
            return false;
        }

        await ListenAsync(client, context, reader, notes, cancellationToken);
        return true;
    }

    private static void Read(MqttClient client, string name, InformationReader reader, SurveyNotes notes)
    {
        foreach (var property in client.ConnAck?.Properties ?? [])
        {
            notes.Add(reader.Read($"{property.Name} {property.Text}", TextKind.Banner), "CONNACK");
        }

        switch (client.Login)
        {
            case MqttLogin.Accepted:
                notes.AddOpen("broker accepts clients without login", "CONNECT");
                notes.Done($"{name}: a CONNECT without user name is accepted");
                break;
            case MqttLogin.CredentialRefused:
                notes.AddLogin(LoginProtocol.Mqtt);
                notes.Done($"{name}: a CONNECT without user name is refused (0x{client.ConnAck!.Code:x2})");
                break;
            case MqttLogin.VersionRefused:
                notes.Done($"{name}: the broker does not speak it (0x{client.ConnAck!.Code:x2})");
                break;
            case MqttLogin.OtherwiseRefused:
                notes.Gap($"{name}: the CONNECT was refused for another reason than its missing login (0x{client.ConnAck!.Code:x2})");
                break;
            default:
                notes.Gap($"{name}: the CONNECT without user name got no CONNACK ({client.Silence})");
                break;
        }
    }

    private static async Task ListenAsync(MqttClient client, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        context.Transcript.Note("-> SUBSCRIBE # and $SYS/#");
        var heard = await client.ListenAsync(["#", "$SYS/#"], _window, MaxMessages, cancellationToken);
        context.Transcript.Note($"<- SUBACK {string.Join(" ", heard.Codes.Select(code => $"0x{code:x2}"))}, {heard.Messages.Length} messages");
        var topics = new Dictionary<string, string>(StringComparer.Ordinal);
        var broker = new HashSet<string>(StringComparer.Ordinal);
        foreach (var message in heard.Messages)
        {
            var value = ReadMessage(message, context, reader, notes);
            if (message.Topic.StartsWith('$'))
            {
                broker.Add(message.Topic);
            }
            else
            {
                topics.TryAdd(message.Topic, value);
            }
        }

        foreach (var (topic, value) in topics.Take(MaxTopics))
        {
            notes.Add(DisclosureKind.Messages, $"{topic}{value}", $"topic {topic}");
        }

        if (broker.Count > 0)
        {
            notes.Add(DisclosureKind.Status, $"state of the broker under {broker.Count} topics", "topic $SYS/#");
        }

        var refused = heard.Codes.Count(code => code >= 0x80);
        notes.Done($"{heard.Messages.Length} messages of {topics.Count + broker.Count} topics were heard in {_window.TotalSeconds:0} s under # and $SYS/#{(refused > 0 ? $"; {refused} of the 2 subscriptions were refused" : "")}");
        if (heard.Codes.IsEmpty)
        {
            notes.Gap($"the subscription was not answered{(heard.Silence is { } ended ? $" ({ended})" : "")}");
        }
        else if (heard.Silence is { } silence)
        {
            notes.Gap($"the connection ended ({silence}) before the {_window.TotalSeconds:0} s of listening were over");
        }

        if (heard.Full || topics.Count > MaxTopics)
        {
            notes.Remark("more was sent than is listed");
        }
    }

    /// <summary>Notes what a message tells.</summary>
    /// <returns>The value as an item may give it, with the sign before it.</returns>
    private static string ReadMessage(MqttPacket.Publish message, ProbeContext context, InformationReader reader, SurveyNotes notes)
    {
        var name = message.Topic[(message.Topic.LastIndexOf('/') + 1)..];
        if (NameAndValue.IsSecretName(name) && !message.Payload.IsEmpty)
        {
            notes.Add(DisclosureKind.Credential, $"a value under the name {name}", $"topic {message.Topic}");
            context.Transcript.Note($"<- PUBLISH {message.Topic} {Model.Lab.Secret.Mask}");
            return " (value not kept)";
        }

        var text = Encoding.UTF8.GetString(message.Payload.Span[..Math.Min(message.Payload.Length, MaxValue)]);
        if (text.Contains('\ufffd', StringComparison.Ordinal))
        {
            context.Transcript.Note($"<- PUBLISH {message.Topic} ({message.Payload.Length} bytes)");
            return $" ({message.Payload.Length} bytes)";
        }

        // A device reports its state in JSON or in bare values; "21.5" is no version, but the broker's own topic holds one.
        var found = reader.TryReadJson(text, out var json, out _) ? json
            : reader.Read(text, name.Contains("version", StringComparison.OrdinalIgnoreCase) ? TextKind.Banner : TextKind.Data);
        notes.Add(found, $"topic {message.Topic}");
        var kept = found.Redact(text);
        context.Transcript.Note($"<- PUBLISH {message.Topic} {SurveyNotes.Shortened(kept)}");
        return $" = {kept}";
    }
}
