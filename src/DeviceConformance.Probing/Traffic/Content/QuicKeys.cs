using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>Keys of one side's Initial packets, which everybody can derive who saw the first packet of the client (RFC 9001, 5.2; RFC 9369, 3.3).</summary>
internal sealed class QuicKeys : IDisposable
{
    /// <summary>QUIC version 1 (RFC 9000, 15).</summary>
    public const uint Version1 = 0x00000001;

    /// <summary>QUIC version 2 (RFC 9369, 3.1).</summary>
    public const uint Version2 = 0x6b3343cf;

    private const uint Drafts = 0xff000000;
    private const uint FirstDraft = Drafts + 23;
    private const uint LastDraft = Drafts + 34;

    private const int SampleLength = 16;
    private const int TagLength = 16;

    // Drafts 23 to 28, and 29 to 32; from 33 on they have the salt of version 1 (draft-ietf-quic-tls, 5.2).
    private static readonly byte[] _salt23 = Convert.FromHexString("c3eef712c72ebb5a11a7d2432bb46365bef9f502");
    private static readonly byte[] _salt29 = Convert.FromHexString("afbfec289993d24c9e9786f19c6111e04390a899");
    private static readonly byte[] _salt1 = Convert.FromHexString("38762cf7f55934b34d179ae6a4c80cadccbb7f0a");
    private static readonly byte[] _salt2 = Convert.FromHexString("0dede3def700a6db819381be6e269dcbf9bd2ed9");

    /// <summary>Whether its Initial packets can be opened: versions 1, 2 and the drafts before them that were in use.</summary>
    public static bool Knows(uint version) => version is Version1 or Version2 or (>= FirstDraft and <= LastDraft);

    /// <summary>Name of a version.</summary>
    public static string NameOf(uint version) => version switch { Version1 => "QUIC version 1", Version2 => "QUIC version 2", _ => $"QUIC draft {version - Drafts}" };

    private readonly AesGcm _packets;
    private readonly Aes _headers;
    private readonly byte[] _iv;

    /// <summary>Derives the keys.</summary>
    public QuicKeys(uint version, ReadOnlySpan<byte> connectionId, bool fromClient)
    {
        var initial = HKDF.Extract(HashAlgorithmName.SHA256, connectionId.ToArray(), version switch { Version2 => _salt2, >= Drafts + 33 => _salt1, >= Drafts + 29 => _salt29, >= Drafts => _salt23, _ => _salt1 });
        var secret = HkdfLabel.Expand(HashAlgorithmName.SHA256, initial, fromClient ? "client in" : "server in", 32);
        var label = version == Version2 ? "quicv2 " : "quic ";
        _packets = new AesGcm(HkdfLabel.Expand(HashAlgorithmName.SHA256, secret, label + "key", 16), TagLength);
        _iv = HkdfLabel.Expand(HashAlgorithmName.SHA256, secret, label + "iv", 12);
        _headers = Aes.Create();
        _headers.Key = HkdfLabel.Expand(HashAlgorithmName.SHA256, secret, label + "hp", 16);
    }

    /// <summary>Opens a packet (RFC 9001, 5.3 and 5.4).</summary>
    /// <param name="packet">The packet from its first byte to its last.</param>
    /// <param name="numberAt">Where its number begins.</param>
    /// <param name="payload">Its frames.</param>
    /// <returns>Whether its tag fits: then it was made with these keys.</returns>
    public bool TryOpen(ReadOnlySpan<byte> packet, int numberAt, out byte[] payload)
    {
        payload = [];
        if (packet.Length < numberAt + 4 + SampleLength)
        {
            return false;
        }

        Span<byte> mask = stackalloc byte[SampleLength];
        _headers.EncryptEcb(packet.Slice(numberAt + 4, SampleLength), mask, PaddingMode.None);
        var first = (byte)(packet[0] ^ (mask[0] & 0x0f));
        var numberLength = (first & 3) + 1;
        var headerLength = numberAt + numberLength;
        var length = packet.Length - headerLength - TagLength;
        if (length < 0)
        {
            return false;
        }

        var header = packet[..headerLength].ToArray();
        header[0] = first;
        // Initial packets are few: their numbers are not cut, and the nonce is the number as it stands.
        ulong number = 0;
        for (var at = 0; at < numberLength; at++)
        {
            header[numberAt + at] ^= mask[1 + at];
            number = (number << 8) | header[numberAt + at];
        }

        Span<byte> nonce = stackalloc byte[12];
        _iv.CopyTo(nonce);
        BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], BinaryPrimitives.ReadUInt64BigEndian(nonce[4..]) ^ number);
        var plain = new byte[length];
        try
        {
            _packets.Decrypt(nonce, packet.Slice(headerLength, length), packet[^TagLength..], plain, header);
        }
        catch (AuthenticationTagMismatchException)
        {
            // The one way in which the BCL says that the keys do not fit.
            return false;
        }

        payload = plain;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _packets.Dispose();
        _headers.Dispose();
    }
}
