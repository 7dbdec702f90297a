using System.Buffers;
using System.Security.Cryptography;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Updates;

/// <summary>An image as it is offered: a stretch of a file, one bit of it perhaps flipped, with the manifest that announces it.</summary>
/// <param name="File">Full path of the image.</param>
/// <param name="Start">Offset in the file at which the image begins.</param>
/// <param name="Length">Length of the image in bytes.</param>
/// <param name="FlipAt">Offset in the file of the byte whose lowest bit is flipped; null: none.</param>
/// <param name="Version">Version that the DUT reports once it runs.</param>
/// <param name="Manifest">The manifest; empty when there is none.</param>
internal sealed record OfferedImage(string File, long Start, long Length, long? FlipAt, string Version, ReadOnlyMemory<byte> Manifest)
{
    private const int Piece = 64 * 1024;

    /// <summary>Writes a stretch of the image.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="offset">First byte, from the image's beginning.</param>
    /// <param name="count">Number of bytes.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="LabFaultException">The file can not be read.</exception>
    public async Task CopyToAsync(Stream target, long offset, long count, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            await using var source = Open();
            for (long done = 0; done < count;)
            {
                var at = Start + offset + done;
                var read = await ReadAsync(source, at, buffer.AsMemory(0, (int)Math.Min(Piece, count - done)), cancellationToken);
                if (FlipAt is { } flip && flip >= at && flip < at + read)
                {
                    buffer[flip - at] ^= 1;
                }

                await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                done += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>SHA-256 of the image in lower-case hex.</summary>
    /// <exception cref="LabFaultException">The file can not be read.</exception>
    public async Task<string> Sha256Async(CancellationToken cancellationToken)
    {
        using var hash = SHA256.Create();
        await using var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write);
        await CopyToAsync(stream, 0, Length, cancellationToken);
        await stream.FlushFinalBlockAsync(cancellationToken);
        return Convert.ToHexStringLower(hash.Hash!);
    }

    private FileStream Open()
    {
        try
        {
            return new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new LabFaultException($"The update image {File} can not be read: {fault.Message}", fault);
        }
    }

    private async Task<int> ReadAsync(FileStream source, long at, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            source.Position = at;
            var read = await source.ReadAsync(buffer, cancellationToken);
            return read > 0 ? read : throw new LabFaultException($"The update image {File} became shorter while it was offered.");
        }
        catch (IOException fault)
        {
            // A fault of the laboratory's disk must not look like one of the DUT.
            throw new LabFaultException($"The update image {File} can not be read: {fault.Message}", fault);
        }
    }
}
