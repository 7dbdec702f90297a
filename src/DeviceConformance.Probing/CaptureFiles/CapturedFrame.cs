namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>A frame as a capture holds it. Its bytes are valid until the next one is read.</summary>
public readonly ref struct CapturedFrame(long number, long nanoseconds, LinkType link, int length, ReadOnlySpan<byte> bytes)
{
    /// <summary>In place of a time that is not given (pcapng simple packet blocks have none).</summary>
    public const long NoTime = long.MinValue;

    /// <summary>Number in its file, from 1, as Wireshark counts.</summary>
    public long Number { get; } = number;

    /// <summary>Time since 1970-01-01 UTC in nanoseconds; <see cref="NoTime"/> when the capture gives none.</summary>
    public long Nanoseconds { get; } = nanoseconds;

    /// <summary>What the bytes begin with.</summary>
    public LinkType Link { get; } = link;

    /// <summary>Length on the wire in bytes; more than <see cref="Bytes"/> holds when the capture was cut.</summary>
    public int Length { get; } = length;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
}
