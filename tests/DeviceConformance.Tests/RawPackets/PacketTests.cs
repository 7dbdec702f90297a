using System.Buffers.Binary;
using System.Net;
using DeviceConformance.Probing.RawPackets;
using NUnit.Framework;

namespace DeviceConformance.Tests.RawPackets;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class PacketTests
{
    private static readonly (byte[] Source, byte[] Destination)[] _ways =
    [
        (IPAddress.Parse("192.0.2.1").GetAddressBytes(), IPAddress.Parse("192.0.2.77").GetAddressBytes()),
        (IPAddress.Parse("fe80::1").GetAddressBytes(), IPAddress.Parse("fe80::dead:beef").GetAddressBytes()),
    ];

    [TestCase("0001f203f4f5f6f7", 0x220d, Description = "the example of RFC 1071, 3")]
    [TestCase("", 0xffff)]
    [TestCase("ff", 0x00ff, Description = "an odd byte is the left one of a word")]
    [TestCase("ffffffff", 0)]
    public void Checksum_is_that_of_the_standard(string bytes, int checksum) =>
        Assert.That(InternetChecksum.Of(Convert.FromHexString(bytes)), Is.EqualTo(checksum));

    [Test]
    public void Syn_is_what_a_client_sends()
    {
        Span<byte> syn = stackalloc byte[SynTemplate.Length];
        new SynTemplate(_ways[0].Source, _ways[0].Destination, 50000).Write(syn, 443, 0x01020304);

        Assert.That(Convert.ToHexStringLower(syn), Is.EqualTo("c35001bb01020304000000006002faf0" + Convert.ToHexStringLower(syn[16..18]) + "0000020405a0"));
        Assert.That(TcpSegment.TryParse(syn, out var segment), Is.True);
        Assert.That(segment, Is.EqualTo(new TcpSegment(50000, 443, 0x01020304, 0, TcpFlags.Syn)));
    }

    [Test]
    public void Syn_has_a_right_checksum_over_both_address_families()
    {
        var chance = new Random(9293);
        Span<byte> syn = stackalloc byte[SynTemplate.Length];
        foreach (var (source, destination) in _ways)
        {
            var template = new SynTemplate(source, destination, 40000);
            for (var count = 0; count < 5000; count++)
            {
                template.Write(syn, chance.Next(65536), (uint)chance.NextInt64(1L << 32));
                Assert.That(InternetChecksum.OfTcp(source, destination, syn), Is.Zero);
            }
        }
    }

    [TestCase("0050c35000000001010203055012ffff00000000", TcpFlags.Syn | TcpFlags.Ack)]
    [TestCase("0050c35000000000010203055014000000000000", TcpFlags.Rst | TcpFlags.Ack)]
    [TestCase("0050c350000000000102030550d4000000000000", TcpFlags.Rst | TcpFlags.Ack, Description = "congestion bits beside")]
    public void Answers_are_read(string bytes, object flags)
    {
        Assert.That(TcpSegment.TryParse(Convert.FromHexString(bytes), out var segment), Is.True);
        Assert.That((segment.SourcePort, segment.DestinationPort, segment.Acknowledgement, (object)segment.Flags), Is.EqualTo((80, 50000, 0x01020305u, flags)));
    }

    [TestCase("0050c3500000000101020305401200000000000000", Description = "a header of 16 bytes")]
    [TestCase("0050c35000000001010203056012000000000000", Description = "a header longer than the segment")]
    public void Segment_that_contradicts_itself_is_not_read(string bytes) =>
        Assert.That(TcpSegment.TryParse(Convert.FromHexString(bytes), out _), Is.False);

    [Test]
    public void Options_of_IPv4_are_skipped_and_padding_is_cut()
    {
        byte[] packet = [.. IPv4(6, [1, 2, 3], options: 8), 0, 0, 0];

        Assert.That(IPPacket.TryParse(packet, out var read), Is.True);
        Assert.That(read.Payload.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(read.Protocol, Is.EqualTo(6));
        Assert.That(read.Source.ToArray(), Is.EqualTo(_ways[0].Source));
        Assert.That(read.Destination.ToArray(), Is.EqualTo(_ways[0].Destination));
    }

    [Test]
    public void Later_fragment_and_impossible_lengths_are_not_read()
    {
        var fragment = IPv4(6, new byte[20]);
        fragment[7] = 1;
        var shortTotal = IPv4(6, new byte[20]);
        shortTotal[3] = 19;
        var shortHeader = IPv4(6, new byte[20]);
        shortHeader[0] = 0x44;
        var otherVersion = IPv4(6, new byte[20]);
        otherVersion[0] = 0x55;

        Assert.That(new[] { fragment, shortTotal, shortHeader, otherVersion, [] }.Select(packet => IPPacket.TryParse(packet, out _)), Is.All.False);
    }

    [Test]
    public void Quoted_segment_of_an_unreachable_message_is_read([Values] bool ipv6)
    {
        Assert.That(IcmpUnreachable.TryParse(Unreachable(ipv6), ipv6, out var message), Is.True);
        Assert.That((message.SourcePort, message.DestinationPort, message.Sequence), Is.EqualTo((50000, 8080, 7u)));
        Assert.That(message.Source.ToArray(), Is.EqualTo(_ways[ipv6 ? 1 : 0].Source));
        Assert.That(message.Destination.ToArray(), Is.EqualTo(_ways[ipv6 ? 1 : 0].Destination));
    }

    [Test]
    public void Other_messages_are_not_taken_for_unreachable([Values] bool ipv6)
    {
        var echo = Unreachable(ipv6);
        echo[0] = (byte)(ipv6 ? 129 : 0);
        var udp = Unreachable(ipv6);
        udp[ipv6 ? 8 + 6 : 8 + 9] = 17;

        Assert.That(IcmpUnreachable.TryParse(echo, ipv6, out _), Is.False);
        Assert.That(IcmpUnreachable.TryParse(udp, ipv6, out _), Is.False);
        Assert.That(IcmpUnreachable.TryParse(Unreachable(!ipv6), ipv6, out _), Is.False);
    }

    [Test]
    public void Fragmentation_needed_is_no_verdict_on_a_port()
    {
        var message = Unreachable(false);
        message[1] = 4;

        Assert.That(IcmpUnreachable.TryParse(message, false, out _), Is.False);
    }

    [Test]
    public void Message_cut_at_any_byte_is_read_only_while_it_quotes_enough([Values] bool ipv6)
    {
        var message = Unreachable(ipv6);
        var enough = 8 + (ipv6 ? 40 : 20) + 8;
        for (var length = 0; length <= message.Length; length++)
        {
            Assert.That(IcmpUnreachable.TryParse(message.AsSpan(0, length), ipv6, out _), Is.EqualTo(length >= enough), $"{length} bytes");
        }
    }

    [Test]
    public void Segment_cut_at_any_byte_is_read_only_with_its_whole_header()
    {
        var syn = new byte[SynTemplate.Length];
        new SynTemplate(_ways[0].Source, _ways[0].Destination, 50000).Write(syn, 443, 1);
        for (var length = 0; length <= syn.Length; length++)
        {
            Assert.That(TcpSegment.TryParse(syn.AsSpan(0, length), out _), Is.EqualTo(length == syn.Length), $"{length} bytes");
        }
    }

    [Test]
    public void Mutated_packets_never_make_a_reader_throw([Values] bool ipv6)
    {
        var chance = new Random(303645);
        var seed = Unreachable(ipv6);
        var read = 0;
        for (var count = 0; count < 200_000; count++)
        {
            var bytes = seed[..chance.Next(seed.Length + 1)];
            for (var change = chance.Next(4); change > 0 && bytes.Length > 0; change--)
            {
                bytes[chance.Next(bytes.Length)] = (byte)chance.Next(256);
            }

            read += IcmpUnreachable.TryParse(bytes, ipv6, out _) ? 1 : 0;
            read += IPPacket.TryParse(bytes.AsSpan(Math.Min(8, bytes.Length)), out _) ? 1 : 0;
            read += TcpSegment.TryParse(bytes.AsSpan(Math.Min(28, bytes.Length)), out _) ? 1 : 0;
        }

        Assert.That(read, Is.Positive, "some mutations leave a packet readable");
    }

    private static byte[] IPv4(byte protocol, byte[] payload, int options = 0)
    {
        var header = new byte[20 + options];
        header[0] = (byte)(0x40 | (header.Length / 4));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(header.Length + payload.Length));
        header[9] = protocol;
        _ways[0].Source.CopyTo(header, 12);
        _ways[0].Destination.CopyTo(header, 16);
        return [.. header, .. payload];
    }

    private static byte[] IPv6(byte protocol, byte[] payload)
    {
        var header = new byte[40];
        header[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)payload.Length);
        header[6] = protocol;
        _ways[1].Source.CopyTo(header, 8);
        _ways[1].Destination.CopyTo(header, 24);
        return [.. header, .. payload];
    }

    private static byte[] Unreachable(bool ipv6)
    {
        var syn = new byte[SynTemplate.Length];
        var (source, destination) = _ways[ipv6 ? 1 : 0];
        new SynTemplate(source, destination, 50000).Write(syn, 8080, 7);
        return [.. new byte[] { (byte)(ipv6 ? 1 : 3), 1, 0, 0, 0, 0, 0, 0 }, .. ipv6 ? IPv6(6, syn) : IPv4(6, syn)];
    }
}
