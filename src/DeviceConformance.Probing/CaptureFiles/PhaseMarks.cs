using System.Collections.Immutable;
using System.Text;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>
/// Phases marked in a pcapng file. A mark is a comment <c>phase: NAME</c>: on the statistics of an interface, at the time of these (written
/// when the phase begins), or on a frame, at the time of that frame (written on the first frame, and by whoever marks a file in Wireshark
/// or by <c>editcap -a</c>). A phase lasts until the next begins.
/// </summary>
internal sealed class PhaseMarks
{
    /// <summary>What a comment that marks a phase begins with.</summary>
    public const string Prefix = "phase: ";

    /// <summary>Characters of a name at the most.</summary>
    public const int LongestName = 100;

    // Damage and malice may mark every frame.
    private const int Most = 10_000;

    // In the order of time. Frames come some time after they passed, so that the mark of one may come after that of a later phase.
    private readonly List<(string Name, long From)> _marks = [];

    /// <summary>Latest moment that the file tells of.</summary>
    public long Last { get; set; } = CapturedFrame.NoTime;

    /// <summary>Whether there is a mark so far.</summary>
    public bool Any => _marks.Count > 0;

    /// <summary>Name of the phase of a moment, by the marks read so far; null before the first.</summary>
    public string? At(long nanoseconds) => Before(nanoseconds) is > 0 and var count ? _marks[count - 1].Name : null;

    /// <summary>Reads a comment; one that marks no phase is passed, as is a mark of the phase that is under way.</summary>
    public void Read(ReadOnlySpan<byte> comment, long nanoseconds)
    {
        if (nanoseconds == CapturedFrame.NoTime || _marks.Count == Most || comment.Length > 4 * (LongestName + Prefix.Length) || !comment.StartsWith("phase: "u8))
        {
            return;
        }

        var name = NameOf(Encoding.UTF8.GetString(comment[Prefix.Length..]));
        if (name.Length > 0 && At(nanoseconds) != name)
        {
            _marks.Insert(Before(nanoseconds), (name, nanoseconds));
        }
    }

    /// <summary>A name as it is written and shown: one line without characters that control a terminal, not too long.</summary>
    public static string NameOf(string text)
    {
        var name = string.Concat(text.Where(letter => !char.IsControl(letter))).Trim();
        return name.Length <= LongestName ? name : name[..LongestName].Trim();
    }

    /// <summary>Phases in the order of time; the last ends behind the last moment that the file tells of.</summary>
    public ImmutableArray<CapturePhase> Phases() =>
        [.. _marks.Select((mark, index) => new CapturePhase(mark.Name, Times.At(mark.From), index + 1 < _marks.Count ? Times.At(_marks[index + 1].From) : Times.At(Math.Max(Last, mark.From)).AddTicks(1)))];

    // How many marks there are up to a moment: mostly all of them.
    private int Before(long nanoseconds)
    {
        var (low, high) = (0, _marks.Count);
        if (high > 0 && _marks[^1].From <= nanoseconds)
        {
            return high;
        }

        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_marks[middle].From <= nanoseconds)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
