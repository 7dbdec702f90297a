using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace DeviceConformance.Probing.Capture;

/// <summary>An interface as an address of a packet socket (struct sockaddr_ll, packet(7)).</summary>
/// <param name="index">Number of the interface; 0 for all.</param>
/// <param name="protocol">Protocol that is received; 0 for none.</param>
internal sealed class LinkEndPoint(int index, ushort protocol) : EndPoint
{
    /// <summary>Bytes of the address.</summary>
    public const int Size = 20;

    /// <inheritdoc/>
    public override AddressFamily AddressFamily => AddressFamily.Packet;

    /// <inheritdoc/>
    public override SocketAddress Serialize()
    {
        var address = new SocketAddress(AddressFamily.Packet, Size);
        BinaryPrimitives.WriteUInt16BigEndian(address.Buffer.Span[2..], protocol);
        MemoryMarshal.Write(address.Buffer.Span[4..], index);
        return address;
    }
}
