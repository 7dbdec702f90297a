namespace DeviceConformance.Probing.Traffic;

/// <summary>Takes the bytes of one direction of a TCP connection in their order.</summary>
internal interface IStreamSink
{
    /// <summary>Bytes in order, valid during the call.</summary>
    void Stream(bool fromClient, ReadOnlySpan<byte> bytes, long frame, long nanoseconds);

    /// <summary>Bytes that are in no frame.</summary>
    void Gap(bool fromClient, long bytes);
}

/// <summary>What all connections may hold together of bytes that came before their turn.</summary>
internal sealed class HeldBudget
{
    /// <summary>Bytes at the most.</summary>
    public const long Most = 16 * 1024 * 1024;

    /// <summary>What holding a segment takes beside its bytes: hostile ones have a single byte, or none.</summary>
    public const int PerSegment = 96;

    /// <summary>Bytes held now.</summary>
    public long Bytes { get; set; }
}

/// <summary>Puts one direction of a TCP connection in order (RFC 9293, 3.4 and 3.10).</summary>
/// <remarks>
/// Segments in their turn pass without being copied. Others wait, at most <see cref="MostHeldBytes"/> bytes or <see cref="MostHeld"/> segments
/// of a direction and <see cref="HeldBudget.Most"/> bytes of all; when a bound is met, the missing bytes before them are told as a gap. So they
/// are when the other side acknowledged them and <see cref="Patience"/> of its packets later they still did not come: captures of several
/// queues hold an acknowledgment before its data. Where segments overlap, the bytes that came first win; differing bytes are counted as far as
/// the first ones are still held. The stream begins at its SYN, or with the first segment seen.
/// </remarks>
internal sealed class TcpDirection(bool fromClient, HeldBudget budget)
{
    public const int MostHeldBytes = 512 * 1024;
    public const int MostHeld = 1024;
    public const int Patience = 16;

    // The largest window (RFC 7323, 2.3); what is farther away belongs to no stream that goes on here.
    private const int Farthest = 1 << 30;

    private List<Segment>? _held;
    private int _heldBytes;
    private uint _next;
    private uint _acknowledged;
    private bool _hasAcknowledged;
    private int _waited;
    private uint _end;
    private bool _hasEnd;

    /// <summary>Whether its beginning is known.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>Its initial sequence number; null when it was not seen.</summary>
    public uint? Initial { get; private set; }

    /// <summary>Whether everything to its FIN came.</summary>
    public bool IsOver => _hasEnd && (int)(_next - _end) >= 0;

    /// <summary>Gaps told.</summary>
    public int Gaps { get; private set; }

    /// <summary>Segments that repeated others.</summary>
    public int Repeated { get; private set; }

    /// <summary>Overlapping segments with different bytes.</summary>
    public int Conflicts { get; private set; }

    /// <summary>Bytes passed on or told as missing.</summary>
    public long Length { get; private set; }

    /// <summary>A SYN with its sequence number.</summary>
    public void Begin(uint sequence)
    {
        Initial ??= sequence;
        if (!IsStarted)
        {
            IsStarted = true;
            _next = sequence + 1;
        }
    }

    /// <summary>Whether a sequence number could be the next one, so that a reset with it is meant (RFC 9293, 3.10.7.4).</summary>
    public bool Expects(uint sequence) => !IsStarted || (int)(sequence - _next) is > -MostHeldBytes and < MostHeldBytes;

    /// <summary>A segment.</summary>
    /// <param name="sequence">Sequence number of its first byte.</param>
    /// <param name="bytes">Its bytes as far as captured.</param>
    /// <param name="length">Its length on the wire.</param>
    /// <param name="isLast">Whether it carries FIN.</param>
    /// <param name="frame">Frame.</param>
    /// <param name="nanoseconds">Time.</param>
    /// <param name="sink">Where the bytes go.</param>
    public void Accept(uint sequence, ReadOnlySpan<byte> bytes, int length, bool isLast, long frame, long nanoseconds, IStreamSink sink)
    {
        if (!IsStarted)
        {
            IsStarted = true;
            _next = sequence;
        }

        if (isLast && !_hasEnd && (int)(sequence - _next) is > -Farthest and < Farthest)
        {
            (_hasEnd, _end) = (true, sequence + (uint)length);
        }

        if (length == 0)
        {
            return;
        }

        if (_held is { Count: > 0 })
        {
            CountConflicts(sequence, bytes);
        }

        for (var first = true; ; first = false)
        {
            var ahead = (int)(sequence - _next);
            if (ahead is >= Farthest or <= -Farthest)
            {
                return;
            }

            if (ahead > 0)
            {
                if (Hold(sequence, bytes, length, frame, nanoseconds))
                {
                    return;
                }

                if (_held is { Count: > 0 })
                {
                    Skip(sink);
                }
                else
                {
                    TellGap(ahead, sink);
                }

                continue;
            }

            var end = ahead + length;
            if (end <= 0)
            {
                Repeated += first ? 1 : 0;
                return;
            }

            var take = _held is { Count: > 0 } ? Math.Min(end, (int)(_held[0].Sequence - _next)) : end;
            Pass(bytes.Length > -ahead ? bytes[-ahead..Math.Min(bytes.Length, take - ahead)] : default, take, frame, nanoseconds, sink);
            Drain(sink);
        }
    }

    /// <summary>An acknowledgment of the other side.</summary>
    public void Acknowledge(uint acknowledgment, IStreamSink sink)
    {
        if (!IsStarted || (int)(acknowledgment - _next) is <= 0 or >= Farthest)
        {
            return;
        }

        if (!_hasAcknowledged || (int)(acknowledgment - _acknowledged) > 0)
        {
            (_hasAcknowledged, _acknowledged) = (true, acknowledgment);
        }

        if (_held is { Count: > 0 } && ++_waited > Patience)
        {
            while (_held.Count > 0 && (int)(_acknowledged - _held[0].Sequence) >= 0)
            {
                Skip(sink);
            }
        }
    }

    /// <summary>The connection is over: passes on what waits and tells what is missing.</summary>
    public void Finish(IStreamSink sink)
    {
        while (_held is { Count: > 0 })
        {
            Skip(sink);
        }

        // One acknowledged number without a byte is a FIN's.
        if (_hasAcknowledged && (int)(_acknowledged - _next) is var missing && missing > 1)
        {
            TellGap(missing - (_hasEnd ? 1 : 0), sink);
        }
    }

    // Keeps those parts that are not held already. False when there is no room.
    private bool Hold(uint sequence, ReadOnlySpan<byte> bytes, int length, long frame, long nanoseconds)
    {
        _held ??= [];
        if (_heldBytes + bytes.Length > MostHeldBytes || _held.Count >= MostHeld || budget.Bytes + bytes.Length + HeldBudget.PerSegment > HeldBudget.Most)
        {
            return false;
        }

        var at = Place(sequence);
        var done = 0;
        if (at > 0 && (int)(_held[at - 1].End - sequence) is var covered && covered > 0)
        {
            done = covered;
        }

        var isNew = false;
        while (done < length)
        {
            var until = at < _held.Count ? Math.Min(length, (int)(_held[at].Sequence - sequence)) : length;
            if (until > done)
            {
                var part = bytes.Length > done ? bytes[done..Math.Min(until, bytes.Length)] : default;
                _held.Insert(at, new Segment(sequence + (uint)done, part.ToArray(), until - done, frame, nanoseconds));
                _heldBytes += part.Length;
                budget.Bytes += part.Length + HeldBudget.PerSegment;
                isNew = true;
                at++;
            }

            if (at >= _held.Count)
            {
                break;
            }

            done = (int)(_held[at].End - sequence);
            at++;
        }

        Repeated += isNew ? 0 : 1;
        return true;
    }

    // Index of the first held segment at or behind a sequence number.
    private int Place(uint sequence)
    {
        var (low, high) = (0, _held!.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = (int)(_held[middle].Sequence - sequence) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private void CountConflicts(uint sequence, ReadOnlySpan<byte> bytes)
    {
        for (var at = Math.Max(Place(sequence) - 1, 0); at < _held!.Count; at++)
        {
            var held = _held[at];
            var offset = (int)(held.Sequence - sequence);
            if (offset >= bytes.Length)
            {
                return;
            }

            var (from, to) = (Math.Max(offset, 0), Math.Min(bytes.Length, offset + held.Bytes.Length));
            if (from < to && !bytes[from..to].SequenceEqual(held.Bytes.AsSpan(from - offset, to - from)))
            {
                Conflicts++;
                return;
            }
        }
    }

    private void Pass(ReadOnlySpan<byte> bytes, int length, long frame, long nanoseconds, IStreamSink sink)
    {
        _next += (uint)length;
        Length += length;
        _waited = 0;
        if (!bytes.IsEmpty)
        {
            sink.Stream(fromClient, bytes, frame, nanoseconds);
        }

        if (bytes.Length < length)
        {
            // The capture was cut: the frame is there, its end is not.
            sink.Gap(fromClient, length - bytes.Length);
        }
    }

    private void Drain(IStreamSink sink)
    {
        if (_held is null || _held.Count == 0 || _held[0].Sequence != _next)
        {
            return;
        }

        // What is passed may not come back here, so that removing at the end is safe; one by one would be quadratic.
        var count = 0;
        while (count < _held.Count && _held[count].Sequence == _next)
        {
            var segment = _held[count++];
            _heldBytes -= segment.Bytes.Length;
            budget.Bytes -= segment.Bytes.Length + HeldBudget.PerSegment;
            Pass(segment.Bytes, segment.Length, segment.Frame, segment.Nanoseconds, sink);
        }

        _held.RemoveRange(0, count);
        if (_held.Count == 0)
        {
            _held = null;
        }
    }

    private void Skip(IStreamSink sink)
    {
        TellGap((int)(_held![0].Sequence - _next), sink);
        Drain(sink);
        _held ??= [];
    }

    private void TellGap(int bytes, IStreamSink sink)
    {
        Gaps++;
        Length += bytes;
        _next += (uint)bytes;
        sink.Gap(fromClient, bytes);
    }

    private readonly record struct Segment(uint Sequence, byte[] Bytes, int Length, long Frame, long Nanoseconds)
    {
        public uint End => Sequence + (uint)Length;
    }
}
