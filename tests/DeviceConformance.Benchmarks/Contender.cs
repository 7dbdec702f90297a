using System.Diagnostics;
using System.Text.Json;

namespace DeviceConformance.Benchmarks;

/// <summary>A program that is run against a target.</summary>
/// <param name="Name">How it stands in the table.</param>
/// <param name="Command">Program and arguments.</param>
/// <param name="Read">Reads what it found from what it printed.</param>
/// <param name="Codes">Exit codes that mean that it ran; null: 0 only, empty: any.</param>
internal sealed record Contender(string Name, IReadOnlyList<string> Command, Func<string, Answer> Read, int[]? Codes = null)
{
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(5);

    /// <summary>Our own probe, by its question.</summary>
    public static Contender Ours(string name, params string[] question) =>
        new(name, OwnProcess.CommandFor(question), output => JsonSerializer.Deserialize<Answer>(output.Trim().Split('\n')[^1])!);

    /// <summary>Runs it once.</summary>
    public Go Run(Func<(long Packets, long Connections)> counters)
    {
        var before = counters();
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(Command[0], Command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(_longest))
        {
            process.Kill(entireProcessTree: true);
            return new Go(clock.Elapsed, new Answer([], $"did not end within {_longest.TotalMinutes:0} minutes"), 0, 0);
        }

        var elapsed = clock.Elapsed;
        var after = counters();
        var answer = (Codes ?? [0]) is { Length: 0 } || (Codes ?? [0]).Contains(process.ExitCode) ? Read(output.GetAwaiter().GetResult()) : new Answer([], $"failed: {errors.GetAwaiter().GetResult().Trim()}");
        return new Go(elapsed, answer, after.Packets - before.Packets, after.Connections - before.Connections);
    }
}

/// <summary>One run of a contender.</summary>
/// <param name="Wall">From the start of the process to its end.</param>
/// <param name="Answer">What it found.</param>
/// <param name="Packets">Packets that reached the target.</param>
/// <param name="Connections">Connections that the target accepted.</param>
internal sealed record Go(TimeSpan Wall, Answer Answer, long Packets, long Connections);
