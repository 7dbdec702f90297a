using System.Collections.Immutable;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Mqtt;

/// <summary>What a broker made of a CONNECT.</summary>
public enum MqttLogin
{
    /// <summary>No CONNACK came; <see cref="MqttClient.Silence"/> tells how.</summary>
    NoAnswer,

    /// <summary>The client is let in.</summary>
    Accepted,

    /// <summary>Bad user name or password, or not authorised: 4 and 5 (3.1.1), 0x86 and 0x87 (5.0).</summary>
    CredentialRefused,

    /// <summary>The broker does not speak this protocol level: 1 (3.1.1), 0x84 (5.0).</summary>
    VersionRefused,

    /// <summary>Refused for another reason: client identifier, overload, ban, rate; <see cref="MqttClient.ConnAck"/> has the code.</summary>
    OtherwiseRefused,
}

/// <summary>What came after a SUBSCRIBE.</summary>
/// <param name="Codes">The broker's answer to each filter, 0x80 and above: refused; empty when no SUBACK came.</param>
/// <param name="Messages">Messages, in the order they came.</param>
/// <param name="Full">Whether listening ended because as many messages or bytes had come as were wanted.</param>
/// <param name="Silence">How the connection ended early; null when it did not.</param>
public sealed record MqttHeard(ImmutableArray<byte> Codes, ImmutableArray<MqttPacket.Publish> Messages, bool Full, Silence? Silence);

/// <summary>An MQTT client that has sent its CONNECT: for trying a login and for listening, never for publishing.</summary>
public sealed class MqttClient
{
    /// <summary>Bytes of messages that listening keeps; then it ends.</summary>
    public const int MaxHeardBytes = 1024 * 1024;

    private const ushort KeepAliveSeconds = 60;
    private const ushort SubscribeId = 1;

    private readonly DutConnection _connection;
    private readonly byte _level;
    private readonly TimeProvider _time;
    private byte[] _buffer = new byte[4096];
    private int _count;

    private MqttClient(DutConnection connection, byte level, TimeProvider time)
    {
        _connection = connection;
        _level = level;
        _time = time;
    }

    /// <summary>The broker's answer; null when none came.</summary>
    public MqttPacket.ConnAck? ConnAck { get; private set; }

    /// <summary>Why there is no answer; null when there is one.</summary>
    public Silence? Silence { get; private set; }

    /// <summary>What the broker made of the CONNECT.</summary>
    public MqttLogin Login => ConnAck?.Code switch
    {
        null => MqttLogin.NoAnswer,
        0 => MqttLogin.Accepted,
        4 or 5 or 0x86 or 0x87 => MqttLogin.CredentialRefused,
        1 or 0x84 => MqttLogin.VersionRefused,
        _ => MqttLogin.OtherwiseRefused,
    };

    /// <summary>Sends CONNECT and waits for CONNACK. The connection stays the caller's to dispose; one connection takes one CONNECT.</summary>
    /// <param name="connection">Connection to the broker, TLS already up where it is wanted.</param>
    /// <param name="clientId">Client identifier; 3.1.1 brokers need to take only 1 to 23 letters and digits.</param>
    /// <param name="user">User name, or null to send none.</param>
    /// <param name="password">Password, or null to send none.</param>
    /// <param name="protocolLevel"><see cref="MqttPacket.Level311"/> or <see cref="MqttPacket.Level5"/>.</param>
    /// <param name="deadline">How long the broker has in all.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<MqttClient> ConnectAsync(
        DutConnection connection,
        string clientId,
        string? user,
        Secret? password,
        byte protocolLevel,
        TimeSpan deadline,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(time);
        var client = new MqttClient(connection, protocolLevel, time);
        var started = time.GetTimestamp();
        // 3.1.1 knows no password without a user name (3.1.2.9).
        var name = user ?? (password is not null && protocolLevel == MqttPacket.Level311 ? "" : null);
        ImmutableArray<MqttProperty> properties = protocolLevel == MqttPacket.Level5
            ? [MqttProperty.OfNumber(MqttProperty.MaximumPacketSize, MqttPacket.MaxRemainingLength)]
            : [];
        var connect = new MqttPacket.Connect(protocolLevel, clientId, name, password, KeepAliveSeconds, CleanSession: true, properties);
        client.Silence = await connection.SendAsync(connect.ToBytes(protocolLevel), deadline, cancellationToken);
        if (client.Silence is not null)
        {
            return client;
        }

        var (packet, silence) = await client.NextAsync(deadline - time.GetElapsedTime(started), cancellationToken);
        client.ConnAck = packet as MqttPacket.ConnAck;
        client.Silence = silence ?? (client.ConnAck is null ? Model.Observations.Silence.Malformed : null);
        return client;
    }

    /// <summary>Subscribes with quality of service 0 and listens.</summary>
    /// <param name="filters">Topic filters.</param>
    /// <param name="window">How long to listen, in all.</param>
    /// <param name="maxMessages">Messages after which it ends.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<MqttHeard> ListenAsync(ImmutableArray<string> filters, TimeSpan window, int maxMessages, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var messages = ImmutableArray.CreateBuilder<MqttPacket.Publish>();
        ImmutableArray<byte> codes = [];
        var bytes = 0;
        var silence = await SendAsync(new MqttPacket.Subscribe(SubscribeId, filters, Options: 0, []), window, cancellationToken);
        while (silence is null)
        {
            var left = window - _time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                break;
            }

            (var packet, silence) = await NextAsync(left, cancellationToken);
            switch (packet)
            {
                case MqttPacket.SubAck { PacketId: SubscribeId } answer:
                    codes = answer.Codes;
                    break;
                case MqttPacket.Publish message:
                    messages.Add(message);
                    bytes += message.Payload.Length + message.Topic.Length;
                    if (messages.Count >= maxMessages || bytes >= MaxHeardBytes)
                    {
                        return new MqttHeard(codes, messages.ToImmutable(), Full: true, null);
                    }

                    if (message.Qos == 1)
                    {
                        silence = await SendAsync(new MqttPacket.PubAck(message.PacketId, 0, []), window, cancellationToken);
                    }

                    break;
                case MqttPacket.Disconnect:
                    silence = Model.Observations.Silence.ClosedByPeer;
                    break;
                default:
                    break;
            }
        }

        // That nothing more came until the window was over is how listening ends.
        return new MqttHeard(codes, messages.ToImmutable(), Full: false, silence == Model.Observations.Silence.NoReply ? null : silence);
    }

    /// <summary>Takes leave with DISCONNECT; whether the broker still listens does not matter.</summary>
    public async Task LeaveAsync(TimeSpan deadline, CancellationToken cancellationToken) =>
        await SendAsync(new MqttPacket.Disconnect(0, []), deadline, cancellationToken);

    private Task<Silence?> SendAsync(MqttPacket packet, TimeSpan deadline, CancellationToken cancellationToken) =>
        _connection.SendAsync(packet.ToBytes(_level), deadline, cancellationToken);

    private async Task<(MqttPacket? Packet, Silence? Silence)> NextAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        while (true)
        {
            if (MqttPacket.TryParse(_buffer.AsSpan(0, _count), _level, out var packet, out var length, out var error))
            {
                _buffer.AsSpan(length, _count - length).CopyTo(_buffer);
                _count -= length;
                return (packet, null);
            }

            if (error != MqttWireError.Incomplete)
            {
                return (null, Model.Observations.Silence.Malformed);
            }

            var left = deadline - _time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return (null, Model.Observations.Silence.NoReply);
            }

            if (_count == _buffer.Length)
            {
                // The codec refuses what is larger than its limit, so the buffer can not grow beyond twice that.
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            var read = await _connection.ReadAsync(_buffer.AsMemory(_count), left, cancellationToken);
            if (read.Silence is { } silence)
            {
                return (null, silence);
            }

            _count += read.Count;
        }
    }
}
