namespace DeviceConformance.Emulator.Outgoing;

/// <summary>The invented person who owns the emulated device; a laboratory searches captures for these values.</summary>
public static class DeviceOwner
{
    /// <summary>E-mail address.</summary>
    public const string Email = "anna.beispiel@mail.example";

    /// <summary>Place of the device: latitude and longitude in degrees.</summary>
    public const string Place = "54.32311,10.12287";
}
