using System.Diagnostics;
using System.Net.Sockets;
using DeviceConformance.Probing.Capture;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Tests.Lab;

namespace DeviceConformance.Benchmarks.Capture;

/// <summary><c>dct capture</c> and dumpcap record the same flood of small frames on a veth pair, one after the other.</summary>
internal static class CaptureComparison
{
    private const int Rate = 200_000;
    private const int Seconds = 5;
    private const int FrameLength = 60;
    // A protocol for experiments (IEEE 802): no stack takes time for it.
    private const string Filter = "ether proto 0x88b5";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    public static Comparison Comparison { get; } = new("capture", $"live capture of {Rate} frames a second: dct capture, dumpcap", RunAsync);

    private static async Task<int> RunAsync(Options options)
    {
        (string Name, string Ready, Func<string, string, string[]> Command)[] contenders =
        [
            ("dct capture", "Recording", (link, file) => ["dotnet", Path.Combine(AppContext.BaseDirectory, "dct.dll"), "capture", "-i", link, "-o", file, "-f", Filter]),
            ("dumpcap", "File:", (link, file) => ["dumpcap", "-q", "-i", link, "-w", file, "-f", Filter]),
            ("dumpcap -B 64", "File:", (link, file) => ["dumpcap", "-q", "-B", "64", "-i", link, "-w", file, "-f", Filter]),
        ];
        Console.WriteLine("| | round | frames sent | a second | recorded | missing | said to be lost | CPU s of the recorder | load of the host |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var contender in contenders.Where(one => one.Name.Contains(options.Only, StringComparison.OrdinalIgnoreCase)))
            {
                Console.WriteLine($"| {contender.Name} | {round} {await RunAsync(contender.Ready, contender.Command)}");
            }
        }

        return 0;
    }

    private static async Task<string> RunAsync(string ready, Func<string, string, string[]> command)
    {
        var folder = Directory.CreateTempSubdirectory("dct-capture-").FullName;
        try
        {
            using var device = NetworkNamespace.CreateOrSkip();
            var file = Path.Combine(folder, "a.pcapng");
            var words = command(device.HostLink, file);
            using var recorder = Process.Start(new ProcessStartInfo(words[0], words.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
            try
            {
                var begun = new TaskCompletionSource();
                void Look(object _, DataReceivedEventArgs line)
                {
                    if (line.Data?.StartsWith(ready, StringComparison.Ordinal) == true)
                    {
                        begun.TrySetResult();
                    }
                }

                recorder.OutputDataReceived += Look;
                recorder.ErrorDataReceived += Look;
                recorder.BeginOutputReadLine();
                recorder.BeginErrorReadLine();
                await begun.Task.WaitAsync(_patience);
                var load = (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0];
                var (sent, elapsed) = Flood(device);
                // Both take what is in the buffer before they end.
                await Task.Delay(TimeSpan.FromSeconds(1));
                recorder.Refresh();
                var busy = recorder.TotalProcessorTime;
                using (var interrupt = Process.Start("kill", ["-INT", $"{recorder.Id}"]))
                {
                    await interrupt.WaitForExitAsync();
                }

                await recorder.WaitForExitAsync().WaitAsync(_patience);
                using var reader = CaptureReader.Open(file);
                while (reader.TryRead(out _))
                {
                }

                return $"| {sent} | {sent / elapsed.TotalSeconds:0} | {reader.Frames} | {sent - reader.Frames} | {reader.Dropped} | {busy.TotalSeconds:0.00} | {load} |";
            }
            finally
            {
                if (!recorder.HasExited)
                {
                    recorder.Kill();
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // A thousand times a second the frames of a millisecond; who was late catches up, so that the rate holds on the whole.
    private static (int Sent, TimeSpan Elapsed) Flood(NetworkNamespace device)
    {
        using var socket = device.InDeviceNetwork(() => new Socket(AddressFamily.Packet, SocketType.Raw, 0));
        var address = new LinkEndPoint(int.Parse(device.Run("ip", "-o", "link", "show", "eth0").Split(':')[0]), 0).Serialize();
        var frame = new byte[FrameLength];
        frame.AsSpan(0, 6).Fill(0xff);
        (frame[6], frame[12], frame[13]) = (2, 0x88, 0xb5);
        var clock = Stopwatch.StartNew();
        var sent = 0;
        while (sent < Rate * Seconds)
        {
            var due = Math.Min(Rate * Seconds, (int)(clock.Elapsed.TotalSeconds * Rate));
            for (; sent < due; sent++)
            {
                socket.SendTo(frame, SocketFlags.None, address);
            }

            Thread.SpinWait(50);
        }

        return (sent, clock.Elapsed);
    }
}
