namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>What a section says of one interface.</summary>
/// <param name="link">What its frames begin with.</param>
/// <param name="snap">Most bytes kept of a frame; 0 for all.</param>
/// <param name="resolution">Option if_tsresol: a unit of time is 10 to the minus of it, or 2 to the minus of its lower seven bits when the highest is set.</param>
/// <param name="offset">Option if_tsoffset: seconds to add to each time.</param>
internal sealed class PcapngInterface(LinkType link, uint snap, byte resolution, long offset)
{
    private const long Second = 1_000_000_000;

    // Nanoseconds in one unit where that is a whole number: every resolution met in practice.
    private readonly ulong _unit = resolution <= 9 ? (ulong)Power(9 - resolution) : 0;

    public LinkType Link => link;

    public uint Snap => snap;

    /// <summary>Lost frames by the last statistics of the interface, if there are any.</summary>
    public long? Stated { get; set; }

    /// <summary>Lost frames by what its packets say.</summary>
    public long Counted { get; set; }

    /// <summary>Whether a packet says how many were lost before it.</summary>
    public bool IsCounted { get; set; }

    /// <summary>Frames since the last statistics that tell of losses: of what was lost beside them nobody has told.</summary>
    public long FramesSince { get; set; }

    /// <summary>Whether all that it may have lost is told; an interface without frames has lost none that anybody could miss.</summary>
    public bool IsTold => FramesSince == 0 || IsCounted;

    public long Dropped => Stated ?? Counted;

    /// <summary>Time of a frame since 1970; <see cref="CapturedFrame.NoTime"/> when it lies beyond what 64 bits of nanoseconds hold (1677 to 2262).</summary>
    public long Nanoseconds(ulong units)
    {
        if (_unit > 0 && offset == 0 && units <= long.MaxValue / _unit)
        {
            return (long)(units * _unit);
        }

        var exponent = resolution & 0x7f;
        var time = (resolution & 0x80) != 0 ? (Int128)(((UInt128)units * Second) >> exponent)
            : exponent <= 9 ? (Int128)units * Power(9 - exponent)
            // 64 bits of units finer than 10 to the minus 27 are less than two nanoseconds altogether.
            : exponent - 9 <= 18 ? units / (ulong)Power(exponent - 9) : 0;
        time += (Int128)offset * Second;
        return time > long.MaxValue || time <= long.MinValue ? CapturedFrame.NoTime : (long)time;
    }

    private static long Power(int exponent)
    {
        var power = 1L;
        for (; exponent > 0; exponent--)
        {
            power *= 10;
        }

        return power;
    }
}
