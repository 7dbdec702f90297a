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
        var command = new Command(
            "emulate",
            """
            Runs the emulated gas water heater until Ctrl-C. Its declaration: dct init heater --template water-heater

            Example: dct emulate --fault telnet-open obsolete-tls
            """)
        { faults, offset, addresses, list };
        command.SetAction(async (parsed, cancellationToken) => parsed.GetValue(list)
            ? List()
            : await EmulateAsync(ParseFaults(parsed.GetValue(faults) ?? []), parsed.GetValue(offset), parsed.GetValue(addresses) ?? [], cancellationToken));
        return command;
    }

    public static DeviceFaults ParseFaults(IEnumerable<string> names) =>
        DeviceFault.TryParse(names, out var faults, out var unknown) ? faults : throw new UsageException($"the emulated device has no fault '{unknown}'; 'dct emulate --list' names them.");

    private static int List()
    {
        foreach (var fault in DeviceFault.All)
        {
            Console.Out.WriteLine($"{fault.Name,-24} {fault.Finding}");
        }

        return ExitCode.Pass;
    }

    private static async Task<int> EmulateAsync(DeviceFaults faults, int offset, string[] addresses, CancellationToken cancellationToken)
    {
        var options = new EmulatedDeviceOptions { Faults = faults, PortOffset = offset, UpdateServer = DemoDeclaration.UpdateServer(offset), Log = Console.Out.WriteLine };
        if (addresses.Length > 0)
        {
            options = options with { Addresses = [.. addresses.Select(text => IPAddress.TryParse(text, out var address) ? address : throw new UsageException($"'{text}' is no IP address."))] };
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
