using System.Globalization;
using DeviceConformance.Emulator.Listening;
using DeviceConformance.Emulator.TextServices;

namespace DeviceConformance.Emulator.Lan;

/// <summary>
/// The fault rtsp-open: the picture of the burner's flame for the service (RTSP 1.0, RFC 2326). It describes its stream to anybody (10.2) and sets
/// none up, since nobody here would watch it.
/// </summary>
internal sealed class RtspServer(DeviceState state)
{
    private const int MostHeaders = 64;

    /// <summary>Serves a connection.</summary>
    public async Task ServeAsync(TcpConnection connection, CancellationToken stopping)
    {
        using var lines = new LineConnection(connection.Stream, state.Time, stopping);
        // A method's name begins with a letter; whoever says anything else (TLS, binary protocols) speaks no RTSP.
        while (await lines.ReadByteAsync() is >= 'A' and <= 'Z' and var first && await lines.ReadLineAsync() is { } rest)
        {
            var request = (char)first + rest;
            var sequence = "";
            var length = 0;
            var headers = 0;
            while (await lines.ReadLineAsync() is { Length: > 0 } header)
            {
                var (name, value) = header.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? (header[..colon], header[(colon + 1)..].Trim()) : ("", "");
                if (++headers > MostHeaders || (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out length)))
                {
                    return;
                }

                sequence = name.Equals("CSeq", StringComparison.OrdinalIgnoreCase) ? value : sequence;
            }

            // No method that is answered has a body.
            if (length > 0)
            {
                await lines.WriteAsync(Answer("413 Request Entity Too Large", sequence));
                return;
            }

            await lines.WriteAsync(Respond(request, sequence, connection));
        }
    }

    private string Respond(string request, string sequence, TcpConnection connection) => request.Split(' ') switch
    {
        [_, _, var version] when !version.StartsWith("RTSP/1.", StringComparison.Ordinal) => Answer("400 Bad Request", sequence),
        ["OPTIONS", _, _] => Answer("200 OK", sequence, "Public: OPTIONS, DESCRIBE\r\n"),
        ["DESCRIBE", var target, _] => Describe(target, sequence, connection),
        [_, _, _] => Answer("405 Method Not Allowed", sequence, "Allow: OPTIONS, DESCRIBE\r\n"),
        _ => Answer("400 Bad Request", sequence),
    };

    private string Describe(string target, string sequence, TcpConnection connection)
    {
        if (!Uri.TryCreate(target, UriKind.Absolute, out var uri) || uri.AbsolutePath is not ("/" or "/live"))
        {
            return Answer("404 Not Found", sequence);
        }

        state.Log.Note($"RTSP: the stream was described to {connection.Remote}");
        var family = connection.Local.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "IP6" : "IP4";
        // RFC 8866.
        var description = $"v=0\r\no=- 1 1 IN {family} {connection.Local.Address}\r\ns=GW-24 Connect flame\r\ni=firmware {state.Firmware.Version}\r\nc=IN {family} {(family == "IP6" ? "::" : "0.0.0.0")}\r\nt=0 0\r\n"
            + "m=video 0 RTP/AVP 26\r\na=control:flame\r\n";
        return Answer("200 OK", sequence, $"Content-Base: {uri.GetLeftPart(UriPartial.Path).TrimEnd('/')}/\r\nContent-Type: application/sdp\r\nContent-Length: {description.Length}\r\n") + description;
    }

    private static string Answer(string status, string sequence, string headers = "") => $"RTSP/1.0 {status}\r\nCSeq: {DeviceLog.Foreign(sequence)}\r\nServer: thermocam/0.9.4\r\n{headers}\r\n";
}
