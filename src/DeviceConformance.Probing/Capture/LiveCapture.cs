using System.Net.NetworkInformation;
using DeviceConformance.Probing.CaptureFiles;

namespace DeviceConformance.Probing.Capture;

/// <summary>
/// Frames of an interface as they pass. The seam to whatever captures: libpcap by <see cref="LibpcapCapture"/>, packet sockets of Linux by
/// <see cref="PacketSocketCapture"/>. To be used by one thread.
/// </summary>
internal abstract class LiveCapture : IDisposable
{
    /// <summary>How long <see cref="Wait"/> waits at the most, and how long a frame may lie in the kernel before it is given.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>What frames begin with.</summary>
    public abstract LinkType Link { get; }

    /// <summary>How it captures, in words.</summary>
    public abstract string Method { get; }

    /// <summary>How long after it passed a frame is given at the latest.</summary>
    public abstract TimeSpan Lag { get; }

    /// <summary>How much later than it passed a frame may be dated.</summary>
    public abstract TimeSpan Lateness { get; }

    /// <summary>Empty, or why nothing more can come.</summary>
    public string Fault { get; protected set; } = "";

    /// <summary>Opens a capture: by libpcap, or on Linux without it by a packet socket.</summary>
    /// <exception cref="CaptureRefusedException">It can not begin.</exception>
    public static LiveCapture Open(CaptureSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.SnapLength, 1, nameof(settings));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(settings.SnapLength, CaptureOrigin.MostBytes, nameof(settings));
        if (!Interfaces().Contains(settings.Interface))
        {
            throw new CaptureRefusedException(CaptureRefusal.Interface, $"this host has no interface '{settings.Interface}'; it has: {string.Join(", ", Interfaces())}.");
        }

        return PcapLibrary.IsThere ? LibpcapCapture.Open(settings)
            : OperatingSystem.IsLinux() ? PacketSocketCapture.Open(settings)
            : throw new CaptureRefusedException(CaptureRefusal.System, OperatingSystem.IsWindows() ? "Npcap is not installed: https://npcap.com" : "libpcap is not installed.");
    }

    /// <summary>Names of this host's interfaces that can be captured.</summary>
    public static IReadOnlyList<string> Interfaces() =>
        [.. NetworkInterface.GetAllNetworkInterfaces().Select(one => one.Name).Order(StringComparer.Ordinal), .. OperatingSystem.IsLinux() ? new[] { "any" } : []];

    /// <summary>Takes a frame that has come; its bytes are valid until the next call.</summary>
    /// <returns>False when there is none yet, or <see cref="Fault"/> says that none will come.</returns>
    public abstract bool TryRead(out CapturedFrame frame);

    /// <summary>Waits until a frame has come, at most for <see cref="Patience"/>.</summary>
    public abstract void Wait();

    /// <summary>What was counted since the capture began.</summary>
    public abstract CaptureCounts Counts();

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The refusal of a process that may not capture.</summary>
    private protected static CaptureRefusedException NoRights(CaptureSettings settings)
    {
        // The name of the program that runs; 'dotnet' is not one to give a right to, since it runs everybody's programs.
        var program = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) != "dotnet" ? path : "PATH/TO/dct";
        var remedy = OperatingSystem.IsLinux() ? $"run it as root, or give it the right once: sudo setcap cap_net_raw,cap_net_admin=eip {program}{(program[0] == 'P' ? " (the program that 'dotnet publish' makes)" : "")}"
            : OperatingSystem.IsMacOS() ? "run it by sudo, or allow your user the devices /dev/bpf* (Wireshark's ChmodBPF does)"
            : "run it as administrator, or install Npcap without its restriction to administrators";
        return new CaptureRefusedException(CaptureRefusal.Rights, $"this process may not capture on '{settings.Interface}': {remedy}");
    }
}
