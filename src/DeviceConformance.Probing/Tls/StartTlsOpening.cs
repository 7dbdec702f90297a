using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Tls;

/// <summary>What is said in clear before TLS, protocol by protocol.</summary>
internal static class StartTlsOpening
{
    private const int MaxReply = 16 * 1024;
    private const int ShownBytes = 80;

    /// <summary>Brings a fresh connection to where a ClientHello is next.</summary>
    /// <returns>Null when it is there; otherwise how it ended, in words too.</returns>
    public static async Task<(Silence Silence, string Text)?> RunAsync(DutConnection connection, StartTls protocol, TimeSpan deadline, CancellationToken cancellationToken)
    {
        foreach (var (say, expect) in Steps(protocol, connection.Endpoint))
        {
            if (say.Length > 0 && await connection.SendAsync(Encoding.ASCII.GetBytes(say), deadline, cancellationToken) is { } unsent)
            {
                return (unsent, $"no answer before TLS ({unsent})");
            }

            var reply = new StringBuilder();
            var silence = await connection.ReadUntilAsync(
                bytes =>
                {
                    reply.Append(Encoding.Latin1.GetString(bytes.Span));
                    return reply.Length > MaxReply || expect(reply.ToString()) is not null;
                },
                deadline,
                cancellationToken);
            if (silence is not null)
            {
                return (silence.Value, $"no {protocol.ToString().ToUpperInvariant()} before TLS ({silence})");
            }

            if (expect(reply.ToString()) != true)
            {
                return (Silence.Malformed, $"answers \"{Transcript.Printable(Encoding.Latin1.GetBytes(reply.ToString()), ShownBytes)}\" instead of going over to TLS");
            }
        }

        return null;
    }

    // What to say, and what the answer means: true to go on, false to stop, null to read on.
    private static (string Say, Func<string, bool?> Expect)[] Steps(StartTls protocol, Endpoint endpoint) => protocol switch
    {
        StartTls.Smtp => [("", Code("220")), ("EHLO dct.invalid\r\n", Code("250")), ("STARTTLS\r\n", Code("220"))],
        StartTls.Ftp => [("", Code("220")), ("AUTH TLS\r\n", Code("234"))],
        StartTls.Pop3 => [("", Line("+OK")), ("STLS\r\n", Line("+OK"))],
        StartTls.Imap => [("", Line("* OK")), ("a1 STARTTLS\r\n", Tagged)],
        StartTls.Xmpp =>
        [
            ($"<?xml version='1.0'?><stream:stream to='{endpoint.Address}' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>", Features),
            ("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", text => text.Contains("<proceed", StringComparison.Ordinal) ? true : text.Contains('>', StringComparison.Ordinal) ? false : null),
        ],
        _ => [],
    };

    // Replies of several lines end with the one that has a space after the code (RFC 5321, 4.2.1; RFC 959, 4.2).
    private static Func<string, bool?> Code(string code) => text =>
    {
        var lines = Lines(text);
        return Array.Find(lines, line => line.Length >= 3 && char.IsAsciiDigit(line[0]) && (line.Length == 3 || line[3] == ' ')) is { } last ? last.StartsWith(code, StringComparison.Ordinal)
            : lines is [var first, ..] && (first.Length == 0 || !char.IsAsciiDigit(first[0])) ? false
            : null;
    };

    private static Func<string, bool?> Line(string start) => text => Lines(text) is [var first, ..] ? first.StartsWith(start, StringComparison.OrdinalIgnoreCase) : null;

    private static bool? Tagged(string text) => Array.Find(Lines(text), line => line.StartsWith("a1 ", StringComparison.Ordinal)) is { } reply ? reply.StartsWith("a1 OK", StringComparison.OrdinalIgnoreCase) : null;

    private static bool? Features(string text) =>
        text.Contains("</stream:features>", StringComparison.Ordinal) || text.Contains("</features>", StringComparison.Ordinal) ? text.Contains("xmpp-tls", StringComparison.Ordinal)
        : text.Contains("</stream:stream>", StringComparison.Ordinal) || (text.Length > 0 && text.TrimStart() is { Length: > 0 } begun && begun[0] != '<') ? false
        : null;

    // Only lines that are over: what follows the last line feed is still coming.
    private static string[] Lines(string text) => text.LastIndexOf('\n') is >= 0 and var end ? text[..end].Split('\n').Select(line => line.TrimEnd('\r')).ToArray() : [];
}
