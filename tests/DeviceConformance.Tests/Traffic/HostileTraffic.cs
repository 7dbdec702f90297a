using System.Buffers.Binary;
using System.IO.Compression;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Tests.Packets;

namespace DeviceConformance.Tests.Traffic;

/// <summary>Captures that are made to fill memory.</summary>
internal static class HostileTraffic
{
    /// <summary>Bytes of a message that each connection begins and never ends.</summary>
    public const int Begun = 60_000;

    private const int PortAt = 34;

    /// <summary>Frames of a connection of the DUT that begins a TLS handshake message of 65,000 bytes and sends most of it: its SYN, and the bytes.</summary>
    public static (byte[] Opening, byte[] Message) Connection(int port)
    {
        var (opening, message) = (Frame(2, 1, []), Frame(0x18, 2, _message));
        BinaryPrimitives.WriteUInt16BigEndian(opening.AsSpan(PortAt), (ushort)port);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(PortAt), (ushort)port);
        return (opening, message);
    }

    /// <summary>Writes such connections, all open at once, as a packed capture: a small file.</summary>
    public static void Write(string path, int connections)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        using var packed = new GZipStream(file, CompressionLevel.Fastest);
        packed.Write(Frames.Pcap(LinkType.Ethernet, []));
        var record = new byte[16];
        for (var count = 0; count < connections; count++)
        {
            var (opening, message) = Connection(10_000 + count);
            foreach (var frame in new[] { opening, message })
            {
                BinaryPrimitives.WriteInt32LittleEndian(record, 1_800_000_000);
                BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(8), frame.Length);
                BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(12), frame.Length);
                packed.Write(record);
                packed.Write(frame);
            }
        }
    }

    private static byte[] Frame(int flags, uint sequence, byte[] payload) =>
        [.. TrafficScript.RouterMac, .. TrafficScript.DutMac, 8, 0, .. Frames.IPv4(TrafficScript.Dut, TrafficScript.Server, 6, Frames.Tcp(1, 443, sequence, 0, flags, payload))];

    // Records of 15,000 bytes, the first with the header of a client hello of 65,000.
    private static readonly byte[] _message = [.. Enumerable.Range(0, Begun / 15_000).SelectMany(index => (byte[])[22, 3, 1, .. Frames.Be16(15_000), .. index == 0 ? (byte[])[1, 0, .. Frames.Be16(65_000)] : new byte[4], .. new byte[15_000 - 4]])];
}
