using System.Buffers.Binary;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Traffic;
using NUnit.Framework;
using static DeviceConformance.Tests.Traffic.TrafficScript;

namespace DeviceConformance.Tests.Traffic;

/// <summary>Time, voice and HTTP/2, wherever they are spoken: told by content, and no more of them than content proves.</summary>
public sealed class ContentRealtimeTests
{
    private const ulong Now = 0xe8d4a51000000001;

    // The profile of Opus and the like: version 2, kind, number, time, source.
    private static readonly byte[] _report = [0x80, 201, 0, 1, 1, 2, 3, 4, 0x81, 202, 0, 3, 1, 2, 3, 4, 1, 5, .. "me@me"u8[..5], 0];

    [Test]
    public void Plain_question_about_the_time_is_told_on_any_port_when_it_is_answered([Values(0ul, Now)] ulong time)
    {
        var bench = new ContentBench(15123, Transport.Udp).Datagram(true, Question(time));
        Assert.That(bench.Facts.Protocol, Is.EqualTo(ServiceProtocol.Unknown));
        bench.Datagram(false, Answer(time));
        Assert.That((bench.Facts.Protocol, bench.Facts.Application, bench.Protection), Is.EqualTo((ServiceProtocol.Ntp, "NTP version 4", ContentProtection.Clear)));
        Assert.That(bench.Ledger.TimeSources.Single() is { Server: "192.0.2.7", Queries: 1, Answers: 1, Version: 4 });
    }

    [Test]
    public void Question_with_a_state_is_told_by_the_answer_that_repeats_its_time()
    {
        var asked = Question(Now);
        asked[1] = 3;
        asked[20] = 7;
        var bench = new ContentBench(15123, Transport.Udp).Datagram(true, asked);
        Assert.That((bench.Facts.Protocol, bench.Protection), Is.EqualTo((ServiceProtocol.Unknown, ContentProtection.Unknown)));
        bench.Datagram(false, Answer(Now + 1));
        Assert.That((bench.Facts.Protocol, bench.Protection), Is.EqualTo((ServiceProtocol.Unknown, ContentProtection.Unknown)));
        bench.Datagram(false, Answer(Now));
        Assert.That((bench.Facts.Protocol, bench.Protection), Is.EqualTo((ServiceProtocol.Ntp, ContentProtection.Clear)));
        Assert.That(bench.Ledger.TimeSources.Single() is { Queries: 1, Answers: 1 });
    }

    [Test]
    public void Forty_eight_bytes_of_noise_are_no_time([Range(1, 20)] int seed)
    {
        var (random, bench) = (new Random(seed), new ContentBench(15123, Transport.Udp));
        for (var count = 0; count < 200; count++)
        {
            var bytes = new byte[48];
            random.NextBytes(bytes);
            bytes[0] = count % 2 == 0 ? (byte)0x23 : (byte)0x24;
            bench.Datagram(count % 2 == 0, bytes);
        }

        Assert.That((bench.Facts.Protocol, bench.Protection), Is.EqualTo((ServiceProtocol.Unknown, ContentProtection.Unknown)));
    }

    [Test]
    public void Who_asks_for_the_time_at_the_beginning_of_a_capture_opened_it_and_who_answers_did_not()
    {
        var script = new TrafficScript();
        script.Udp(Dut, 40000, Server, 15123, Question(Now));
        script.Udp(Server, 15124, Dut, 40001, Answer(Now));
        Assert.That(Analyse(script).Conversations.Select(row => $"{row.Opener} {row.Port}"), Is.EquivalentTo(new[] { "Dut 15123", "Unknown 15124" }));
    }

    [Test]
    public void Leases_that_the_dut_gives_are_its_service()
    {
        var script = new TrafficScript();
        script.Udp(Dut, 67, "192.0.2.77", 68, DhcpAck(LaboratoryMac, "192.0.2.77", Dut));
        Assert.That(Analyse(script).Conversations.Select(row => $"{row.Opener} {row.Port}"), Is.EqualTo(new[] { "Unknown 67" }));
    }

    [Test]
    public void Headers_of_rtp_prove_neither_reading_nor_encryption([Values] bool isSilence)
    {
        var (random, bench) = (new Random(1), new ContentBench(4000, Transport.Udp));
        for (var number = 0; number < 40; number++)
        {
            var payload = new byte[160];
            payload.AsSpan().Fill(0xd5);
            if (!isSilence)
            {
                random.NextBytes(payload);
            }

            bench.Datagram(true, [0x80, 8, 0, (byte)number, 0, 0, (byte)(number * 160 >> 8), (byte)(number * 160), 9, 8, 7, 6, .. payload]);
        }

        Assert.That((bench.Facts.Application, bench.Protection), Is.EqualTo(("RTP", ContentProtection.Unknown)));
        Assert.That(bench.Facts.Because, Does.StartWith("headers of RTP, behind which SRTP could encrypt or not"));
        // Readable reports between them say nothing of the voice.
        bench.Datagram(true, _report);
        Assert.That(bench.Protection, Is.EqualTo(ContentProtection.Unknown));
    }

    [Test]
    public void Reports_of_rtp_are_readable_and_encrypted_ones_are_not()
    {
        var bench = new ContentBench(4001, Transport.Udp).Datagram(true, _report);
        Assert.That((bench.Facts.Application, bench.Protection), Is.EqualTo(("RTCP", ContentProtection.Clear)));
        // The first header is in clear, the rest is not; an index and a tag follow (RFC 3711, 3.4).
        byte[] secured = [.. _report.AsSpan(0, 8), .. new byte[] { 0x5e, 0x11, 0x77, 0x03, 0x9a, 0xc1, 0x18, 0xe2, 0x40, 0x33, 0x99, 0xab, 0xff, 0x01, 0x80, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }];
        Assert.That(new ContentBench(4001, Transport.Udp).Datagram(true, secured).Protection, Is.EqualTo(ContentProtection.Unknown));
    }

    [Test]
    public void Stun_is_no_content_and_says_nothing_of_what_is_beside_it()
    {
        byte[] request = [0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42, .. new byte[12], 0, 6, 0, 3, (byte)'a', (byte)':', (byte)'b', 0];
        var bench = new ContentBench(40001, Transport.Udp).Datagram(true, request);
        Assert.That((bench.Facts.Protocol, bench.Protection), Is.EqualTo((ServiceProtocol.Stun, ContentProtection.NoContent)));
        Assert.That(bench.Datagram(true, ContentBench.Random(80)).Protection, Is.EqualTo(ContentProtection.Unknown));
        // What TURN carries (RFC 8656, 11) is somebody else's content.
        request[1] = 0x16;
        Assert.That(new ContentBench(40001, Transport.Udp).Datagram(true, request).Protection, Is.EqualTo(ContentProtection.Unknown));
    }

    [TestCase(1)]
    [TestCase(6)]
    [TestCase(1000)]
    public void Http2_in_clear_is_told_and_said_to_be_unread(int segment)
    {
        var bench = new ContentBench(8080).Client([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5, 1, 5, 0, 0, 0, 1, 0x82, 0x84, 0x86, 0x41, 0x8a], segment).Server([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0], segment);
        Assert.That((bench.Facts.Protocol, bench.Facts.Application, bench.Protection), Is.EqualTo((ServiceProtocol.Http, "HTTP/2, whose content is not read", ContentProtection.Clear)));
        Assert.That(bench.Ledger.UnsearchedStreams, Is.EqualTo(1));
    }

    [Test]
    public void Captures_with_http2_in_clear_are_not_searched_whole()
    {
        var script = new TrafficScript();
        script.Connect(Dut, 40001, Server, 80).Client("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").Server("\0\0\0\u0004\0\0\0\0\0").Close();
        Assert.That(Analyse(script).Coverage.Statement, Does.Contain("1 connections speak HTTP/2, whose packed content is not searched"));
    }

    [Test]
    public void Key_log_is_said_not_to_open_quic_and_dtls()
    {
        Assert.That(new KeyLogBook().NotFor("QUIC"), Is.Empty);
        var keys = new KeyLogBook();
        keys.Add($"CLIENT_RANDOM {new string('a', 64)} {new string('b', 96)}");
        Assert.That(keys.NotFor("QUIC"), Is.EqualTo("; not opened: key logs are used for TLS over TCP, not for QUIC"));
    }

    private static byte[] Question(ulong time)
    {
        var bytes = new byte[48];
        bytes[0] = 0x23;
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(40), time);
        return bytes;
    }

    private static byte[] Answer(ulong asked)
    {
        var bytes = new byte[48];
        (bytes[0], bytes[1]) = (0x24, 2);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(24), asked);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(32), Now);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(40), Now);
        return bytes;
    }
}
