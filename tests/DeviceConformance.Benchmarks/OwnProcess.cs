using System.Net;
using System.Text.Json;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Identification;
using DeviceConformance.Probing.PortSweep;
using DeviceConformance.Probing.UdpSweep;
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

    private static void Print(string[] found, string remark) => Console.WriteLine(JsonSerializer.Serialize(new Answer(found, remark)));

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
                    Print(
                        [.. seen.Open.Select(port => port.ToString())],
                        $"{seen.Seconds:0.00} s in the probe, coverage {(seen.Coverage.IsComplete ? "complete" : "PARTIAL: " + seen.Coverage.Statement)}");
                }

                return 0;
            case ["udp", var address, var seconds, var known]:
                using (var bench = new DutBench(IPAddress.Parse(address), [int.Parse(known)], LabLimits.Default with { UdpSeconds = int.Parse(seconds) }))
                {
                    var seen = await bench.SeeAsync(new UdpPortSweepProbe(), new UdpPortSweep(bench.Address));
                    Print([.. seen.Open.Select(open => open.Port.ToString())], seen.Summary);
                }

                return 0;
            case ["identify", var address, var list]:
                using (var bench = new DutBench(IPAddress.Parse(address), []))
                {
                    // As many at a time as a campaign asks.
                    using var places = new SemaphoreSlim(Campaign.ParallelReadOnly);
                    var seen = await Task.WhenAll(list.Split(',').Select(async port =>
                    {
                        await places.WaitAsync();
                        try
                        {
                            return await bench.SeeAsync(new ServiceIdentificationProbe(), new ServiceIdentification(bench.At(int.Parse(port))));
                        }
                        finally
                        {
                            places.Release();
                        }
                    }));
                    Print(
                        [.. seen.Where(service => service.Protocol is not (ServiceProtocol.Unknown or ServiceProtocol.Other)).Select(service => $"{service.Endpoint.Port}/{service.Protocol.ToString().ToLowerInvariant()}")],
                        $"{seen.Count(service => service.Coverage.IsComplete)} of {seen.Length} complete");
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
