using System.Net.Sockets;
using System.Text;

namespace DeviceConformance.Tests.Logins;

/// <summary>The device's end of a line-based connection: what a small Telnet or FTP server does.</summary>
internal sealed class TerminalDevice(NetworkStream stream, CancellationToken cancellationToken)
{
    public Task WriteAsync(string text) => stream.WriteAsync(Encoding.Latin1.GetBytes(text), cancellationToken).AsTask();

    /// <summary>A line up to any of <paramref name="ends"/>, which is taken away; null at the end. Telnet commands of three bytes are left out.</summary>
    public async Task<string?> ReadLineAsync(params string[] ends)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, cancellationToken) > 0)
        {
            if (one[0] == 255)
            {
                await stream.ReadExactlyAsync(new byte[2], cancellationToken);
                continue;
            }

            line.Append((char)one[0]);
            if (ends.FirstOrDefault(end => line.ToString().EndsWith(end, StringComparison.Ordinal)) is { } found)
            {
                return line.ToString()[..^found.Length];
            }
        }

        return null;
    }
}
