using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Counts the frames that show a fact.</summary>
/// <param name="file">Name of the capture.</param>
/// <param name="filter">Display filter of Wireshark that shows them.</param>
internal sealed class FrameTally(string file, string filter)
{
    private readonly List<long> _first = new(FrameSet.MostFrames);
    private long _last = -1;
    private long _count;

    /// <summary>Counts a frame; the same one twice in a row counts once.</summary>
    public void Add(long frame)
    {
        if (frame == _last)
        {
            return;
        }

        _last = frame;
        _count++;
        if (_first.Count < FrameSet.MostFrames)
        {
            _first.Add(frame);
        }
    }

    /// <summary>Adds another's frames. Across files the first file's numbers stand, and all count.</summary>
    public void Merge(FrameTally other)
    {
        if (other.File == File)
        {
            var all = _first.Concat(other._first).Distinct().Order().Take(FrameSet.MostFrames).ToList();
            _first.Clear();
            _first.AddRange(all);
        }

        _count += other._count;
    }

    /// <summary>Name of the capture.</summary>
    public string File { get; } = file;

    /// <summary>Display filter.</summary>
    public string Filter { get; } = filter;

    /// <summary>As a fact.</summary>
    public FrameSet ToFrameSet() => new(File, [.. _first], _count, Filter);
}
