using System.Text;

namespace DeviceConformance.Emulator.TextServices;

/// <summary>The fault udp-debug: a console of the developers, one line a datagram, without login. It stays silent to what is no text.</summary>
internal sealed class DebugConsole(DeviceState state)
{
    private const int LongestLine = 512;

    /// <summary>Answers a datagram; null when it holds no line of text.</summary>
    public byte[]? Answer(ReadOnlyMemory<byte> datagram)
    {
        if (datagram.Length is 0 or > LongestLine || datagram.Span.IndexOfAnyExceptInRange((byte)' ', (byte)'~') is var end and >= 0 && datagram.Span[end] is not ((byte)'\r' or (byte)'\n'))
        {
            return null;
        }

        var line = Encoding.ASCII.GetString(datagram.Span).Trim();
        state.Log.Note($"debug console: {line}");
        return Encoding.ASCII.GetBytes(line switch
        {
            "help" => "dbg> help heap tasks\r\n",
            "heap" => "dbg> 41232 of 65536 free\r\n",
            "tasks" => "dbg> burner web mqtt watchdog\r\n",
            _ => "dbg> ?\r\n",
        });
    }
}
