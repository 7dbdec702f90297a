using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Ssh;

/// <summary>Why a conversation in SSH does not go on.</summary>
/// <param name="Silence">Which way of silence it is.</param>
/// <param name="Text">In words.</param>
/// <param name="Disconnect">Reason code of the server's parting message (RFC 4253, 11.1); 0 when it sent none.</param>
internal sealed record SshFault(Silence Silence, string Text, uint Disconnect = 0);

/// <summary>A message of the server, or why there is none.</summary>
internal readonly record struct SshReceived(byte[] Payload, SshFault? Fault)
{
    /// <summary>Number of the message.</summary>
    public byte Number => Payload.Length > 0 ? Payload[0] : (byte)0;
}

/// <summary>Sends and receives packets over a connection, and numbers, encrypts and checks them.</summary>
internal sealed class SshPackets(DutConnection connection, TimeProvider time) : IDisposable
{
    // Messages without content for us that a server may send between two others; more are a way of never coming to an end.
    private const int MostIgnored = 64;

    private readonly byte[] _input = new byte[PacketCipher.MaxPacket];
    private PacketCipher _sealer = new();
    private PacketCipher _opener = new();
    private uint _sent;
    private uint _received;
    private int _count;
    private int _total;
    private int _ignored;

    /// <summary>Starts from what was read before.</summary>
    /// <param name="rest">Bytes that are not taken yet.</param>
    /// <param name="received">Packets that are.</param>
    public bool TryStart(ReadOnlySpan<byte> rest, uint received)
    {
        _received = received;
        _count = Math.Min(rest.Length, _input.Length);
        rest[.._count].CopyTo(_input);
        return _count == rest.Length;
    }

    /// <summary>Uses new keys for what is sent from here on.</summary>
    public void SealWith(PacketCipher cipher, bool restart)
    {
        _sealer.Dispose();
        (_sealer, _sent) = (cipher, restart ? 0 : _sent);
    }

    /// <summary>Uses new keys for what is received from here on.</summary>
    public void OpenWith(PacketCipher cipher, bool restart)
    {
        _opener.Dispose();
        (_opener, _received) = (cipher, restart ? 0 : _received);
    }

    /// <summary>Sends a message.</summary>
    /// <returns>Null when it was handed over.</returns>
    public async Task<SshFault?> SendAsync(byte[] payload, TimeSpan deadline, CancellationToken cancellationToken) =>
        await connection.SendAsync(_sealer.Seal(_sent++, payload), deadline, cancellationToken) is { } silence ? new SshFault(silence, $"nothing could be sent: {silence}") : null;

    /// <summary>Reads the next message that says something.</summary>
    public async Task<SshReceived> ReadAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            while (TryTake(out var received))
            {
                if (received.Fault is not null || received.Number is not (SshMessage.Ignore or SshMessage.Debug or SshMessage.Unimplemented))
                {
                    return received;
                }

                if (++_ignored > MostIgnored)
                {
                    return Malformed("nothing but messages without content");
                }
            }

            var left = deadline - time.GetElapsedTime(started);
            var read = left > TimeSpan.Zero ? await connection.ReadAsync(_input.AsMemory(_count), left, cancellationToken) : new ReadResult(0, Silence.NoReply);
            if (read.Silence is { } silence)
            {
                return new SshReceived([], new SshFault(silence, silence == Silence.NoReply ? "nothing came within the deadline" : $"the connection ended: {silence}"));
            }

            _count += read.Count;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sealer.Dispose();
        _opener.Dispose();
    }

    private bool TryTake(out SshReceived received)
    {
        received = default;
        if (_total == 0 && _count >= _opener.HeaderLength && !_opener.TryLength(_received, _input.AsSpan(0, _opener.HeaderLength), out _total))
        {
            received = Malformed("a packet of impossible length");
            return true;
        }

        if (_total == 0 || _count < _total)
        {
            return false;
        }

        received = _opener.TryOpen(_received++, _input.AsSpan(0, _total), out var payload) ? new SshReceived(payload, null) : Malformed("a packet with a wrong MAC or padding");
        _input.AsSpan(_total, _count - _total).CopyTo(_input);
        _count -= _total;
        _total = 0;
        if (received.Number == SshMessage.Disconnect)
        {
            received = new SshReceived([], Parting(received.Payload));
        }

        return true;
    }

    private static SshFault Parting(byte[] payload)
    {
        const int shown = 300;
        var reader = new WireReader(payload.AsSpan(1));
        return reader.TryU32(out var reason) && reader.TryVector32(out var text)
            ? new SshFault(Silence.ClosedByPeer, $"the server takes its leave (reason {reason}): {Transcript.Printable(text, shown)}", Math.Max(1, reason))
            : new SshFault(Silence.ClosedByPeer, "the server takes its leave", 1);
    }

    private static SshReceived Malformed(string text) => new([], new SshFault(Silence.Malformed, text));
}
