using DeviceConformance.Probing.CaptureFiles;

namespace DeviceConformance.Probing.Capture;

/// <summary>What is to be captured.</summary>
/// <param name="Interface">Name of the interface; on Linux <c>any</c> stands for all.</param>
/// <param name="Filter">Filter in the language of libpcap (pcap-filter(7)); empty for everything.</param>
public sealed record CaptureSettings(string Interface, string Filter = "")
{
    /// <summary>Most bytes kept of a frame, 1 to <see cref="CaptureOrigin.MostBytes"/>.</summary>
    public int SnapLength { get; init; } = CaptureOrigin.MostBytes;

    /// <summary>Whether frames between other stations are taken, too: the DUT's, when a mirror port or a bridge leads them here.</summary>
    public bool Promiscuous { get; init; } = true;

    /// <summary>Bytes of the kernel's buffer: at 200,000 small frames a second this lasts for two seconds of a disk that stalls.</summary>
    public int BufferBytes { get; init; } = 64 << 20;
}

/// <summary>Why a capture could not begin.</summary>
public enum CaptureRefusal
{
    /// <summary>This host has no such interface, or it is not up.</summary>
    Interface,

    /// <summary>The filter is none, or can not be used here.</summary>
    Filter,

    /// <summary>The process may not capture.</summary>
    Rights,

    /// <summary>The operating system or the library can not.</summary>
    System,
}

/// <summary>A capture that could not begin; the message says why and what helps.</summary>
/// <param name="refusal">Kind of reason.</param>
/// <param name="message">The reason and the remedy.</param>
public sealed class CaptureRefusedException(CaptureRefusal refusal, string message) : Exception(message)
{
    /// <summary>Kind of reason.</summary>
    public CaptureRefusal Refusal { get; } = refusal;
}
