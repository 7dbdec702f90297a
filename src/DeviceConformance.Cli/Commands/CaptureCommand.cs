using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using DeviceConformance.Probing.Capture;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Cli.Commands;

/// <summary><c>dct capture</c>: records what passes an interface.</summary>
internal static partial class CaptureCommand
{
    public static Command Build()
    {
        var from = new Option<string>("--interface", "-i") { Description = "Interface to listen on; on Linux 'any' stands for all.", Required = true };
        var output = new Option<string>("--out", "-o") { Description = "File to write, pcapng. An existing one is never replaced.", Required = true };
        var filter = new Option<string>("--filter", "-f") { Description = "What to record, as for tcpdump: 'host 192.0.2.7'. Default: everything.", DefaultValueFactory = _ => "" };
        var ring = new Option<string?>("--ring") { Description = "SIZExN: files of this size (KB, MB, GB), of which the newest N stay: 100MBx20." };
        var seconds = new Option<double?>("--seconds") { Description = "Ends after so many seconds. Default: Ctrl-C or SIGTERM ends." };
        var phase = new Option<string?>("--phase") { Description = "Phase that the recording begins in: start-up, idle, in use, update, outage ..." };
        var command = new Command(
            "capture",
            """
            Records what passes an interface into a pcapng file, and sends nothing. When the device enters another phase, type its name
            and Enter: the file says when which phase began, and so do reports. A script writes the names to standard input.

            Needs root, or once: sudo setcap cap_net_raw,cap_net_admin=eip PATH/TO/dct. Without libpcap a packet socket records (Linux),
            and there are no filters.

            Example: dct capture --interface eth1 --out heater.pcapng --filter 'ether host 02:00:5e:10:00:01' --phase start-up
            """)
        { from, output, filter, ring, seconds, phase };
        command.SetAction((parsed, cancellationToken) =>
        {
            var settings = new CaptureSettings(parsed.GetValue(from)!, parsed.GetValue(filter)!);
            return RecordAsync(settings, parsed.GetValue(output)!, ParseRing(parsed.GetValue(ring)), ParseSeconds(parsed.GetValue(seconds)), ParsePhase(parsed.GetValue(phase)), cancellationToken);
        });
        return command;
    }

    /// <summary>Begins to record; what can not begin is said as this tool says it.</summary>
    /// <exception cref="UsageException">Interface, filter or file are not as they should be.</exception>
    /// <exception cref="LabFaultException">The process may not, or can not.</exception>
    public static CaptureRecorder Start(CaptureSettings settings, string file, CaptureRing? ring = null, string? phase = null)
    {
        try
        {
            return CaptureRecorder.Start(settings, file, ring, phase);
        }
        catch (CaptureRefusedException refused)
        {
            throw refused.Refusal is CaptureRefusal.Interface or CaptureRefusal.Filter ? new UsageException(refused.Message) : new LabFaultException(refused.Message);
        }
        catch (CaptureFileException fault)
        {
            throw new UsageException(fault.Message);
        }
    }

    /// <summary>Prints what a recording brought and how to read it.</summary>
    /// <param name="summary">What it brought.</param>
    /// <param name="dut">The device in it, where that is known.</param>
    /// <returns>The exit code.</returns>
    public static int Show(RecordingSummary summary, IPAddress? dut = null)
    {
        var files = string.Join(' ', summary.Files.Select(file => file.Contains(' ', StringComparison.Ordinal) ? $"'{file}'" : file));
        Console.Out.WriteLine($"Recorded {summary.Frames} frames, {summary.Bytes} bytes; lost {summary.Counts.Lost}.");
        if (summary.DeletedFiles > 0)
        {
            Console.Out.WriteLine($"The ring was full: its {summary.DeletedFiles} oldest files were deleted, {summary.Files.Length} are left.");
        }

        if (summary.Counts.Lost > 0)
        {
            Console.Out.WriteLine($"{summary.Counts.Dropped} frames were lost for want of buffer, {summary.Counts.InterfaceDropped} by the interface: what this recording does not show may still have been said. A filter helps.");
        }

        Console.Out.WriteLine($"Read it: dct observe traffic {files}{(dut is null ? "" : $" --dut {dut}")}");
        if (summary.Fault.Length == 0)
        {
            return ExitCode.Pass;
        }

        Console.Error.WriteLine($"dct: the recording ended early: {summary.Fault}");
        return ExitCode.Fault;
    }

    /// <summary>Reads SIZExN.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    internal static CaptureRing? ParseRing(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var match = RingPattern().Match(text);
        if (match.Success && long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, null, out var size) && int.TryParse(match.Groups[3].ValueSpan, NumberStyles.None, null, out var files))
        {
            var unit = match.Groups[2].Value.ToUpperInvariant() switch { "KB" => 1L << 10, "MB" => 1L << 20, "GB" => 1L << 30, _ => 1 };
            if (files >= 1 && size <= long.MaxValue / unit && size * unit >= CaptureRing.LeastFileBytes)
            {
                return new CaptureRing(size * unit, files);
            }
        }

        throw new UsageException($"'{text}' is no ring; write the size of a file, at least 4KB, and their number: 100MBx20.");
    }

    private static TimeSpan ParseSeconds(double? seconds) => seconds switch
    {
        null => Timeout.InfiniteTimeSpan,
        > 0 and <= 1_000_000 => TimeSpan.FromSeconds(seconds.Value),
        _ => throw new UsageException("--seconds takes a number above 0, at most 1000000."),
    };

    private static string? ParsePhase(string? name) => name is null || name.Any(letter => !char.IsControl(letter) && letter != ' ') ? name : throw new UsageException("--phase needs a name.");

    private static async Task<int> RecordAsync(CaptureSettings settings, string file, CaptureRing? ring, TimeSpan time, string? phase, CancellationToken cancellationToken)
    {
        using var recorder = Start(settings, file, ring, phase);
        Console.Out.WriteLine($"Recording {settings.Interface} by {recorder.Method}{(phase is null ? "" : $", phase {phase}")}. Type the name of a phase and Enter when it begins; Ctrl-C ends.");
        // Reading the console can not be given up: a thread that the process does not wait for.
        new Thread(() => SwitchPhases(recorder)) { IsBackground = true, Name = "phases" }.Start();
        try
        {
            await recorder.Ended.WaitAsync(time, cancellationToken);
        }
        catch (Exception over) when (over is TimeoutException or OperationCanceledException)
        {
            // The time is over, or somebody ends it: both are how it should end.
        }

        return Show(await recorder.StopAsync());
    }

    private static void SwitchPhases(CaptureRecorder recorder)
    {
        try
        {
            while (!recorder.Ended.IsCompleted && Console.In.ReadLine() is { } line)
            {
                if (line.Any(letter => !char.IsControl(letter) && letter != ' '))
                {
                    recorder.BeginPhase(line);
                    Console.Out.WriteLine($"phase: {line.Trim()}");
                }
            }
        }
        catch (Exception ended) when (ended is CaptureFileException or ObjectDisposedException)
        {
            // The recording has ended meanwhile, and says why itself.
        }
    }

    [GeneratedRegex(@"^([0-9]{1,15})(B|KB|MB|GB)?x([0-9]{1,6})$", RegexOptions.IgnoreCase)]
    private static partial Regex RingPattern();
}
