using System.Buffers.Binary;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>WireGuard (protocol paper, 5.4): recognised by a handshake whose answer names the index of its question.</summary>
internal sealed class WireGuardTalk(FlowNotes notes)
{
    private const int Initiation = 148;
    private const int Response = 92;
    private const int CookieReply = 64;
    private const int ShortestData = 32;

    private uint? _asked;
    private bool _fromClient;
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

        switch (bytes[0])
        {
            case 1 when bytes.Length == Initiation:
                (_asked, _fromClient, HasAny) = (BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]), fromClient, true);
                return true;
            case 2 when bytes.Length == Response && fromClient != _fromClient && BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) == _asked:
                _isProven = true;
                notes.Recognise(ServiceProtocol.Other, "WireGuard");
                return true;
            case 3 when bytes.Length == CookieReply:
                return _asked is not null;
            case 4 when bytes.Length % 16 == 0 && _isProven:
                _data++;
                return true;
            default:
                return false;
        }
    }
}
