using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace DeviceConformance.Probing.Link;

/// <summary>The opening handshake of WebSocket (RFC 6455, 4.1) on a stream.</summary>
internal static class WebSocketUpgrade
{
    private const int MaxHead = 8 * 1024;

    // RFC 6455, 1.3: what a server appends to the key, so that no other server passes by chance.
    private const string Suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>Asks for a subprotocol.</summary>
    /// <returns>The socket, whose disposal ends the stream; null when the server declines.</returns>
    /// <exception cref="IOException">The connection ended.</exception>
    public static async Task<WebSocket?> TryAsync(Stream stream, string host, string path, string subProtocol, CancellationToken cancellationToken)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {subProtocol}\r\n\r\n"), cancellationToken);
        await stream.FlushAsync(cancellationToken);
        var head = new byte[MaxHead];
        var length = 0;
        // What follows the head belongs to the socket, so not a byte more is read.
        while (length < MaxHead && !head.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            if (await stream.ReadAsync(head.AsMemory(length, 1), cancellationToken) == 0)
            {
                throw new EndOfStreamException("closed within the answer to the upgrade");
            }

            length++;
        }

        return Accepts(Encoding.Latin1.GetString(head, 0, length), key, subProtocol)
            ? WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = false, SubProtocol = subProtocol, KeepAliveInterval = TimeSpan.Zero })
            : null;
    }

    /// <summary>Whether a head switches to the subprotocol, with the proof that it is an answer to this key.</summary>
    internal static bool Accepts(string head, string key, string subProtocol)
    {
        var lines = head.Split("\r\n");
        // RFC 6455 prescribes SHA-1 as a check against mistaken servers; nothing is kept safe by it.
        var proof = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Suffix)));
        string Header(string name) => lines.Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 1)..].Trim()).FirstOrDefault() ?? "";
        return lines[0].StartsWith("HTTP/1.1 101", StringComparison.Ordinal) && Header("Sec-WebSocket-Accept") == proof && Header("Sec-WebSocket-Protocol") == subProtocol;
    }
}
