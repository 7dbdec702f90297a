using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Smb;

/// <summary>A connection with a server of SMB: whole messages, one question at a time. Bytes are not kept as they come; what was asked and answered is noted in words.</summary>
internal sealed class SmbConnection : IAsyncDisposable
{
    /// <summary>The port on which messages come inside the NetBIOS session service (RFC 1001, 5.3).</summary>
    public const int NetbiosPort = 139;

    // An answer to what is asked here stays below 128 KiB: names are asked for 16 KiB at a time, pipes for 64.
    private const int MaxMessage = 128 * 1024;
    private const byte SessionRequest = 0x81;
    private const byte SessionGranted = 0x82;

    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(8);

    private readonly DutConnection _connection;
    private readonly ProbeContext _context;
    private readonly List<byte> _received = [];
    private ulong _next;

    private SmbConnection(DutConnection connection, ProbeContext context) => (_connection, _context) = (connection, context);

    /// <summary>Why the last question has no answer.</summary>
    public Silence Ended { get; private set; }

    /// <summary>The session that is up; 0 for none.</summary>
    public ulong Session { get; set; }

    /// <summary>The share that is connected; 0 for none.</summary>
    public uint Tree { get; set; }

    /// <summary>Connects; on TCP 139 with the session that NetBIOS wants.</summary>
    public static async Task<(SmbConnection? Connection, Silence Silence, string Text)> OpenAsync(Endpoint endpoint, ProbeContext context, CancellationToken cancellationToken)
    {
        var result = await context.Link.ConnectAsync(endpoint, Transcript.None, cancellationToken);
        if (!result.TryGet(out var connection))
        {
            context.Transcript.Note(result.Text);
            return (null, result.Silence, result.Text);
        }

        var smb = new SmbConnection(connection, context);
        if (endpoint.Port != NetbiosPort)
        {
            return (smb, default, "");
        }

        // "*SMBSERVER" is the name by which clients call a server whose name they do not know.
        byte[] request = [SessionRequest, 0, 0, 68, .. NetbiosName("*SMBSERVER"), .. NetbiosName("DCT")];
        var granted = await connection.SendAsync(request, _deadline, cancellationToken) is null ? await smb.ReadFrameAsync(cancellationToken) : null;
        if (granted is { Length: 0 } && smb._kind == SessionGranted)
        {
            return (smb, default, "");
        }

        await smb.DisposeAsync();
        return (null, granted is null ? smb.Ended : Silence.Malformed, $"{endpoint} grants no NetBIOS session.");
    }

    /// <summary>Sends a message as it is and gives the next one.</summary>
    /// <param name="what">What is asked, for the transcript.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The answer; null when there is none.</returns>
    public async Task<byte[]?> ExchangeAsync(string what, byte[] message, CancellationToken cancellationToken)
    {
        _context.Transcript.Note($"-> {what}");
        byte[] frame = [0, (byte)(message.Length >> 16), (byte)(message.Length >> 8), (byte)message.Length, .. message];
        if (await _connection.SendAsync(frame, _deadline, cancellationToken) is { } silence)
        {
            Ended = silence;
        }
        else if (await ReadFrameAsync(cancellationToken) is { } answer)
        {
            return answer;
        }

        _context.Transcript.Note($"<- nothing ({Ended})");
        return null;
    }

    /// <summary>Asks by SMB 2 or 3 and waits for the answer to it, however often the server says that it is at work.</summary>
    public async Task<Smb2Answer?> AskAsync(string what, ushort command, byte[] body, CancellationToken cancellationToken)
    {
        var id = _next++;
        var message = await ExchangeAsync(what, Smb2Message.Request(command, id, Session, Tree, body), cancellationToken);
        for (var waited = 0; message is not null && waited < 4; waited++)
        {
            if (!Smb2Message.TryParse(message, out var answer) || answer.Command != command || answer.MessageId != id)
            {
                Ended = Silence.Malformed;
                return null;
            }

            if (answer.Status != Smb2Message.Pending)
            {
                _context.Transcript.Note($"<- status 0x{answer.Status.ToString("x8", CultureInfo.InvariantCulture)}");
                return answer;
            }

            message = await ReadFrameAsync(cancellationToken);
        }

        return null;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private byte _kind;

    // Kind, and the length of what follows in 17 or 24 bits (RFC 1002, 4.3.1; MS-SMB2, 2.1).
    private async Task<byte[]?> ReadFrameAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = _received.Count >= 4 ? (_received[1] << 16) | (_received[2] << 8) | _received[3] : 0;
            if (length > MaxMessage)
            {
                Ended = Silence.Malformed;
                return null;
            }

            if (_received.Count >= 4 && _received.Count >= 4 + length)
            {
                _kind = _received[0];
                var message = _received.GetRange(4, length).ToArray();
                _received.RemoveRange(0, 4 + length);
                return message;
            }

            if (await _connection.ReadUntilAsync(Take, _deadline, cancellationToken) is { } silence)
            {
                Ended = silence;
                return null;
            }
        }
    }

    private bool Take(ReadOnlyMemory<byte> bytes)
    {
        _received.AddRange(bytes.Span);
        return _received.Count >= 4 && (_received.Count > MaxMessage + 4 || BinaryPrimitives.ReadInt32BigEndian([0, _received[1], _received[2], _received[3]]) + 4 <= _received.Count);
    }

    // First-level encoding (RFC 1001, 14.1): 16 characters as two letters each.
    private static byte[] NetbiosName(string name) =>
        [32, .. Encoding.ASCII.GetBytes(name.PadRight(15) + " ").SelectMany(character => new[] { (byte)('A' + (character >> 4)), (byte)('A' + (character & 15)) }), 0];
}
