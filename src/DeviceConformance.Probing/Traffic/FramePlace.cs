namespace DeviceConformance.Probing.Traffic;

/// <summary>Frame and capture in one number, so that a fact points at the right file although its bytes may have waited for others while the next capture was begun.</summary>
internal static class FramePlace
{
    // 2 to the power of 40 frames of the shortest kind would be a capture of 60 terabytes.
    private const int NumberBits = 40;

    /// <summary>Most captures of one analysis.</summary>
    public const int MostFiles = 1 << 20;

    /// <summary>Joins them.</summary>
    /// <param name="file">Capture, from 0.</param>
    /// <param name="number">Number of the frame in it, from 1.</param>
    public static long Of(int file, long number) => (long)file << NumberBits | number;

    /// <summary>The capture.</summary>
    public static int File(long place) => (int)(place >> NumberBits);

    /// <summary>The frame's number.</summary>
    public static long Number(long place) => place & ((1L << NumberBits) - 1);
}
