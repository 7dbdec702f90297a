using System.Net;
using System.Net.NetworkInformation;
using System.Text;
using System.Text.RegularExpressions;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Cli.Emulation;

/// <summary>The example declaration, fitted to this machine: free ports, and the listeners that are the host's own.</summary>
internal static partial class DemoDeclaration
{
    // The port at which the harness stands in for the supplier's update server.
    private const int StandInPort = 18090;
    private const int OffsetStep = 200;
    private const string LabelOfA = "q7TzB2mK9xWd";
    private const string LabelOfB = "Hc4vN8sRy3Lp";
    private static readonly int[] _ports =
        [DevicePorts.Https, DevicePorts.Http, DevicePorts.MqttTls, DevicePorts.PlainMqtt, DevicePorts.Ftp, DevicePorts.Telnet, DevicePorts.DebugShell, DevicePorts.DebugConsole, DevicePorts.Rtsp, DevicePorts.Modbus, DevicePorts.Adb, DevicePorts.Upnp, StandInPort];

    /// <summary>Where the emulated device fetches updates from.</summary>
    public static Uri UpdateServer(int offset) => new($"http://127.0.0.1:{StandInPort + offset}");

    /// <summary>The smallest offset at which all ports of the emulated device are free.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public static int FreeOffset()
    {
        var taken = Listeners().Select(listener => listener.At.Port).ToHashSet();
        for (var offset = 0; offset <= DevicePorts.LargestOffset; offset += OffsetStep)
        {
            if (!_ports.Any(port => taken.Contains(port + offset)))
            {
                return offset;
            }
        }

        throw new IOException("No range of free ports was found for the emulated device; end a program that listens on many ports.");
    }

    /// <summary>Writes the declaration for a device at a port offset, with every listener of the host set apart.</summary>
    /// <remarks>
    /// On loopback the host answers beside the device. Its listeners are noted before the device starts, so that they are not taken
    /// for the device's; whatever opens later is. Listeners on the device's own ports are the device's: it may be running already.
    /// </remarks>
    /// <param name="folder">Folder to write into.</param>
    /// <param name="edition">Edition of the declaration.</param>
    /// <param name="offset">Added to every port.</param>
    /// <param name="faults">Faults of the device; one of them shows on the samples' labels and so in lab.yaml.</param>
    public static void Write(string folder, StandardEdition edition, int offset, DeviceFaults faults)
    {
        ExampleDevice.Write(folder, edition);
        var lab = Path.Combine(folder, "lab.yaml");
        if (faults.HasFlag(DeviceFaults.SharedLabelPassword))
        {
            File.WriteAllText(lab, File.ReadAllText(lab).Replace(LabelOfB, LabelOfA, StringComparison.Ordinal));
        }

        foreach (var file in Directory.EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories))
        {
            var text = File.ReadAllText(file);
            var moved = offset == 0 ? text : DevicePort().Replace(text, match => (int.Parse(match.Value) + offset).ToString());
            File.WriteAllText(file, moved);
        }

        var own = Listeners()
            .Where(listener => !_ports.Contains(listener.At.Port - offset) && !(DevicePorts.Fixed.Contains(listener.At.Port) && IPAddress.IsLoopback(listener.At.Address)))
            .SelectMany(listener => new[] { IPAddress.Loopback, IPAddress.IPv6Loopback }, (listener, address) => (listener.Transport, At: new IPEndPoint(address, listener.At.Port)))
            .Distinct()
            .OrderBy(listener => listener.At.Port)
            .ToList();
        if (own.Count > 0)
        {
            var lines = new StringBuilder("host-listeners:\n");
            foreach (var (transport, at) in own)
            {
                lines.Append($"- {{endpoint: '{transport}/{at}', reason: listened on this host before the emulated device started}}\n");
            }

            File.WriteAllText(lab, NoListeners().Replace(File.ReadAllText(lab), lines.ToString()));
        }
    }

    private static IEnumerable<(string Transport, IPEndPoint At)> Listeners()
    {
        var host = IPGlobalProperties.GetIPGlobalProperties();
        return host.GetActiveTcpListeners().Select(at => ("tcp", at)).Concat(host.GetActiveUdpListeners().Select(at => ("udp", at)));
    }

    [GeneratedRegex(@"^host-listeners: \[\]\r?\n", RegexOptions.Multiline)]
    private static partial Regex NoListeners();

    [GeneratedRegex(@"\b(18443|18080|18883|18090|15443|15884)\b")]
    private static partial Regex DevicePort();
}
