using System.Text;

namespace DeviceConformance.Probing.Logins;

/// <summary>A reply of an FTP server (RFC 959, 4.2).</summary>
/// <param name="Code">Three digits.</param>
/// <param name="Text">Text of the last line.</param>
public sealed record FtpReply(int Code, string Text)
{
    /// <summary>Bytes of a reply that are waited for; a greeting may have many lines.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>Reads the first reply.</summary>
    /// <param name="bytes">Bytes as they came; may hold less or more than one reply.</param>
    /// <param name="reply">The reply.</param>
    /// <param name="length">Bytes that it takes; 0 when it is not complete.</param>
    /// <returns>False when the bytes can not become a reply.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out FtpReply? reply, out int length)
    {
        reply = null;
        length = 0;
        var first = -1;
        var start = 0;
        while (start < bytes.Length)
        {
            var end = bytes[start..].IndexOf((byte)'\n');
            if (end < 0)
            {
                return start + (bytes.Length - start) <= MaxLength && (first >= 0 || IsBeginning(bytes[start..]));
            }

            var line = bytes.Slice(start, end).TrimEnd((byte)'\r');
            start += end + 1;
            if (start > MaxLength)
            {
                return false;
            }

            var code = CodeOf(line);
            if (first < 0 && code < 0)
            {
                return false;
            }

            // A reply of several lines begins with "123-" and ends with a line "123 " of the same code.
            var isLast = line.Length == 3 || (line.Length > 3 && line[3] == ' ');
            if (code >= 0 && isLast && (first < 0 || code == first))
            {
                reply = new FtpReply(code, Encoding.Latin1.GetString(line[Math.Min(4, line.Length)..]));
                length = start;
                return true;
            }

            first = first < 0 ? code : first;
        }

        return bytes.Length <= MaxLength;
    }

    private static int CodeOf(ReadOnlySpan<byte> line) =>
        line.Length >= 3 && line[0] is >= (byte)'1' and <= (byte)'6' && char.IsAsciiDigit((char)line[1]) && char.IsAsciiDigit((char)line[2])
        && (line.Length == 3 || line[3] is (byte)' ' or (byte)'-')
            ? ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + line[2] - '0'
            : -1;

    private static bool IsBeginning(ReadOnlySpan<byte> bytes) => bytes.Length < 3 ? !bytes.ContainsAnyExceptInRange((byte)'0', (byte)'9') : CodeOf(bytes) >= 0;
}
