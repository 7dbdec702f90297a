using System.Diagnostics;
using System.Globalization;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Packets;
using DeviceConformance.Probing.Traffic;
using DeviceConformance.Tests.Traffic;

namespace DeviceConformance.Benchmarks.Traffic;

/// <summary>
/// One generated capture, read from the page cache by <c>cat</c>, decoded to the ports, analysed in full, and asked the same questions by tshark.
/// Each is a process of its own whose time and peak memory are taken; rounds are interleaved.
/// </summary>
internal static class TrafficComparison
{
    private const int Seed = 20261121;
    private const int Mebibyte = 1 << 20;
    private const string Shark = "tshark: conversations, names, SNI, fields";
    private const string Full = "full analysis, with SHA-256";
    private const string Plain = "full analysis, without";

    // Together 240 MB of messages that are never whole.
    private const int HostileConnections = 4000;

    public static Comparison Comparison { get; } = new("traffic", "a capture: cat, decoding, analysis, tshark; --mebibytes N, --hours N, --only WORD; --full: with tshark for captures above 512 MiB, and with a hostile one", Run);

    /// <summary>What a process of our own does.</summary>
    public static int Ask(string what, string file)
    {
        var clock = Stopwatch.StartNew();
        if (what == "decode")
        {
            var (frames, bytes, ports) = (0L, 0L, 0L);
            using var reader = CaptureReader.Open(file);
            while (reader.TryRead(out var frame))
            {
                PacketDecoder.Decode(frame, out var packet);
                frames++;
                bytes += packet.PayloadLength;
                ports += packet.Outcome == DecodeOutcome.Transport ? 1 : 0;
            }

            Console.WriteLine($"{frames} frames, {ports} with ports, {bytes} bytes of payload, {clock.Elapsed.TotalSeconds:0.000} s inside");
            return 0;
        }

        var subject = new TrafficSubject([LinkAddress.Read(DayOfTraffic.DutMac)], []);
        var seen = what == "analyse" ? TrafficAnalysis.Analyse([file], subject, CancellationToken.None) : TrafficAnalysis.Analyse([file], subject, (_, _) => "", CancellationToken.None);
        Console.WriteLine($"{seen.Summary}; {seen.Conversations.Sum(row => row.Connections)} connections, {seen.NameQueries.Sum(query => query.Count)} questions, {seen.Tally.Evicted} given up, {clock.Elapsed.TotalSeconds:0.000} s inside; {seen.Coverage.Statement}");
        return 0;
    }

    private static Task<int> Run(Options options)
    {
        var folder = Directory.CreateTempSubdirectory("dct-benchmark-").FullName;
        try
        {
            var file = Path.Combine(folder, "day.pcap");
            var day = new DayOfTraffic(Seed);
            using (var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, 0))
            {
                day.Write(stream, (long)options.Number("--mebibytes", 256) * Mebibyte, TimeSpan.FromHours(options.Number("--hours", 24)));
            }

            var length = new FileInfo(file).Length;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{day.FrameCount} frames, {day.DutFrames} of the device, {length} bytes, seed {Seed}; load {File.ReadAllText("/proc/loadavg").Trim()}"));
            var withShark = options.Full || length <= 512L * Mebibyte;
            var contenders = new List<(string Name, string[] Command)>
            {
                ("cat", ["sh", "-c", "exec cat \"$0\" > /dev/null", file]),
                ("decode to the ports", [.. OwnProcess.CommandFor("traffic", "decode", file)]),
                (Full, [.. OwnProcess.CommandFor("traffic", "analyse", file)]),
                (Plain, [.. OwnProcess.CommandFor("traffic", "analyse-without-checksum", file)]),
            };
            if (options.Full)
            {
                var hostile = Path.Combine(folder, "hostile.pcap.gz");
                HostileTraffic.Write(hostile, HostileConnections);
                contenders.Add(("a capture made to fill memory", [.. OwnProcess.CommandFor("traffic", "analyse", hostile)]));
            }

            if (withShark)
            {
                contenders.Add((Shark,
                [
                    "tshark", "-n", "-r", file, "-z", "conv,tcp", "-z", "conv,udp", "-Y", "dns || tls.handshake || http.request || ntp || dhcp || mdns", "-T", "fields",
                    .. new[] { "frame.number", "ip.src", "ip.dst", "dns.qry.name", "tls.handshake.extensions_server_name", "tls.handshake.ciphersuite", "tls.handshake.version", "http.request.method", "http.host", "ntp.flags.mode", "dhcp.option.hostname" }.SelectMany(field => new[] { "-e", field }),
                ]));
            }

            // Once to have it in the page cache.
            Measure(contenders[0].Command);
            var runs = contenders.ToDictionary(contender => contender.Name, _ => new List<Measured>());
            for (var round = 0; round < options.Rounds; round++)
            {
                foreach (var (name, command) in contenders.Where(contender => contender.Name.Contains(options.Only, StringComparison.Ordinal) || contender.Name == "cat"))
                {
                    var run = Measure(command);
                    runs[name].Add(run);
                    Console.Error.WriteLine($"  round {round + 1}, {name}: {run.Wall:0.000} s, {run.PeakKibibytes / 1024} MiB. {run.Said}");
                }
            }

            Console.WriteLine("\n| | wall s, median (min-max) | MB/s | times cat | peak MiB |\n| --- | ---: | ---: | ---: | ---: |");
            var cat = Median(runs["cat"]);
            foreach (var (name, list) in runs.Where(run => run.Value.Count > 0))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {Median(list):0.000} ({list.Min(run => run.Wall):0.000}-{list.Max(run => run.Wall):0.000}) | {length / Median(list) / 1e6:0} | {Median(list) / cat:0.0} | {list.Max(run => run.PeakKibibytes) / 1024} |"));
            }

            if (runs.TryGetValue(Shark, out var shark) && shark.Count > 0)
            {
                foreach (var name in new[] { Full, Plain }.Where(name => runs[name].Count > 0))
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\ntshark, which makes no checksum, takes {Median(shark) / Median(runs[name]):0.0} times as long as the {name}."));
                }
            }

            return Task.FromResult(0);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static double Median(List<Measured> runs) => runs.Select(run => run.Wall).Order().ElementAt((runs.Count - 1) / 2);

    // The peak of a process that has ended is known to its parent only; GNU time is not everywhere, so it is looked at while it runs.
    private static Measured Measure(string[] command)
    {
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = Task.Run(() => LastLine(process.StandardOutput));
        var peak = 0L;
        while (!process.WaitForExit(20))
        {
            peak = Math.Max(peak, PeakOf(process.Id));
        }

        process.WaitForExit();
        var wall = clock.Elapsed.TotalSeconds;
        return process.ExitCode == 0 ? new Measured(wall, peak, output.GetAwaiter().GetResult()) : throw new InvalidOperationException($"{command[0]}: {errors.GetAwaiter().GetResult()}");
    }

    private static string LastLine(StreamReader reader)
    {
        var last = "";
        while (reader.ReadLine() is { } line)
        {
            last = line;
        }

        return last;
    }

    private static long PeakOf(int process)
    {
        try
        {
            return File.ReadLines($"/proc/{process}/status").Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)).FirstOrDefault();
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return 0;
        }
    }

    private sealed record Measured(double Wall, long PeakKibibytes, string Said);
}
