using System.Text;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using NUnit.Framework;

namespace DeviceConformance.Tests.RunFolders;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RunFolderTests : IDisposable
{
    private static readonly DateTimeOffset _now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly DutAddress _address = DutAddress.Parse("192.0.2.7");
    private readonly DirectoryInfo _place = Directory.CreateTempSubdirectory("dct-run-");

    private string Folder => Path.Combine(_place.FullName, "run");

    private string Journal => Path.Combine(Folder, RunFolder.JournalName);

    public void Dispose() => _place.Delete(recursive: true);

    [Test]
    public void What_was_recorded_is_read_back_with_the_same_references()
    {
        EvidenceRef written;
        using (var run = Create())
        {
            written = run.Append(Sweep(80));
            run.End(new SessionEnd(_now, true));
        }

        using var read = RunFolder.Open(Folder);
        var asked = read.Observations.Ask(new TcpPortSweep(_address));
        Assert.That(asked.TryGet(out var ports, out var evidence));
        Assert.Multiple(() =>
        {
            Assert.That(ports.Open, Is.EqualTo(new[] { 80 }));
            Assert.That(evidence, Is.EqualTo(written));
            Assert.That(read.Problems, Is.Empty);
            Assert.That(read.IsProbingComplete);
        });
    }

    [Test]
    public void Requests_of_all_sessions_add_up()
    {
        PortRequests[] noted = [new(_address, Transport.Tcp, PortSet.Parse("1-65535", null), 1), new(_address, Transport.Udp, PortSet.Parse("53,161", null), 3)];
        using (var run = Create())
        {
            run.Append([.. noted]);
        }

        using (var resumed = RunFolder.OpenToAppend(Folder))
        {
            resumed.Append([new PortRequests(_address, Transport.Tcp, PortSet.Parse("443", null), 70)]);
            resumed.Append([]);
        }

        using var read = RunFolder.Open(Folder);
        Assert.That(PortRequests.Total(read.Requests), Is.EqualTo(new[]
        {
            noted[0] with { Ports = PortSet.Parse("1-442,444-65535", null) },
            new PortRequests(_address, Transport.Tcp, PortSet.Parse("443", null), 71),
            noted[1],
        }));
    }

    [Test]
    public void Every_kind_of_request_and_observation_survives_the_journal()
    {
        var bench = new TestCases.Bench(DeviceConformance.Model.Standard.StandardEdition.V3);
        var question = new OperatorQuestion(DeviceConformance.Model.Standard.TestUnitId.Parse("5.1-1-2 a"), "DUT");
        var answer = new OperatorAnswer(Verdict.Pass, "seen", "A. Tester", new DateOnly(2026, 11, 21), [new EvidenceRef("artefacts/x", "00")]) { Coverage = Coverage.Complete("looked") };
        var records = bench.Observations().Records.Select(entry => entry.Record)
            .Append(new ProbeRecord(question, new ProbeOutcome.Observed(answer), _now, _now, [new EvidenceRef("artefacts/x", "00")]))
            .Append(new ProbeRecord(new SshEnumeration(new Endpoint(_address, 22)), new ProbeOutcome.Unanswered(Silence.Refused, "refused"), _now, _now, []))
            .Append(new ProbeRecord(new SshEnumeration(new Endpoint(_address, 2222)), new ProbeOutcome.Observed(TestCases.Bench.Ssh("password")), _now, _now, []))
            .Append(new ProbeRecord(new ServiceIdentification(Endpoint.Parse("tcp/[fe80::1]:9")), new ProbeOutcome.NotRun(NotRunReason.DutGone, "gone"), _now, _now, []))
            .ToList();
        using (var run = Create())
        {
            foreach (var entry in records)
            {
                run.Append(entry);
            }
        }

        var before = File.ReadAllLines(Journal);
        using var read = RunFolder.Open(Folder);
        Assert.That(read.Observations.Requests, Is.EqualTo(records.Select(entry => entry.Request)));
        using var again = RunFolder.Create(Path.Combine(_place.FullName, "again"), Manifest(), []);
        again.Begin(new RunSession(_now, "test", "dct run", "host", true));
        foreach (var (entry, _) in read.Observations.Records)
        {
            again.Append(entry);
        }

        Assert.That(File.ReadAllLines(Path.Combine(again.Path, RunFolder.JournalName)), Is.EqualTo(before));
    }

    [Test]
    public void A_run_that_ended_suddenly_can_be_read_at_every_byte()
    {
        using (var run = Create())
        {
            run.Append(Sweep(80));
            run.Append(new ProbeRecord(new TlsEnumeration(new Endpoint(_address, 443)), new ProbeOutcome.Unanswered(Silence.NoReply, "silence"), _now, _now, []));
        }

        var whole = File.ReadAllBytes(Journal);
        var lines = Encoding.UTF8.GetString(whole).Split('\n');
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Journal, whole[..length]);
            using var read = RunFolder.Open(Folder);
            var complete = whole[..length].Count(value => value == (byte)'\n');
            Assert.That(read.Observations.Requests.Count(), Is.EqualTo(Math.Max(0, complete - 1)), $"at byte {length}");
            Assert.That(read.Problems.TrueForAll(problem => problem.Kind == HealthKind.Interrupted), $"at byte {length}");
        }

        Assert.That(lines, Has.Length.EqualTo(4));
    }

    [Test]
    public void An_interrupted_run_says_so_until_it_is_finished()
    {
        using (var run = Create())
        {
            run.Append(Sweep(80));
        }

        File.AppendAllText(Journal, "{\"seq\":9,\"prev");
        using (var read = RunFolder.Open(Folder))
        {
            Assert.That(read.Problems.Select(problem => problem.Kind), Is.EqualTo(new[] { HealthKind.Interrupted, HealthKind.Interrupted }));
        }

        using (var resumed = RunFolder.OpenToAppend(Folder))
        {
            resumed.Begin(new RunSession(_now, "test", "dct run --resume", "host", true));
            resumed.Append(new ProbeRecord(new TlsEnumeration(new Endpoint(_address, 443)), new ProbeOutcome.Unanswered(Silence.NoReply, "silence"), _now, _now, []));
            resumed.End(new SessionEnd(_now, true));
            Assert.That(resumed.Problems, Is.Empty);
        }

        using var finished = RunFolder.Open(Folder);
        Assert.That(finished.Problems, Is.Empty);
        Assert.That(finished.Observations.Requests.Count(), Is.EqualTo(2));
    }

    [Test]
    public void Answers_do_not_make_an_interrupted_run_look_finished()
    {
        using (var run = Create())
        {
            run.Append(Sweep(80));
        }

        using (var answers = RunFolder.OpenToAppend(Folder))
        {
            answers.Begin(new RunSession(_now, "test", "dct answer", "host", false));
            answers.End(new SessionEnd(_now, true));
        }

        using var read = RunFolder.Open(Folder);
        Assert.That(read.Problems.Select(problem => problem.Kind), Is.EqualTo(new[] { HealthKind.Interrupted }));
    }

    [Test]
    public void An_altered_or_removed_line_shows()
    {
        using (var run = Create())
        {
            run.Append(Sweep(80));
            run.Append(new ProbeRecord(new TlsEnumeration(new Endpoint(_address, 443)), new ProbeOutcome.Unanswered(Silence.NoReply, "silence"), _now, _now, []));
            run.End(new SessionEnd(_now, true));
        }

        var lines = File.ReadAllLines(Journal);
        File.WriteAllLines(Journal, lines.Select((line, index) => index == 1 ? line.Replace("\"open\":[80]", "\"open\":[]", StringComparison.Ordinal) : line));
        using (var altered = RunFolder.Open(Folder))
        {
            Assert.That(altered.Problems.Select(problem => problem.Kind), Is.EqualTo(new[] { HealthKind.Evidence }));
        }

        File.WriteAllLines(Journal, lines.Where((_, index) => index != 1));
        using var removed = RunFolder.Open(Folder);
        Assert.That(removed.Problems.Select(problem => problem.Kind), Is.EqualTo(new[] { HealthKind.Evidence }));
    }

    [Test]
    public void An_altered_or_missing_file_shows()
    {
        EvidenceRef kept;
        using (var run = RunFolder.Create(Folder, Manifest(), [new SourceFile("dut.yaml", RunFolder.Hash("a"u8), "a"u8.ToArray())]))
        {
            run.Begin(new RunSession(_now, "test", "dct run", "host", true));
            kept = run.Store("transcript"u8.ToArray(), "txt");
            run.End(new SessionEnd(_now, true));
            Assert.That(run.Excerpt(kept, 100), Is.EqualTo("transcript"));
        }

        File.AppendAllText(Path.Combine(Folder, kept.Address), "more");
        File.Delete(Path.Combine(Folder, RunFolder.DeclarationName, "dut.yaml"));
        using var read = RunFolder.Open(Folder);
        Assert.That(read.Problems.Select(problem => problem.Kind), Is.EqualTo(new[] { HealthKind.Evidence, HealthKind.Evidence }));
    }

    [Test]
    public void A_line_that_is_no_JSON_counts_as_missing_and_the_rest_is_read()
    {
        using (var run = Create())
        {
            run.Append(Sweep(80));
        }

        var lines = File.ReadAllLines(Journal);
        File.WriteAllLines(Journal, [lines[0], "not json", lines[1]]);
        using var read = RunFolder.Open(Folder);
        Assert.That(read.Observations.Requests.Count(), Is.EqualTo(1));
        Assert.That(read.Problems.Any(problem => problem.Kind == HealthKind.Evidence && problem.Text.Contains("observations.jsonl:2", StringComparison.Ordinal)));
    }

    [Test]
    public void A_folder_in_use_is_refused()
    {
        using var run = Create();
        Assert.Multiple(() =>
        {
            Assert.That(() => RunFolder.Create(Folder, Manifest(), []), Throws.TypeOf<RunFolderException>().With.Message.Contains("not empty"));
            Assert.That(() => RunFolder.OpenToAppend(Folder), Throws.TypeOf<RunFolderException>());
            Assert.That(() => RunFolder.Open(_place.FullName), Throws.TypeOf<RunFolderException>().With.Message.Contains("no run folder"));
        });
    }

    [Test]
    public void A_full_disk_loses_nothing_that_was_recorded()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("needs root on Linux to mount a small file system: sudo dotnet test");
        }

        var small = Path.Combine(_place.FullName, "small");
        Directory.CreateDirectory(small);
        Tool("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small);
        try
        {
            var recorded = 0;
            using (var run = RunFolder.Create(Path.Combine(small, "run"), Manifest(), []))
            {
                run.Begin(new RunSession(_now, "test", "dct run", "host", true));
                Assert.That(
                    () =>
                    {
                        while (recorded < 10000)
                        {
                            run.Append(Identification(recorded + 1));
                            recorded++;
                        }
                    },
                    Throws.TypeOf<RunFolderException>().With.Message.Contains("recorded before is kept"));
            }

            using var read = RunFolder.Open(Path.Combine(small, "run"));
            Assert.That(read.Observations.Records.Select(entry => entry.Record), Is.EqualTo(Enumerable.Range(1, recorded).Select(Identification)).Using<ProbeRecord>((left, right) => left.Request == right.Request && left.Outcome.Summary == right.Outcome.Summary));
            Assert.That(read.Problems.TrueForAll(problem => problem.Kind == HealthKind.Interrupted));
        }
        finally
        {
            Tool("umount", small);
        }
    }

    private static void Tool(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, program);
    }

    private static RunManifest Manifest() =>
        new(1, "run", _now, "00:00:00", "test", "V3.1.3", "1", "00", "dct run", "declaration", new SortedDictionary<string, string>(StringComparer.Ordinal), new SortedDictionary<string, string>(StringComparer.Ordinal));

    private static ProbeRecord Sweep(int port) =>
        new(new TcpPortSweep(_address), new ProbeOutcome.Observed(new TcpPortsSeen(_address, [port], 65534, 0, 0, 65535, 3, "connect") { Coverage = Coverage.Complete("all") }), _now, _now, []);

    private static ProbeRecord Identification(int port) =>
        new(new ServiceIdentification(new Endpoint(_address, port)), new ProbeOutcome.Unanswered(Silence.Refused, $"port {port} refused"), _now, _now, []);

    private RunFolder Create()
    {
        var run = RunFolder.Create(Folder, Manifest(), []);
        run.Begin(new RunSession(_now, "test", "dct run", "host", true));
        return run;
    }
}
