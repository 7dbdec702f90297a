using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Ssh;

/// <summary>The algorithms that a peer offers: SSH_MSG_KEXINIT (RFC 4253, 7.1). Lists are in the order sent, the preferred one first.</summary>
/// <param name="KeyExchange">Key exchange algorithms, extension names such as ext-info-s among them.</param>
/// <param name="HostKeys">Host key algorithms.</param>
/// <param name="CiphersToServer">Ciphers from client to server.</param>
/// <param name="CiphersToClient">Ciphers from server to client.</param>
/// <param name="MacsToServer">MACs from client to server.</param>
/// <param name="MacsToClient">MACs from server to client.</param>
/// <param name="CompressionToServer">Compression from client to server.</param>
/// <param name="CompressionToClient">Compression from server to client.</param>
public sealed record SshKexInit(
    ImmutableArray<string> KeyExchange,
    ImmutableArray<string> HostKeys,
    ImmutableArray<string> CiphersToServer,
    ImmutableArray<string> CiphersToClient,
    ImmutableArray<string> MacsToServer,
    ImmutableArray<string> MacsToClient,
    ImmutableArray<string> CompressionToServer,
    ImmutableArray<string> CompressionToClient)
{
    /// <summary>Number of the message.</summary>
    public const byte Number = 20;

    private const int CookieLength = 16;
    private const int Lists = 10;

    /// <summary>Reads the payload of a packet, message number included.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, out SshKexInit kexInit)
    {
        kexInit = null!;
        var reader = new WireReader(payload);
        if (!reader.TryByte(out var number) || number != Number || !reader.TrySkip(CookieLength))
        {
            return false;
        }

        var lists = new ImmutableArray<string>[Lists];
        for (var i = 0; i < Lists; i++)
        {
            if (!reader.TryVector32(out var bytes) || !TryNames(bytes, out lists[i]))
            {
                return false;
            }
        }

        // first_kex_packet_follows and a reserved number end the message; the two lists of languages before them say nothing of security.
        if (!reader.TryByte(out _) || !reader.TryU32(out _) || !reader.IsAtEnd)
        {
            return false;
        }

        kexInit = new SshKexInit(lists[0], lists[1], lists[2], lists[3], lists[4], lists[5], lists[6], lists[7]);
        return true;
    }

    /// <summary>The payload of a packet that offers these algorithms, with a random cookie and without languages.</summary>
    internal byte[] ToPayload()
    {
        var writer = new SshWriter().Byte(Number).Raw(RandomNumberGenerator.GetBytes(CookieLength));
        foreach (var list in (ImmutableArray<string>[])[KeyExchange, HostKeys, CiphersToServer, CiphersToClient, MacsToServer, MacsToClient, CompressionToServer, CompressionToClient, [], []])
        {
            writer.Names(list);
        }

        return writer.Bool(false).U32(0).ToArray();
    }

    /// <summary>Reads the content of a name-list.</summary>
    internal static bool TryNames(ReadOnlySpan<byte> bytes, out ImmutableArray<string> names)
    {
        // Printable US-ASCII without blanks; the empty list is the empty string, an empty name is none (RFC 4251, 5 and 6).
        names = bytes.IsEmpty || bytes.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e) ? [] : [.. Encoding.ASCII.GetString(bytes).Split(',')];
        return bytes.IsEmpty || (names.Length > 0 && !names.Contains(""));
    }
}
