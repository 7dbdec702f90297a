using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Counts the frames that show a fact, for each capture.</summary>
/// <param name="filter">Display filter of Wireshark that shows them.</param>
internal sealed class FrameTally(string filter)
{
    /// <summary>Captures whose frames are numbered; further ones count with the last of them.</summary>
    public const int MostFiles = 16;

    private readonly List<Part> _parts = new(1);
    private long _last = -1;

    /// <summary>Counts a frame; the same one twice in a row counts once.</summary>
    /// <param name="place">Frame and capture, see <see cref="FramePlace"/>.</param>
    public void Add(long place)
    {
        if (place == _last)
        {
            return;
        }

        _last = place;
        var (file, number) = (FramePlace.File(place), FramePlace.Number(place));
        if (_parts.Count == 0 || _parts[^1].File != file)
        {
            if (Find(file) is not { } known)
            {
                if (_parts.Count == MostFiles)
                {
                    _parts[^1].Count++;
                    return;
                }

                _parts.Add(known = new Part(file));
            }

            known.Add(number);
            return;
        }

        _parts[^1].Add(number);
    }

    /// <summary>As a fact.</summary>
    /// <param name="files">Names of the captures.</param>
    public FrameSet ToFrameSet(IReadOnlyList<string> files)
    {
        var sets = _parts.Select(part => new FrameSet(files[part.File], [.. part.First], part.Count, filter)).ToList();
        return sets.Count == 0 ? new FrameSet("", [], 0, filter) : sets[0] with { More = [.. sets.Skip(1)] };
    }

    private Part? Find(int file) => _parts.Find(part => part.File == file);

    private sealed class Part(int file)
    {
        public int File { get; } = file;

        public List<long> First { get; } = new(2);

        public long Count { get; set; }

        public void Add(long number)
        {
            Count++;
            if (First.Count < FrameSet.MostFrames)
            {
                First.Add(number);
            }
        }
    }
}
