using System.Text;
using DeviceConformance.Emulator.Listening;

namespace DeviceConformance.Emulator.TextServices;

/// <summary>Reads and writes lines on a connection within limits of length and time.</summary>
internal sealed class LineConnection : IDisposable
{
    /// <summary>Longest line in bytes; a longer one ends the connection.</summary>
    public const int LineLimit = 512;

    /// <summary>How long a client may be silent, or not read.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(60);

    private readonly Stream stream;
    private readonly IdleDeadline deadline;
    private readonly byte[] buffer = new byte[1024];
    private int next;
    private int filled;

    public LineConnection(Stream stream, TimeProvider time, CancellationToken stopping)
    {
        this.stream = stream;
        deadline = new IdleDeadline(IdleTime, time, stopping);
    }

    /// <summary>Signalled when the client was idle for too long or the service stops.</summary>
    public CancellationToken Deadline => deadline.Token;

    /// <summary>Next byte, or -1 at the end of the connection.</summary>
    public async ValueTask<int> ReadByteAsync()
    {
        if (next == filled)
        {
            deadline.Restart(IdleTime);
            next = 0;
            filled = await stream.ReadAsync(buffer, deadline.Token);
            if (filled == 0)
            {
                return -1;
            }
        }

        return buffer[next++];
    }

    /// <summary>Next line without its end (LF or CR LF), bytes as Latin-1; null at the end of the connection.</summary>
    /// <exception cref="IOException">The line is too long.</exception>
    public async ValueTask<string?> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            switch (await ReadByteAsync())
            {
                case -1:
                    return null;
                case '\n':
                    return line.ToString().TrimEnd('\r');
                case var character:
                    Append(line, character);
                    break;
            }
        }
    }

    /// <summary>Adds a character to a line.</summary>
    /// <exception cref="IOException">The line is too long.</exception>
    public static void Append(StringBuilder line, int character)
    {
        if (line.Length >= LineLimit)
        {
            throw new IOException("A line is longer than the device takes.");
        }

        line.Append((char)character);
    }

    /// <summary>Writes text, Latin-1.</summary>
    public ValueTask WriteAsync(string text) => WriteAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Writes bytes.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) => stream.WriteAsync(bytes, deadline.Token);

    /// <inheritdoc/>
    public void Dispose() => deadline.Dispose();
}
