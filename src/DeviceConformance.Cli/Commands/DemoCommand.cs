using System.CommandLine;
using System.Diagnostics;
using DeviceConformance.Cli.Emulation;
using DeviceConformance.Cli.Runs;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Cli.Commands;

/// <summary><c>dct demo</c>: an emulated device is assessed from declaration to report.</summary>
internal static class DemoCommand
{
    private const DeviceFaults Weaknesses = DeviceFaults.TelnetOpen | DeviceFaults.ObsoleteTls | DeviceFaults.OpenStatus | DeviceFaults.UpdateDowngrade;

    public static Command Build()
    {
        var sound = new Option<bool>("--sound") { Description = "The device without faults." };
        var faults = new Option<string[]>("--fault") { Description = "Faults of the device instead of the usual few; 'dct emulate --list' names them.", AllowMultipleArgumentsPerToken = true };
        var edition = Inputs.Edition("V3.1.3");
        var output = new Option<string?>("--out", "-o") { Description = "Run folder to create. Default: a new one below 'reports/runs'." };
        var quiet = Inputs.Quiet();
        var command = new Command(
            "demo",
            """
            Starts an emulated gas water heater with a few weaknesses on loopback, assesses it and writes the reports. Needs no rights
            and no network. Exits with 0 when the demo itself worked, whatever the verdict.

            Example: dct demo --sound
            """)
        { sound, faults, edition, output, quiet };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var chosen = parsed.GetValue(sound) ? DeviceFaults.None : parsed.GetValue(faults) is { Length: > 0 } names ? EmulateCommand.ParseFaults(names) : Weaknesses;
            return await DemoAsync(chosen, Inputs.ParseEdition(parsed.GetValue(edition)!), parsed.GetValue(output), parsed.GetValue(quiet), Inputs.CommandLine(parsed), cancellationToken);
        });
        return command;
    }

    private static async Task<int> DemoAsync(DeviceFaults faults, StandardEdition edition, string? output, bool quiet, string command, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var folder = output ?? Path.Combine("reports", "runs", $"{DateTimeOffset.UtcNow:yyyyMMdd-HHmmss}-demo");
        var source = Directory.CreateTempSubdirectory("dct-demo-");
        try
        {
            var offset = DemoDeclaration.FreeOffset();
            DemoDeclaration.Write(source.FullName, edition, offset, faults);
            await using var device = await EmulatedDevice.StartAsync(
                new EmulatedDeviceOptions { PortOffset = offset, Faults = faults, UpdateServer = DemoDeclaration.UpdateServer(offset) }, cancellationToken);
            Console.Out.WriteLine(faults == DeviceFaults.None
                ? "The emulated water heater is running without faults."
                : $"The emulated water heater is running with these faults: {string.Join(", ", DeviceFault.NamesOf(faults))}.");
            if (Inputs.ReadDeclaration(source.FullName, showComplaints: true) is not { } declared)
            {
                return ExitCode.BadDeclaration;
            }

            // On a host without IPv6 the device has its IPv4 address only.
            declared = declared with { Dut = declared.Dut with { Samples = declared.Dut.Samples.SetItem(0, declared.Dut.Samples[0] with { Addresses = [.. declared.Dut.Samples[0].Addresses.Where(address => device.Addresses.Contains(address.Address))] }) } };
            using var run = RunSessionRunner.Create(folder, declared, command);
            var assessment = await RunCommand.CompleteAsync(run, declared, command, Path.Combine(source.FullName, AnswerFile.Name), isOffline: false, quiet, cancellationToken);
            RunCommand.Show(run, assessment);
            Console.Out.WriteLine(
                $"""

                The demo took {clock.Elapsed.TotalSeconds:0} s. Open the report in a browser. For a device of your own:
                  dct init my-device        writes the forms; then dct check, dct plan and dct run my-device
                  (from the source tree: dotnet run --project src/DeviceConformance.Cli -- init my-device)
                """);
            return Worked(assessment, faults) ? ExitCode.Pass : ExitCode.Fault;
        }
        finally
        {
            source.Delete(recursive: true);
        }
    }

    // The demo works when the harness was well and found fault exactly where there is one.
    private static bool Worked(Assessment assessment, DeviceFaults faults) =>
        assessment.Run.Health.IsSound && (assessment.Overall.Verdict == Verdict.Fail) == (faults != DeviceFaults.None);
}
