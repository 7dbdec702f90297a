using System.Collections.Concurrent;
using System.Text;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Emulator.Listening;
using DeviceConformance.Emulator.Login;

namespace DeviceConformance.Emulator.Mqtt;

/// <summary>
/// A small broker for the remote-control panel: MQTT 3.1.1 and 5.0 with QoS 0 and without stored sessions. The device publishes its state
/// under <c>gw24/</c> as retained messages and takes a water temperature from <c>gw24/set/setpoint</c>.
/// </summary>
internal sealed class MqttBroker
{
    /// <summary>Topic under which the panel sets the water temperature.</summary>
    public const string SetPointCommand = "gw24/set/setpoint";

    private const string StatePrefix = "gw24/";
    private const string CommandPrefix = "gw24/set/";
    private const int RetainedLimit = 64;
    private const ushort LongestKeepAlive = 600;
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(10);

    private readonly DeviceState state;
    private readonly ConcurrentDictionary<string, MqttClient> clients = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, MqttMessage> retained = new(StringComparer.Ordinal);

    public MqttBroker(DeviceState state)
    {
        this.state = state;
        PublishState("gw24/status", "standby");
        PublishState("gw24/water/temperature", "48.5");
        PublishState("gw24/pressure", "1.6");
        PublishState("gw24/usage/today", "3 showers, 74 l");
        PublishSettings(state.Settings);
        state.SettingsChanged += PublishSettings;
    }

    /// <summary>Serves a connection.</summary>
    public async Task ServeAsync(TcpConnection connection, CancellationToken stopping)
    {
        using var deadline = new IdleDeadline(ConnectPatience, state.Time, stopping);
        var stream = connection.Stream;
        if (await MqttPacket.ReadAsync(stream, deadline.Token) is not { Type: MqttPacketType.Connect, Flags: 0 } first || !MqttConnect.TryParse(first.Body, out var connect))
        {
            return;
        }

        if (Refusal(connect, connection) is { } refusal)
        {
            await stream.WriteAsync(refusal, deadline.Token);
            return;
        }

        var assignedId = connect.ClientId.Length > 0 ? "" : $"panel-{Guid.NewGuid():N}";
        using var client = new MqttClient(assignedId + connect.ClientId, connect.Level, mayPublish: connect.User is not null);
        Join(client);
        using var ofReplacement = client.Replaced.UnsafeRegister(static deadline => ((IdleDeadline)deadline!).Expire(), deadline);
        var keepAlive = connect.KeepAliveSeconds is 0 or > LongestKeepAlive ? LongestKeepAlive : (ushort)connect.KeepAliveSeconds;
        var sending = SendAsync(client, stream, deadline.Token);
        var orderly = false;
        try
        {
            await client.Outgoing.Writer.WriteAsync(MqttPackets.Acceptance(connect.Level, keepAlive, assignedId), deadline.Token);
            orderly = await TalkAsync(client, stream, deadline, TimeSpan.FromSeconds(1.5 * keepAlive));
        }
        finally
        {
            clients.TryRemove(KeyValuePair.Create(client.Id, client));
            client.Outgoing.Writer.TryComplete();
            await sending;
            if (!orderly && client.MayPublish && connect.Will is { } will)
            {
                Publish(will, client);
            }
        }
    }

    private static async Task SendAsync(MqttClient client, Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var packet in client.Outgoing.Reader.ReadAllAsync(cancellationToken))
            {
                await stream.WriteAsync(packet, cancellationToken);
            }
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The reading side meets the same end and reports it; nothing more can be sent.
            client.Outgoing.Writer.TryComplete();
        }
    }

    // Null: the client may come in.
    private byte[]? Refusal(MqttConnect connect, TcpConnection connection)
    {
        var isFive = connect.Level >= MqttConnect.Level5;
        if (!connect.IsLevelKnown)
        {
            return isFive ? MqttPackets.Refusal(MqttConnect.Level5, 0x84) : MqttPackets.Refusal(connect.Level, 1);
        }

        if (connect.ClientId.Length == 0 && !connect.CleanStart && !isFive)
        {
            return MqttPackets.Refusal(connect.Level, 2);
        }

        if (connect.User is null)
        {
            var open = state.Has(DeviceFaults.OpenMqtt) && connect.Password is null;
            state.Log.Note($"MQTT: anonymous client from {connection.Remote} {(open ? "let in" : "refused")}");
            return open ? null : MqttPackets.Refusal(connect.Level, isFive ? (byte)0x87 : (byte)5);
        }

        var right = connect.User == EmulatedDeviceOptions.PanelName && Passwords.AreEqual(connect.Password ?? "", state.Options.LabelPassword(state.Faults));
        var result = state.PanelLock.Attempt(connect.User, right, locks: !state.Has(DeviceFaults.NoLockOut));
        state.Log.Note($"MQTT login of '{DeviceLog.Foreign(connect.User)}' from {connection.Remote}: {result}");
        return result switch
        {
            LoginResult.Accepted => null,
            LoginResult.Locked => MqttPackets.Refusal(connect.Level, isFive ? (byte)0x87 : (byte)5),
            _ => MqttPackets.Refusal(connect.Level, isFive ? (byte)0x86 : (byte)4),
        };
    }

    private void Join(MqttClient client)
    {
        clients.AddOrUpdate(client.Id, client, (_, old) =>
        {
            old.Replace();
            return client;
        });
    }

    // Returns whether the client took its leave (then its will is not published).
    private async Task<bool> TalkAsync(MqttClient client, Stream stream, IdleDeadline deadline, TimeSpan patience)
    {
        while (true)
        {
            deadline.Restart(patience);
            if (await MqttPacket.ReadAsync(stream, deadline.Token) is not { } packet)
            {
                return false;
            }

            switch (packet.Type, packet.Flags)
            {
                case (MqttPacketType.PingReq, 0) when packet.Body.Length == 0:
                    await client.Outgoing.Writer.WriteAsync(MqttPackets.PingResp(), deadline.Token);
                    break;
                case (MqttPacketType.Publish, 0 or 1) when MqttPackets.TryParsePublish(packet.Body, client.Level, packet.Flags == 1, out var message):
                    Take(message, client);
                    break;
                case (MqttPacketType.Subscribe, 2) when MqttPackets.TryParseFilters(packet.Body, client.Level, withOptions: true, out var id, out var filters):
                    await SubscribeAsync(client, id, filters, deadline.Token);
                    break;
                case (MqttPacketType.Unsubscribe, 2) when MqttPackets.TryParseFilters(packet.Body, client.Level, withOptions: false, out var id, out var filters):
                    var removed = filters.Select(filter => client.Subscriptions.TryRemove(filter.Filter, out _) ? (byte)0 : (byte)0x11).ToArray();
                    await client.Outgoing.Writer.WriteAsync(MqttPackets.FilterAck(MqttPacketType.UnsubAck, client.Level, id, removed), deadline.Token);
                    break;
                case (MqttPacketType.Disconnect, 0):
                    // 5.0 has a reason that asks for the will all the same (3.14.2.1).
                    return packet.Body is not [0x04, ..];
                default:
                    await LeaveAsync(client, packet, deadline.Token);
                    return false;
            }
        }
    }

    // A packet that is broken, out of place, or asks for a QoS that CONNACK ruled out.
    private static async Task LeaveAsync(MqttClient client, MqttPacket packet, CancellationToken cancellationToken)
    {
        if (client.Level == MqttConnect.Level5)
        {
            var asksForQos = packet.Type == MqttPacketType.Publish && (packet.Flags & 6) is 2 or 4;
            await client.Outgoing.Writer.WriteAsync(MqttPackets.Disconnect(asksForQos ? (byte)0x9B : (byte)0x82), cancellationToken);
        }
    }

    private async Task SubscribeAsync(MqttClient client, ushort packetId, List<MqttSubscription> filters, CancellationToken cancellationToken)
    {
        var codes = new List<byte>();
        var toSend = new List<MqttMessage>();
        foreach (var subscription in filters)
        {
            var isNew = !client.Subscriptions.ContainsKey(subscription.Filter);
            if (!MqttTopics.IsFilter(subscription.Filter) || (isNew && client.Subscriptions.Count >= MqttClient.SubscriptionLimit))
            {
                codes.Add(client.Level == MqttConnect.Level5 ? (byte)0x8F : (byte)0x80);
                continue;
            }

            client.Subscriptions[subscription.Filter] = subscription;
            codes.Add(0);
            if (subscription.RetainHandling == 0 || (subscription.RetainHandling == 1 && isNew))
            {
                toSend.AddRange(retained.Values.Where(message => MqttTopics.Matches(subscription.Filter, message.Topic)).OrderBy(message => message.Topic, StringComparer.Ordinal));
            }
        }

        await client.Outgoing.Writer.WriteAsync(MqttPackets.FilterAck(MqttPacketType.SubAck, client.Level, packetId, codes), cancellationToken);
        foreach (var message in toSend)
        {
            await client.Outgoing.Writer.WriteAsync(MqttPackets.Publish(client.Level, message, retain: true), cancellationToken);
        }
    }

    // What the device publishes itself can not be published by others.
    private void Take(MqttMessage message, MqttClient client)
    {
        var isCommand = message.Topic.StartsWith(CommandPrefix, StringComparison.Ordinal);
        if (!client.MayPublish || message.Topic.StartsWith('$') || (message.Topic.StartsWith(StatePrefix, StringComparison.Ordinal) && !isCommand))
        {
            return;
        }

        Publish(message, client);
        if (message.Topic == SetPointCommand && HeaterSettings.TryParseSetPoint(Encoding.Latin1.GetString(message.Payload.Span), out var degrees))
        {
            state.Change(state.Settings with { SetPoint = degrees }, "panel");
        }
    }

    private void PublishState(string topic, string value) => Publish(new MqttMessage(topic, Encoding.UTF8.GetBytes(value), Retain: true), null);

    private void PublishSettings(HeaterSettings settings)
    {
        PublishState("gw24/setpoint", settings.SetPoint.ToString());
        PublishState("gw24/eco", settings.EcoMode ? "on" : "off");
    }

    private void Publish(MqttMessage message, MqttClient? from)
    {
        if (message.Retain && message.Payload.IsEmpty)
        {
            retained.TryRemove(message.Topic, out _);
        }
        else if (message.Retain && (retained.ContainsKey(message.Topic) || retained.Count < RetainedLimit))
        {
            retained[message.Topic] = message;
        }

        foreach (var client in clients.Values)
        {
            client.Deliver(message, from);
        }
    }
}
