using System.Buffers;
using System.Buffers.Binary;

namespace DeviceConformance.Emulator.Tls;

/// <summary>What the first bytes of a connection are.</summary>
internal enum PeekResult
{
    /// <summary>May become a ClientHello.</summary>
    Incomplete,

    /// <summary>Something else, or more than a ClientHello can reasonably be.</summary>
    NotHello,

    /// <summary>A ClientHello.</summary>
    Hello,
}

/// <summary>What a client offers (RFC 5246, 7.4.1.2; RFC 8446, 4.1.2).</summary>
/// <param name="HighestVersion">Highest version offered, from the extension supported_versions when it is there.</param>
/// <param name="Suites">Cipher suites in the client's order.</param>
/// <param name="NullCompression">Whether the client can do without compression, as it must.</param>
/// <param name="SecureRenegotiation">Whether the client asks for secure renegotiation, by extension or by the value among the suites (RFC 5746).</param>
internal sealed record ClientHello(ushort HighestVersion, ushort[] Suites, bool NullCompression, bool SecureRenegotiation)
{
    /// <summary>Longest ClientHello that is looked at, in bytes; the standard allows 2^24, clients send a few hundred to a few thousand.</summary>
    public const int MaximumLength = 16 * 1024;

    private const int RecordHeader = 5;
    private const int HandshakeHeader = 4;
    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;
    private const ushort SupportedVersions = 43;
    private const ushort RenegotiationInfo = 0xFF01;
    private const ushort RenegotiationSuiteValue = 0x00FF;

    /// <summary>Reads a ClientHello from the start of a connection, put together from as many records as it spans.</summary>
    public static PeekResult Peek(ReadOnlySequence<byte> received, out ClientHello? hello)
    {
        hello = null;
        var bytes = received.Slice(0, Math.Min(received.Length, 2 * MaximumLength)).ToArray().AsSpan();
        var message = new byte[MaximumLength];
        var length = 0;
        while (true)
        {
            if (length >= HandshakeHeader)
            {
                var wanted = HandshakeHeader + ((message[1] << 16) | BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(2)));
                if (message[0] != ClientHelloMessage || wanted > MaximumLength)
                {
                    return PeekResult.NotHello;
                }

                if (length >= wanted)
                {
                    return TryParse(message.AsSpan(HandshakeHeader, wanted - HandshakeHeader), out hello) ? PeekResult.Hello : PeekResult.NotHello;
                }
            }

            if ((bytes.Length > 0 && bytes[0] != HandshakeRecord) || (bytes.Length > 1 && bytes[1] != 3))
            {
                return PeekResult.NotHello;
            }

            if (bytes.Length < RecordHeader)
            {
                return received.Length >= 2 * MaximumLength ? PeekResult.NotHello : PeekResult.Incomplete;
            }

            var fragment = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
            if (fragment == 0 || length + fragment > MaximumLength)
            {
                return PeekResult.NotHello;
            }

            if (bytes.Length < RecordHeader + fragment)
            {
                return received.Length >= 2 * MaximumLength ? PeekResult.NotHello : PeekResult.Incomplete;
            }

            bytes.Slice(RecordHeader, fragment).CopyTo(message.AsSpan(length));
            length += fragment;
            bytes = bytes[(RecordHeader + fragment)..];
        }
    }

    private static bool TryParse(ReadOnlySpan<byte> body, out ClientHello? hello)
    {
        hello = null;

        // version (2), random (32), session id (1 + n), suites (2 + n), compression methods (1 + n), extensions (2 + n, optional)
        if (body.Length < 2 + 32 + 1)
        {
            return false;
        }

        var highest = BinaryPrimitives.ReadUInt16BigEndian(body);
        var rest = body[34..];
        if (!TryTake(ref rest, 1, out _) || !TryTake(ref rest, 2, out var suiteBytes) || suiteBytes.Length % 2 != 0 || !TryTake(ref rest, 1, out var compressions))
        {
            return false;
        }

        var suites = new ushort[suiteBytes.Length / 2];
        for (var index = 0; index < suites.Length; index++)
        {
            suites[index] = BinaryPrimitives.ReadUInt16BigEndian(suiteBytes[(2 * index)..]);
        }

        var secureRenegotiation = suites.Contains(RenegotiationSuiteValue);
        if (!rest.IsEmpty)
        {
            if (!TryTake(ref rest, 2, out var extensions))
            {
                return false;
            }

            while (!extensions.IsEmpty)
            {
                if (extensions.Length < 2)
                {
                    return false;
                }

                var type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
                extensions = extensions[2..];
                if (!TryTake(ref extensions, 2, out var content))
                {
                    return false;
                }

                secureRenegotiation |= type == RenegotiationInfo;
                if (type == SupportedVersions && TryTake(ref content, 1, out var versions))
                {
                    highest = Highest(versions);
                }
            }
        }

        hello = new ClientHello(highest, suites, compressions.Contains((byte)0), secureRenegotiation);
        return true;
    }

    private static ushort Highest(ReadOnlySpan<byte> versions)
    {
        ushort highest = 0;
        for (; versions.Length >= 2; versions = versions[2..])
        {
            // Values that only look like versions (RFC 8701) are far above those of TLS.
            var version = BinaryPrimitives.ReadUInt16BigEndian(versions);
            if (version is >= 0x0300 and <= 0x0304 && version > highest)
            {
                highest = version;
            }
        }

        return highest;
    }

    // Takes a vector that begins with its length in one or two bytes.
    private static bool TryTake(ref ReadOnlySpan<byte> rest, int lengthBytes, out ReadOnlySpan<byte> vector)
    {
        vector = default;
        if (rest.Length < lengthBytes)
        {
            return false;
        }

        var length = lengthBytes == 1 ? rest[0] : BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (rest.Length < lengthBytes + length)
        {
            return false;
        }

        vector = rest.Slice(lengthBytes, length);
        rest = rest[(lengthBytes + length)..];
        return true;
    }
}
