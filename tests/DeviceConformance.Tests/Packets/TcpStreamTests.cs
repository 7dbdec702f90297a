using System.Buffers.Binary;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Packets;
using DeviceConformance.Probing.Traffic;
using NUnit.Framework;
using static DeviceConformance.Tests.Packets.Frames;

namespace DeviceConformance.Tests.Packets;

/// <summary>TCP reassembly: order, loss, overlap, bounds; beside tshark's "follow stream".</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TcpStreamTests
{
    private const int Syn = 2;
    private const int Ack = 16;
    private const int Fin = 17;

    [Test]
    public void Random_orders_with_repeats_give_the_same_stream()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var bytes = new byte[random.Next(1, 6000)];
            random.NextBytes(bytes);
            // Some begin just before the numbers wrap round.
            var start = seed % 2 == 0 ? (uint)random.Next() : uint.MaxValue - (uint)random.Next(bytes.Length);
            var parts = new List<(int From, int Length)>();
            for (var at = 0; at < bytes.Length;)
            {
                var length = Math.Min(seed % 3 == 0 && bytes.Length < 900 ? 1 : random.Next(1, 700), bytes.Length - at);
                parts.Add((at, length));
                at += length;
            }

            for (var count = parts.Count / 2; count > 0; count--)
            {
                var from = random.Next(bytes.Length);
                parts.Add((from, random.Next(1, Math.Min(1500, bytes.Length - from) + 1)));
            }

            var (sink, budget) = (new Recorder(), new HeldBudget());
            var direction = new TcpDirection(fromClient: true, budget);
            direction.Begin(start - 1);
            foreach (var (from, length) in parts.OrderBy(_ => random.Next()))
            {
                direction.Accept(start + (uint)from, bytes.AsSpan(from, length), length, isLast: false, 1, 0, sink);
            }

            direction.Finish(sink);
            Assert.That(sink.Client.ToArray(), Is.EqualTo(bytes), $"seed {seed}");
            Assert.That((sink.Missing, direction.Gaps, direction.Conflicts, budget.Bytes), Is.EqualTo((0L, 0, 0, 0L)), $"seed {seed}");
        }
    }

    [Test]
    public void Bytes_that_came_first_win_and_the_conflict_is_counted()
    {
        var sink = new Recorder();
        var direction = new TcpDirection(fromClient: true, new HeldBudget());
        direction.Begin(99);
        direction.Accept(104, "WORLD"u8, 5, false, 1, 0, sink);
        direction.Accept(100, "abcdefghijkl"u8, 12, false, 2, 0, sink);
        Assert.That((Text(sink), direction.Conflicts), Is.EqualTo(("abcdWORLDjkl", 1)));
    }

    [Test]
    public void Loss_is_told_when_the_other_side_acknowledged_it()
    {
        var sink = new Recorder();
        var direction = new TcpDirection(fromClient: true, new HeldBudget());
        direction.Begin(99);
        direction.Accept(110, "later"u8, 5, false, 1, 0, sink);
        direction.Acknowledge(115, sink);
        Assert.That(sink.Client, Is.Empty);
        for (var packet = 0; packet < TcpDirection.Patience; packet++)
        {
            direction.Acknowledge(115, sink);
        }

        Assert.That((Text(sink), sink.Missing, direction.Gaps), Is.EqualTo(("later", 10L, 1)));
    }

    [Test]
    public void Bounds_tell_a_gap_and_free_what_was_held()
    {
        var (sink, budget) = (new Recorder(), new HeldBudget());
        var direction = new TcpDirection(fromClient: true, budget);
        direction.Begin(99);
        for (uint at = 0; at < 2000; at++)
        {
            direction.Accept(200 + at * 2, "x"u8, 1, false, 1, 0, sink);
        }

        Assert.That(direction.Gaps, Is.GreaterThan(900));
        direction.Finish(sink);
        Assert.That((sink.Client.Count, budget.Bytes), Is.EqualTo((2000, 0L)));
    }

    [Test]
    public void Keep_alive_and_repeats_add_nothing()
    {
        var sink = new Recorder();
        var direction = new TcpDirection(fromClient: true, new HeldBudget());
        direction.Begin(99);
        direction.Accept(100, "abc"u8, 3, false, 1, 0, sink);
        direction.Accept(102, "\0"u8, 1, false, 2, 0, sink);
        direction.Accept(100, "abcd"u8, 4, true, 3, 0, sink);
        Assert.That((Text(sink), direction.Repeated, direction.IsOver), Is.EqualTo(("abcd", 1, true)));
    }

    [Test]
    public void End_of_a_cut_segment_is_a_gap()
    {
        var sink = new Recorder();
        var direction = new TcpDirection(fromClient: true, new HeldBudget());
        direction.Accept(100, "abc"u8, 1000, false, 1, 0, sink);
        direction.Accept(1100, "def"u8, 3, false, 2, 0, sink);
        Assert.That((Text(sink), sink.Missing, direction.Gaps), Is.EqualTo(("abcdef", 997L, 0)));
    }

    [Test]
    public void Stream_equals_what_tshark_follows()
    {
        var random = new Random(7);
        var (question, answer) = (new byte[5000], new byte[20000]);
        random.NextBytes(question);
        random.NextBytes(answer);
        List<byte[]> frames = [Segment(true, 0xffffff00, 0, Syn, []), Segment(false, 500, 0xffffff01, Syn | Ack, []), Segment(true, 0xffffff01, 501, Ack, [])];
        AddAll(frames, true, question, 0xffffff01, 501, random);
        AddAll(frames, false, answer, 501, 0xffffff01 + (uint)question.Length, random);
        frames.Add(Segment(true, 0xffffff01 + (uint)question.Length, 501 + (uint)answer.Length, Fin, []));
        frames.Add(Segment(false, 501 + (uint)answer.Length, 0xffffff02 + (uint)question.Length, Fin, []));
        var capture = Pcap(LinkType.Ethernet, frames);
        var lines = DecoderTests.Tshark(capture, "-q", "-z", "follow,tcp,raw,0").Where(line => line.Length > 0 && line.Trim().All(char.IsAsciiHexDigitLower)).ToList();
        var sink = new Recorder();
        var connection = new TcpConnection(new HeldBudget());
        foreach (var frame in frames)
        {
            PacketDecoder.Decode(LinkType.Ethernet, frame, frame.Length, out var packet);
            connection.Accept(packet, packet.SourcePort == 40000, 1, 0, sink);
        }

        Assert.That(connection.IsOver);
        connection.Finish(sink);
        Assert.That(string.Concat(lines.Where(line => line[0] != '\t')), Is.EqualTo(Convert.ToHexStringLower([.. sink.Client])));
        Assert.That(string.Concat(lines.Where(line => line[0] == '\t').Select(line => line.Trim())), Is.EqualTo(Convert.ToHexStringLower([.. sink.Server])));
        Assert.That((sink.Client.ToArray(), sink.Server.ToArray()), Is.EqualTo((question, answer)));
    }

    [Test]
    public void Another_syn_between_the_same_ports_is_another_connection()
    {
        var connection = new TcpConnection(new HeldBudget());
        var sink = new Recorder();
        Give(connection, Segment(true, 10, 0, Syn, []), sink);
        Assert.That(IsAnother(connection, Segment(true, 10, 0, Syn, [])), Is.False);
        Assert.That(IsAnother(connection, Segment(true, 90, 0, Syn, [])), Is.True);
        Give(connection, Segment(false, 0, 11, 4 | Ack, []), sink);
        Assert.That((connection.IsOver, connection.IsEstablished), Is.EqualTo((true, false)));
    }

    private static void AddAll(List<byte[]> frames, bool fromClient, byte[] bytes, uint start, uint acknowledgment, Random random)
    {
        var parts = new List<byte[]>();
        for (var at = 0; at < bytes.Length; at += 500)
        {
            parts.Add(Segment(fromClient, start + (uint)at, acknowledgment, Ack, bytes[at..Math.Min(at + 500, bytes.Length)]));
        }

        // Neighbours change places, some come twice.
        for (var at = 0; at + 1 < parts.Count; at += 2)
        {
            (parts[at], parts[at + 1]) = random.Next(2) == 0 ? (parts[at + 1], parts[at]) : (parts[at], parts[at + 1]);
        }

        frames.AddRange(parts.SelectMany(part => random.Next(4) == 0 ? (byte[][])[part, part] : [part]));
    }

    private static byte[] Segment(bool fromClient, uint sequence, uint acknowledgment, int flags, byte[] payload) =>
        fromClient
            ? Ethernet(0x0800, IPv4("192.0.2.7", "198.51.100.9", 6, Tcp(40000, 4712, sequence, acknowledgment, flags, payload)))
            : Ethernet(0x0800, IPv4("198.51.100.9", "192.0.2.7", 6, Tcp(4712, 40000, sequence, acknowledgment, flags, payload)));

    private static void Give(TcpConnection connection, byte[] frame, Recorder sink)
    {
        PacketDecoder.Decode(LinkType.Ethernet, frame, frame.Length, out var packet);
        connection.Accept(packet, packet.SourcePort == 40000, 1, 0, sink);
    }

    private static bool IsAnother(TcpConnection connection, byte[] frame)
    {
        PacketDecoder.Decode(LinkType.Ethernet, frame, frame.Length, out var packet);
        return connection.IsAnother(packet, packet.SourcePort == 40000);
    }

    private static string Text(Recorder sink) => string.Concat(sink.Client.Select(one => (char)one));

    /// <summary>Feeds a direction with segments described by bytes, for the fuzz harness.</summary>
    internal static string Fuzz(byte[] script)
    {
        var (sink, budget) = (new Recorder(), new HeldBudget());
        var direction = new TcpDirection(fromClient: true, budget);
        for (var at = 0; at + 8 <= script.Length; at += 8)
        {
            var sequence = BinaryPrimitives.ReadUInt32BigEndian(script.AsSpan(at));
            var bytes = script.AsSpan(at, script[at + 4] % 9);
            if ((script[at + 5] & 3) == 3)
            {
                direction.Acknowledge(sequence, sink);
            }
            else
            {
                direction.Accept(sequence, bytes, bytes.Length + (script[at + 6] & 1), (script[at + 5] & 64) != 0, at, at, sink);
            }
        }

        direction.Finish(sink);
        if (budget.Bytes != 0)
        {
            throw new InvalidOperationException("bytes stay held");
        }

        return $"{Math.Min(direction.Gaps, 3)} {Math.Min(direction.Conflicts, 3)} {direction.IsOver}";
    }

    private sealed class Recorder : IStreamSink
    {
        public List<byte> Client { get; } = [];

        public List<byte> Server { get; } = [];

        public long Missing { get; private set; }

        public void Stream(bool fromClient, ReadOnlySpan<byte> bytes, long frame, long nanoseconds) => (fromClient ? Client : Server).AddRange(bytes);

        public void Gap(bool fromClient, long bytes) => Missing += bytes;
    }
}
