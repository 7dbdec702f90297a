using System.Buffers.Binary;
using System.Net;
using DeviceConformance.Probing.CaptureFiles;

namespace DeviceConformance.Tests.Packets;

/// <summary>Frames for tests, built by parts, and captures of them.</summary>
internal static class Frames
{
    public static readonly byte[] DutMac = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x01];
    public static readonly byte[] PeerMac = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x02];

    public static byte[] Be16(int value) => [(byte)(value >> 8), (byte)value];

    public static byte[] Be32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Ethernet(int type, byte[] body, params int[] tags) =>
        [.. PeerMac, .. DutMac, .. tags.Select((vlan, index) => (byte[])[.. Be16(index == 0 && tags.Length > 1 ? 0x88a8 : 0x8100), .. Be16(vlan)]).SelectMany(tag => tag), .. Be16(type), .. body];

    public static byte[] IPv4(string from, string to, int protocol, byte[] body, int id = 1, int fragment = 0, byte[]? options = null) =>
        [
            (byte)(0x45 + (options?.Length ?? 0) / 4), 0, .. Be16(20 + (options?.Length ?? 0) + body.Length), .. Be16(id), .. Be16(fragment), 64, (byte)protocol, 0, 0,
            .. IPAddress.Parse(from).GetAddressBytes(), .. IPAddress.Parse(to).GetAddressBytes(), .. options ?? [], .. body,
        ];

    public static byte[] IPv6(string from, string to, int next, byte[] body) =>
        [0x60, 0, 0, 0, .. Be16(body.Length), (byte)next, 64, .. IPAddress.Parse(from).GetAddressBytes(), .. IPAddress.Parse(to).GetAddressBytes(), .. body];

    public static byte[] Tcp(int from, int to, uint sequence, uint acknowledgment, int flags, byte[] payload, byte[]? options = null) =>
        [.. Be16(from), .. Be16(to), .. Be32(sequence), .. Be32(acknowledgment), (byte)((5 + (options?.Length ?? 0) / 4) << 4), (byte)flags, 0xff, 0xff, 0, 0, 0, 0, .. options ?? [], .. payload];

    public static byte[] Udp(int from, int to, byte[] payload) => [.. Be16(from), .. Be16(to), .. Be16(8 + payload.Length), 0, 0, .. payload];

    /// <summary>A capture in the classic format, microseconds, little-endian; a millisecond between frames.</summary>
    public static byte[] Pcap(LinkType link, IEnumerable<byte[]> frames, int snapLength = 262144)
    {
        var file = new List<byte>();
        void Word(int value) => file.AddRange(BitConverter.GetBytes(value));
        Word(unchecked((int)0xa1b2c3d4));
        Word(0x00040002);
        Word(0);
        Word(0);
        Word(snapLength);
        Word((int)link);
        var at = 0;
        foreach (var frame in frames)
        {
            Word(1_800_000_000 + at / 1000);
            Word(at % 1000 * 1000);
            Word(Math.Min(frame.Length, snapLength));
            Word(frame.Length);
            file.AddRange(frame.Take(snapLength));
            at++;
        }

        return [.. file];
    }
}
