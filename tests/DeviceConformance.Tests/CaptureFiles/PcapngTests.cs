using System.Buffers.Binary;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;
using NUnit.Framework;

namespace DeviceConformance.Tests.CaptureFiles;

[Parallelizable]
public sealed class PcapngTests
{
    private const string Section = "0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000";
    private const string Ethernet = "01000000 14000000 01000000 00000000 14000000";
    private const string Packet = "06000000 24000000 00000000 00000000 474b4c00 02000000 09000000 01020000 24000000";
    private const string Start = Section + Ethernet;
    private const string BigStart = "0a0d0d0a 0000001c 1a2b3c4d 00010000 ffffffffffffffff 0000001c 00000001 00000014 00010000 00000000 00000014";
    private const string BigPacket = "00000006 00000024 00000000 00000000 004c4b47 00000002 00000009 01020000 00000024";
    private const string Frame = "5000007000 Ethernet 9 0102";

    // One of each block that is read; what follows a block shows that it was passed at its end.
    internal const string Everything = Start + Packet
        + "02000000 24000000 00000300 00000000 474b4c00 02000000 09000000 01020000 24000000"
        + "03000000 14000000 02000000 01020000 14000000"
        + "04000000 1c000000 01000600 7f000001 61000000 00000000 1c000000"
        + "0a000000 18000000 4b534c54 03000000 61626300 18000000"
        + "77770000 10000000 01020304 10000000"
        + "ad0b0000 10000000 f97e0000 10000000"
        + Packet;

    // A phase marked by statistics, and one by a frame.
    internal const string Phases = Start
        + "05000000 2c000000 00000000 00000000 40420f00 01000b00 70686173653a2069646c6500 00000000 2c000000"
        + "06000000 38000000 00000000 00000000 474b4c00 02000000 09000000 01020000 01000a00 70686173653a207573650000 00000000 38000000";

    [Test]
    public void Phases_are_read()
    {
        using var reader = CaptureReader.Open(new MemoryStream(Bytes(Phases)), "test");
        Assert.That(reader.TryRead(out _), Is.True);
        Assert.That(reader.TryRead(out _), Is.False);
        var change = DateTimeOffset.UnixEpoch.AddMicroseconds(5_000_007);
        Assert.That(reader.Phases, Is.EqualTo(new[] { new CapturePhase("idle", DateTimeOffset.UnixEpoch.AddSeconds(1), change), new("use", change, change.AddTicks(1)) }));
    }

    [TestCase(Start + Packet, "1 " + Frame)]
    [TestCase(BigStart + BigPacket, "1 " + Frame)]
    [TestCase(Start + Packet + BigStart + BigPacket, "1 " + Frame + ",2 " + Frame, TestName = "A section in the other byte order behind the first")]
    [TestCase(Everything, "1 " + Frame + ",2 " + Frame + ",3 none Ethernet 2 0102,5 " + Frame, TestName = "Every block")]
    [TestCase(Start + "01000000 20000000 65000000 00000000 09000100 09000000 00000000 20000000 06000000 24000000 01000000 00000000 07000000 02000000 02000000 01020000 24000000" + Packet, "1 7 Raw 2 0102,2 " + Frame, TestName = "A second interface has its own link type and resolution")]
    [TestCase(Section + "01000000 2c000000 01000000 00000000 09000100 8a000000 0e000800 0a00000000000000 00000000 2c000000 06000000 24000000 00000000 00000000 00160000 02000000 02000000 01020000 24000000", "1 15500000000 Ethernet 2 0102", TestName = "Resolution of a power of two, and an offset")]
    [TestCase(Section + "01000000 14000000 01000000 01000000 14000000 03000000 14000000 02000000 01000000 14000000", "1 none Ethernet 2 01", TestName = "A simple packet is cut at what the interface keeps")]
    public void Frames_are_read(string hex, string frames) =>
        Assert.That(Read(Bytes(hex)) is var read ? (read.Frames, read.Fault) : default, Is.EqualTo((frames, "")));

    [TestCase(Start + Packet, null)]
    [TestCase(Start + "02000000 24000000 0000ffff 00000000 474b4c00 02000000 09000000 01020000 24000000", null, TestName = "An unknown number of lost frames is none")]
    [TestCase(Everything, 3L, TestName = "Lost frames of an old packet")]
    [TestCase(Start + "06000000 34000000 00000000 00000000 474b4c00 02000000 09000000 01020000 04000800 0200000000000000 00000000 34000000", 2L, TestName = "Lost frames of a packet")]
    [TestCase(Start + Lost4And1 + Lost4And1, 5L, TestName = "Statistics count from the beginning")]
    [TestCase(Start + Lost4And1 + Start + Lost4And1, 10L, TestName = "Sections add up")]
    [TestCase(Everything + Lost4And1, 5L, TestName = "Statistics hold over what packets say")]
    public void Lost_frames_are_told(string hex, long? lost) => Assert.That(Read(Bytes(hex)).Dropped, Is.EqualTo(lost));

    private const string Lost4And1 = "05000000 34000000 00000000 00000000 00000000 05000800 0400000000000000 07000800 0100000000000000 00000000 34000000";

    [Test]
    public void Secrets_of_the_file_are_given() => Assert.That((Read(Bytes(Everything)).KeyLog, Read(Bytes(Start + Packet)).KeyLog), Is.EqualTo(("abc\n", "")));

    [TestCase("06000000 24000000 01000000 00000000 474b4c00 02000000 09000000 01020000 24000000", "a packet of interface 1, which is not described")]
    [TestCase("06000000 24000000 00000000 00000000 474b4c00 05000000 05000000 01020000 24000000", "a packet of 5 bytes in a block for 4")]
    [TestCase("06000000 24000000 00000000 00000000 474b4c00 ffffffff 05000000 01020000 24000000", "a packet of 4294967295 bytes in a block for 4")]
    [TestCase("06000000 24000000 00000000 00000000 474b4c00 02000000 09000000 01020000 28000000", "a block says 36 bytes at its beginning and 40 at its end")]
    [TestCase("06000000 10000000 00000000 10000000", "the header of a packet is too short")]
    [TestCase("02000000 10000000 00000000 10000000", "the header of a packet is too short")]
    [TestCase("03000000 10000000 02000000 10000000", "a packet of 2 bytes in a block for 0")]
    [TestCase("01000000 10000000 02000000 10000000", "the description of an interface is too short")]
    [TestCase("05000000 10000000 02000000 10000000", "the statistics of an interface are too short")]
    [TestCase("0a000000 14000000 4b534c54 01000000 14000000", "a block of secrets is too short for them")]
    [TestCase("06000000 00000000 00000000", "a block of 0 bytes is none")]
    [TestCase("06000000 0d000000 00000000", "a block of 13 bytes is none")]
    [TestCase("06000000 fcffffff 00000000", "a block of 4294967292 bytes and type 6 is none")]
    [TestCase("77770000 fcffffff 00000000", "a block of 4294967292 bytes is cut off after 12")]
    [TestCase("0a0d0d0a 1c000000 00000000", "the byte order of a section is not told")]
    [TestCase("0a0d0d0a 1c000000 4d3c2b1a 02000000 ffffffffffffffff 1c000000", "version 2 of pcapng is not known")]
    public void Damage_ends_the_file_at_its_block(string block, string why)
    {
        var read = Read(Bytes(Start + Packet + block + Packet)[..(84 + Bytes(block).Length)]);
        Assert.That((read.Frames, read.Fault), Is.EqualTo(("1 " + Frame, "ended at byte 84: " + why)));
    }

    [Test]
    public void A_file_cut_at_any_byte_says_in_which_block()
    {
        var whole = Bytes(Everything);
        var starts = new HashSet<int>();
        for (var at = 0; at < whole.Length; at += BinaryPrimitives.ReadInt32LittleEndian(whole.AsSpan(at + 4)))
        {
            starts.Add(at);
        }

        for (var length = 12; length < whole.Length; length++)
        {
            var fault = Read(whole[..length]).Fault;
            Assert.That(fault, starts.Contains(length) ? Is.Empty : Does.StartWith($"ended at byte {starts.Where(start => start <= length).Max()}: "), $"cut at {length}");
        }
    }

    [Test]
    public void A_block_longer_than_the_window_is_passed()
    {
        var block = new byte[(9 << 20) + 12];
        block[0] = 0x77;
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(4), block.Length);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(block.Length - 4), block.Length);
        Assert.That(Read([.. Bytes(Start), .. block, .. Bytes(Packet)]).Frames, Is.EqualTo("1 " + Frame));
        block[^1] = 1;
        Assert.That(Read([.. Bytes(Start), .. block, .. Bytes(Packet)]).Fault, Does.StartWith("ended at byte 48: a block says 9437196 bytes"));
    }

    [TestCase((byte)0, 7uL, 0L, 7_000_000_000L)]
    [TestCase((byte)3, 7uL, 0L, 7_000_000L)]
    [TestCase((byte)9, 7uL, -1L, -999_999_993L)]
    [TestCase((byte)12, 7_999uL, 0L, 7L)]
    [TestCase((byte)40, ulong.MaxValue, 0L, 0L)]
    [TestCase((byte)0x80, 7uL, 0L, 7_000_000_000L)]
    [TestCase((byte)0xa0, 0x1_8000_0000uL, 0L, 1_500_000_000L)]
    [TestCase((byte)0xff, ulong.MaxValue, 0L, 0L)]
    [TestCase((byte)6, ulong.MaxValue, 0L, CapturedFrame.NoTime)]
    [TestCase((byte)6, 0uL, long.MaxValue, CapturedFrame.NoTime)]
    [TestCase((byte)6, 0uL, long.MinValue, CapturedFrame.NoTime)]
    public void Times_are_nanoseconds(byte resolution, ulong units, long offset, long nanoseconds) =>
        Assert.That(new PcapngInterface(LinkType.Ethernet, 0, resolution, offset).Nanoseconds(units), Is.EqualTo(nanoseconds));

    internal static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    private static (string Frames, string Fault, long? Dropped, string KeyLog) Read(byte[] bytes)
    {
        using var reader = CaptureReader.Open(new MemoryStream(bytes), "test");
        var frames = new List<string>();
        while (reader.TryRead(out var frame))
        {
            var time = frame.Nanoseconds == CapturedFrame.NoTime ? "none" : $"{frame.Nanoseconds}";
            frames.Add($"{frame.Number} {time} {frame.Link} {frame.Length} {Convert.ToHexString(frame.Bytes)}");
        }

        Assert.That((reader.Frames, reader.Format), Is.EqualTo((frames.Count, "pcapng")));
        return (string.Join(',', frames), reader.Fault, reader.Dropped, reader.KeyLog);
    }
}
