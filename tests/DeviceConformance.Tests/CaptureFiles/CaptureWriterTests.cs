using System.Diagnostics;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Tests.Emulator;
using NUnit.Framework;

namespace DeviceConformance.Tests.CaptureFiles;

/// <summary>What is recorded is read back, by Wireshark's tools too.</summary>
[Parallelizable]
public sealed class CaptureWriterTests
{
    private const long Start = 1_800_000_000_123_456_789;
    private const long Second = 1_000_000_000;
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("dct-writer-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, true);

    [Test]
    public void Tshark_and_capinfos_read_what_is_written()
    {
        using (var writer = CaptureWriter.Create(In("a.pcapng"), new CaptureOrigin("eth7", LinkType.Ethernet, 100, "host 192.0.2.7 and not arp")))
        {
            for (var index = 0; index < 300; index++)
            {
                writer.Write(Start + (index * 1001L), 60 + index, new byte[60 + index]);
            }

            writer.Complete(new CaptureCounts(305, 4, 1));
        }

        var rows = Run("tshark", "-n", "-r", In("a.pcapng"), "-T", "fields", "-e", "frame.number", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(rows, Is.EqualTo(Enumerable.Range(0, 300).Select(index => $"{index + 1}\t1800000000.{123_456_789 + (index * 1001)}\t{60 + index}\t{Math.Min(100, 60 + index)}")));
        var about = Run("capinfos", In("a.pcapng"));
        Assert.That(about, Does.Match("Name = eth7").And.Match("Filter string = host 192.0.2.7 and not arp").And.Match("Capture length = 100").And.Match(@"Time precision = nanoseconds \(9\)")
            .And.Match("Number of stat entries = 1").And.Match("Number of packets = 300").And.Match("Capture application: +DeviceConformance dct"));
        using var reader = CaptureReader.Open(In("a.pcapng"));
        Assert.That((Drain(reader).Count, reader.Dropped, reader.Fault, reader.Phases.Length), Is.EqualTo((300, 5L, "", 0)));
    }

    [TestCase(LinkType.Ethernet, 1)]
    [TestCase(LinkType.LinuxCooked2, 3)]
    [TestCase(LinkType.Raw, 262_144)]
    public void Frames_come_back_as_they_were(LinkType link, int longest)
    {
        var random = new Random(longest);
        var frames = new List<Frame>();
        using (var writer = CaptureWriter.Create(In("a.pcapng"), new CaptureOrigin("x", link)))
        {
            for (var index = 0; index < 40; index++)
            {
                var bytes = new byte[random.Next(longest + 1)];
                random.NextBytes(bytes);
                frames.Add(new Frame(random.NextInt64(long.MaxValue), link, bytes.Length + random.Next(9), Convert.ToHexString(bytes)));
                writer.Write(frames[^1].Nanoseconds, frames[^1].Length, bytes);
            }
        }

        using var reader = CaptureReader.Open(In("a.pcapng"));
        Assert.That(Drain(reader), Is.EqualTo(frames));
        Assert.That((reader.Fault, reader.Dropped), Is.EqualTo(("", (long?)null)), "nobody counted what was lost");
    }

    [Test]
    public void Phases_are_read_back_and_Wireshark_shows_them_at_their_first_frame()
    {
        var time = new ManualTime();
        var zero = time.GetUtcNow();
        using (var writer = CaptureWriter.Create(In("a.pcapng"), new CaptureOrigin("x", LinkType.Raw), null, time))
        {
            writer.BeginPhase("start-up");
            writer.Write(At(zero, 1), 1, [1]);
            writer.Write(At(zero, 2), 1, [2]);
            time.Advance(TimeSpan.FromSeconds(3));
            writer.BeginPhase("idle\e[31m\n");
            // It was captured before the change and comes out of the buffer behind it.
            writer.Write(At(zero, 2.5), 1, [3]);
            writer.Write(At(zero, 4), 1, [4]);
            writer.Write(At(zero, 5), 1, [5]);
            time.Advance(TimeSpan.FromSeconds(3));
            writer.BeginPhase("nothing was said");
            time.Advance(TimeSpan.FromSeconds(2));
            writer.Complete(default);
        }

        using var reader = CaptureReader.Open(In("a.pcapng"));
        Drain(reader);
        var end = zero.AddSeconds(8).AddTicks(1);
        Assert.That(reader.Phases, Is.EqualTo(new[] { new CapturePhase("start-up", zero, zero.AddSeconds(3)), new("idle[31m", zero.AddSeconds(3), zero.AddSeconds(6)), new("nothing was said", zero.AddSeconds(6), end) }));
        Assert.That(Run("tshark", "-n", "-r", In("a.pcapng"), "-T", "fields", "-e", "frame.number", "-e", "frame.comment", "-Y", "frame.comment"), Is.EqualTo("1\tphase: start-up\n4\tphase: idle[31m\n"));
    }

    [Test]
    public void Frames_that_come_late_carry_the_mark_of_the_phase_in_which_they_passed()
    {
        var time = new ManualTime();
        var zero = time.GetUtcNow();
        using (var writer = CaptureWriter.Create(In("a.pcapng"), new CaptureOrigin("x", LinkType.Raw), null, time))
        {
            foreach (var phase in new[] { "a", "b", "c", "d" })
            {
                writer.BeginPhase(phase);
                time.Advance(TimeSpan.FromSeconds(1));
            }

            writer.Write(At(zero, 0.5), 1, [1]);
            writer.Write(At(zero, 1.5), 1, [2]);
            writer.Write(At(zero, 3.5), 1, [3]);
        }

        Assert.That(Run("tshark", "-n", "-r", In("a.pcapng"), "-T", "fields", "-e", "frame.number", "-e", "frame.comment"), Is.EqualTo("1\tphase: a\n2\tphase: b\n3\tphase: d\n"));
        using var reader = CaptureReader.Open(In("a.pcapng"));
        Drain(reader);
        Assert.That(reader.Phases.Select(phase => (phase.Name, (phase.From - zero).TotalSeconds)), Is.EqualTo(new[] { ("a", 0.0), ("b", 1), ("c", 2), ("d", 3) }));
    }

    [Test]
    public void Phases_marked_in_Wireshark_are_read()
    {
        Record(In("a.pcapng"), 9);
        Run("editcap", "-a", "2:phase: idle", "-a", "5:just a word", "-a", "7:phase: in use", In("a.pcapng"), In("marked.pcapng"));
        using var reader = CaptureReader.Open(In("marked.pcapng"));
        Drain(reader);
        Assert.That(reader.Phases.Select(phase => (phase.Name, Seconds(phase.From), Seconds(phase.To))), Is.EqualTo(new[] { ("idle", 1L, 6L), ("in use", 6L, 8L) }));
    }

    [Test]
    public void Ring_keeps_the_newest_files_and_says_what_it_deleted()
    {
        CaptureWriter writer;
        using (writer = CaptureWriter.Create(In("a.pcapng"), new CaptureOrigin("x", LinkType.Raw), new CaptureRing(10_000, 3)))
        {
            writer.BeginPhase("idle");
            for (var index = 0; index < 500; index++)
            {
                writer.Count(new CaptureCounts(0, index / 100, 0));
                writer.Write(Now(), index, new byte[132]);
            }

            writer.Complete(new CaptureCounts(500, 5, 0));
        }

        Assert.That(writer.Files.Select(Path.GetFileName), Is.EqualTo(Directory.GetFiles(_folder).Select(Path.GetFileName).Order()));
        Assert.That((writer.Files.Length, writer.Frames), Is.EqualTo((3, 500L)));
        Assert.That(writer.Files[^1], Does.EndWith($"a-{3 + writer.DeletedFiles:00000}.pcapng"));
        Assert.That(Run("capinfos", writer.Files[^1]), Does.Contain($"file {3 + writer.DeletedFiles} of a ring of 3; {writer.DeletedFiles} earlier files were deleted"));
        var (frames, dropped) = (new List<int>(), 0L);
        foreach (var file in writer.Files)
        {
            Assert.That(new FileInfo(file).Length, Is.LessThanOrEqualTo(10_000));
            using var reader = CaptureReader.Open(file);
            frames.AddRange(Drain(reader).Select(frame => frame.Length));
            dropped += reader.Dropped!.Value;
            Assert.That((reader.Fault, reader.Phases.Length == 1 ? reader.Phases[0].Name : ""), Is.EqualTo(("", "idle")), file);
        }

        // At least 50 frames of 164 bytes go into a file; what the deleted files lost is not told again.
        Assert.That(frames, Has.Count.InRange(101, 180).And.EqualTo(Enumerable.Range(frames[0], 500 - frames[0])));
        Assert.That(dropped, Is.EqualTo(5 - (frames[0] / 100)));
    }

    [Test]
    public void Every_recorded_frame_survives_a_writer_that_is_killed()
    {
        var time = new ManualTime();
        using var writer = CaptureWriter.Create(In("a.pcapng"), new CaptureOrigin("x", LinkType.Raw), null, time);
        writer.BeginPhase("idle");
        writer.Write(Start, 3, [1, 2, 3]);
        time.Advance(TimeSpan.FromSeconds(1));

        // The writer never ends: what another process reads now is what a killed one leaves.
        using var reader = CaptureReader.Open(In("a.pcapng"));
        Assert.That((Drain(reader).Count, reader.Fault, reader.Dropped, reader.Phases.Length), Is.EqualTo((1, "", (long?)null, 1)));
        Assert.That(Run("tshark", "-n", "-r", In("a.pcapng"), "-T", "fields", "-e", "frame.len"), Is.EqualTo("3\n"));
    }

    [Test]
    public void A_recording_cut_at_any_byte_is_read_up_to_its_last_whole_frame()
    {
        Record(In("a.pcapng"), 3);
        var whole = File.ReadAllBytes(In("a.pcapng"));
        var most = 0;
        for (var length = 28; length <= whole.Length; length++)
        {
            using var reader = CaptureReader.Open(new MemoryStream(whole[..length]), "cut");
            var frames = Drain(reader).Count;
            Assert.That(frames, Is.GreaterThanOrEqualTo(most));
            most = frames;
        }

        Assert.That(most, Is.EqualTo(3));
    }

    [Test]
    public void A_full_disk_is_told_and_what_was_recorded_stays_sound()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("needs root on Linux to make a small file system: sudo dotnet test tests/DeviceConformance.Tests");
        }

        Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", _folder);
        try
        {
            using var writer = CaptureWriter.Create(In("a.pcapng"), new CaptureOrigin("x", LinkType.Raw));
            var fault = Assert.Throws<CaptureFileException>(() =>
            {
                for (var index = 0; index < 20_000; index++)
                {
                    writer.Write(Start, 150, new byte[150]);
                }
            });
            Assert.That(fault!.Message, Does.Contain("No space left").And.Contain($"stays readable ({writer.Frames} frames)"));
            Assert.That(() => writer.Write(Start, 1, [1]), Throws.TypeOf<CaptureFileException>().With.Message.EqualTo(fault.Message));
            Assert.That(() => writer.Complete(default), Throws.TypeOf<CaptureFileException>());
            using var reader = CaptureReader.Open(In("a.pcapng"));
            Assert.That((Drain(reader).Count, reader.Fault), Is.EqualTo(((int)writer.Frames, "")));
            Assert.That(writer.Frames, Is.InRange(300, 360));
        }
        finally
        {
            Run("umount", _folder);
        }
    }

    [Test]
    public void A_recording_never_replaces_a_file()
    {
        File.WriteAllText(In("a.pcapng"), "evidence");
        Assert.That(() => CaptureWriter.Create(In("a.pcapng"), new CaptureOrigin("x", LinkType.Raw)), Throws.TypeOf<CaptureFileException>().With.Message.EndsWith("a.pcapng is there already; name another file."));
        Assert.That(File.ReadAllText(In("a.pcapng")), Is.EqualTo("evidence"));
        Assert.That(() => CaptureWriter.Create(In("no/a.pcapng"), new CaptureOrigin("x", LinkType.Raw)), Throws.TypeOf<CaptureFileException>().With.Message.Contains("can not be written"));
    }

    [Test]
    public void Writing_does_not_allocate_for_a_frame()
    {
        using var writer = CaptureWriter.Create(In("a.pcapng"), new CaptureOrigin("x", LinkType.Raw));
        var bytes = new byte[80];
        writer.Write(Start, 80, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var index = 0; index < 100_000; index++)
        {
            writer.Write(Start, 80, bytes);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(10_000));
    }

    private static void Record(string path, int frames)
    {
        using var writer = CaptureWriter.Create(path, new CaptureOrigin("x", LinkType.Raw));
        for (var index = 0; index < frames; index++)
        {
            writer.Write(Start + (index * Second), 3, [1, 2, 3]);
        }

        writer.Complete(default);
    }

    private static List<Frame> Drain(CaptureReader reader)
    {
        var frames = new List<Frame>();
        while (reader.TryRead(out var frame))
        {
            frames.Add(new Frame(frame.Nanoseconds, frame.Link, frame.Length, Convert.ToHexString(frame.Bytes)));
        }

        return frames;
    }

    private static long At(DateTimeOffset zero, double seconds) => ((zero - DateTimeOffset.UnixEpoch).Ticks * 100) + (long)(seconds * Second);

    private static long Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static long Seconds(DateTimeOffset moment) => ((moment - DateTimeOffset.UnixEpoch).Ticks - (Start / 100)) / TimeSpan.TicksPerSecond;

    private string In(string name) => Path.Combine(_folder, name);

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, () => $"{program} {string.Join(' ', arguments)}: {errors.Result}");
        return output;
    }

    private sealed record Frame(long Nanoseconds, LinkType Link, int Length, string Bytes);
}
