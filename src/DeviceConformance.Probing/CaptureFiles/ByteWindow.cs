namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>A window that moves forward over a stream of any length; memory stays the size of the buffer.</summary>
internal sealed class ByteWindow(Stream stream) : IDisposable
{
    private readonly byte[] _buffer = new byte[Size];
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
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        // Half a mebibyte at a time stays in the processor's cache; a larger frame asks for more.
        var wanted = Math.Min(Size, Math.Max(count, 512 << 10));
        while (_end < count && stream.Read(_buffer, _end, wanted - _end) is > 0 and var read)
        {
            _end += read;
        }
    }
}
