using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace DeviceConformance.Emulator.Updates;

/// <summary>
/// An update image of the emulated device: a header of 64 bytes (<c>GW24 2.2.0</c>, line feed, spaces), a payload in blocks of 1024
/// bytes, and a signature of 64 bytes (ECDSA P-256 with SHA-256 over all before it, r and s as in IEEE P1363).
/// </summary>
public sealed class UpdateImage
{
    /// <summary>Length of the header in bytes.</summary>
    public const int HeaderLength = 64;

    /// <summary>The payload is a whole number of blocks of this many bytes; this is how a missing signature shows.</summary>
    public const int BlockLength = 1024;

    /// <summary>Length of the signature in bytes.</summary>
    public const int SignatureLength = 64;

    /// <summary>Longest image that the device reads, in bytes.</summary>
    public const int MaximumLength = 4 * 1024 * 1024;

    private const int LargestVersionPart = 9999;

    private static readonly BigInteger GroupOrder =
        new(Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), isUnsigned: true, isBigEndian: true);

    private readonly byte[] signed;
    private readonly byte[] signature;

    private UpdateImage(Version version, byte[] signed, byte[] signature)
    {
        Version = version;
        this.signed = signed;
        this.signature = signature;
    }

    /// <summary>Version that the header names.</summary>
    public Version Version { get; }

    /// <summary>Whether a signature is there at all: not cut off, not blanked with one repeated byte.</summary>
    public bool HasSignature => signature.Length > 0 && signature.AsSpan().ContainsAnyExcept(signature[0]);

    /// <summary>Whether the signature could be one: r and s lie between 1 and the order of the group (FIPS 186-5, 6.4.2).</summary>
    public bool HasWellFormedSignature =>
        signature.Length == SignatureLength && IsScalar(signature.AsSpan(0, SignatureLength / 2)) && IsScalar(signature.AsSpan(SignatureLength / 2));

    /// <summary>Reads an image without judging its signature.</summary>
    /// <param name="bytes">The image.</param>
    /// <param name="image">The image, when it has the right form; the signature may be missing.</param>
    /// <returns>Whether header and lengths are those of an image.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out UpdateImage? image)
    {
        image = null;
        if (bytes.Length < HeaderLength + BlockLength || bytes.Length > MaximumLength || !TryParseHeader(bytes[..HeaderLength], out var version))
        {
            return false;
        }

        var signatureLength = (bytes.Length - HeaderLength) % BlockLength;
        if (signatureLength is not (0 or SignatureLength))
        {
            return false;
        }

        image = new UpdateImage(version, bytes[..^signatureLength].ToArray(), bytes[^signatureLength..].ToArray());
        return true;
    }

    /// <summary>Whether the key made the signature over this content.</summary>
    public bool IsSignedBy(ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return HasWellFormedSignature && key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>Builds an image without signature.</summary>
    /// <param name="version">Version, three numbers.</param>
    /// <param name="payload">Payload; filled up with zeros to whole blocks, at least one.</param>
    /// <exception cref="ArgumentException">The version or the length can not be written.</exception>
    public static byte[] BuildUnsigned(string version, ReadOnlySpan<byte> payload)
    {
        var blocks = Math.Max(1, (payload.Length + BlockLength - 1) / BlockLength);
        var length = HeaderLength + (blocks * (long)BlockLength);
        if (!TryParseVersion(version, out _) || length + SignatureLength > MaximumLength)
        {
            throw new ArgumentException("An image needs a version of three numbers and a payload that fits.", nameof(version));
        }

        var bytes = new byte[length];
        bytes.AsSpan(0, HeaderLength).Fill((byte)' ');
        Encoding.ASCII.GetBytes($"GW24 {version}\n", bytes);
        payload.CopyTo(bytes.AsSpan(HeaderLength));
        return bytes;
    }

    /// <summary>Builds an image and signs it.</summary>
    /// <param name="version">Version, three numbers.</param>
    /// <param name="payload">Payload; filled up with zeros to whole blocks, at least one.</param>
    /// <param name="key">Private P-256 key.</param>
    /// <exception cref="ArgumentException">The version or the length can not be written.</exception>
    public static byte[] BuildSigned(string version, ReadOnlySpan<byte> payload, ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var unsigned = BuildUnsigned(version, payload);
        return [.. unsigned, .. key.SignData(unsigned, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)];
    }

    /// <summary>Reads a version of exactly three numbers, without signs or spaces.</summary>
    internal static bool TryParseVersion(string? text, [NotNullWhen(true)] out Version? version)
    {
        version = null;
        return text is { Length: <= 14 }
            && text.All(character => char.IsAsciiDigit(character) || character == '.')
            && System.Version.TryParse(text, out version)
            && version is { Build: >= 0 and <= LargestVersionPart, Revision: -1, Major: <= LargestVersionPart, Minor: <= LargestVersionPart };
    }

    private static bool TryParseHeader(ReadOnlySpan<byte> header, [NotNullWhen(true)] out Version? version)
    {
        version = null;
        var end = header.IndexOf((byte)'\n');
        return end > 0
            && header.StartsWith("GW24 "u8)
            && !header[(end + 1)..].ContainsAnyExcept((byte)' ')
            && TryParseVersion(Encoding.Latin1.GetString(header["GW24 "u8.Length..end]), out version);
    }

    private static bool IsScalar(ReadOnlySpan<byte> bytes)
    {
        var value = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        return !value.IsZero && value < GroupOrder;
    }
}
