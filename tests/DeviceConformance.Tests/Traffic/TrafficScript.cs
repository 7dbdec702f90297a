using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Packets;
using DeviceConformance.Probing.Traffic;
using DeviceConformance.Tests.Packets;

namespace DeviceConformance.Tests.Traffic;

/// <summary>Writes captures of a made-up laboratory: the DUT, the laboratory's host, a router with the world behind it.</summary>
internal sealed class TrafficScript
{
    public const string Dut = "192.0.2.7";
    public const string Laboratory = "192.0.2.2";
    public const string Router = "192.0.2.1";
    public const string Server = "203.0.113.5";

    public static readonly byte[] DutMac = [0x00, 0x00, 0x5e, 0x10, 0x00, 0x07];
    public static readonly byte[] LaboratoryMac = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x02];
    public static readonly byte[] RouterMac = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x01];

    private readonly List<(long Microseconds, byte[] Frame)> _frames = [];

    /// <summary>MAC addresses of hosts; all others are the router's.</summary>
    public Dictionary<string, byte[]> Macs { get; } = new() { [Dut] = DutMac, [Laboratory] = LaboratoryMac, ["fe80::7"] = DutMac, ["2001:db8::7"] = DutMac, ["2001:db8::2"] = LaboratoryMac };

    /// <summary>Time of the next frame in microseconds since the beginning; a millisecond passes with each.</summary>
    public long Now { get; set; }

    /// <summary>Whether there are frames without link header: nothing to learn from.</summary>
    public static TrafficSubject Subject(bool byMac = true, bool byAddress = true, params SoughtValue[] sought) =>
        new(byMac ? [LinkAddress.Read(DutMac)] : [], byAddress ? [IPAddress.Parse(Dut)] : []) { LaboratoryAddresses = [IPAddress.Parse(Laboratory), IPAddress.Parse("2001:db8::2")], Sought = [.. sought] };

    public void Frame(byte[] frame)
    {
        _frames.Add((Now, frame));
        Now += 1000;
    }

    public void Packet(string from, string to, int protocol, byte[] body, byte? hopLimit = null, byte[]? source = null)
    {
        var isV4 = !from.Contains(':', StringComparison.Ordinal);
        var packet = isV4 ? Frames.IPv4(from, to, protocol, body) : Frames.IPv6(from, to, protocol, body);
        if (hopLimit is { } limit)
        {
            packet[isV4 ? 8 : 7] = limit;
        }

        var address = IPAddress.Parse(to).GetAddressBytes();
        byte[] target = to == "255.255.255.255" ? [255, 255, 255, 255, 255, 255]
            : isV4 && address[0] >= 224 ? [1, 0, 0x5e, (byte)(address[1] & 0x7f), address[2], address[3]]
            : !isV4 && address[0] == 255 ? [0x33, 0x33, .. address[12..]]
            : Mac(to);
        Frame([.. target, .. source ?? Mac(from), .. Frames.Be16(isV4 ? 0x0800 : 0x86dd), .. packet]);
    }

    public void Udp(string from, int fromPort, string to, int toPort, byte[] payload) => Packet(from, to, 17, Frames.Udp(fromPort, toPort, payload));

    public void Arp(string from, string to, byte[] hardware, bool isReply = true) =>
        Frame([.. isReply ? Mac(to) : [255, 255, 255, 255, 255, 255], .. hardware, 8, 6, 0, 1, 8, 0, 6, 4, 0, (byte)(isReply ? 2 : 1), .. hardware, .. IPAddress.Parse(from).GetAddressBytes(), .. isReply ? Mac(to) : new byte[6], .. IPAddress.Parse(to).GetAddressBytes()]);

    public Talk Connect(string client, int clientPort, string server, int serverPort, bool withOpening = true) => new(this, client, clientPort, server, serverPort, withOpening);

    /// <summary>The server's acknowledgment of a lease.</summary>
    public static byte[] DhcpAck(byte[] hardware, string leased, string nameServer)
    {
        var bytes = new byte[240];
        (bytes[0], bytes[1], bytes[2]) = (2, 1, 6);
        IPAddress.Parse(leased).GetAddressBytes().CopyTo(bytes, 16);
        hardware.CopyTo(bytes, 28);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(236), 0x63825363);
        return [.. bytes, 53, 1, 5, 6, 4, .. IPAddress.Parse(nameServer).GetAddressBytes(), 255];
    }

    /// <summary>A discovery of the DUT.</summary>
    public static byte[] DhcpDiscover(byte[] hardware, string hostName)
    {
        var bytes = new byte[240];
        (bytes[0], bytes[1], bytes[2]) = (1, 1, 6);
        hardware.CopyTo(bytes, 28);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(236), 0x63825363);
        return [.. bytes, 53, 1, 1, 12, (byte)hostName.Length, .. System.Text.Encoding.ASCII.GetBytes(hostName), 255];
    }

    public byte[] ToPcap(int snapLength = 262144)
    {
        var file = Frames.Pcap(LinkType.Ethernet, _frames.Select(frame => frame.Frame), snapLength);
        var at = 24;
        foreach (var (microseconds, frame) in _frames)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), (uint)(1_800_000_000 + microseconds / 1_000_000));
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at + 4), (uint)(microseconds % 1_000_000));
            at += 16 + Math.Min(frame.Length, snapLength);
        }

        return file;
    }

    public static TrafficSeen Analyse(TrafficScript script, TrafficSubject? subject = null) => Analyse([script.ToPcap()], subject);

    public static TrafficSeen Analyse(IEnumerable<byte[]> files, TrafficSubject? subject = null)
    {
        var folder = Directory.CreateTempSubdirectory("dct-traffic-");
        try
        {
            var paths = files.Select((bytes, index) =>
            {
                var path = Path.Combine(folder.FullName, $"{(char)('a' + index)}.pcap");
                File.WriteAllBytes(path, bytes);
                return path;
            }).ToImmutableArray();
            return TrafficAnalysis.Analyse(paths, subject ?? Subject(), CancellationToken.None);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private byte[] Mac(string address) => Macs.GetValueOrDefault(address, RouterMac);

    /// <summary>A TCP connection, segment by segment.</summary>
    internal sealed class Talk
    {
        private readonly TrafficScript _script;
        private readonly (string Client, int ClientPort, string Server, int ServerPort) _ends;
        private uint _client;
        private uint _server;

        public Talk(TrafficScript script, string client, int clientPort, string server, int serverPort, bool withOpening)
        {
            (_script, _ends) = (script, (client, clientPort, server, serverPort));
            // Another beginning for each connection, so that one between the same ports is another.
            (_client, _server) = ((uint)(1000 + script.Now * 7), (uint)(90_000 + script.Now * 11));
            if (withOpening)
            {
                Segment(true, 2, []);
                Segment(false, 0x12, []);
                Segment(true, 0x10, []);
            }
        }

        public Talk Client(byte[] bytes) => Segment(true, 0x18, bytes);

        public Talk Server(byte[] bytes) => Segment(false, 0x18, bytes);

        public Talk Client(string text) => Client(System.Text.Encoding.Latin1.GetBytes(text));

        public Talk Server(string text) => Server(System.Text.Encoding.Latin1.GetBytes(text));

        /// <summary>Bytes of the server that the capture does not hold, though the client acknowledges them.</summary>
        public Talk Lose(int bytes)
        {
            _server += (uint)bytes;
            return Segment(true, 0x10, []);
        }

        public Talk Close()
        {
            Segment(true, 0x11, []);
            Segment(false, 0x11, []);
            return Segment(true, 0x10, []);
        }

        private Talk Segment(bool fromClient, int flags, byte[] bytes)
        {
            var (client, clientPort, server, serverPort) = _ends;
            var body = fromClient
                ? Frames.Tcp(clientPort, serverPort, _client, (flags & 0x10) == 0 ? 0 : _server, flags, bytes)
                : Frames.Tcp(serverPort, clientPort, _server, _client, flags, bytes);
            _script.Packet(fromClient ? client : server, fromClient ? server : client, 6, body);
            var length = (uint)(bytes.Length + ((flags & 3) != 0 ? 1 : 0));
            (_client, _server) = fromClient ? (_client + length, _server) : (_client, _server + length);
            return this;
        }
    }
}
