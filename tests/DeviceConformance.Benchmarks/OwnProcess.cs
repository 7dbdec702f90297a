using System.Net;
using System.Text.Json;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.PortSweep;
using DeviceConformance.Tests.Lab;

namespace DeviceConformance.Benchmarks;

/// <summary>Asks one of our probes in a process of its own.</summary>
internal static class OwnProcess
{
    /// <summary>Command line that has this program ask a question.</summary>
    public static IReadOnlyList<string> CommandFor(params string[] question) =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Environment.ProcessPath!, typeof(OwnProcess).Assembly.Location, "ask", .. question]
            : [Environment.ProcessPath!, "ask", .. question];

    /// <summary>Asks and prints a line of JSON.</summary>
    public static async Task<int> AnswerAsync(string[] question)
    {
        switch (question)
        {
            case ["sweep", var address, var method, var pace, var known]:
                var limits = pace == "fast" ? LabLimits.Fast : LabLimits.Default;
                using (var bench = new DutBench(IPAddress.Parse(address), [int.Parse(known)], limits, sweepMethod: Enum.Parse<SweepMethod>(method, ignoreCase: true)))
                {
                    var seen = await bench.SeeAsync(new TcpPortSweepProbe(), new TcpPortSweep(bench.Address));
                    Console.WriteLine(JsonSerializer.Serialize(new Answer(
                        [.. seen.Open.Select(port => port.ToString())],
                        $"{seen.Seconds:0.00} s in the probe, coverage {(seen.Coverage.IsComplete ? "complete" : "PARTIAL: " + seen.Coverage.Statement)}")));
                }

                return 0;
            default:
                Console.Error.WriteLine($"unknown question: {string.Join(' ', question)}");
                return 64;
        }
    }
}

/// <summary>What a process of our own prints.</summary>
internal sealed record Answer(string[] Found, string Remark);
