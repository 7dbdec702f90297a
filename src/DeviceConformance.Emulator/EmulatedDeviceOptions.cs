using System.Collections.Immutable;
using System.Net;
using DeviceConformance.Emulator.Faults;

namespace DeviceConformance.Emulator;

/// <summary>Which unit of the emulated model it is; units differ in their label.</summary>
public enum DeviceSample
{
    /// <summary>The first unit.</summary>
    A,

    /// <summary>The second unit.</summary>
    B,
}

/// <summary>How an emulated device starts. The defaults are those of the example declaration.</summary>
public sealed record EmulatedDeviceOptions
{
    /// <summary>User name of the web login.</summary>
    public const string AdministratorName = "admin";

    /// <summary>User name of the remote-control panel on MQTT.</summary>
    public const string PanelName = "panel";

    private const string LabelPasswordOfA = "q7TzB2mK9xWd";
    private const string LabelPasswordOfB = "Hc4vN8sRy3Lp";

    /// <summary>Addresses to listen on. IPv6 addresses that the machine does not have are left out with a message to <see cref="Log"/>.</summary>
    public ImmutableArray<IPAddress> Addresses { get; init; } = [IPAddress.Loopback, IPAddress.IPv6Loopback];

    /// <summary>Added to every port; from <see cref="DevicePorts.SmallestOffset"/> to <see cref="DevicePorts.LargestOffset"/>.</summary>
    public int PortOffset { get; init; }

    /// <summary>Faults that are on at the start.</summary>
    public DeviceFaults Faults { get; init; }

    /// <summary>Which unit it is.</summary>
    public DeviceSample Sample { get; init; }

    /// <summary>Whether the web interface also has pages that scripts fill, behind a login by JSON.</summary>
    public bool JsonInterface { get; init; }

    /// <summary>Password of <see cref="AdministratorName"/>, as the user set it.</summary>
    public string AdministratorPassword { get; init; } = "Warm-Water-42";

    /// <summary>Password of <see cref="PanelName"/>; null: the one on the label of <see cref="Sample"/>.</summary>
    public string? PanelPassword { get; init; }

    /// <summary>Version that runs at the start: three numbers with dots.</summary>
    public string Firmware { get; init; } = "2.1.0";

    /// <summary>Server that the device asks for updates; the paths are <c>/manifest.json</c> and the image beside it.</summary>
    public Uri UpdateServer { get; init; } = new("http://127.0.0.1:18090");

    /// <summary>Clock for lock-outs, sessions and idle connections (its timestamps, not its wall clock).</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Receives one line for each thing of note that the device does; never a password. Called from several threads.</summary>
    public Action<string> Log { get; init; } = static _ => { };

    /// <summary>The password on the label, given the faults that are on.</summary>
    internal string LabelPassword(DeviceFaults faults) =>
        PanelPassword ?? (Sample == DeviceSample.A || faults.HasFlag(DeviceFaults.SharedLabelPassword) ? LabelPasswordOfA : LabelPasswordOfB);
}
