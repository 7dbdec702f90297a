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
    private const long Tick = 100;

    private readonly List<(string Name, long From)> _marks = [];

    private long _earliest = long.MaxValue;

    /// <summary>Latest moment that the file tells of.</summary>
    public long Last { get; set; } = CapturedFrame.NoTime;

    /// <summary>Whether there is a mark so far.</summary>
    public bool Any => _marks.Count > 0;

    /// <summary>Name of the phase of a moment, by the marks read so far; null before the first. A frame's mark comes before it, so that this is one step.</summary>
    public string? At(long nanoseconds)
    {
        for (var mark = nanoseconds < _earliest ? -1 : _marks.Count - 1; mark >= 0; mark--)
        {
            if (_marks[mark].From <= nanoseconds)
            {
                return _marks[mark].Name;
            }
        }

        return null;
    }

    /// <summary>Reads a comment; one that marks no phase is passed, as is the mark of the phase that is under way.</summary>
    public void Read(ReadOnlySpan<byte> comment, long nanoseconds)
    {
        if (nanoseconds == CapturedFrame.NoTime || _marks.Count == Most || comment.Length > 4 * (LongestName + Prefix.Length) || !comment.StartsWith("phase: "u8))
        {
            return;
        }

        var name = NameOf(Encoding.UTF8.GetString(comment[Prefix.Length..]));
        if (name.Length > 0 && (_marks.Count == 0 || _marks[^1].Name != name))
        {
            _marks.Add((name, nanoseconds));
            _earliest = Math.Min(_earliest, nanoseconds);
        }
    }

    /// <summary>A name as it is written and shown: one line without characters that control a terminal, not too long.</summary>
    public static string NameOf(string text)
    {
        var name = string.Concat(text.Where(letter => !char.IsControl(letter))).Trim();
        return name.Length <= LongestName ? name : name[..LongestName].Trim();
    }

    /// <summary>Phases in the order of time; the last ends behind the last moment that the file tells of.</summary>
    public ImmutableArray<CapturePhase> Phases()
    {
        var marks = _marks.OrderBy(mark => mark.From).ToList();
        return [.. marks.Select((mark, index) => new CapturePhase(mark.Name, Moment(mark.From), index + 1 < marks.Count ? Moment(marks[index + 1].From) : Moment(Math.Max(Last, mark.From)).AddTicks(1)))];
    }

    private static DateTimeOffset Moment(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / Tick);
}
