using System.Buffers.Binary;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>WireGuard (protocol paper, 5.4): recognised by a handshake whose answer names the index of its question, and data that name one of both.</summary>
internal sealed class WireGuardTalk(FlowNotes notes)
{
    private const int Initiation = 148;
    private const int Response = 92;
    private const int CookieReply = 64;
    private const int ShortestData = 32;

    // A handshake is made anew every two minutes, by either side; the indices before it are used a little longer.
    private const int MostIndices = 16;

    private readonly Queue<uint> _ofClient = new();
    private readonly Queue<uint> _ofServer = new();
    private bool _isProven;
    private long _data;

    /// <summary>Whether a datagram has the form of one.</summary>
    public bool HasAny { get; private set; }

    /// <summary>Whether it is protected, and what tells so.</summary>
    public (ContentProtection Protection, string Because) Protection => !_isProven
        ? (ContentProtection.Unknown, "form of a WireGuard handshake without its answer")
        : _data == 0 ? (ContentProtection.NoContent, "WireGuard handshake without data")
        : (ContentProtection.Encrypted, $"WireGuard: handshake and answer name the same index, and {_data} messages of data follow");

    /// <summary>Reads a datagram.</summary>
    /// <returns>Whether it has the form of one, and belongs to a handshake that was seen.</returns>
    public bool TryDatagram(bool fromClient, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < ShortestData || bytes[0] is < 1 or > 4 || bytes[1] != 0 || bytes[2] != 0 || bytes[3] != 0)
        {
            return false;
        }

        var (own, other) = fromClient ? (_ofClient, _ofServer) : (_ofServer, _ofClient);
        var (first, second) = (BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));
        switch (bytes[0])
        {
            case 1 when bytes.Length == Initiation:
                Announce(own, first);
                HasAny = true;
                return true;
            case 2 when bytes.Length == Response && other.Contains(second):
                Announce(own, first);
                _isProven = true;
                notes.Recognise(ServiceProtocol.Other, "WireGuard");
                return true;
            case 3 when bytes.Length == CookieReply:
                return other.Contains(first);
            // Filled up to a multiple of 16 bytes, but not beyond the longest packet of the link.
            case 4 when _isProven && other.Contains(first):
                _data++;
                return true;
            default:
                return false;
        }
    }

    private static void Announce(Queue<uint> indices, uint index)
    {
        if (indices.Count == MostIndices)
        {
            indices.Dequeue();
        }

        indices.Enqueue(index);
    }
}
