namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>Puts pieces of a message that come in any order and more than once into theirs: the CRYPTO frames of QUIC (RFC 9000, 19.6), the fragments of DTLS (RFC 6347, 4.2.3). Bounded.</summary>
/// <param name="hold">Told of bytes that wait; of those given back when negative.</param>
internal sealed class PieceOrder(Action<long> hold)
{
    /// <summary>Bytes from the beginning that are taken at the most.</summary>
    public const int Most = 32 * 1024;

    private const int MostWaiting = 64;

    private readonly SortedList<int, byte[]> _waiting = [];
    private int _next;
    private int _waitingBytes;

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
            var there = _waiting.GetValueOrDefault(at)?.Length ?? 0;
            if (_waiting.Count < MostWaiting && there < bytes.Length && _waitingBytes + bytes.Length - there <= Most)
            {
                _waiting[at] = bytes.ToArray();
                Count(bytes.Length - there);
            }

            return;
        }

        Pass(at, bytes, sink);
        while (_waiting.Count > 0 && _waiting.GetKeyAtIndex(0) is var first && first <= _next)
        {
            var held = _waiting.GetValueAtIndex(0);
            _waiting.RemoveAt(0);
            Count(-held.Length);
            Pass(first, held, sink);
        }
    }

    private void Count(int bytes)
    {
        _waitingBytes += bytes;
        hold(bytes);
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
