using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DeviceConformance.Probing.Ssh;

/// <summary>Packets of one direction under one set of keys (RFC 4253, 6): this one neither encrypts nor authenticates.</summary>
internal class PacketCipher : IDisposable
{
    /// <summary>Bytes of a packet at the most, its length field and MAC included (RFC 4253, 6.1 wants 35000 to be taken).</summary>
    public const int MaxPacket = SshOpening.MaxPacket + 64;

    protected const int LengthField = 4;
    private const int MinPadding = 4;

    /// <summary>Bytes that have to be there before the length of the packet can be told.</summary>
    public virtual int HeaderLength => LengthField;

    /// <summary>A packet ready to be sent.</summary>
    /// <param name="sequence">Number of the packet in its direction.</param>
    /// <param name="payload">The message.</param>
    public virtual byte[] Seal(uint sequence, ReadOnlySpan<byte> payload) => Frame(payload, 8, LengthField);

    /// <summary>Tells the length of the whole packet from its first <see cref="HeaderLength"/> bytes.</summary>
    public virtual bool TryLength(uint sequence, ReadOnlySpan<byte> header, out int total) => TryTotal(header, 0, out total);

    /// <summary>Takes the message out of a whole packet; false when its MAC or its padding is wrong.</summary>
    public virtual bool TryOpen(uint sequence, ReadOnlySpan<byte> packet, out byte[] payload) => TryStrip(packet[LengthField..], out payload);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Length field, padding length, message and padding; what is encrypted is a multiple of the block.</summary>
    /// <param name="payload">The message.</param>
    /// <param name="block">Size of a block.</param>
    /// <param name="counted">How much of the length field counts as part of the encrypted bytes: all or none of it.</param>
    protected static byte[] Frame(ReadOnlySpan<byte> payload, int block, int counted)
    {
        var padding = block - ((counted + 1 + payload.Length) % block);
        padding += padding < MinPadding ? block : 0;
        var packet = new byte[LengthField + 1 + payload.Length + padding];
        BinaryPrimitives.WriteInt32BigEndian(packet, packet.Length - LengthField);
        packet[LengthField] = (byte)padding;
        payload.CopyTo(packet.AsSpan(LengthField + 1));
        RandomNumberGenerator.Fill(packet.AsSpan(LengthField + 1 + payload.Length));
        return packet;
    }

    /// <summary>The whole length from a length field in clear.</summary>
    /// <param name="field">At least the four bytes of the field.</param>
    /// <param name="macLength">Bytes of MAC behind the packet.</param>
    /// <param name="total">Length field, packet and MAC.</param>
    protected static bool TryTotal(ReadOnlySpan<byte> field, int macLength, out int total)
    {
        var size = BinaryPrimitives.ReadUInt32BigEndian(field);
        total = size <= MaxPacket ? LengthField + (int)size + macLength : 0;
        return size >= 1 + 1 + MinPadding && total <= MaxPacket;
    }

    /// <summary>The message without padding length and padding.</summary>
    protected static bool TryStrip(ReadOnlySpan<byte> decrypted, out byte[] payload)
    {
        var isSound = decrypted.Length > 1 && decrypted[0] >= MinPadding && decrypted[0] + 2 <= decrypted.Length;
        payload = isSound ? decrypted[1..^decrypted[0]].ToArray() : [];
        return isSound;
    }
}

/// <summary>A block cipher in CTR or CBC mode beside an HMAC, over the clear packet or, with -etm, over the encrypted one.</summary>
internal sealed class BlockPacketCipher(BlockMode mode, SshMac mac, byte[] macKey) : PacketCipher
{
    private byte[] _firstBlock = [];

    /// <inheritdoc/>
    public override int HeaderLength => mac.IsEtm ? LengthField : mode.BlockLength;

    /// <inheritdoc/>
    public override byte[] Seal(uint sequence, ReadOnlySpan<byte> payload)
    {
        var packet = Frame(payload, mode.BlockLength, mac.IsEtm ? 0 : LengthField);
        if (mac.IsEtm)
        {
            byte[] sealedBytes = [.. packet.AsSpan(0, LengthField), .. mode.Encrypt(packet.AsSpan(LengthField))];
            return [.. sealedBytes, .. mac.Of(macKey, sequence, sealedBytes)];
        }

        return [.. mode.Encrypt(packet), .. mac.Of(macKey, sequence, packet)];
    }

    /// <inheritdoc/>
    public override bool TryLength(uint sequence, ReadOnlySpan<byte> header, out int total)
    {
        _firstBlock = mac.IsEtm ? [] : mode.Decrypt(header);
        return TryTotal(mac.IsEtm ? header : _firstBlock, mac.Length, out total) && (total - mac.Length - (mac.IsEtm ? LengthField : 0)) % mode.BlockLength == 0;
    }

    /// <inheritdoc/>
    public override bool TryOpen(uint sequence, ReadOnlySpan<byte> packet, out byte[] payload)
    {
        var body = packet[..^mac.Length];
        var tag = packet[^mac.Length..];
        if (mac.IsEtm)
        {
            payload = [];
            return CryptographicOperations.FixedTimeEquals(mac.Of(macKey, sequence, body), tag) && TryStrip(mode.Decrypt(body[LengthField..]), out payload);
        }

        byte[] clear = [.. _firstBlock, .. mode.Decrypt(body[_firstBlock.Length..])];
        payload = [];
        return CryptographicOperations.FixedTimeEquals(mac.Of(macKey, sequence, clear), tag) && TryStrip(clear.AsSpan(LengthField), out payload);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        mode.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>AES in GCM mode (RFC 5647, 7): the length stays in clear and is authenticated.</summary>
internal sealed class GcmPacketCipher(byte[] key, byte[] iv) : PacketCipher
{
    private const int Block = 16;
    private const int TagLength = 16;
    private const int FixedPart = 4;
    private readonly AesGcm _aes = new(key, TagLength);

    /// <inheritdoc/>
    public override byte[] Seal(uint sequence, ReadOnlySpan<byte> payload)
    {
        var frame = Frame(payload, Block, 0);
        byte[] packet = [.. frame, .. new byte[TagLength]];
        _aes.Encrypt(iv, frame.AsSpan(LengthField), packet.AsSpan(LengthField, frame.Length - LengthField), packet.AsSpan(frame.Length), frame.AsSpan(0, LengthField));
        CountUp();
        return packet;
    }

    /// <inheritdoc/>
    public override bool TryLength(uint sequence, ReadOnlySpan<byte> header, out int total) => TryTotal(header, TagLength, out total);

    /// <inheritdoc/>
    public override bool TryOpen(uint sequence, ReadOnlySpan<byte> packet, out byte[] payload)
    {
        var clear = new byte[packet.Length - LengthField - TagLength];
        try
        {
            _aes.Decrypt(iv, packet[LengthField..^TagLength], packet[^TagLength..], clear, packet[..LengthField]);
        }
        catch (AuthenticationTagMismatchException)
        {
            payload = [];
            return false;
        }

        CountUp();
        return TryStrip(clear, out payload);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _aes.Dispose();
        base.Dispose(disposing);
    }

    private void CountUp() => BinaryPrimitives.WriteUInt64BigEndian(iv.AsSpan(FixedPart), BinaryPrimitives.ReadUInt64BigEndian(iv.AsSpan(FixedPart)) + 1);
}

/// <summary>chacha20-poly1305@openssh.com: one key for the length, the other for the rest (PROTOCOL.chacha20poly1305 of OpenSSH).</summary>
internal sealed class ChaChaPacketCipher(byte[] key) : PacketCipher
{
    private const int Block = 8;

    private ReadOnlySpan<byte> Main => key.AsSpan(0, ChaChaPoly.KeyLength);

    private ReadOnlySpan<byte> ForLength => key.AsSpan(ChaChaPoly.KeyLength);

    /// <inheritdoc/>
    public override byte[] Seal(uint sequence, ReadOnlySpan<byte> payload)
    {
        var packet = Frame(payload, Block, 0);
        ChaChaPoly.Apply(ForLength, sequence, 0, packet.AsSpan(0, LengthField));
        ChaChaPoly.Apply(Main, sequence, 1, packet.AsSpan(LengthField));
        return [.. packet, .. ChaChaPoly.Tag(Main, sequence, packet)];
    }

    /// <inheritdoc/>
    public override bool TryLength(uint sequence, ReadOnlySpan<byte> header, out int total)
    {
        byte[] length = [.. header];
        ChaChaPoly.Apply(ForLength, sequence, 0, length);
        return TryTotal(length, ChaChaPoly.TagLength, out total);
    }

    /// <inheritdoc/>
    public override bool TryOpen(uint sequence, ReadOnlySpan<byte> packet, out byte[] payload)
    {
        payload = [];
        if (!ChaChaPoly.IsTag(Main, sequence, packet[..^ChaChaPoly.TagLength], packet[^ChaChaPoly.TagLength..]))
        {
            return false;
        }

        byte[] clear = [.. packet[LengthField..^ChaChaPoly.TagLength]];
        ChaChaPoly.Apply(Main, sequence, 1, clear);
        return TryStrip(clear, out payload);
    }
}
