using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Tests.Packets;
using NUnit.Framework;

namespace DeviceConformance.Tests.Traffic;

/// <summary>QUIC with the packets and keys of RFC 9001, appendix A, and RFC 9369, appendix A. Packets are sealed here with the published keys; the reader derives its own.</summary>
[Parallelizable]
public sealed class QuicTests
{
    private const string ClientFrames =
        "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578616d706c652e636f6d"
        + "ff01000100000a00080006001d0017001800100007000504616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43"
        + "e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff0801"
        + "100104800075300901100f088394c8f03e51570806048000ffff";

    private const string ServerPacket =
        "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9"
        + "c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee";

    private static readonly Keys _client1 = new("1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2");
    private static readonly Keys _client2 = new("8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9");
    private static readonly byte[] _id = Convert.FromHexString("8394c8f03e515708");

    [Test]
    public void Initial_packet_of_the_standard_is_opened_and_its_hello_read()
    {
        var packet = Seal(_client1, Convert.FromHexString("c300000001088394c8f03e5157080000449e00000002"), 4, [.. Frames9001, .. new byte[917]]);
        Assert.That(Convert.ToHexStringLower(packet), Does.StartWith("c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11").And.EndWith("e221af44860018ab0856972e194cd934"), "as published");
        var bench = new ContentBench(443, Transport.Udp).Datagram(true, packet);
        Assert.That((bench.Facts.Protocol, bench.Facts.Application, bench.Facts.Names.Single(), bench.Protection), Is.EqualTo((ServiceProtocol.Quic, "QUIC version 1", "example.com", ContentProtection.NoContent)));
        bench.Datagram(false, [.. Convert.FromHexString(ServerPacket), .. Handshake()]);
        bench.Datagram(true, Short()).Datagram(false, Short());
        var tls = bench.End().Facts.Tls!;
        Assert.That((tls.Handshakes, tls.Completed, tls.Versions.Single(), tls.Suites.Single(), tls.ServerNames.Single(), tls.Alpn.Single(), tls.Ja4.Single()[..10]), Is.EqualTo((1, 1, TlsVersion.Tls13, "TLS_AES_128_GCM_SHA256", "example.com", "alpn", "q13d0211an")));
        Assert.That((bench.Protection, bench.Facts.Because), Is.EqualTo((ContentProtection.Encrypted, "QUIC version 1: the client's Initial packet opens with the keys of its connection id, and 3 protected packets follow")));
    }

    [Test]
    public void Second_version_is_read_with_its_own_keys_and_types()
    {
        var packet = Seal(_client2, Convert.FromHexString("d36b3343cf088394c8f03e5157080000449e00000002"), 4, [.. Frames9001, .. new byte[917]]);
        Assert.That(Convert.ToHexStringLower(packet), Does.StartWith("d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071"), "as published");
        var bench = new ContentBench(443, Transport.Udp).Datagram(true, packet);
        Assert.That((bench.Facts.Application, bench.Facts.Names.Single()), Is.EqualTo(("QUIC version 2", "example.com")));
    }

    [Test]
    public void Hello_over_several_packets_in_any_order_is_read_as_tshark_reads_it()
    {
        var hello = Frames9001[4..];
        byte[][] frames = [[.. Crypto(150, hello[150..]), .. new byte[900]], [1, 0, 0, .. Crypto(60, hello[60..170]), 2, 0, 0, 0, 0, .. Crypto(0, hello[..70]), .. new byte[900]]];
        byte[][] datagrams = [.. frames.Select((part, at) => Initial(at, part))];
        // Coalesced: a second Initial packet behind the first, and one of the handshake that nobody can read.
        byte[] coalesced = [.. datagrams[0], .. datagrams[1], .. Handshake()];
        foreach (var sent in new[] { datagrams, [datagrams[1], datagrams[0]], [coalesced] })
        {
            var bench = new ContentBench(443, Transport.Udp);
            foreach (var datagram in sent)
            {
                bench.Datagram(true, datagram);
            }

            Assert.That((bench.Facts.Tls!.ServerNames.Single(), bench.Facts.Tls.Ja3.Single()), Is.EqualTo(("example.com", Ja3())));
        }

        var seen = ContentTshark.Fields(Capture(datagrams[0], datagrams[1]), "tls.handshake.type == 1", [], "tls.handshake.extensions_server_name", "tls.handshake.ja3", "quic.version");
        Assert.That(seen, Has.Length.EqualTo(1).And.All.StartsWith($"example.com|{Ja3()}|0x00000001"));
    }

    [Test]
    public void Packet_that_does_not_open_proves_nothing()
    {
        var packet = Seal(_client1, Convert.FromHexString("c300000001088394c8f03e5157080000449e00000002"), 4, [.. Frames9001, .. new byte[917]]);
        packet[200] ^= 1;
        var bench = new ContentBench(443, Transport.Udp).Datagram(true, packet).Datagram(true, Short()).Datagram(false, Short());
        Assert.That((bench.Facts.Protocol, bench.Protection, bench.Facts.Tls), Is.EqualTo((ServiceProtocol.Unknown, ContentProtection.Unknown, (SeenTls?)null)));
    }

    [Test]
    public void Text_in_the_place_of_packets_is_no_encryption()
    {
        var bench = new ContentBench(443, Transport.Udp).Datagram(true, Initial(0, [.. Frames9001, .. new byte[900]]));
        bench.Datagram(true, "PUBLISH home/temperature 21.5 and so on, which is no packet of QUIC whatever its first byte"u8.ToArray());
        Assert.That(bench.Protection, Is.EqualTo(ContentProtection.Clear));
    }

    [Test]
    public void Cut_anywhere_a_packet_is_no_exception_and_no_proof()
    {
        var packet = Initial(0, [.. Frames9001, .. new byte[100]]);
        for (var length = 0; length < packet.Length; length++)
        {
            Assert.That(new ContentBench(443, Transport.Udp).Datagram(true, packet[..length]).End().Facts.Protocol, Is.EqualTo(ServiceProtocol.Unknown));
        }
    }

    internal static byte[] Initial(int number, byte[] frames)
    {
        var length = 4 + frames.Length + 16;
        return Seal(_client1, [0xc3, 0, 0, 0, 1, 8, .. _id, 0, 0, (byte)(0x40 | (length >> 8)), (byte)length, 0, 0, 0, (byte)number], 4, frames);
    }

    internal static byte[] Frames9001 => Convert.FromHexString(ClientFrames);

    private static byte[] Handshake() => [0xe0, 0, 0, 0, 1, 0, 8, .. _id, 0x40, 60, .. ContentBench.Random(60)];

    private static byte[] Short() => [0x45, .. ContentBench.Random(60, 9)];

    private static byte[] Crypto(int offset, byte[] bytes) => [6, (byte)(0x40 | (offset >> 8)), (byte)offset, (byte)(0x40 | (bytes.Length >> 8)), (byte)bytes.Length, .. bytes];

#pragma warning disable CA5351 // The method of the fingerprint asks for MD5.
    private static string Ja3() => Convert.ToHexStringLower(MD5.HashData(Encoding.ASCII.GetBytes("771,4865-4866,0-65281-10-16-5-51-43-13-45-28-57,29-23-24,")));
#pragma warning restore CA5351

    private static byte[] Capture(params byte[][] datagrams) =>
        Frames.Pcap(LinkType.Ethernet, datagrams.Select(datagram => Frames.Ethernet(0x0800, Frames.IPv4("192.0.2.9", "192.0.2.7", 17, Frames.Udp(40000, 443, datagram)))));

    // RFC 9001, 5.3 and 5.4.
    private static byte[] Seal(Keys keys, byte[] header, int numberLength, byte[] frames)
    {
        var nonce = Convert.FromHexString(keys.Iv);
        nonce[^1] ^= header[^1];
        var (sealedFrames, tag) = (new byte[frames.Length], new byte[16]);
        using var gcm = new AesGcm(Convert.FromHexString(keys.Key), 16);
        gcm.Encrypt(nonce, frames, sealedFrames, tag, header);
        byte[] packet = [.. header, .. sealedFrames, .. tag];
        using var aes = Aes.Create();
        aes.Key = Convert.FromHexString(keys.Header);
        var numberAt = header.Length - numberLength;
        var mask = aes.EncryptEcb(packet.AsSpan(numberAt + 4, 16), PaddingMode.None);
        packet[0] ^= (byte)(mask[0] & 0x0f);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(numberAt), BinaryPrimitives.ReadUInt32BigEndian(packet.AsSpan(numberAt)) ^ BinaryPrimitives.ReadUInt32BigEndian(mask.AsSpan(1)));
        return packet;
    }

    private sealed record Keys(string Key, string Iv, string Header);
}
