using System.Text;

namespace DeviceConformance.Emulator.TextServices;

/// <summary>Lines over Telnet (RFC 854): takes commands and option negotiations out of the data and answers them (RFC 855, RFC 1143).</summary>
internal sealed class TelnetTerminal(LineConnection connection)
{
    private const byte Se = 240;
    private const byte Sb = 250;
    private const byte Will = 251;
    private const byte Wont = 252;
    private const byte Do = 253;
    private const byte Dont = 254;
    private const byte Iac = 255;
    private const byte Echo = 1;
    private const byte SuppressGoAhead = 3;

    // Bounds what a client can make the device skip or answer within one line.
    private const int SubnegotiationLimit = 512;
    private const int CommandLimit = 64;

    private bool lineEndedWithReturn;

    /// <summary>Announces that the device echoes and sends no Go Ahead (RFC 857, RFC 858).</summary>
    public ValueTask NegotiateAsync() => connection.WriteAsync(new byte[] { Iac, Will, Echo, Iac, Will, SuppressGoAhead });

    /// <summary>Next line without its end (CR LF, CR NUL, CR or LF); null at the end of the connection.</summary>
    /// <param name="echo">Whether to send back what comes in; false for passwords.</param>
    /// <exception cref="IOException">The line is too long, or holds too many commands.</exception>
    public async ValueTask<string?> ReadLineAsync(bool echo)
    {
        var line = new StringBuilder();
        var commands = 0;
        while (true)
        {
            var data = await connection.ReadByteAsync();
            var secondHalfOfLineEnd = lineEndedWithReturn && (data is '\0' or '\n');
            lineEndedWithReturn = false;
            switch (data)
            {
                case -1:
                    return null;
                case '\0' or '\n' when secondHalfOfLineEnd:
                    break;
                case '\r' or '\n':
                    lineEndedWithReturn = data == '\r';
                    await connection.WriteAsync("\r\n");
                    return line.ToString();
                case Iac:
                    if (++commands > CommandLimit)
                    {
                        throw new IOException("A client sends commands without end.");
                    }

                    if (!await TakeCommandAsync(line))
                    {
                        return null;
                    }

                    break;
                case 8 or 127:
                    if (line.Length > 0)
                    {
                        line.Length--;
                        await EchoAsync(echo, "\b \b");
                    }

                    break;
                default:
                    LineConnection.Append(line, data);
                    await EchoAsync(echo, ((char)data).ToString());
                    break;
            }
        }
    }

    private ValueTask EchoAsync(bool echo, string text) => echo ? connection.WriteAsync(text) : ValueTask.CompletedTask;

    // Returns false at the end of the connection.
    private async ValueTask<bool> TakeCommandAsync(StringBuilder line)
    {
        var command = await connection.ReadByteAsync();
        switch (command)
        {
            case -1:
                return false;
            case Iac:
                LineConnection.Append(line, Iac);
                return true;
            case Sb:
                return await SkipSubnegotiationAsync();
            case Will or Wont or Do or Dont:
                var option = await connection.ReadByteAsync();
                if (option < 0)
                {
                    return false;
                }

                // What the device announced itself is agreed; everything else is declined. WONT and DONT need no answer here.
                if (command == Will)
                {
                    await connection.WriteAsync(new byte[] { Iac, Dont, (byte)option });
                }
                else if (command == Do && option is not (Echo or SuppressGoAhead))
                {
                    await connection.WriteAsync(new byte[] { Iac, Wont, (byte)option });
                }

                return true;
            default:
                return true;
        }
    }

    private async ValueTask<bool> SkipSubnegotiationAsync()
    {
        var previous = 0;
        for (var skipped = 0; skipped < SubnegotiationLimit; skipped++)
        {
            var data = await connection.ReadByteAsync();
            if (data < 0)
            {
                return false;
            }

            if (previous == Iac && data == Se)
            {
                return true;
            }

            previous = previous == Iac && data == Iac ? 0 : data;
        }

        throw new IOException("A subnegotiation has no end.");
    }
}
