using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Reports;
using DeviceConformance.Reporting.Json;

namespace DeviceConformance.Tests.EndToEnd;

/// <summary>The tool as a process of its own, as a laboratory starts it.</summary>
internal sealed class Dct : IDisposable
{
    // Far above what any run here takes: a tool that hangs must not hang the tests.
    private static readonly TimeSpan _deadline = TimeSpan.FromMinutes(4);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private Dct(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The tool's assembly beside the tests.</summary>
    public static string Assembly { get; } = Path.Combine(AppContext.BaseDirectory, "dct.dll");

    /// <summary>Runs the tool to its end.</summary>
    public static async Task<DctResult> RunAsync(params string[] arguments)
    {
        using var dct = Start(arguments);
        return await dct.EndAsync();
    }

    /// <summary>Starts the tool.</summary>
    public static Dct Start(params string[] arguments) => new(Described("dotnet", [Assembly, .. arguments]));

    /// <summary>Starts the tool by a line of shell, in which <c>$dct</c> stands for it.</summary>
    public static Dct StartInShell(string line) => new(Described("sh", ["-c", $"dct='dotnet {Assembly}'; {line}"]));

    /// <summary>Sends a signal, as in <c>INT</c> or <c>KILL</c>.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Types a line on its console.</summary>
    public void Type(string line) => _process.StandardInput.WriteLine(line);

    /// <summary>Waits until it has printed something.</summary>
    /// <exception cref="InvalidOperationException">It ended before.</exception>
    public async Task AwaitAsync(string words)
    {
        using var deadline = new CancellationTokenSource(_deadline);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!Printed().Contains(words, StringComparison.Ordinal))
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"dct ended before it printed '{words}': {Printed()}");
            }

            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }

    /// <summary>Waits for the end.</summary>
    public async Task<DctResult> EndAsync()
    {
        using var deadline = new CancellationTokenSource(_deadline);
        var started = Stopwatch.GetTimestamp();
        await _process.WaitForExitAsync(deadline.Token);
        lock (_output)
        {
            return new DctResult(_process.ExitCode, _output.ToString(), _errors.ToString(), Stopwatch.GetElapsedTime(started));
        }
    }

    /// <summary>The assessment that a run folder holds.</summary>
    public static Assessment Assessment(string run)
    {
        using var stream = File.OpenRead(Path.Combine(run, "assessment.json"));
        return AssessmentJson.Read(stream);
    }

    /// <summary>Requests that were asked again although the journal of the run held a complete answer; time-limited sweeps are continued.</summary>
    public static IEnumerable<string> RequestsAskedTwice(string run) =>
        File.ReadLines(Path.Combine(run, RunFolder.JournalName))
            .Select(line => JsonNode.Parse(line)?["record"])
            .Where(record => record?["request"] is not null)
            .GroupBy(record => record!["request"]!.ToJsonString())
            .Where(asked => asked.SkipLast(1).Any(record => record!["outcome"]?["observation"]?["coverage"]?["isComplete"]?.GetValue<bool>() != false))
            .Select(asked => asked.Key);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static ProcessStartInfo Described(string program, IEnumerable<string> arguments) =>
        new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };

    private string Printed()
    {
        lock (_output)
        {
            return $"{_output}{_errors}";
        }
    }

    private void Append(StringBuilder text, string? line)
    {
        // The end of the stream comes as null.
        lock (_output)
        {
            text.Append(line is null ? "" : $"{line}\n");
        }
    }
}

/// <summary>How the tool ended.</summary>
/// <param name="Code">Exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error.</param>
/// <param name="Elapsed">How long it took from when its end was waited for.</param>
internal sealed record DctResult(int Code, string Output, string Errors, TimeSpan Elapsed)
{
    /// <summary>All that it printed.</summary>
    public string Text => Output + Errors;
}
