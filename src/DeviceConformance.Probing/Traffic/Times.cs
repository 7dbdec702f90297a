namespace DeviceConformance.Probing.Traffic;

/// <summary>Times of captures as dates.</summary>
internal static class Times
{
    /// <summary>A second in nanoseconds.</summary>
    public const long Second = 1_000_000_000;

    /// <summary>From nanoseconds since 1970. All that 64 bits hold lie between 1677 and 2262.</summary>
    public static DateTimeOffset At(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);
}
