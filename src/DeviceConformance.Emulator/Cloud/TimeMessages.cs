using System.Buffers.Binary;

namespace DeviceConformance.Emulator.Cloud;

/// <summary>Messages of NTP version 4 without authentication (RFC 5905, 7.3).</summary>
internal static class TimeMessages
{
    /// <summary>Length in bytes.</summary>
    public const int Length = 48;

    private const byte ClientMode = 3;
    private const byte ServerMode = 4;
    private const int TransmitTime = 40;
    private const int OriginTime = 24;
    private const int ReceiveTime = 32;
    private static readonly DateTimeOffset Era = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A client's question.</summary>
    public static byte[] Ask(DateTimeOffset now)
    {
        var message = new byte[Length];
        message[0] = (4 << 3) | ClientMode;
        WriteTime(message.AsSpan(TransmitTime), now);
        return message;
    }

    /// <summary>A server's answer; null when that was no question.</summary>
    public static byte[]? Reply(ReadOnlySpan<byte> question, DateTimeOffset now)
    {
        if (question.Length < Length || (question[0] & 7) != ClientMode)
        {
            return null;
        }

        var message = new byte[Length];
        message[0] = (4 << 3) | ServerMode;
        message[1] = 2; // stratum
        message[3] = 0xEC; // precision: 2^-20 s
        WriteTime(message.AsSpan(16), now);
        question.Slice(TransmitTime, 8).CopyTo(message.AsSpan(OriginTime));
        WriteTime(message.AsSpan(ReceiveTime), now);
        WriteTime(message.AsSpan(TransmitTime), now);
        return message;
    }

    /// <summary>Whether this answers that question.</summary>
    public static bool IsAnswer(ReadOnlySpan<byte> message, ReadOnlySpan<byte> question) =>
        message.Length == Length && (message[0] & 7) == ServerMode && message.Slice(OriginTime, 8).SequenceEqual(question.Slice(TransmitTime, 8));

    private static void WriteTime(Span<byte> field, DateTimeOffset time)
    {
        var ticks = (time - Era).Ticks;
        BinaryPrimitives.WriteUInt32BigEndian(field, (uint)(ticks / TimeSpan.TicksPerSecond));
        BinaryPrimitives.WriteUInt32BigEndian(field[4..], (uint)((ticks % TimeSpan.TicksPerSecond << 32) / TimeSpan.TicksPerSecond));
    }
}
