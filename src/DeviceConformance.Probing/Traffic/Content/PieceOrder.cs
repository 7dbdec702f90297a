namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>Puts pieces of a message that come in any order and more than once into theirs: the CRYPTO frames of QUIC (RFC 9000, 19.6), the fragments of DTLS (RFC 6347, 4.2.3). Bounded.</summary>
internal sealed class PieceOrder
{
    /// <summary>Bytes from the beginning that are taken at the most.</summary>
    public const int Most = 32 * 1024;

    private const int MostWaiting = 64;

    private readonly SortedList<int, byte[]> _waiting = [];
    private int _next;

    /// <summary>Called with what follows what was, in its order.</summary>
    public delegate void Sink(ReadOnlySpan<byte> bytes);

    /// <summary>Takes a piece. Where pieces differ about a byte, the first counts.</summary>
    public void Add(long offset, ReadOnlySpan<byte> bytes, Sink sink)
    {
        if (offset < 0 || offset > Most || offset + bytes.Length > Most)
        {
            return;
        }

        var at = (int)offset;
        if (at > _next)
        {
            if (_waiting.Count < MostWaiting && (!_waiting.TryGetValue(at, out var held) || held.Length < bytes.Length))
            {
                _waiting[at] = bytes.ToArray();
            }

            return;
        }

        Pass(at, bytes, sink);
        while (_waiting.Count > 0 && _waiting.GetKeyAtIndex(0) is var first && first <= _next)
        {
            var held = _waiting.GetValueAtIndex(0);
            _waiting.RemoveAt(0);
            Pass(first, held, sink);
        }
    }

    private void Pass(int at, ReadOnlySpan<byte> bytes, Sink sink)
    {
        if (at + bytes.Length > _next)
        {
            var fresh = bytes[(_next - at)..];
            _next += fresh.Length;
            sink(fresh);
        }
    }
}
