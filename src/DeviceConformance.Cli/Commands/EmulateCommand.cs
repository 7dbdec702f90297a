using System.CommandLine;
using System.Net;
using DeviceConformance.Cli.Emulation;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;

namespace DeviceConformance.Cli.Commands;

/// <summary><c>dct emulate</c>: the emulated device by itself, for trying out runs and for CI.</summary>
internal static class EmulateCommand
{
    public static Command Build()
    {
        var faults = new Option<string[]>("--fault") { Description = "Faults of the device; --list names them.", AllowMultipleArgumentsPerToken = true };
        var offset = new Option<int>("--port-offset") { Description = "Added to every port of the device." };
        var addresses = new Option<string[]>("--address") { Description = "Addresses to listen on. Default: 127.0.0.1 and ::1.", AllowMultipleArgumentsPerToken = true };
        var list = new Option<bool>("--list") { Description = "List the faults and end." };
        var cycle = new Option<bool>("--cycle") { Description = "The device speaks by itself: start-up, idle, in use, update, outage of the cloud. Ends after one round." };
        var hurry = new Option<bool>("--hurry") { Description = "With --cycle: seconds in place of minutes." };
        var record = new Option<string?>("--record") { Description = "With --cycle: record what the device sends and receives on loopback into this pcapng file, with its phases. Needs the rights of 'dct capture'." };
        var command = new Command(
            "emulate",
            """
            Runs the emulated gas water heater until Ctrl-C. Its declaration: dct init heater --template water-heater

            Example: dct emulate --fault telnet-open obsolete-tls

            With --cycle it talks with a stand-in of its cloud on 127.0.2.1 to 127.0.2.10, from 127.0.1.1 unless --address names another.
            Example: dct emulate --cycle --hurry --fault telemetry-clear --record heater.pcapng
            """)
        { faults, offset, addresses, cycle, hurry, record, list };
        command.SetAction(async (parsed, cancellationToken) => parsed.GetValue(list)
            ? List()
            : parsed.GetValue(cycle)
            ? await SpeakingCycle.RunAsync(ParseFaults(parsed.GetValue(faults) ?? [], speaks: true), parsed.GetValue(offset), parsed.GetValue(addresses) ?? [], parsed.GetValue(hurry), parsed.GetValue(record), cancellationToken)
            : parsed.GetValue(hurry)
            ? throw new UsageException("--hurry needs --cycle.")
            : parsed.GetValue(record) is not null
            ? throw new UsageException("--record needs --cycle: a device that is asked nothing says nothing without it.")
            : await EmulateAsync(ParseFaults(parsed.GetValue(faults) ?? []), parsed.GetValue(offset), parsed.GetValue(addresses) ?? [], cancellationToken));
        return command;
    }

    /// <summary>Reads names of faults; <c>all</c> stands for those that show, whether the device speaks or not.</summary>
    /// <exception cref="UsageException">A name is unknown, or names a fault that shows only when the device speaks.</exception>
    public static DeviceFaults ParseFaults(IReadOnlyCollection<string> names, bool speaks = false)
    {
        if (!DeviceFault.TryParse(names, out var faults, out var unknown))
        {
            throw new UsageException($"the emulated device has no fault '{unknown}'; 'dct emulate --list' names them.");
        }

        if (speaks)
        {
            return faults;
        }

        return DeviceFault.All.FirstOrDefault(fault => fault.NeedsSpeaking && names.Contains(fault.Name)) is { } silent
            ? throw new UsageException($"the fault '{silent.Name}' shows only when the device speaks by itself: dct emulate --cycle --fault {silent.Name}")
            : DeviceFault.All.Where(fault => fault.NeedsSpeaking).Aggregate(faults, (sum, fault) => sum & ~fault.Flag);
    }

    public static IPAddress ParseAddress(string text) => IPAddress.TryParse(text, out var address) ? address : throw new UsageException($"'{text}' is no IP address.");

    private static int List()
    {
        foreach (var fault in DeviceFault.All)
        {
            Console.Out.WriteLine($"{fault.Name,-24} {fault.Finding}{(fault.NeedsSpeaking ? "; with --cycle" : "")}");
        }

        return ExitCode.Pass;
    }

    private static async Task<int> EmulateAsync(DeviceFaults faults, int offset, string[] addresses, CancellationToken cancellationToken)
    {
        var options = new EmulatedDeviceOptions { Faults = faults, PortOffset = offset, UpdateServer = DemoDeclaration.UpdateServer(offset), Log = Console.Out.WriteLine };
        if (addresses.Length > 0)
        {
            options = options with { Addresses = [.. addresses.Select(ParseAddress)] };
        }

        await using var device = await EmulatedDevice.StartAsync(options, cancellationToken);
        foreach (var port in device.Ports)
        {
            Console.Out.WriteLine($"{port.EndPoint}  {port.Service}");
        }

        Console.Out.WriteLine("Press Ctrl-C to stop.");
        var stopped = new TaskCompletionSource();
        await using var registration = cancellationToken.Register(stopped.SetResult);
        await stopped.Task;
        return ExitCode.Pass;
    }
}
