using System.Buffers.Binary;
using System.Globalization;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>
/// A connection of QUIC, version 1 or 2 (RFC 9000, RFC 9369). It is one when an Initial packet of the client opens with the keys of its connection
/// id, which chance does once in 2 to the power of 128; what other packets hold is not opened.
/// </summary>
internal sealed class QuicTalk(FlowNotes notes) : IDisposable
{
    private const int MostOpened = 32;
    private const int LongestId = 20; // RFC 9000, 17.2
    private const int FewestTelling = 64;
    private const double RatherReadable = 0.75;

    private readonly TlsHandshakes _tls = new(notes, 'q');
    private readonly PieceOrder _client = new(notes.Hold);
    private readonly PieceOrder _server = new(notes.Hold);
    private readonly ByteSample _sample = new();
    private QuicKeys? _clientKeys;
    private QuicKeys? _serverKeys;
    private uint _version;
    private int _tried;
    private long _protectedFromClient;
    private long _protectedFromServer;

    /// <summary>Whether an Initial packet proved what it is.</summary>
    public bool IsProven => _clientKeys is not null;

    /// <summary>What the handshake shows; null without any.</summary>
    public SeenTls? Tls => _tls.Facts;

    /// <summary>Whether it is protected, and what tells so.</summary>
    public (ContentProtection Protection, string Because) Protection => this switch
    {
        { _sample: { Count: >= FewestTelling, Readable: >= RatherReadable } } =>
            (ContentProtection.Clear, string.Create(CultureInfo.InvariantCulture, $"readable text in the place of QUIC packets: {_sample.Readable:P0} of the first {_sample.Count} bytes")),
        { _protectedFromClient: 0, _protectedFromServer: 0 } => (ContentProtection.NoContent, "QUIC handshake without protected packets"),
        _ => (ContentProtection.Encrypted, $"{notes.Application}: the client's Initial packet opens with the keys of its connection id, and {_protectedFromClient + _protectedFromServer} protected packets follow"),
    };

    /// <summary>Reads a datagram.</summary>
    /// <returns>Whether it belongs to a proven connection.</returns>
    public bool TryDatagram(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        var isFirst = true;
        while (bytes.Length > 0)
        {
            // RFC 9000, 17: the second bit is fixed. Zeros may fill a datagram up behind its packets.
            if ((bytes[0] & 0x40) == 0)
            {
                return !isFirst && IsProven;
            }

            if ((bytes[0] & 0x80) == 0)
            {
                return IsProven && TakeShort(fromClient, bytes);
            }

            if (!TryLong(fromClient, ref bytes, frame))
            {
                return !isFirst && IsProven;
            }

            isFirst = false;
        }

        return IsProven;
    }

    /// <summary>It is over.</summary>
    public void End() => _tls.End();

    /// <inheritdoc/>
    public void Dispose()
    {
        _clientKeys?.Dispose();
        _serverKeys?.Dispose();
    }

    private bool TakeShort(bool fromClient, ReadOnlySpan<byte> bytes)
    {
        // RFC 9000, 17.3 and RFC 9001, 5.4.2: a number and a sample at the least.
        if (bytes.Length < 21)
        {
            return false;
        }

        _sample.Add(bytes[1..]);
        Count(fromClient);
        return true;
    }

    private void Count(bool fromClient)
    {
        if (fromClient)
        {
            _protectedFromClient++;
        }
        else
        {
            _protectedFromServer++;
        }

        _tls.HasEncryptedBothWays = _protectedFromClient > 0 && _protectedFromServer > 0;
    }

    // RFC 9000, 17.2: flags, version, ids; Initial has a token; length of number and payload.
    private bool TryLong(bool fromClient, ref ReadOnlySpan<byte> bytes, long frame)
    {
        if (bytes.Length < 7)
        {
            return false;
        }

        var (version, at) = (BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]), 6 + bytes[5]);
        if (version is not (QuicKeys.Version1 or QuicKeys.Version2) || bytes[5] > LongestId || at >= bytes.Length)
        {
            return false;
        }

        var destination = bytes[6..at];
        at += 1 + bytes[at];
        // RFC 9369, 3.2: the second version counts its types differently.
        var type = ((bytes[0] >> 4) + (version == QuicKeys.Version2 ? 3 : 0)) & 3;
        if (at > bytes.Length)
        {
            return false;
        }

        if (type == 3)
        {
            // A retry has no length and stands alone (17.2.5).
            bytes = [];
            return IsProven;
        }

        if (type == 0)
        {
            if (!TryNumber(bytes, ref at, out var token) || token > bytes.Length - at)
            {
                return false;
            }

            at += (int)token;
        }

        if (!TryNumber(bytes, ref at, out var length) || length > bytes.Length - at)
        {
            return false;
        }

        var packet = bytes[..(at + (int)length)];
        bytes = bytes[packet.Length..];
        if (type == 0)
        {
            return TakeInitial(fromClient, version, destination, packet, at, frame) || IsProven;
        }

        if (IsProven)
        {
            Count(fromClient);
        }

        return IsProven;
    }

    private bool TakeInitial(bool fromClient, uint version, ReadOnlySpan<byte> destination, ReadOnlySpan<byte> packet, int numberAt, long frame)
    {
        if (_tried >= MostOpened || (!fromClient && !IsProven))
        {
            return false;
        }

        _tried++;
        byte[] frames;
        if (fromClient)
        {
            if (_clientKeys is null || version != _version || !_clientKeys.TryOpen(packet, numberAt, out frames))
            {
                // The first packet, or the first after a retry, which gives the server's side another id (RFC 9001, 5.2).
                var keys = new QuicKeys(version, destination, true);
                if (!keys.TryOpen(packet, numberAt, out frames))
                {
                    keys.Dispose();
                    return false;
                }

                Dispose();
                (_clientKeys, _serverKeys, _version) = (keys, new QuicKeys(version, destination, false), version);
                notes.Recognise(ServiceProtocol.Quic, version == QuicKeys.Version2 ? "QUIC version 2" : "QUIC version 1");
            }
        }
        else if (!_serverKeys!.TryOpen(packet, numberAt, out frames))
        {
            return false;
        }

        Read(frames, fromClient, frame);
        return true;
    }

    // RFC 9000, 12.4: these frames can stand in an Initial packet; any other ends the reading.
    private void Read(ReadOnlySpan<byte> frames, bool fromClient, long frame)
    {
        var at = 0;
        while (at < frames.Length)
        {
            switch (frames[at++])
            {
                case 0 or 1:
                    break;
                case 2 or 3 when TrySkipAcknowledgement(frames, ref at):
                    break;
                case 6 when TryNumber(frames, ref at, out var offset) && TryNumber(frames, ref at, out var length) && length <= frames.Length - at:
                    (fromClient ? _client : _server).Add(offset, frames.Slice(at, (int)length), bytes => (fromClient ? _tls.Client : _tls.Server).Handshake(bytes, frame));
                    at += (int)length;
                    break;
                default:
                    return;
            }
        }
    }

    // RFC 9000, 19.3; the frame with counts of marked packets (type 3) has three numbers more.
    private static bool TrySkipAcknowledgement(ReadOnlySpan<byte> frames, ref int at)
    {
        var hasCounts = frames[at - 1] == 3;
        if (!TryNumber(frames, ref at, out _) || !TryNumber(frames, ref at, out _) || !TryNumber(frames, ref at, out var ranges) || !TryNumber(frames, ref at, out _))
        {
            return false;
        }

        for (var rest = 2 * Math.Min(ranges, frames.Length) + (hasCounts ? 3 : 0); rest > 0; rest--)
        {
            if (!TryNumber(frames, ref at, out _))
            {
                return false;
            }
        }

        return true;
    }

    // RFC 9000, 16.
    private static bool TryNumber(ReadOnlySpan<byte> bytes, ref int at, out long number)
    {
        number = 0;
        if (at >= bytes.Length || 1 << (bytes[at] >> 6) is var length && length > bytes.Length - at)
        {
            return false;
        }

        number = bytes[at] & 0x3f;
        for (var more = 1; more < length; more++)
        {
            number = (number << 8) | bytes[at + more];
        }

        at += length;
        return true;
    }
}
