using System.Globalization;
using System.Text;

namespace DeviceConformance.Emulator.Cloud;

/// <summary>An HTTP/1.1 message with a body of announced length (RFC 9112).</summary>
/// <param name="FirstLine">Request line or status line.</param>
/// <param name="Body">Body.</param>
internal sealed record HttpText(string FirstLine, byte[] Body)
{
    private const int HeaderLimit = 8 * 1024;
    private const int BodyLimit = 16 * 1024;
    private const string LengthField = "content-length:";

    /// <summary>Reads one message; null when the connection ends before its end, or it is longer than is taken here.</summary>
    public static async Task<HttpText?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var bytes = new byte[HeaderLimit];
        var (length, end) = (0, -1);
        while (end < 0)
        {
            var read = length == bytes.Length ? 0 : await stream.ReadAsync(bytes.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                return null;
            }

            length += read;
            end = bytes.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
        }

        var lines = Encoding.ASCII.GetString(bytes, 0, end).Split("\r\n");
        var announced = lines.Skip(1).FirstOrDefault(line => line.StartsWith(LengthField, StringComparison.OrdinalIgnoreCase))?[LengthField.Length..].Trim() ?? "0";
        if (!int.TryParse(announced, NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) || wanted > BodyLimit || length - end - 4 > wanted)
        {
            return null;
        }

        var body = new byte[wanted];
        var had = length - end - 4;
        bytes.AsSpan(end + 4, had).CopyTo(body);
        return await stream.ReadAtLeastAsync(body.AsMemory(had), wanted - had, throwOnEndOfStream: false, cancellationToken) == wanted - had ? new HttpText(lines[0], body) : null;
    }
}
