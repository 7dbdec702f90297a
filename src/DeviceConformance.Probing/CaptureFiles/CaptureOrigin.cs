namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>Where recorded frames come from, as the file tells it.</summary>
/// <param name="Interface">Name of the interface.</param>
/// <param name="Link">What its frames begin with.</param>
/// <param name="SnapLength">Most bytes kept of a frame, 1 to <see cref="MostBytes"/>.</param>
/// <param name="Filter">Filter that frames had to pass, in the language of libpcap; empty for none.</param>
public sealed record CaptureOrigin(string Interface, LinkType Link, int SnapLength = CaptureOrigin.MostBytes, string Filter = "")
{
    /// <summary>Bytes kept of a frame at the most: more than any link carries, and what tcpdump and Wireshark keep.</summary>
    public const int MostBytes = 262_144;
}

/// <summary>A recording in several files, of which only the newest stay.</summary>
/// <param name="FileBytes">Bytes of a file at the most, <see cref="LeastFileBytes"/> or more. A file with a single frame may be longer.</param>
/// <param name="Files">Files that stay at the most, 1 or more.</param>
public sealed record CaptureRing(long FileBytes, int Files)
{
    /// <summary>Smallest size of a file in bytes.</summary>
    public const long LeastFileBytes = 4096;
}

/// <summary>What the source of a recording counted since it began.</summary>
/// <param name="Received">Frames that passed the filter, recorded or lost.</param>
/// <param name="Dropped">Frames of these that the operating system lost for want of buffer.</param>
/// <param name="InterfaceDropped">Frames that interface or driver lost, as far as they tell.</param>
public readonly record struct CaptureCounts(long Received, long Dropped, long InterfaceDropped)
{
    /// <summary>All frames known to be lost.</summary>
    public long Lost => Dropped + InterfaceDropped;
}
