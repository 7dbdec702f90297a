using System.Buffers;
using DeviceConformance.Emulator.Tls;

namespace DeviceConformance.Emulator.Cloud;

/// <summary>A connection whose ClientHello was looked at and is still to be read.</summary>
internal sealed class PeekedStream(Stream inner) : Stream
{
    private byte[] seen = [];
    private int given;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Waits for a whole ClientHello; null when something else comes or the connection ends.</summary>
    public async Task<ClientHello?> PeekHelloAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[2 * ClientHello.MaximumLength];
        while (true)
        {
            var read = await inner.ReadAsync(buffer.AsMemory(seen.Length), cancellationToken);
            seen = buffer[..(seen.Length + read)];
            var peeked = ClientHello.Peek(new ReadOnlySequence<byte>(seen), out var hello);
            if (read == 0 || peeked != PeekResult.Incomplete)
            {
                return hello;
            }
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (given == seen.Length)
        {
            return await inner.ReadAsync(buffer, cancellationToken);
        }

        var count = Math.Min(buffer.Length, seen.Length - given);
        seen.AsMemory(given, count).CopyTo(buffer);
        given += count;
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous reading is used.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous writing is used.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
