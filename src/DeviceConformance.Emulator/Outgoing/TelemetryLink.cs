using System.Net.Security;
using DeviceConformance.Emulator.Mqtt;

namespace DeviceConformance.Emulator.Outgoing;

/// <summary>The device's connection to the telemetry broker.</summary>
internal sealed class TelemetryLink(Stream stream) : IAsyncDisposable
{
    /// <summary>Logs in.</summary>
    /// <exception cref="IOException">The broker does not let the device in.</exception>
    public async Task LogInAsync(string deviceId, string password, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(MqttPackets.Connect(deviceId, deviceId, password, 300), cancellationToken);
        if (await MqttPacket.ReadAsync(stream, cancellationToken) is not { Type: MqttPacketType.ConnAck, Body: [_, 0] })
        {
            throw new IOException("The telemetry broker does not let the device in.");
        }
    }

    /// <summary>Sends a message.</summary>
    public async Task PublishAsync(string topic, byte[] payload, CancellationToken cancellationToken) =>
        await stream.WriteAsync(MqttPackets.Publish(MqttConnect.Level311, new MqttMessage(topic, payload, Retain: false), retain: false), cancellationToken);

    /// <summary>Takes leave and waits until the broker has read everything.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        await stream.WriteAsync(MqttPackets.Goodbye(), cancellationToken);
        if (stream is SslStream secured)
        {
            await secured.ShutdownAsync();
        }

        while (await stream.ReadAsync(new byte[64], cancellationToken) > 0)
        {
            // The broker says nothing more; its end is what is waited for.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => stream.DisposeAsync();
}
