namespace DeviceConformance.Model.Observations;

/// <summary>What something that needs no login gives whoever uses it.</summary>
public enum AccessKind
{
    /// <summary>A function or information of the device.</summary>
    Use,

    /// <summary>A means of debugging: a shell, a debugger's connection, a boot loader's console.</summary>
    Debug,

    /// <summary>Control of a screen with its input.</summary>
    Control,
}
