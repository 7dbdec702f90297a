namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>Times of captures, nanoseconds since 1970, and dates.</summary>
internal static class Times
{
    /// <summary>A second in nanoseconds.</summary>
    public const long Second = 1_000_000_000;

    private const long Tick = 100;

    /// <summary>From nanoseconds since 1970. All that 64 bits hold lie between 1677 and 2262.</summary>
    public static DateTimeOffset At(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / Tick);

    /// <summary>In nanoseconds since 1970.</summary>
    public static long Of(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * Tick;
}
