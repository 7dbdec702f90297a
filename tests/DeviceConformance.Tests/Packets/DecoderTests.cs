using System.Diagnostics;
using System.Text;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Packets;
using NUnit.Framework;
using static DeviceConformance.Tests.Packets.Frames;

namespace DeviceConformance.Tests.Packets;

/// <summary>Decoding of frames, packet by packet beside tshark.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class DecoderTests
{
    private const string A = "192.0.2.7";
    private const string B = "198.51.100.9";
    private const string A6 = "fe80::5eff:fe10:1";
    private const string B6 = "2001:db8::9";

    private static readonly byte[] _payload = [.. "hello device"u8];
    private static readonly byte[] _udp = Udp(40000, 4711, _payload);
    private static readonly byte[] _tcp = Tcp(40001, 4712, 1000, 2000, 0x18, _payload, [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]);
    private static readonly byte[] _fragmented = Udp(40002, 4713, [.. Enumerable.Range(0, 3000).Select(index => (byte)index)]);

    private static readonly byte[] _snap = [0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00];

    private static readonly byte[] _arp = [0, 1, 8, 0, 6, 4, 0, 1, .. DutMac, 192, 0, 2, 7, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1];

    private static readonly byte[][] _ethernet =
    [
        Ethernet(0x0800, IPv4(A, B, 17, _udp)),
        Ethernet(0x0800, IPv4(A, B, 6, _tcp)),
        Ethernet(0x0800, IPv4(A, B, 6, _tcp, options: [0x94, 4, 0, 0])),
        Ethernet(0x0800, IPv4(A, B, 17, _udp), 5),
        Ethernet(0x0800, IPv4(A, B, 17, _udp), 100, 200),
        Ethernet(0x86dd, IPv6(A6, B6, 17, _udp)),
        Ethernet(0x86dd, IPv6(A6, B6, 0, [60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0, .. _tcp])),
        Ethernet(0x86dd, IPv6(A6, B6, 44, [17, 0, 0, 0, 0, 0, 0, 9, .. _udp])),
        Ethernet(0x0800, [.. IPv4(A, B, 17, Udp(1, 2, [7])), .. new byte[17]]),
        [.. PeerMac, .. DutMac, .. Be16(8 + 20 + _udp.Length), .. _snap, .. IPv4(A, B, 17, _udp)],
        Ethernet(0x8864, [0x11, 0, 0, 1, .. Be16(2 + 20 + _udp.Length), 0, 0x21, .. IPv4(A, B, 17, _udp)]),
        Ethernet(0x0806, _arp),
        Ethernet(0x0800, IPv4(A, B, 1, [8, 0, 0, 0, 0, 1, 0, 1])),
        Ethernet(0x86dd, IPv6(A6, B6, 58, [128, 0, 0, 0, 0, 1, 0, 1])),
        Ethernet(0x0800, IPv4(A, "224.0.0.22", 2, [0x16, 0, 0, 0, 224, 0, 0, 251])),
        Ethernet(0x88cc, [2, 7, 4, .. DutMac, 4, 7, 3, .. DutMac, 6, 2, 0, 120, 0, 0]),
        Ethernet(0x0800, IPv4(A, B, 6, Tcp(40001, 4712, 0xfffffff0, 2000, 0x02, []))),
        Ethernet(0x0800, IPv4(A, B, 6, Tcp(40001, 4712, 4, 2000, 0x11, []))),
    ];

    private static IEnumerable<TestCaseData> Captures()
    {
        byte[] header80211(int control, int flags, int extra) =>
            [(byte)control, (byte)flags, 0, 0, .. PeerMac, .. DutMac, .. PeerMac, 0, 0, .. new byte[extra], .. _snap, .. IPv4(A, B, 17, _udp)];
        byte[] wireless = header80211(0x08, 0, 0);
        byte[] quality = header80211(0x88, 0, 2);
        yield return Case("ethernet", LinkType.Ethernet, _ethernet);
        yield return Case("linux cooked", LinkType.LinuxCooked, [[0, 4, 0, 1, 0, 6, .. DutMac, 0, 0, 8, 0, .. IPv4(A, B, 6, _tcp)], [0, 4, 0, 1, 0, 6, .. DutMac, 0, 0, 0x81, 0, 0, 7, 8, 0, .. IPv4(A, B, 17, _udp)]]);
        yield return Case("linux cooked 2", LinkType.LinuxCooked2, [[0x86, 0xdd, 0, 0, 0, 0, 0, 2, 0, 1, 4, 6, .. DutMac, 0, 0, .. IPv6(A6, B6, 6, _tcp)]]);
        yield return Case("raw", LinkType.Raw, [IPv4(A, B, 6, _tcp), IPv6(A6, B6, 17, _udp)]);
        yield return Case("null", LinkType.Null, [[2, 0, 0, 0, .. IPv4(A, B, 6, _tcp)], [0, 0, 0, 30, .. IPv6(A6, B6, 17, _udp)]]);
        yield return Case("loop", LinkType.Loop, [[0, 0, 0, 24, .. IPv6(A6, B6, 17, _udp)]]);
        yield return Case("802.11", LinkType.Ieee80211, [wireless, quality, header80211(0x08, 1, 0)]);
        yield return Case("radiotap", LinkType.Radiotap, [[0, 0, 8, 0, 0, 0, 0, 0, .. wireless], [0, 0, 17, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, .. quality]]);
        static TestCaseData Case(string name, LinkType link, byte[][] frames) => new TestCaseData(link, frames).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Captures))]
    public void Frames_are_decoded_as_tshark_does(LinkType link, byte[][] frames)
    {
        string[] fields = ["ip.src", "ipv6.src", "tcp.srcport", "udp.srcport", "tcp.dstport", "udp.dstport", "tcp.seq_raw", "tcp.len", "udp.length", "vlan.id", "ieee8021ad.id"];
        var lines = Tshark(Pcap(link, frames), ["-o", "ip.defragment:FALSE", "-T", "fields", "-E", "separator=|", "-E", "occurrence=a", .. fields.SelectMany(field => (string[])["-e", field])]);
        Assert.That(lines, Has.Length.EqualTo(frames.Length));
        for (var at = 0; at < frames.Length; at++)
        {
            PacketDecoder.Decode(link, frames[at], frames[at].Length, out var packet);
            var isPort = packet.Outcome == DecodeOutcome.Transport;
            var isTcp = isPort && packet.Protocol == IPProtocol.Tcp;
            var isUdp = isPort && packet.Protocol == IPProtocol.Udp;
            string[] ours =
            [
                packet.IsNetwork && packet.Source.IsIPv4 ? $"{packet.Source}" : "",
                packet.IsNetwork && !packet.Source.IsIPv4 ? $"{packet.Source}" : "",
                isTcp ? $"{packet.SourcePort}" : "",
                isUdp ? $"{packet.SourcePort}" : "",
                isTcp ? $"{packet.DestinationPort}" : "",
                isUdp ? $"{packet.DestinationPort}" : "",
                isTcp ? $"{packet.Sequence}" : "",
                isTcp ? $"{packet.PayloadLength}" : "",
                isUdp ? $"{packet.PayloadLength + 8}" : "",
                packet.Vlan < 0 ? "" : packet.InnerVlan < 0 ? $"{packet.Vlan}" : $"{packet.InnerVlan}",
                packet.InnerVlan < 0 ? "" : $"{packet.Vlan}",
            ];
            Assert.That(string.Join('|', ours), Is.EqualTo(lines[at]), $"frame {at + 1}");
        }
    }

    [Test]
    public void Encrypted_wireless_frame_is_told_as_such()
    {
        PacketDecoder.Decode(LinkType.Ieee80211, [0x88, 0x41, 0, 0, .. PeerMac, .. DutMac, .. PeerMac, 0, 0, 0, 0, .. new byte[20]], 46, out var packet);
        Assert.That((packet.Outcome, packet.LinkSource.ToString()), Is.EqualTo((DecodeOutcome.Protected, "02:00:5e:10:00:01")));
    }

    [Test]
    public void Every_frame_cut_at_every_byte_is_survived_and_never_says_more_than_it_holds()
    {
        foreach (var (link, frames) in Captures().Select(data => ((LinkType)data.Arguments[0]!, (byte[][])data.Arguments[1]!)))
        {
            foreach (var frame in frames)
            {
                for (var length = 0; length < frame.Length; length++)
                {
                    PacketDecoder.Decode(link, frame.AsSpan(0, length), frame.Length, out var packet);
                    Assert.That(packet.IsCut);
                    Assert.That(packet.Payload.Length, Is.LessThanOrEqualTo(Math.Min(length, packet.PayloadLength)));
                }
            }
        }
    }

    [Test]
    public void Decoding_allocates_nothing()
    {
        var seen = 0;
        long Round()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var frame in _ethernet)
            {
                PacketDecoder.Decode(LinkType.Ethernet, frame, frame.Length, out var packet);
                seen += packet.Outcome == DecodeOutcome.Transport ? 1 : 0;
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Round();
        Assert.That(Round(), Is.Zero);
        Assert.That(seen, Is.EqualTo(26));
    }

    [Test]
    public void Fragments_in_any_order_make_the_datagram()
    {
        int[] order = [2, 0, 1, 1];
        var table = new FragmentTable();
        var whole = 0;
        foreach (var part in order)
        {
            var packet = Fragment(part, _fragmented);
            if (table.TryComplete(ref packet))
            {
                whole++;
                Assert.That((packet.SourcePort, packet.DestinationPort, packet.PayloadLength), Is.EqualTo((40002, 4713, 3000)));
                Assert.That(packet.Body.SequenceEqual(_fragmented));
            }
        }

        Assert.That((whole, table.Overlapping, table.GivenUp), Is.EqualTo((1, 0L, 0L)));
    }

    [Test]
    public void Datagram_with_overlapping_fragments_is_given_up()
    {
        var table = new FragmentTable();
        var first = Fragment(0, _fragmented);
        Assert.That(table.TryComplete(ref first), Is.False);
        var other = _fragmented.ToArray();
        other[20] ^= 1;
        var second = Fragment(0, other);
        Assert.That(table.TryComplete(ref second), Is.False);
        foreach (var part in (int[])[1, 2])
        {
            var packet = Fragment(part, _fragmented);
            Assert.That(table.TryComplete(ref packet), Is.False);
        }

        Assert.That(table.Overlapping, Is.EqualTo(1));
    }

    [Test]
    public void Fragments_without_end_stay_within_the_bounds()
    {
        var table = new FragmentTable();
        for (var id = 0; id < 10_000; id++)
        {
            var frame = IPv4(A, B, 17, new byte[1024], id, 0x2000);
            PacketDecoder.Decode(LinkType.Raw, frame, frame.Length, out var packet);
            table.TryComplete(ref packet);
        }

        Assert.That((table.Waiting, table.GivenUp), Is.EqualTo((FragmentTable.MostDatagrams, 10_000L - FragmentTable.MostDatagrams)));
    }

    private static PacketView Fragment(int part, byte[] datagram)
    {
        var offset = part * 1024;
        var piece = datagram[offset..Math.Min(offset + 1024, datagram.Length)];
        var frame = IPv4(A, B, 17, piece, 77, (offset + 1024 < datagram.Length ? 0x2000 : 0) | offset / 8);
        PacketDecoder.Decode(LinkType.Raw, frame, frame.Length, out var packet);
        Assert.That(packet.IsFragment);
        return packet;
    }

    /// <summary>What tshark prints about a capture, by line.</summary>
    internal static string[] Tshark(byte[] capture, params string[] arguments)
    {
        if (!File.Exists("/usr/bin/tshark"))
        {
            Assert.Ignore("tshark is not installed: apt-get install tshark");
        }

        var file = Path.Combine(Path.GetTempPath(), $"dct-{Guid.NewGuid():N}.pcap");
        File.WriteAllBytes(file, capture);
        try
        {
            using var process = Process.Start(new ProcessStartInfo("tshark", ["-n", "-r", file, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 })!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.That(process.ExitCode, Is.Zero, errors.GetAwaiter().GetResult());
            return output.Split('\n')[..^1];
        }
        finally
        {
            File.Delete(file);
        }
    }
}
