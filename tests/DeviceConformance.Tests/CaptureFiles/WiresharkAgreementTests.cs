using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using DeviceConformance.Probing.CaptureFiles;
using NUnit.Framework;

namespace DeviceConformance.Tests.CaptureFiles;

/// <summary>What Wireshark's own tools write is read as they read it: numbers, times, lengths.</summary>
[Parallelizable]
public sealed class WiresharkAgreementTests
{
    private const int Count = 300;
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("dct-captures-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, true);

    [TestCase("pcap", "pcap, microseconds")]
    [TestCase("nsecpcap", "pcap, nanoseconds")]
    [TestCase("pcapng", "pcapng")]
    public void Converted_files_agree(string kind, string format)
    {
        Run("editcap", "-F", kind, Written("a.pcap", 1), In("converted"));
        Agree("converted", format, Count);
        using (var packed = new GZipStream(File.Create(In("packed.gz")), CompressionMode.Compress))
        {
            packed.Write(File.ReadAllBytes(In("converted")));
        }

        Agree("packed.gz", format + ", gzip", Count);
    }

    [Test]
    public void Merged_files_with_two_link_types_agree()
    {
        Run("mergecap", "-F", "pcapng", "-w", In("merged"), Written("a.pcap", 1), Written("b.pcap", 101));
        Agree("merged", "pcapng", 2 * Count);
        using var reader = CaptureReader.Open(In("merged"));
        var links = new Dictionary<LinkType, int>();
        while (reader.TryRead(out var frame))
        {
            links[frame.Link] = links.GetValueOrDefault(frame.Link) + 1;
        }

        Assert.That(links, Is.EquivalentTo(new Dictionary<LinkType, int> { [LinkType.Ethernet] = Count, [LinkType.Raw] = Count }));
    }

    [Test]
    public void What_is_numbered_but_is_no_frame_keeps_its_number()
    {
        File.WriteAllBytes(In("every"), PcapngTests.Bytes(PcapngTests.Everything));
        // Number 4 is the custom block.
        Assert.That(Read("every").Rows, Is.EqualTo(Shown("every").Where(row => row.Number != 4)));
    }

    private void Agree(string name, string format, int count)
    {
        var (rows, seen) = Read(name);
        Assert.That((rows.Count, seen), Is.EqualTo((count, format)));
        Assert.That(rows, Is.EqualTo(Shown(name)));
    }

    private (List<Row> Rows, string Format) Read(string name)
    {
        using var reader = CaptureReader.Open(In(name));
        var rows = new List<Row>();
        while (reader.TryRead(out var frame))
        {
            rows.Add(new Row(frame.Number, frame.Nanoseconds == CapturedFrame.NoTime ? null : frame.Nanoseconds / 1e9m, frame.Length, frame.Bytes.Length));
        }

        Assert.That(reader.Fault, Is.Empty);
        return (rows, reader.Format);
    }

    private List<Row> Shown(string name) =>
        [.. Run("tshark", "-n", "-r", In(name), "-T", "fields", "-e", "frame.number", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t'))
            .Select(fields => new Row(Number(fields[0]), fields[1].Length == 0 ? null : decimal.Parse(fields[1], CultureInfo.InvariantCulture), (int)Number(fields[2]), (int)Number(fields[3])))];

    // Frames of every length up to 300 bytes, some cut; times from 2001 to 2033, not in order.
    private string Written(string name, uint link)
    {
        using var file = new BinaryWriter(File.Create(In(name)));
        uint[] header = [0xa1b2c3d4, 0x00040002, 0, 0, 262144, link];
        foreach (var word in header)
        {
            file.Write(word);
        }

        var random = new Random((int)link);
        for (var length = 1; length <= Count; length++)
        {
            var captured = length % 5 == 0 ? length / 2 : length;
            var bytes = new byte[captured];
            random.NextBytes(bytes);
            file.Write(random.Next(1_000_000_000, 2_000_000_000));
            file.Write(random.Next(1_000_000));
            file.Write(captured);
            file.Write(length);
            file.Write(bytes);
        }

        return In(name);
    }

    private string In(string name) => Path.Combine(_folder, name);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, () => $"{program} {string.Join(' ', arguments)}: {errors.Result}");
        return output;
    }

    private sealed record Row(long Number, decimal? Seconds, int Length, int Captured);
}
