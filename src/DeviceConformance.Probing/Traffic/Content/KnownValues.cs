using System.Buffers;
using System.Text;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>Looks for known values in one direction of a flow, across the borders of segments.</summary>
internal sealed class KnownValues(FlowNotes notes, bool fromClient, HashSet<(string Label, string Encoding, bool FromClient)> reported)
{
    private const int Step = 16 * 1024;

    private readonly List<(SoughtValue Value, string Encoding)> _found = [];
    private char[] _tail = [];
    private int _tailLength;

    /// <summary>Reads on; a value counts once in a flow for each encoding and direction.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="frame">Frame.</param>
    /// <param name="wrapping">What they were packed in: gzip; null when they stood there as they are.</param>
    public void Append(ReadOnlySpan<byte> bytes, long frame, string? wrapping = null)
    {
        if (notes.Settings.Longest == 0 || notes.IsOpened)
        {
            return;
        }

        for (; bytes.Length > 0; bytes = bytes[Math.Min(bytes.Length, Step)..])
        {
            Search(bytes[..Math.Min(bytes.Length, Step)], frame, wrapping);
        }
    }

    /// <summary>What follows does not join what was.</summary>
    public void Forget() => _tailLength = 0;

    private void Search(ReadOnlySpan<byte> bytes, long frame, string? wrapping)
    {
        var length = _tailLength + bytes.Length;
        var buffer = ArrayPool<char>.Shared.Rent(length);
        _tail.AsSpan(0, _tailLength).CopyTo(buffer);
        Encoding.Latin1.GetChars(bytes, buffer.AsSpan(_tailLength));
        ReadOnlySpan<char> text = buffer.AsSpan(0, length);
        for (var rest = text; notes.Settings.Find(rest, _found) is var at and >= 0; rest = rest[(at + 1)..])
        {
            foreach (var (value, form) in _found)
            {
                var encoding = wrapping is null ? form : form == "clear" ? wrapping : $"{wrapping}, {form}";
                if (reported.Add((value.Label, encoding, fromClient)))
                {
                    notes.Ledger.AddItem(value.Kind, value.Label, encoding, value.Entry, fromClient == notes.Flow.DutIsClient, notes.Flow, frame);
                }
            }
        }

        _tailLength = Math.Min(notes.Settings.Longest - 1, length);
        if (_tail.Length == 0)
        {
            _tail = new char[notes.Settings.Longest];
            notes.Hold(sizeof(char) * _tail.Length);
        }

        text[^_tailLength..].CopyTo(_tail);
        // Other flows rent it next, and it held readable content.
        ArrayPool<char>.Shared.Return(buffer, clearArray: true);
    }
}
