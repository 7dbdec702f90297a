using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Asks paths for a WebSocket (RFC 6455, 4.1) as a client that has not logged in; sends no message.</summary>
internal sealed class WebSocketAsking(DisclosureSurvey request, ProbeContext context, InformationReader reader, Uri origin)
{
    /// <summary>Paths that are asked.</summary>
    public const int MaxPaths = 12;

    /// <summary>Origin of another site; a reserved name (RFC 2606, 2), which is never looked up.</summary>
    public const string ForeignOrigin = "https://another-site.invalid";

    private const int MaxHead = 16 * 1024;
    private const int MaxMessage = 4096;

    // Added to the key before it is hashed (RFC 6455, 1.3).
    private const string Handshake = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    // A device that pushes its state does so at once; a device that waits for a message of ours gets none.
    private static readonly TimeSpan _listening = TimeSpan.FromMilliseconds(600);

    /// <summary>Asks a path; null when there is no WebSocket.</summary>
    public async Task<WebSocketSeen?> AskAsync(string path, SurveyNotes notes, CancellationToken cancellationToken)
    {
        var own = await UpgradeAsync(path, origin.GetLeftPart(UriPartial.Authority), listens: true, cancellationToken);
        if (own.Status is 401 or 403 && own.SpeaksOfUpgrade)
        {
            return new WebSocketSeen(path, AccessResult.Refused, AccessResult.NotTried, "");
        }

        if (own.Status != 101)
        {
            return null;
        }

        var foreign = await UpgradeAsync(path, ForeignOrigin, listens: false, cancellationToken);
        var found = own.Message.Length > 0 ? ReadMessage(own.Message) : Disclosures.None;
        notes.Add(found, $"WebSocket {path}");
        if (found.Items.Length > 0)
        {
            notes.AddOpen("WebSocket that tells clients without login of the device", path);
        }

        return new WebSocketSeen(
            path,
            AccessResult.Granted,
            foreign.Status == 101 ? AccessResult.Granted : foreign.Status == 0 ? AccessResult.Unclear : AccessResult.Refused,
            SurveyNotes.Shortened(found.Redact(own.Message)));
    }

    private Disclosures ReadMessage(string message)
    {
        var found = reader.TryReadJson(message, out var json, out _) ? json : reader.Read(message, TextKind.Data);
        foreach (var secret in found.Secrets)
        {
            context.Transcript.Mask("", new Model.Lab.Secret(secret));
        }

        return found;
    }

    private async Task<(int Status, bool SpeaksOfUpgrade, string Message)> UpgradeAsync(string path, string from, bool listens, CancellationToken cancellationToken)
    {
        var result = await context.Link.ConnectAsync(request.Endpoint, context.Transcript, cancellationToken);
        if (!result.TryGet(out var connection))
        {
            return (0, false, "");
        }

        await using (connection)
        {
            if (request.Tls && await connection.StartTlsAsync(_patience, cancellationToken) is not null)
            {
                return (0, false, "");
            }

            var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
            var head = $"GET {path} HTTP/1.1\r\nHost: {origin.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: {from}\r\n\r\n";
            if (await connection.SendAsync(Encoding.ASCII.GetBytes(head), _patience, cancellationToken) is not null)
            {
                return (0, false, "");
            }

            var received = new List<byte>();
            _ = await connection.ReadUntilAsync(bytes => Take(received, bytes, MaxHead) || EndOfHead(received) >= 0, _patience, cancellationToken);
            var (status, speaks) = ReadHead(received, key);
            if (status != 101 || !listens)
            {
                return (status, speaks, "");
            }

            received.RemoveRange(0, EndOfHead(received));
            if (FirstMessage(received).Length == 0)
            {
                _ = await connection.ReadUntilAsync(bytes => Take(received, bytes, MaxMessage) || FirstMessage(received).Length > 0, _listening, cancellationToken);
            }

            return (status, speaks, FirstMessage(received));
        }
    }

    /// <summary>Status of an answer, 101 only with the proof that the key was understood; and whether the answer is about an upgrade at all.</summary>
    internal static (int Status, bool SpeaksOfUpgrade) ReadHead(List<byte> received, string key)
    {
        var end = EndOfHead(received);
        if (end < 0)
        {
            return (0, false);
        }

        var lines = Encoding.Latin1.GetString([.. received[..end]]).Split("\r\n");
        if (!lines[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || lines[0].Length < 12 || !int.TryParse(lines[0].AsSpan(9, 3), out var status))
        {
            return (0, false);
        }

        // SHA-1 is what the protocol asks for; it protects nothing here.
#pragma warning disable CA5350
        var proof = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Handshake)));
#pragma warning restore CA5350
        var isProven = lines.Any(line => line.StartsWith("Sec-WebSocket-Accept:", StringComparison.OrdinalIgnoreCase) && line[21..].Trim() == proof);
        var speaks = lines.Any(line => line.StartsWith("Sec-WebSocket-", StringComparison.OrdinalIgnoreCase) || line.StartsWith("Upgrade:", StringComparison.OrdinalIgnoreCase));
        return (status == 101 && !isProven ? 0 : status, speaks);
    }

    /// <summary>Text of the first whole text or binary frame (RFC 6455, 5.2); empty while there is none.</summary>
    internal static string FirstMessage(List<byte> frames)
    {
        for (var at = 0; at + 2 <= frames.Count;)
        {
            var (opcode, length, start) = (frames[at] & 0x0f, (long)(frames[at + 1] & 0x7f), at + 2);
            var wide = length == 126 ? 2 : length == 127 ? 8 : 0;
            if (start + wide > frames.Count)
            {
                return "";
            }

            if (wide > 0)
            {
                length = 0;
                for (var index = 0; index < wide; index++)
                {
                    length = (length << 8) | frames[start + index];
                }
            }

            start += wide;
            var isMessage = opcode is 1 or 2;
            if (length < 0 || length > MaxMessage || start + length > frames.Count)
            {
                // Of a long message the beginning tells enough; of a frame that is not whole more may come.
                return isMessage && frames.Count - start >= MaxMessage / 2 ? Encoding.UTF8.GetString([.. frames[start..]]) : "";
            }

            if (isMessage && length > 0)
            {
                return Encoding.UTF8.GetString([.. frames.Slice(start, (int)length)]);
            }

            at = start + (int)length;
        }

        return "";
    }

    private static bool Take(List<byte> received, ReadOnlyMemory<byte> bytes, int limit)
    {
        received.AddRange(bytes.Span);
        return received.Count >= limit;
    }

    private static int EndOfHead(List<byte> received)
    {
        for (var at = 3; at < received.Count; at++)
        {
            if (received[at] == '\n' && received[at - 1] == '\r' && received[at - 2] == '\n' && received[at - 3] == '\r')
            {
                return at + 1;
            }
        }

        return -1;
    }
}
