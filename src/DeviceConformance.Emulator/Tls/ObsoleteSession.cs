using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace DeviceConformance.Emulator.Tls;

/// <summary>
/// Both sides of TLS 1.1 with TLS_RSA_WITH_AES_128_CBC_SHA (RFC 4346), for the fault old-tls-client: the system's library refuses the
/// version. It is whole, so that a capture shows what an old device really sends, and it is for loopback only: it checks no certificate.
/// </summary>
internal sealed class ObsoleteSession : Stream
{
    /// <summary>Version on the wire.</summary>
    public const ushort Version = 0x0302;

    private const ushort Suite = 0x002F;
    private const byte ChangeCipherSpec = 20;
    private const byte Alert = 21;
    private const byte Handshake = 22;
    private const byte Data = 23;
    private const int RandomLength = 32;
    private const int LongestRecord = 16 * 1024 + 2048;
    private const int LongestContent = 16 * 1024;

    private readonly Stream inner;
    private readonly List<byte> transcript = [];
    private readonly List<byte> messages = [];
    private ObsoleteKeys? own;
    private ObsoleteKeys? theirs;
    private byte[] unread = [];

    private ObsoleteSession(Stream inner) => this.inner = inner;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Plays the client.</summary>
    /// <exception cref="IOException">The server does not agree.</exception>
    public static async Task<ObsoleteSession> ConnectAsync(Stream stream, string serverName, CancellationToken cancellationToken)
    {
        var session = new ObsoleteSession(stream);
        var clientRandom = RandomNumberGenerator.GetBytes(RandomLength);
        var name = Encoding.ASCII.GetBytes(serverName);

        // server_name with one host name (RFC 6066, 3).
        byte[] extension = [0, 0, .. Length16(name.Length + 5), .. Length16(name.Length + 3), 0, .. Length16(name.Length), .. name];
        await session.SayAsync(1, [.. Length16(Version), .. clientRandom, 0, 0, 2, .. Length16(Suite), 1, 0, .. Length16(extension.Length), .. extension], cancellationToken);
        var hello = await session.HearAsync(2, cancellationToken);
        var certificates = await session.HearAsync(11, cancellationToken);
        await session.HearAsync(14, cancellationToken);
        if (hello.Length < 2 + RandomLength + 1 || certificates.Length < 6)
        {
            throw new IOException("The server's hello is too short.");
        }

        using var certificate = X509CertificateLoader.LoadCertificate(certificates.AsSpan(6));
        using var key = certificate.GetRSAPublicKey() ?? throw new IOException("The server has no RSA key.");
        byte[] premaster = [.. Length16(Version), .. RandomNumberGenerator.GetBytes(ObsoleteKeys.MasterLength - 2)];
        var encrypted = key.Encrypt(premaster, RSAEncryptionPadding.Pkcs1);
        await session.SayAsync(16, [.. Length16(encrypted.Length), .. encrypted], cancellationToken);
        var serverRandom = hello[2..(2 + RandomLength)];
        var master = ObsoleteKeys.Master(premaster, clientRandom, serverRandom);
        var (ofClient, ofServer) = ObsoleteKeys.Derive(master, clientRandom, serverRandom);
        await session.FinishAsync(master, "client finished", ofClient, cancellationToken);
        await session.ExpectFinishedAsync(master, "server finished", ofServer, cancellationToken);
        return session;
    }

    /// <summary>Plays the server.</summary>
    /// <exception cref="IOException">The client does not agree.</exception>
    public static async Task<ObsoleteSession> AcceptAsync(Stream stream, byte[] certificate, RSA key, CancellationToken cancellationToken)
    {
        var session = new ObsoleteSession(stream);
        var hello = await session.HearAsync(1, cancellationToken);
        if (hello.Length < 2 + RandomLength)
        {
            throw new IOException("The client's hello is too short.");
        }

        var clientRandom = hello[2..(2 + RandomLength)];
        var serverRandom = RandomNumberGenerator.GetBytes(RandomLength);
        await session.SayAsync(2, [.. Length16(Version), .. serverRandom, 0, .. Length16(Suite), 0], cancellationToken);
        await session.SayAsync(11, [.. Length24(certificate.Length + 3), .. Length24(certificate.Length), .. certificate], cancellationToken);
        await session.SayAsync(14, [], cancellationToken);
        var exchange = await session.HearAsync(16, cancellationToken);
        if (exchange.Length != 2 + (key.KeySize / 8))
        {
            throw new IOException("The client's key exchange has a wrong length.");
        }

        var master = ObsoleteKeys.Master(Decrypt(key, exchange.AsSpan(2)), clientRandom, serverRandom);
        var (ofClient, ofServer) = ObsoleteKeys.Derive(master, clientRandom, serverRandom);
        await session.ExpectFinishedAsync(master, "client finished", ofClient, cancellationToken);
        await session.FinishAsync(master, "server finished", ofServer, cancellationToken);
        return session;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (unread.Length == 0)
        {
            var (type, content) = await ReadRecordAsync(cancellationToken);
            if (type != Data)
            {
                // close_notify, or the end of the connection
                return 0;
            }

            unread = content;
        }

        var count = Math.Min(buffer.Length, unread.Length);
        unread.AsMemory(0, count).CopyTo(buffer);
        unread = unread[count..];
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (; buffer.Length > 0; buffer = buffer[Math.Min(buffer.Length, LongestContent)..])
        {
            await WriteRecordAsync(Data, buffer[..Math.Min(buffer.Length, LongestContent)].ToArray(), cancellationToken);
        }
    }

    /// <summary>Takes leave with close_notify (7.2.1).</summary>
    public Task ShutdownAsync(CancellationToken cancellationToken) => WriteRecordAsync(Alert, [1, 0], cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous reading is used.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous writing is used.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            own?.Dispose();
            theirs?.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task FinishAsync(byte[] master, string label, ObsoleteKeys keys, CancellationToken cancellationToken)
    {
        await WriteRecordAsync(ChangeCipherSpec, [1], cancellationToken);
        own = keys;
        await SayAsync(20, ObsoleteKeys.Finished(master, label, [.. transcript]), cancellationToken);
    }

    private async Task ExpectFinishedAsync(byte[] master, string label, ObsoleteKeys keys, CancellationToken cancellationToken)
    {
        if (await ReadRecordAsync(cancellationToken) is not { Type: ChangeCipherSpec })
        {
            throw new IOException("The other side does not change to the new keys.");
        }

        theirs = keys;
        var expected = ObsoleteKeys.Finished(master, label, [.. transcript]);
        var heard = await HearAsync(20, cancellationToken);
        if (!CryptographicOperations.FixedTimeEquals(expected, heard))
        {
            throw new IOException("The other side heard another handshake.");
        }
    }

    private async Task SayAsync(byte type, byte[] body, CancellationToken cancellationToken)
    {
        byte[] message = [type, .. Length24(body.Length), .. body];
        transcript.AddRange(message);
        await WriteRecordAsync(Handshake, message, cancellationToken);
    }

    // The next handshake message, which has to be of this type.
    private async Task<byte[]> HearAsync(byte wanted, CancellationToken cancellationToken)
    {
        while (messages.Count < 4 || messages.Count < 4 + LengthOfFirst())
        {
            var (type, content) = await ReadRecordAsync(cancellationToken);
            if (type != Handshake || messages.Count + content.Length > 2 * LongestRecord)
            {
                throw new IOException("The other side ended the handshake.");
            }

            messages.AddRange(content);
        }

        var length = 4 + LengthOfFirst();
        byte[] message = [.. messages.Take(length)];
        messages.RemoveRange(0, length);
        transcript.AddRange(message);
        return message[0] == wanted ? message[4..] : throw new IOException($"The other side says handshake message {message[0]} in place of {wanted}.");
    }

    private int LengthOfFirst() => (messages[1] << 16) | (messages[2] << 8) | messages[3];

    // Type 0: the connection is over.
    private async Task<(byte Type, byte[] Content)> ReadRecordAsync(CancellationToken cancellationToken)
    {
        var header = new byte[5];
        if (await inner.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellationToken) < header.Length)
        {
            return (0, []);
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(3));
        if (length > LongestRecord)
        {
            throw new IOException("The other side sends a record that is too long.");
        }

        var content = new byte[length];
        await inner.ReadExactlyAsync(content, cancellationToken);
        return (header[0], theirs is null ? content : theirs.Open(header[0], content) ?? throw new IOException("The other side sends a record that was altered."));
    }

    private async Task WriteRecordAsync(byte type, byte[] content, CancellationToken cancellationToken)
    {
        var bytes = own?.Protect(type, content) ?? content;
        await inner.WriteAsync((byte[])[type, .. Length16(Version), .. Length16(bytes.Length), .. bytes], cancellationToken);
    }

    private static byte[] Decrypt(RSA key, ReadOnlySpan<byte> encrypted)
    {
        try
        {
            return key.Decrypt(encrypted, RSAEncryptionPadding.Pkcs1);
        }
        catch (CryptographicException wrong)
        {
            throw new IOException("The client's key exchange is not for this key.", wrong);
        }
    }

    private static byte[] Length16(int length) => [(byte)(length >> 8), (byte)length];

    private static byte[] Length24(int length) => [(byte)(length >> 16), (byte)(length >> 8), (byte)length];
}
