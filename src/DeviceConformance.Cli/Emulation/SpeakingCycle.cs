using System.Net;
using System.Net.NetworkInformation;
using DeviceConformance.Cli.Commands;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Cloud;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Emulator.Outgoing;
using DeviceConformance.Probing.Capture;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Cli.Emulation;

/// <summary>One round of what the emulated device says by itself, with a stand-in of its cloud.</summary>
internal static class SpeakingCycle
{
    // A round is some hundred frames.
    private const int Buffer = 4 << 20;
    private static readonly TimeSpan _hurriedInterval = TimeSpan.FromSeconds(1);

    /// <summary>Runs device and cloud through one round and prints what the cloud heard.</summary>
    /// <exception cref="UsageException">An address is none, or none is IPv4, or the recording can not be made.</exception>
    /// <exception cref="LabFaultException">The process may not record.</exception>
    /// <exception cref="IOException">A port is taken.</exception>
    public static async Task<int> RunAsync(DeviceFaults faults, int offset, string[] addresses, bool hurry, string? record, CancellationToken cancellationToken)
    {
        IPAddress[] own = addresses.Length > 0 ? [.. addresses.Select(EmulateCommand.ParseAddress)] : [IPAddress.Parse("127.0.1.1")];
        if (!own.Any(address => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork))
        {
            throw new UsageException("with --cycle the device speaks over IPv4; name an IPv4 address of loopback.");
        }

        var options = new EmulatedDeviceOptions { Addresses = [.. own], Faults = faults, PortOffset = offset, Log = Console.Out.WriteLine };
        await using var device = await EmulatedDevice.StartAsync(options, cancellationToken);
        await using var cloud = await VendorCloud.StartAsync(new VendorCloudOptions { PortOffset = offset, Log = Console.Out.WriteLine });
        using var recorder = record is null ? null : CaptureCommand.Start(Loopback(own), record);
        var speaking = new SpeakingOptions
        {
            PhaseBegins = phase =>
            {
                recorder?.BeginPhase(phase);
                return Task.CompletedTask;
            },
        };
        var speaker = new SpeakingDevice(device, cloud, hurry ? speaking with { TelemetryInterval = _hurriedInterval } : speaking);
        Console.Out.WriteLine($"The device speaks from {speaker.Address}; its resolver is {cloud.Resolver}.");
        await speaker.RunCycleAsync(cancellationToken);
        Console.Out.WriteLine("The cloud heard:");
        foreach (var line in cloud.Received)
        {
            Console.Out.WriteLine($"  {line}");
        }

        return recorder is null ? ExitCode.Pass : CaptureCommand.Show(await recorder.StopAsync(), speaker.Address);
    }

    // What other programs say on loopback is not recorded.
    private static CaptureSettings Loopback(IPAddress[] device) => new(
        NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(one => one.NetworkInterfaceType == NetworkInterfaceType.Loopback)?.Name ?? throw new UsageException("this host has no loopback interface to record."),
        string.Join(" or ", device.Select(address => $"host {address}")))
    {
        BufferBytes = Buffer,
    };
}
