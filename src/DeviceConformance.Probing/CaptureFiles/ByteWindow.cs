namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>A window that moves forward over a stream of any length; memory stays the size of the buffer, which is at most <see cref="Size"/>.</summary>
internal sealed class ByteWindow(Stream stream) : IDisposable
{
    // Half a mebibyte at a time stays in the processor's cache; only what is longer asks for more.
    private byte[] _buffer = new byte[512 << 10];
    private int _start;
    private int _end;

    /// <summary>Most bytes that can be looked at together.</summary>
    public const int Size = 8 << 20;

    /// <summary>Place of the next byte in the (unpacked) stream.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes that are there at once; fewer than asked only at the end of the stream.</summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        if (_end - _start < count)
        {
            Fill(count);
        }

        return _buffer.AsSpan(_start, Math.Min(count, _end - _start));
    }

    /// <summary>Goes on behind bytes that were looked at.</summary>
    public void Advance(int count)
    {
        _start += count;
        Position += count;
    }

    public void Dispose() => stream.Dispose();

    private void Fill(int count)
    {
        var rest = _buffer.AsSpan(_start, _end - _start);
        if (count > _buffer.Length)
        {
            _buffer = new byte[Math.Min(Size, Math.Max(count, _buffer.Length * 2))];
        }

        rest.CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        while (_end < count && stream.Read(_buffer, _end, _buffer.Length - _end) is > 0 and var read)
        {
            _end += read;
        }
    }
}
