using System.Buffers.Binary;
using System.IO.Compression;
using DeviceConformance.Probing.CaptureFiles;
using NUnit.Framework;

namespace DeviceConformance.Tests.CaptureFiles;

[Parallelizable]
public sealed class CaptureReaderTests
{
    [TestCase(false, 0xa1b2c3d4u, 7_000L)]
    [TestCase(true, 0xa1b2c3d4u, 7_000L)]
    [TestCase(false, 0xa1b23c4du, 7L)]
    [TestCase(true, 0xa1b23c4du, 7L)]
    public void Both_byte_orders_and_units_are_read(bool big, uint magic, long fraction)
    {
        var (frames, fault) = Read(Pcap(big, magic));
        Assert.That((frames, fault), Is.EqualTo(($"1 {5_000_000_000 + fraction} Ethernet 9 0102", "")));
    }

    [Test]
    public void A_file_behind_another_is_read_on()
    {
        var (frames, fault) = Read([.. Pcap(false, 0xa1b2c3d4), .. Pcap(true, 0xa1b23c4d)]);
        Assert.That((frames, fault), Is.EqualTo(("1 5000007000 Ethernet 9 0102,2 5000000007 Ethernet 9 0102", "")));
    }

    [Test]
    public void Gzip_is_read()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress, true))
        {
            gzip.Write(Pcap(false, 0xa1b2c3d4));
        }

        Assert.That(Read(packed.ToArray()), Is.EqualTo(("1 5000007000 Ethernet 9 0102", "")));
    }

    [Test]
    public void A_file_cut_at_any_byte_says_where_it_ended()
    {
        var whole = Pcap(false, 0xa1b2c3d4);
        for (var length = 25; length < whole.Length; length++)
        {
            Assert.That(Read(whole[..length]), Is.EqualTo(("", Read(whole[..length]).Fault)));
            Assert.That(Read(whole[..length]).Fault, Does.StartWith("ended at byte 24:"));
        }

        for (var length = 0; length < 24; length++)
        {
            Assert.That(() => Read(whole[..length]), Throws.TypeOf<CaptureFileException>());
        }
    }

    [Test]
    public void An_absurd_length_ends_the_file()
    {
        var bytes = Pcap(false, 0xa1b2c3d4);
        bytes.AsSpan(32, 4).Fill(0xff);
        Assert.That(Read(bytes), Is.EqualTo(("", "ended at byte 24: a frame of 4294967295 bytes is none")));
    }

    private static byte[] Pcap(bool big, uint magic)
    {
        uint[] words = [magic, 0, 0, 0, 65535, 1, 5, 7, 2, 9];
        var bytes = new byte[42];
        for (var index = 0; index < words.Length; index++)
        {
            if (big)
            {
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(index * 4), words[index]);
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(index * 4), words[index]);
            }
        }

        (bytes[40], bytes[41]) = (1, 2);
        return bytes;
    }

    private static (string Frames, string Fault) Read(byte[] bytes)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, bytes);
            using var reader = CaptureReader.Open(path);
            var frames = new List<string>();
            while (reader.TryRead(out var frame))
            {
                frames.Add($"{frame.Number} {frame.Nanoseconds} {frame.Link} {frame.Length} {Convert.ToHexString(frame.Bytes)}");
            }

            return (string.Join(',', frames), reader.Fault);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
