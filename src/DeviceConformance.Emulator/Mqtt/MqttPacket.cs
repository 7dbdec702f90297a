namespace DeviceConformance.Emulator.Mqtt;

/// <summary>A packet as it came (5.0, 2.1).</summary>
/// <param name="Type">Type.</param>
/// <param name="Flags">The four flags beside the type.</param>
/// <param name="Body">Everything after the fixed header.</param>
internal sealed record MqttPacket(MqttPacketType Type, int Flags, byte[] Body)
{
    /// <summary>Reads the next packet; null: the connection ended, or what came is not a packet of a length that is taken here.</summary>
    public static async ValueTask<MqttPacket?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = new byte[1];
        if (await stream.ReadAtLeastAsync(header, 1, throwOnEndOfStream: false, cancellationToken) == 0)
        {
            return null;
        }

        var (first, length) = (header[0], 0);
        for (var shift = 0; ; shift += 7)
        {
            if (shift > 21 || await stream.ReadAtLeastAsync(header, 1, throwOnEndOfStream: false, cancellationToken) == 0)
            {
                return null;
            }

            length |= (header[0] & 0x7F) << shift;
            if (header[0] < 0x80)
            {
                break;
            }
        }

        if (length > MqttPackets.LengthLimit)
        {
            return null;
        }

        var body = new byte[length];
        return await stream.ReadAtLeastAsync(body, length, throwOnEndOfStream: false, cancellationToken) == length
            ? new MqttPacket((MqttPacketType)(first >> 4), first & 0x0F, body)
            : null;
    }
}
