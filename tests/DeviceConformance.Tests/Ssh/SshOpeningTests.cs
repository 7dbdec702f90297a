using System.Buffers.Binary;
using System.Text;
using DeviceConformance.Probing.Ssh;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Ssh;

[TestFixture]
[Parallelizable]
public sealed class SshOpeningTests
{
    private static readonly string[] _lists = ["curve25519-sha256,diffie-hellman-group1-sha1", "ssh-ed25519", "aes128-ctr", "aes256-ctr,3des-cbc", "hmac-sha1", "hmac-sha2-256", "none", "none,zlib", "", ""];

    /// <summary>Identification and KEXINIT with the usual padding.</summary>
    internal static byte[] Opening { get; } = [.. Encoding.ASCII.GetBytes("SSH-2.0-dropbear_2022.83\r\n"), .. Packet(KexInit(_lists))];

    [Test]
    public void Identification_and_lists_are_read()
    {
        var opening = Read(Opening);
        Assert.Multiple(() =>
        {
            Assert.That(opening.State, Is.EqualTo(OpeningState.Complete));
            Assert.That(opening.Identification, Is.EqualTo("SSH-2.0-dropbear_2022.83"));
            Assert.That(opening.KexInit?.KeyExchange, Is.EqualTo(new[] { "curve25519-sha256", "diffie-hellman-group1-sha1" }));
            Assert.That(opening.KexInit?.HostKeys, Is.EqualTo(new[] { "ssh-ed25519" }));
            Assert.That(opening.KexInit?.CiphersToServer, Is.EqualTo(new[] { "aes128-ctr" }));
            Assert.That(opening.KexInit?.CiphersToClient, Is.EqualTo(new[] { "aes256-ctr", "3des-cbc" }));
            Assert.That(opening.KexInit?.MacsToClient, Is.EqualTo(new[] { "hmac-sha2-256" }));
            Assert.That(opening.KexInit?.CompressionToClient, Is.EqualTo(new[] { "none", "zlib" }));
        });
    }

    [Test]
    public void Lines_before_the_identification_and_ignored_messages_are_passed_over()
    {
        byte[] bytes = [.. "Keep out\r\n\r\n"u8, .. "SSH-1.99-x\n"u8, .. Packet([2, 0, 0, 0, 1, 65]), .. Packet([4, 0, 0, 0, 0, 0, 0, 0, 0, 0]), .. Packet(KexInit(_lists))];
        Assert.That(Read(bytes).State, Is.EqualTo(OpeningState.Complete));
    }

    [Test]
    public void Version_1_has_no_lists()
    {
        var opening = Read([.. "SSH-1.5-old\n"u8]);
        Assert.That(opening.State, Is.EqualTo(OpeningState.Complete));
        Assert.That(opening.KexInit, Is.Null);
    }

    [Test]
    public void Disconnect_is_told_with_its_reason()
    {
        var opening = Read([.. "SSH-2.0-x\r\n"u8, .. Packet([1, 0, 0, 0, 12, 0, 0, 0, 4, .. "full"u8, 0, 0, 0, 0])]);
        Assert.That(opening.State, Is.EqualTo(OpeningState.Disconnected));
        Assert.That(opening.Fault, Is.EqualTo("disconnect, reason 12: full"));
    }

    [Test]
    public void Limits_hold()
    {
        Assert.That(Read([.. "SSH-2.0-"u8, .. Enumerable.Repeat((byte)'x', 300)]).State, Is.EqualTo(OpeningState.Malformed), "identification");
        Assert.That(Read([.. Enumerable.Repeat((byte)'x', SshOpening.MaxOtherLines + 1)]).State, Is.EqualTo(OpeningState.Malformed), "one endless line");
        Assert.That(Read([.. Enumerable.Repeat("x\n"u8.ToArray(), SshOpening.MaxOtherLines).SelectMany(line => line)]).State, Is.EqualTo(OpeningState.Malformed), "endless lines");
        Assert.That(Read([.. "SSH-2.0-x\n"u8, 0, 0, 0x88, 0xb5]).State, Is.EqualTo(OpeningState.Malformed), "packet of 34997 bytes and its length");
        Assert.That(Read([.. "SSH-2.0-x\n"u8, 0, 0, 0x88, 0xb4]).State, Is.EqualTo(OpeningState.Open), "packet of 34996 bytes and its length");
        Assert.That(Read([.. "SSH-2.0-x\n"u8, 0xff, 0xff, 0xff, 0xff]).State, Is.EqualTo(OpeningState.Malformed), "packet of 4 GiB");
        Assert.That(Read([.. "SSH-2.0-x\n"u8, .. Enumerable.Repeat(Packet([2]), 20).SelectMany(packet => packet)]).State, Is.EqualTo(OpeningState.Malformed), "nothing but ignored messages");
        Assert.That(Read([.. "SSH-2.0-x\n"u8, 0, 0, 0, 12, 255, 20, .. new byte[10]]).State, Is.EqualTo(OpeningState.Malformed), "padding beyond the packet");
    }

    [TestCase("a,,b")]
    [TestCase("a b")]
    [TestCase(",")]
    [TestCase("\u00e4")]
    public void Names_that_are_none_make_the_message_malformed(string names) =>
        Assert.That(SshKexInit.TryParse(KexInit([names, .. _lists[1..]]), out _), Is.False);

    [Test]
    public void Opening_cut_at_any_byte_stays_open()
    {
        for (var length = 0; length < Opening.Length; length++)
        {
            var opening = Read(Opening[..length]);
            Assert.That(opening.State, Is.EqualTo(OpeningState.Open), $"{length} bytes");
            Assert.That(opening.KexInit, Is.Null);
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public Property Pieces_of_any_size_give_the_same_as_the_whole() => Prop.ForAll(
        (from at in Gen.Choose(0, Opening.Length - 1) from value in Gen.Choose(0, 255) select (at, value)).ToArbitrary(),
        Gen.Choose(1, 100).ToArbitrary(),
        (change, size) =>
        {
            byte[] bytes = [.. Opening];
            bytes[change.at] = (byte)change.value;
            return Shape(Read(bytes)) == Shape(Read(bytes, size));
        });

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool Any_bytes_end_in_some_state(byte[] bytes)
    {
        _ = SshKexInit.TryParse(bytes, out _);
        _ = SshKexInit.TryParse([20, .. bytes], out _);
        return Enum.IsDefined(Read(bytes).State) && Enum.IsDefined(Read([.. "SSH-2.0-x\n"u8, .. bytes]).State) && Enum.IsDefined(Read([.. "SSH-2.0-x\n"u8, .. Packet([20, .. bytes])]).State);
    }

    private static byte[] KexInit(string[] lists) =>
        [20, .. new byte[16], .. lists.SelectMany(list => (byte[])[.. U32(Encoding.Latin1.GetByteCount(list)), .. Encoding.Latin1.GetBytes(list)]), 0, 0, 0, 0, 0];

    private static byte[] Packet(byte[] payload)
    {
        var padding = 16 - ((5 + payload.Length) % 8);
        return [.. U32(1 + payload.Length + padding), (byte)padding, .. payload, .. new byte[padding]];
    }

    private static byte[] U32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static SshOpening Read(byte[] bytes, int piece = int.MaxValue)
    {
        var opening = new SshOpening();
        foreach (var chunk in bytes.Chunk(Math.Min(piece, Math.Max(1, bytes.Length))))
        {
            opening.Append(chunk);
        }

        return opening;
    }

    private static string Shape(SshOpening opening) =>
        $"{opening.State} {opening.Identification} {opening.Fault} {(opening.KexInit is { } offered ? string.Join('|', offered.KeyExchange.Concat(offered.CiphersToClient).Concat(offered.MacsToServer)) : "")}";
}
