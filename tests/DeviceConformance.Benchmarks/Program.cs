using DeviceConformance.Benchmarks;
using DeviceConformance.Benchmarks.Capture;
using DeviceConformance.Benchmarks.Identify;
using DeviceConformance.Benchmarks.Ssh;
using DeviceConformance.Benchmarks.Sweep;
using DeviceConformance.Benchmarks.Tls;
using DeviceConformance.Benchmarks.Udp;

// To add a comparison: a file that makes its targets and contenders, and a line here.
Comparison[] comparisons =
    [SweepComparison.Comparison, UdpComparison.Comparison, IdentifyComparison.Comparison, TlsComparison.Comparison, SshComparison.Comparison, CaptureComparison.Comparison];

if (args is ["ask", .. var question])
{
    // What a comparison runs as a process of its own, so that the start of .NET counts like that of the other tools.
    return await OwnProcess.AnswerAsync(question);
}

var comparison = comparisons.FirstOrDefault(comparison => args is [var name, ..] && comparison.Name == name);
if (comparison is null)
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project tests/DeviceConformance.Benchmarks -- COMPARISON [--rounds N] [--only WORD] [--full]");
    foreach (var known in comparisons)
    {
        Console.Error.WriteLine($"  {known.Name,-10} {known.Does}");
    }

    return 64;
}

return await comparison.RunAsync(Options.Parse(args[1..]));
