using System.Buffers.Binary;
using System.Net;
using System.Text;
using DeviceConformance.Probing.Dns;
using DeviceConformance.Tests.Packets;

namespace DeviceConformance.Tests.Traffic;

/// <summary>
/// Writes a capture of any size as a laboratory records it in a day: a device that speaks TLS, HTTP, DNS, MQTT, NTP and mDNS, and other hosts of
/// its network. The same seed gives the same bytes. What was written is counted, so that an analysis can be held against it.
/// </summary>
internal sealed class DayOfTraffic
{
    public const string Dut = "192.168.7.20";
    public const string Resolver = "192.168.7.1";

    public static readonly byte[] DutMac = [0x00, 0x00, 0x5e, 0x10, 0x00, 0x07];
    private static readonly byte[] _routerMac = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x01];
    private static readonly byte[] _otherMac = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x33];

    private static readonly byte[] _header = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
    private static readonly string[] _names = ["api.vendor.example", "updates.vendor.example", "telemetry.vendor.example", "media.cdn.example", "time.vendor.example", "shop.vendor.example"];
    // Bytes of what begins at a time, on average.
    private const int AverageTalk = 320_000;

    private readonly Random _random;
    private readonly byte[] _noise = new byte[1 << 20];
    private readonly byte[] _hello;
    private readonly PriorityQueue<IEnumerator<(long Delay, byte[] Frame)>, (long Time, long Order)> _talks = new();
    private long _order;
    private int _port = 32768;

    public DayOfTraffic(int seed)
    {
        _random = new Random(seed);
        _random.NextBytes(_noise);
        // Extensions of a hello: versions, groups, signatures, key share. Those of our own client differ from run to run.
        _hello = [0, 43, 0, 5, 4, 3, 4, 3, 3, 0, 10, 0, 4, 0, 2, 0, 29, 0, 13, 0, 4, 0, 2, 4, 3, 0, 51, 0, 38, 0, 36, 0, 29, 0, 32, .. _noise.AsSpan(64, 32)];
    }

    public long FrameCount { get; private set; }

    public long DutFrames { get; private set; }

    public SortedDictionary<string, int> Queries { get; } = new(StringComparer.Ordinal);

    public int TlsConnections { get; private set; }

    public int TcpConnections { get; private set; }

    /// <summary>Writes a capture of about a length, spread over a time.</summary>
    public void Write(Stream target, long length, TimeSpan time)
    {
        using var stream = new BufferedStream(target, 1 << 20);
        stream.Write(_header);
        var record = new byte[16];
        var (written, started) = (24L, 0L);
        var micros = (long)time.TotalMicroseconds;
        var pause = (int)Math.Clamp(micros * (double)AverageTalk / length, 1000, 1_000_000_000);
        while (written < length || _talks.Count > 0)
        {
            // What begins next comes after what was before it in time; the pauses spread the length over the time.
            while (written < length && (!_talks.TryPeek(out _, out var next) || started <= next.Time))
            {
                Begin(started);
                started += _random.Next(pause / 5, 2 * pause - pause / 5);
            }

            _talks.TryDequeue(out var talk, out var at);
            if (!talk!.MoveNext())
            {
                continue;
            }

            var (delay, frame) = talk.Current;
            var now = Math.Min(at.Time + delay, micros + 60_000_000);
            BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)(1_800_000_000 + now / 1_000_000));
            BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), (uint)(now % 1_000_000));
            BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(8), frame.Length);
            BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(12), frame.Length);
            stream.Write(record);
            stream.Write(frame);
            written += 16 + frame.Length;
            FrameCount++;
            DutFrames += frame.AsSpan(0, 6).SequenceEqual(DutMac) || frame.AsSpan(6, 6).SequenceEqual(DutMac) ? 1 : 0;
            _talks.Enqueue(talk, (now, _order++));
        }
    }

    private void Begin(long now)
    {
        var talk = _random.Next(100) switch
        {
            < 10 => Telemetry(),
            < 18 => Tls(Dut, DutMac, _names[_random.Next(2)], _random.Next(2, 40) * 1000),
            < 30 => Tls(Dut, DutMac, "media.cdn.example", _random.Next(200, 4000) * 1000),
            < 36 => Http(),
            < 44 => Time(),
            < 52 => One(Dut, DutMac, 5353, "224.0.0.251", 5353, Mdns()),
            < 60 => Query(_names[_random.Next(_names.Length)]),
            < 62 => Lease(),
            < 75 => Tls("192.168.7.33", _otherMac, "shop.vendor.example", _random.Next(20, 800) * 1000),
            < 85 => One("192.168.7.33", _otherMac, 5353, "224.0.0.251", 5353, Mdns()),
            _ => Arp(),
        };
        _talks.Enqueue(talk.GetEnumerator(), (now, _order++));
    }

    private IEnumerable<(long, byte[])> Telemetry() => Tls(Dut, DutMac, "telemetry.vendor.example", _random.Next(1, 6) * 300);

    private IEnumerable<(long, byte[])> Tls(string client, byte[] mac, string name, int bytes)
    {
        var isDut = client == Dut;
        if (isDut)
        {
            TlsConnections++;
            foreach (var frame in Query(name))
            {
                yield return frame;
            }
        }

        var hello = Named(name);
        foreach (var frame in Tcp(client, mac, AddressOf(name), 443, Parts()))
        {
            yield return frame;
        }

        IEnumerable<(bool, byte[])> Parts()
        {
            yield return (true, hello);
            yield return (false, ServerHello());
            yield return (true, [20, 3, 3, 0, 1, 1, .. Record(53)]);
            yield return (true, Record(_random.Next(80, 400)));
            for (var rest = bytes; rest > 0; rest -= 16_000)
            {
                yield return (false, Record(Math.Min(rest, 16_000)));
            }

            yield return (true, Record(24));
        }
    }

    private IEnumerable<(long, byte[])> Http() => Tcp(Dut, DutMac, AddressOf("updates.vendor.example"), 80, Parts());

    private IEnumerable<(bool, byte[])> Parts()
    {
        yield return (true, Encoding.ASCII.GetBytes($"GET /version.json?unit={_random.Next(1000)} HTTP/1.1\r\nHost: updates.vendor.example\r\nUser-Agent: heater/2.1\r\nAccept: */*\r\n\r\n"));
        var body = Encoding.ASCII.GetBytes("{\"version\":\"2.1.0\",\"notes\":\"" + new string('n', _random.Next(200, 6000)) + "\"}");
        yield return (false, [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n"), .. body]);
    }

    private IEnumerable<(long, byte[])> Tcp(string client, byte[] mac, string server, int port, IEnumerable<(bool FromClient, byte[] Bytes)> parts)
    {
        TcpConnections += client == Dut ? 1 : 0;
        var own = NextPort();
        var (up, down) = ((uint)_random.Next(), (uint)_random.Next());
        byte[] Segment(bool fromClient, int flags, ReadOnlySpan<byte> bytes)
        {
            var frame = fromClient
                ? Packet(mac, _routerMac, client, server, Frames.Tcp(own, port, up, flags == 2 ? 0 : down, flags, bytes.ToArray()), 6)
                : Packet(_routerMac, mac, server, client, Frames.Tcp(port, own, down, up, flags, bytes.ToArray()), 6);
            var length = (uint)(bytes.Length + ((flags & 3) != 0 ? 1 : 0));
            (up, down) = fromClient ? (up + length, down) : (up, down + length);
            return frame;
        }

        yield return (0, Segment(true, 2, []));
        yield return (20_000, Segment(false, 0x12, []));
        yield return (300, Segment(true, 0x10, []));
        foreach (var (fromClient, bytes) in parts)
        {
            for (var at = 0; at < bytes.Length; at += 1400)
            {
                yield return (at == 0 ? 10_000 : 120, Segment(fromClient, 0x18, bytes.AsSpan(at, Math.Min(1400, bytes.Length - at))));
                if (at % 2800 == 0)
                {
                    yield return (200, Segment(!fromClient, 0x10, []));
                }
            }
        }

        yield return (1000, Segment(true, 0x11, []));
        yield return (20_000, Segment(false, 0x11, []));
        yield return (300, Segment(true, 0x10, []));
    }

    private IEnumerable<(long, byte[])> Query(string name)
    {
        var address = AddressOf(name);
        Queries[name] = Queries.GetValueOrDefault(name) + 1;
        var (id, port) = ((ushort)_random.Next(65536), NextPort());
        var question = DnsMessage.Query(id, true, [(name, DnsType.A)]);
        byte[] answer = [.. question.AsSpan(0, 2), 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, .. question.AsSpan(12), 0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, .. IPAddress.Parse(address).GetAddressBytes()];
        return
        [
            (0, Packet(DutMac, _routerMac, Dut, Resolver, Frames.Udp(port, 53, question), 17)),
            (15_000, Packet(_routerMac, DutMac, Resolver, Dut, Frames.Udp(53, port, answer), 17)),
        ];
    }

    private IEnumerable<(long, byte[])> Time()
    {
        var (port, server) = (NextPort(), AddressOf("time.vendor.example"));
        byte[] question = [0x23, .. new byte[47]], answer = [0x24, 2, .. new byte[46]];
        return [(0, Packet(DutMac, _routerMac, Dut, server, Frames.Udp(port, 123, question), 17)), (30_000, Packet(_routerMac, DutMac, server, Dut, Frames.Udp(123, port, answer), 17))];
    }

    private static IEnumerable<(long, byte[])> Lease()
    {
        var ack = TrafficScript.DhcpAck(DutMac, Dut, Resolver);
        return
        [
            (0, Packet(DutMac, [255, 255, 255, 255, 255, 255], "0.0.0.0", "255.255.255.255", Frames.Udp(68, 67, TrafficScript.DhcpDiscover(DutMac, "heater")), 17)),
            (5_000, Packet(_routerMac, DutMac, Resolver, Dut, Frames.Udp(67, 68, ack), 17)),
        ];
    }

    private static IEnumerable<(long, byte[])> One(string from, byte[] mac, int fromPort, string to, int toPort, byte[] payload) =>
        [(0, Packet(mac, [1, 0, 0x5e, 0, 0, 0xfb], from, to, Frames.Udp(fromPort, toPort, payload), 17))];

    private static byte[] Mdns()
    {
        var question = DnsMessage.Query(0, false, [("_http._tcp.local", DnsType.Ptr)]);
        byte[] target = [6, .. "heater"u8, 0xc0, 12];
        return [0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, .. question.AsSpan(12, question.Length - 16), 0, 12, 0, 1, 0, 0, 17, 148, 0, (byte)target.Length, .. target];
    }

    private static IEnumerable<(long, byte[])> Arp() =>
        [(0, [255, 255, 255, 255, 255, 255, .. _otherMac, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, .. _otherMac, 192, 168, 7, 33, 0, 0, 0, 0, 0, 0, 192, 168, 7, 1, .. new byte[18]])];

    private static byte[] Packet(byte[] from, byte[] to, string source, string destination, byte[] body, int protocol) =>
        [.. to, .. from, 8, 0, .. Frames.IPv4(source, destination, protocol, body)];

    private static string AddressOf(string name) => $"203.0.113.{10 + Array.IndexOf(_names, name)}";

    private int NextPort() => _port = _port >= 60_999 ? 32768 : _port + 1;

    private byte[] Record(int length) => [23, 3, 3, .. Frames.Be16(length), .. _noise.AsSpan(_random.Next(_noise.Length - length), length)];

    // Version 1.3 by the extension for versions, TLS_AES_128_GCM_SHA256, a key share of x25519; then what the server encrypts.
    private byte[] ServerHello()
    {
        byte[] extensions = [0, 43, 0, 2, 3, 4, 0, 51, 0, 36, 0, 29, 0, 32, .. _noise.AsSpan(0, 32)];
        byte[] body = [3, 3, .. _noise.AsSpan(_random.Next(1000), 32), 0, 0x13, 0x01, 0, .. Frames.Be16(extensions.Length), .. extensions];
        byte[] message = [2, 0, .. Frames.Be16(body.Length), .. body];
        return [22, 3, 3, .. Frames.Be16(message.Length), .. message, 20, 3, 3, 0, 1, 1, .. Record(2400)];
    }

    private byte[] Named(string name)
    {
        var text = Encoding.ASCII.GetBytes(name);
        byte[] extensions = [0, 0, .. Frames.Be16(text.Length + 5), .. Frames.Be16(text.Length + 3), 0, .. Frames.Be16(text.Length), .. text, .. _hello];
        byte[] body = [3, 3, .. _noise.AsSpan(_random.Next(1000), 32), 0, 0, 4, 0x13, 0x01, 0x13, 0x03, 1, 0, .. Frames.Be16(extensions.Length), .. extensions];
        byte[] message = [1, 0, .. Frames.Be16(body.Length), .. body];
        return [22, 3, 1, .. Frames.Be16(message.Length), .. message];
    }
}
