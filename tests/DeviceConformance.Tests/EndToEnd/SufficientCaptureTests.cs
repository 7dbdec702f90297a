using System.Net;
using DeviceConformance.Cli.Commands;
using DeviceConformance.Cli.Runs;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;
using DeviceConformance.Probing.CaptureFiles;
using NUnit.Framework;

namespace DeviceConformance.Tests.EndToEnd;

/// <summary>
/// What passes by a capture, and what keeps it from passing: the bytes are those of a recorded round of the speaking device, its phases are drawn
/// out to minutes.
/// </summary>
[Parallelizable(ParallelScope.Self)]
[Category("Capture")]
public sealed class SufficientCaptureTests
{
    private const int SourceAddress = 26;
    private static readonly DateTimeOffset _begin = new(2026, 11, 20, 8, 0, 0, TimeSpan.Zero);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dct-sufficient-");
    private SpeakingRecording _recording = null!;

    [OneTimeSetUp]
    public async Task RecordOnce() => _recording = await SpeakingRecording.MakeAsync(DeviceFaults.None);

    [OneTimeTearDown]
    public void Forget()
    {
        _recording?.Dispose();
        _folder.Delete(recursive: true);
    }

    public sealed record Way(
        string Name, int Minutes = 4, string Unmarked = "", long? Dropped = 0, string? Filter = null, int SnapLength = CaptureOrigin.MostBytes, bool OneWay = false, int From = 0, int To = 5, string Certificate = "")
    {
        public override string ToString() => Name;
    }

    private static IEnumerable<TestCaseData> Insufficient()
    {
        static TestCaseData Row(Way way, string says) => new TestCaseData(way, says).SetArgDisplayNames(way.Name);
        yield return Row(new Way("too short", Minutes: 1), "and 10 minutes are needed");
        yield return Row(new Way("loss", Dropped: 3), "3 frames were lost while capturing");
        yield return Row(new Way("loss not counted", Dropped: null), "no count says whether frames were lost");
        yield return Row(new Way("a phase not marked", Unmarked: "in use"), "the phases in use are not marked");
        yield return Row(new Way("ended early", To: 2, Minutes: 12), "the phases in use are not marked");
        yield return Row(new Way("filter", Filter: "tcp"), "was recorded with the filter 'tcp'");
        yield return Row(new Way("cut frames", SnapLength: 100), "frames were captured in part");
        yield return Row(new Way("one direction", OneWay: true), "no handshake was seen to its end");
        yield return Row(new Way("certificate that TLS 1.3 hides", Certificate: "aa"), "is in no handshake that can be read");
    }

    [Test]
    public async Task Declared_clients_pass_by_a_capture_that_suffices()
    {
        var file = Draw(new Way("whole"), "whole.pcapng");
        var findings = await JudgeAsync(file, "");
        Assert.That(
            findings.Where(pair => pair.Finding.Verdict == Verdict.Pass).Select(pair => $"{pair.Unit} {pair.Finding.Subject}"),
            Is.SupersetOf(new[] { "5.5-1-2 a SecComMech-4/traffic", "5.5-1-2 a SecComMech-5/traffic", "5.5-1-2 a SecComMech-6/traffic", "5.8-2-2 a SecComMech-4/traffic", "5.3-10-1 c UpdMech-2/traffic" }));
    }

    [TestCaseSource(nameof(Insufficient))]
    public async Task Nothing_passes_by_a_capture_that_may_lack_something(Way way, string says)
    {
        var findings = await JudgeAsync(Draw(way, "part.pcapng"), way.Certificate);
        var finding = findings.Single(pair => pair is { Unit: "5.8-2-2 a", Finding.Subject: "SecComMech-4/traffic" }).Finding;
        Assert.That((finding.Verdict, finding.Statement), Is.EqualTo((Verdict.Inconclusive, finding.Statement)));
        Assert.That(finding.Statement, Does.Contain(says));
    }

    [Test]
    public async Task Unit_passes_without_the_device_when_a_forgotten_capture_is_added()
    {
        var (first, second) = (Draw(new Way("first", To: 2), "first.pcapng"), Draw(new Way("second", From: 2), "second.pcapng"));
        var run = Path.Combine(_folder.FullName, "run");
        var begun = await Dct.RunAsync("run", _recording.Declaration.Folder, "--out", run, "--pcap", first, "--offline");
        var before = Dct.Assessment(run);
        var added = await Dct.RunAsync("run", "--resume", run, "--offline", "--pcap", second);
        var after = Dct.Assessment(run);

        Assert.Multiple(() =>
        {
            Assert.That((begun.Code, added.Code), Is.EqualTo((2, 2)), begun.Text + added.Text);
            Assert.That((Sensitive(before), Sensitive(after)), Is.EqualTo((Verdict.Inconclusive, Verdict.Pass)));
            Assert.That(after.Traffic.SelectMany(traffic => traffic.Captures).Select(file => file.Name), Is.EqualTo(new[] { "first.pcapng", "second.pcapng" }), "they are one watching");
            Assert.That(after.Run.Health.Problems, Is.Empty);
        });

        // What the run has looked at may go, and may neither be missing nor another when further ones come.
        var third = Draw(new Way("third"), "third.pcapng");
        using var folder = RunFolder.Open(run);
        var declared = _recording.Declaration.Read();
        File.Delete(first);
        Assert.That(() => RunCaptures.With(declared, [third], folder), Throws.TypeOf<UsageException>().With.Message.Contains("first.pcapng does not exist"));
        File.Copy(third, first);
        Assert.That(() => RunCaptures.With(declared, [third], folder), Throws.TypeOf<UsageException>().With.Message.Contains("first.pcapng is not the capture of that name that the run has looked at"));
        File.Delete(first);
        Assert.That(RunCaptures.IsMore(RunCaptures.With(declared, [], folder).Lab.Captures, folder), Is.False, "nothing is looked at again");
    }

    private static Verdict Sensitive(Assessment assessment) => assessment.Units.Single(unit => unit.Id.ToString() == "5.8-2-2 a").Verdict;

    private async Task<List<(string Unit, Finding Finding)>> JudgeAsync(string file, string certificate)
    {
        var declared = _recording.Declaration.Read();
        if (certificate.Length > 0)
        {
            declared = declared with { Ixit = Pinned(declared.Ixit, certificate) };
        }

        var seen = await SpeakingVerdictTests.AskAsync(declared with { Lab = declared.Lab with { Captures = [file] } });
        return [.. SpeakingVerdictTests.Decide(declared, seen).SelectMany(unit => unit.Findings, (unit, finding) => (unit.Id.ToString(), finding))];
    }

    private static Ixit Pinned(Ixit ixit, string certificate) => ixit with
    {
        Tables =
        [
            .. ixit.Tables.Select(sheet => sheet with
            {
                Entries = [.. sheet.Entries.Select(entry => entry.Facts is ComMechFacts facts && entry.Id == "SecComMech-4" ? entry with { Facts = facts with { CertificateSha256 = [certificate] } } : entry)],
            }),
        ],
    };

    // Writes the recording again: each phase takes minutes, and some of it may be missing.
    private string Draw(Way way, string name)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.Delete(path);
        var clock = new Clock();
        using var reader = CaptureReader.Open(_recording.File);
        CaptureWriter? writer = null;
        try
        {
            var phase = -1;
            var frames = 0;
            while (reader.TryRead(out var frame))
            {
                writer ??= CaptureWriter.Create(path, new CaptureOrigin("lo", frame.Link, way.SnapLength, way.Filter ?? $"host {_recording.Device}"), clock: clock);
                var at = DateTimeOffset.UnixEpoch.AddTicks(frame.Nanoseconds / 100);
                var now = Math.Max(0, _recording.Phases.Count(one => one.From <= at) - 1);
                if (now < way.From || now >= way.To || (way.OneWay && !IsFromDevice(frame.Bytes)))
                {
                    continue;
                }

                if (now != phase)
                {
                    phase = now;
                    clock.Now = _begin.AddMinutes(way.Minutes * phase);
                    writer.BeginPhase(_recording.Phases[phase].Name == way.Unmarked ? "break" : _recording.Phases[phase].Name);
                }

                var time = _begin.AddMinutes(way.Minutes * phase) + (at - _recording.Phases[phase].From);
                clock.Now = time;
                writer.Write((time - DateTimeOffset.UnixEpoch).Ticks * 100, frame.Length, frame.Bytes);
                frames++;
            }

            if (way.Dropped is { } dropped)
            {
                writer!.Complete(new CaptureCounts(frames, dropped, 0));
            }
        }
        finally
        {
            writer?.Dispose();
        }

        return path;
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = _begin;

        public override DateTimeOffset GetUtcNow() => Now;
    }

    // Ethernet of loopback, IPv4.
    private bool IsFromDevice(ReadOnlySpan<byte> frame) => frame.Length > SourceAddress + 4 && new IPAddress(frame.Slice(SourceAddress, 4)).Equals(_recording.Device);
}
