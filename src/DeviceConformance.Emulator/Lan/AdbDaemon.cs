using System.Buffers.Binary;
using System.Text;
using DeviceConformance.Emulator.Listening;

namespace DeviceConformance.Emulator.Lan;

/// <summary>
/// The fault adb-open: the Android Debug Bridge of the display, which asks for no key (protocol.txt of the Android Open Source Project). It connects
/// anybody and runs a few commands of a shell.
/// </summary>
internal sealed class AdbDaemon(DeviceState state)
{
    private const int HeaderLength = 24;
    private const int LongestPayload = 4096;
    private const uint Version = 0x01000000;
    private const uint Connect = 0x4e584e43;
    private const uint Open = 0x4e45504f;
    private const uint Okay = 0x59414b4f;
    private const uint Write = 0x45545257;
    private const uint Close = 0x45534c43;
    private const uint OwnStream = 1;
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(60);

    /// <summary>Serves a connection.</summary>
    public async Task ServeAsync(TcpConnection connection, CancellationToken stopping)
    {
        using var deadline = new IdleDeadline(IdleTime, state.Time, stopping);
        var header = new byte[HeaderLength];
        var connected = false;
        while (await connection.Stream.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, deadline.Token) == HeaderLength)
        {
            deadline.Restart(IdleTime);
            var (command, stream, length) = (Word(header, 0), Word(header, 4), Word(header, 12));
            // The last word is the first with every bit turned: anything else is another protocol.
            if (Word(header, 20) != ~command || length > LongestPayload || (!connected && command != Connect))
            {
                return;
            }

            var payload = new byte[length];
            await connection.Stream.ReadExactlyAsync(payload, deadline.Token);
            byte[] answer = [];
            switch (command)
            {
                case Connect:
                    connected = true;
                    state.Log.Note($"ADB: connection of {connection.Remote}, no key asked for");
                    answer = Message(Connect, Version, LongestPayload, $"device::ro.product.name=gw24;ro.product.model=GW-24 Connect;ro.build.version.incremental={state.Firmware.Version};");
                    break;
                case Open when Encoding.Latin1.GetString(payload).TrimEnd('\0') is var service && service.StartsWith("shell:", StringComparison.Ordinal):
                    answer = [.. Message(Okay, OwnStream, stream, ""), .. Message(Write, OwnStream, stream, Run(service[6..].Trim())), .. Message(Close, OwnStream, stream, "")];
                    break;
                case Open:
                    answer = Message(Close, 0, stream, "");
                    break;
            }

            await connection.Stream.WriteAsync(answer, deadline.Token);
        }
    }

    private static uint Word(byte[] header, int at) => BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(at));

    private static string Run(string command) => command switch
    {
        "id" => "uid=0(root) gid=0(root)\n",
        "getprop ro.product.model" => "GW-24 Connect\n",
        "uname -a" => "Linux gw24 4.9.118 #1 PREEMPT armv7l Android\n",
        _ => $"/system/bin/sh: {DeviceLog.Foreign(command)}: not found\n",
    };

    private static byte[] Message(uint command, uint first, uint second, string text)
    {
        var payload = Encoding.Latin1.GetBytes(text);
        var message = new byte[HeaderLength + payload.Length];
        uint[] words = [command, first, second, (uint)payload.Length, (uint)payload.Sum(value => value), ~command];
        for (var index = 0; index < words.Length; index++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(4 * index), words[index]);
        }

        payload.CopyTo(message, HeaderLength);
        return message;
    }
}
