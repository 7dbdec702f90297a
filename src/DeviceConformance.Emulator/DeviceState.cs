using System.Globalization;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Emulator.Login;
using DeviceConformance.Emulator.Updates;

namespace DeviceConformance.Emulator;

/// <summary>What the user has set.</summary>
/// <param name="SetPoint">Water temperature in degrees Celsius.</param>
/// <param name="EcoMode">Whether heating is reduced at night.</param>
internal sealed record HeaterSettings(int SetPoint, bool EcoMode)
{
    /// <summary>Coldest water that can be set, in degrees Celsius.</summary>
    public const int Coldest = 35;

    /// <summary>Hottest water that can be set, in degrees Celsius.</summary>
    public const int Hottest = 65;

    /// <summary>Reads a temperature that can be set.</summary>
    public static bool TryParseSetPoint(string text, out int degrees) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out degrees) && degrees is >= Coldest and <= Hottest;
}

/// <summary>What all services of one device share.</summary>
internal sealed class DeviceState
{
    private long faults;
    private HeaterSettings settings = new(50, EcoMode: false);

    public DeviceState(EmulatedDeviceOptions options, Version firmware)
    {
        Options = options;
        Log = new DeviceLog(options.Log);
        Firmware = new Firmware(firmware, Log);
        WebLock = new LoginLock(EmulatedDeviceOptions.AdministratorName, options.TimeProvider);
        PanelLock = new LoginLock(EmulatedDeviceOptions.PanelName, options.TimeProvider);
        faults = (long)options.Faults;
    }

    public EmulatedDeviceOptions Options { get; }

    public DeviceLog Log { get; }

    public Firmware Firmware { get; }

    public LoginLock WebLock { get; }

    public LoginLock PanelLock { get; }

    public TimeProvider Time => Options.TimeProvider;

    /// <summary>Raised after the settings changed, with the new ones.</summary>
    public event Action<HeaterSettings>? SettingsChanged;

    public DeviceFaults Faults
    {
        get => (DeviceFaults)Volatile.Read(ref faults);
        set => Volatile.Write(ref faults, (long)value);
    }

    public HeaterSettings Settings => Volatile.Read(ref settings);

    public bool Has(DeviceFaults fault) => Faults.HasFlag(fault);

    public void Change(HeaterSettings changed, string by)
    {
        Volatile.Write(ref settings, changed);
        Log.Note($"settings: {changed.SetPoint} degrees, eco mode {(changed.EcoMode ? "on" : "off")} (by {by})");
        SettingsChanged?.Invoke(changed);
    }
}
