using System.Buffers.Binary;
using System.Text;

namespace DeviceConformance.Probing.Smb;

/// <summary>An answer of SMB 2 or 3: what its header says, and what follows it.</summary>
/// <param name="Command">Command (MS-SMB2, 2.2.1.2).</param>
/// <param name="Status">NTSTATUS.</param>
/// <param name="MessageId">Number of the request.</param>
/// <param name="TreeId">Share.</param>
/// <param name="SessionId">Session.</param>
/// <param name="Message">The whole message; offsets in bodies count from its start.</param>
internal sealed record Smb2Answer(ushort Command, uint Status, ulong MessageId, uint TreeId, ulong SessionId, ReadOnlyMemory<byte> Message)
{
    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Body => Message.Span[Smb2Message.Header..];

    /// <summary>A part of the message by offset and length; empty where it does not lie within.</summary>
    public ReadOnlySpan<byte> Part(uint offset, uint length) =>
        offset >= Smb2Message.Header && offset <= Message.Length && length <= Message.Length - offset ? Message.Span.Slice((int)offset, (int)length) : [];
}

/// <summary>What a server of SMB 2 or 3 agrees on (MS-SMB2, 2.2.4).</summary>
/// <param name="Dialect">Dialect: 0x0202, 0x0210, 0x0300, 0x0302, 0x0311.</param>
/// <param name="SigningRequired">Whether messages have to be signed.</param>
/// <param name="Server">The server's identifier.</param>
/// <param name="Started">When it says that it was started; null when it does not.</param>
internal sealed record Smb2Agreement(ushort Dialect, bool SigningRequired, Guid Server, DateTimeOffset? Started);

/// <summary>Messages of SMB 2 and 3 (MS-SMB2): those that read, without signature and encryption.</summary>
internal static class Smb2Message
{
    public const int Header = 64;
    public const ushort Negotiate = 0;
    public const ushort SessionSetup = 1;
    public const ushort Logoff = 2;
    public const ushort TreeConnect = 3;
    public const ushort Create = 5;
    public const ushort Close = 6;
    public const ushort Ioctl = 11;
    public const ushort QueryDirectory = 14;

    public const uint Success = 0;
    public const uint Pending = 0x00000103;
    public const uint MoreProcessing = 0xc0000016;

    private const uint PipeTransceive = 0x0011c017; // FSCTL_PIPE_TRANSCEIVE
    private const byte NamesOnly = 12; // FileNamesInformation (MS-FSCC, 2.4.33)

    /// <summary>The dialects, newest first.</summary>
    public static IReadOnlyList<ushort> Dialects { get; } = [0x0311, 0x0302, 0x0300, 0x0210, 0x0202];

    /// <summary>A dialect as people write it.</summary>
    public static string NameOf(ushort dialect) => dialect switch
    {
        0x0202 => "SMB 2.0.2",
        0x0210 => "SMB 2.1",
        0x0300 => "SMB 3.0",
        0x0302 => "SMB 3.0.2",
        0x0311 => "SMB 3.1.1",
        _ => $"SMB 0x{dialect:x4}",
    };

    /// <summary>Reads an answer's header.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> message, out Smb2Answer answer)
    {
        answer = null!;
        var bytes = message.Span;
        if (bytes.Length < Header || bytes[0] != 0xfe || !bytes[1..4].SequenceEqual("SMB"u8) || (bytes[16] & 1) == 0)
        {
            return false;
        }

        answer = new Smb2Answer(
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]),
            message);
        return true;
    }

    /// <summary>A request: header and body.</summary>
    public static byte[] Request(ushort command, ulong messageId, ulong sessionId, uint treeId, byte[] body)
    {
        var message = new byte[Header + body.Length];
        (message[0], message[1], message[2], message[3], message[4]) = (0xfe, (byte)'S', (byte)'M', (byte)'B', Header);
        message[6] = (byte)(command == Negotiate ? 0 : 1);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(12), command);
        message[14] = 8; // credits asked for: one message at a time needs few
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(24), messageId);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(36), treeId);
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(40), sessionId);
        body.CopyTo(message, Header);
        return message;
    }

    /// <summary>NEGOTIATE with one dialect (2.2.3).</summary>
    public static byte[] NegotiateBody(ushort dialect, Guid client)
    {
        byte[] head = [36, 0, 1, 0, 1, 0, 0, 0, 0x7f, 0, 0, 0, .. client.ToByteArray()];
        if (dialect == 0x0202)
        {
            head[8] = 0;
            head.AsSpan(12, 16).Clear();
        }

        if (dialect < 0x0311)
        {
            return [.. head, .. new byte[8], (byte)dialect, (byte)(dialect >> 8)];
        }

        // Contexts begin at a multiple of eight: 64 + 36 + 2 bytes before them, and two of filling.
        var salt = new byte[32];
        System.Security.Cryptography.RandomNumberGenerator.Fill(salt);
        byte[] integrity = [1, 0, 38, 0, 0, 0, 0, 0, 1, 0, 32, 0, 1, 0, .. salt, 0, 0];
        byte[] encryption = [2, 0, 10, 0, 0, 0, 0, 0, 4, 0, 4, 0, 3, 0, 2, 0, 1, 0];
        return [.. head, Header + 40, 0, 0, 0, 2, 0, 0, 0, 0x11, 0x03, 0, 0, .. integrity, .. encryption];
    }

    /// <summary>What a NEGOTIATE was answered with.</summary>
    public static bool TryAgreement(Smb2Answer answer, out Smb2Agreement agreement)
    {
        agreement = null!;
        var body = answer.Body;
        if (answer.Command != Negotiate || answer.Status != Success || body.Length < 64)
        {
            return false;
        }

        agreement = new Smb2Agreement(
            BinaryPrimitives.ReadUInt16LittleEndian(body[4..]),
            (body[2] & 2) != 0,
            new Guid(body.Slice(8, 16)),
            Time(BinaryPrimitives.ReadInt64LittleEndian(body[48..])));
        return true;
    }

    /// <summary>SESSION_SETUP (2.2.5).</summary>
    public static byte[] SessionSetupBody(byte[] token) =>
        [25, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, Header + 24, 0, (byte)token.Length, (byte)(token.Length >> 8), .. new byte[8], .. token];

    /// <summary>What a SESSION_SETUP was answered with (2.2.6): flags (1 guest, 2 nobody in particular), and the token.</summary>
    public static bool TrySession(Smb2Answer answer, out ushort flags, out ReadOnlySpan<byte> token)
    {
        flags = 0;
        token = [];
        var body = answer.Body;
        if (answer.Command != SessionSetup || answer.Status is not (Success or MoreProcessing) || body.Length < 8)
        {
            return false;
        }

        flags = BinaryPrimitives.ReadUInt16LittleEndian(body[2..]);
        token = answer.Part(BinaryPrimitives.ReadUInt16LittleEndian(body[4..]), BinaryPrimitives.ReadUInt16LittleEndian(body[6..]));
        return true;
    }

    /// <summary>TREE_CONNECT (2.2.9).</summary>
    public static byte[] TreeConnectBody(string path)
    {
        var name = Encoding.Unicode.GetBytes(path);
        return [9, 0, 0, 0, Header + 8, 0, (byte)name.Length, (byte)(name.Length >> 8), .. name];
    }

    /// <summary>What a TREE_CONNECT was answered with (2.2.10): kind of share (1 files, 2 pipes, 3 printer), and the most that this session may do.</summary>
    public static bool TryTree(Smb2Answer answer, out byte kind, out uint rights)
    {
        (kind, rights) = (0, 0);
        var body = answer.Body;
        if (answer.Command != TreeConnect || answer.Status != Success || body.Length < 16)
        {
            return false;
        }

        (kind, rights) = (body[2], BinaryPrimitives.ReadUInt32LittleEndian(body[12..]));
        return true;
    }

    /// <summary>CREATE (2.2.13): opens what is there, or makes a new file.</summary>
    /// <param name="name">Name within the share; empty for its root.</param>
    /// <param name="access">Rights asked for.</param>
    /// <param name="disposition">1: only what is there; 2: only what is not there yet.</param>
    /// <param name="options">Options, as "is a folder" or "deleted when it is closed".</param>
    public static byte[] CreateBody(string name, uint access, uint disposition, uint options)
    {
        var text = Encoding.Unicode.GetBytes(name);
        var body = new byte[56 + Math.Max(text.Length, 1)];
        body[0] = 57;
        body[4] = 2; // impersonation
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(24), access);
        body[32] = 7; // others may read, write and delete meanwhile
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(36), disposition);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(40), options);
        body[44] = Header + 56;
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(46), (ushort)text.Length);
        text.CopyTo(body, 56);
        return body;
    }

    /// <summary>The file that a CREATE opened (2.2.14), 16 bytes.</summary>
    public static bool TryFile(Smb2Answer answer, out byte[] file)
    {
        var body = answer.Body;
        var isOpen = answer.Command == Create && answer.Status == Success && body.Length >= 80;
        file = isOpen ? body.Slice(64, 16).ToArray() : [];
        return isOpen;
    }

    /// <summary>CLOSE (2.2.15).</summary>
    public static byte[] CloseBody(byte[] file) => [24, 0, 0, 0, 0, 0, 0, 0, .. file];

    /// <summary>QUERY_DIRECTORY (2.2.33) for names.</summary>
    public static byte[] QueryDirectoryBody(byte[] folder) => [33, 0, NamesOnly, 0, 0, 0, 0, 0, .. folder, Header + 32, 0, 2, 0, 0, 0x40, 0, 0, (byte)'*', 0];

    /// <summary>Names that a QUERY_DIRECTORY was answered with (2.2.34; MS-FSCC, 2.4.33), without "." and "..".</summary>
    public static List<string> Names(Smb2Answer answer)
    {
        var names = new List<string>();
        var body = answer.Body;
        if (answer.Command != QueryDirectory || answer.Status != Success || body.Length < 8)
        {
            return names;
        }

        var entries = answer.Part(BinaryPrimitives.ReadUInt16LittleEndian(body[2..]), BinaryPrimitives.ReadUInt32LittleEndian(body[4..]));
        while (entries.Length >= 12)
        {
            var (next, length) = (BinaryPrimitives.ReadUInt32LittleEndian(entries), BinaryPrimitives.ReadUInt32LittleEndian(entries[8..]));
            if (length > entries.Length - 12)
            {
                break;
            }

            var name = Encoding.Unicode.GetString(entries.Slice(12, (int)length));
            if (name is not ("." or ".."))
            {
                names.Add(name);
            }

            if (next < 12 || next > entries.Length)
            {
                break;
            }

            entries = entries[(int)next..];
        }

        return names;
    }

    /// <summary>IOCTL (2.2.31) that writes to a pipe and reads its answer.</summary>
    public static byte[] PipeBody(byte[] pipe, byte[] input)
    {
        var body = new byte[56 + input.Length];
        body[0] = 57;
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(4), PipeTransceive);
        pipe.CopyTo(body, 8);
        body[24] = Header + 56;
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(28), (uint)input.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(44), 0x10000);
        body[48] = 1;
        input.CopyTo(body, 56);
        return body;
    }

    /// <summary>What a pipe answered (2.2.32).</summary>
    public static ReadOnlySpan<byte> PipeAnswer(Smb2Answer answer)
    {
        var body = answer.Body;
        return answer.Command == Ioctl && body.Length >= 48 ? answer.Part(BinaryPrimitives.ReadUInt32LittleEndian(body[32..]), BinaryPrimitives.ReadUInt32LittleEndian(body[36..])) : [];
    }

    private static DateTimeOffset? Time(long fileTime) =>
        fileTime > 0 && fileTime < DateTimeOffset.MaxValue.ToFileTime() ? DateTimeOffset.FromFileTime(fileTime).ToUniversalTime() : null;
}
