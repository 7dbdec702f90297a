using System.Buffers.Binary;
using System.Text;

namespace DeviceConformance.Probing.Smb;

/// <summary>A share of a server.</summary>
/// <param name="Name">Name.</param>
/// <param name="IsFiles">Whether it holds files; others are printers, devices and pipes.</param>
/// <param name="Comment">What the server says of it.</param>
internal sealed record SmbShare(string Name, bool IsFiles, string Comment);

/// <summary>The list of shares: NetrShareEnum of the server service (MS-SRVS, 3.1.4.8) over DCE/RPC 5.0 (C706) on the pipe "srvsvc".</summary>
internal static class ShareList
{
    private const int MaxShares = 256;
    private const int MaxName = 1024;
    private const int RpcHeader = 24;

    // Interface 4b324fc8-1670-01d3-1278-5a47bf6ee188 version 3.0, and NDR 8a885d04-1ceb-11c9-9fe8-08002b104860 version 2.0.
    private static ReadOnlySpan<byte> ServerService => [0xc8, 0x4f, 0x32, 0x4b, 0x70, 0x16, 0xd3, 0x01, 0x12, 0x78, 0x5a, 0x47, 0xbf, 0x6e, 0xe1, 0x88, 3, 0, 0, 0];

    private static ReadOnlySpan<byte> Ndr => [0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2, 0, 0, 0];

    /// <summary>Binds to the server service.</summary>
    public static byte[] Bind() => [5, 0, 11, 3, 0x10, 0, 0, 0, 72, 0, 0, 0, 1, 0, 0, 0, 0, 0x40, 0, 0x40, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, .. ServerService, .. Ndr];

    /// <summary>Whether a BIND is acknowledged.</summary>
    public static bool IsBound(ReadOnlySpan<byte> answer) => answer.Length >= 16 && answer[0] == 5 && answer[2] == 12;

    /// <summary>Asks for names, kinds and comments (level 1).</summary>
    public static byte[] Request() =>
    [
        5, 0, 0, 3, 0x10, 0, 0, 0, 60, 0, 0, 0, 2, 0, 0, 0, 36, 0, 0, 0, 0, 0, 15, 0, // opnum 15
        0, 0, 0, 0, // no server name
        1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, // level 1, an empty list
        0xff, 0xff, 0xff, 0xff, // as long as it is
        8, 0, 2, 0, 0, 0, 0, 0, // from its start
    ];

    /// <summary>Reads the list.</summary>
    /// <param name="answer">Answer of the pipe.</param>
    /// <param name="shares">Shares, at most 256.</param>
    /// <returns>Whether it is a list; a fault or another status is none.</returns>
    public static bool TryParse(ReadOnlySpan<byte> answer, out List<SmbShare> shares)
    {
        shares = [];
        // Version 5, response, the last fragment; integers low byte first.
        if (answer.Length < RpcHeader + 28 || answer[0] != 5 || answer[2] != 2 || (answer[3] & 2) == 0 || answer[4] != 0x10)
        {
            return false;
        }

        var stub = answer[RpcHeader..];
        var count = BinaryPrimitives.ReadUInt32LittleEndian(stub[12..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(stub) != 1 || count > MaxShares)
        {
            return false;
        }

        if (count == 0)
        {
            return true;
        }

        var rows = stub[24..];
        if (rows.Length < count * 12)
        {
            return false;
        }

        var texts = rows[(int)(count * 12)..];
        for (var index = 0; index < count; index++)
        {
            var row = rows[(index * 12)..];
            string name = "", comment = "";
            if ((BinaryPrimitives.ReadUInt32LittleEndian(row) != 0 && !TryText(ref texts, out name))
                || (BinaryPrimitives.ReadUInt32LittleEndian(row[8..]) != 0 && !TryText(ref texts, out comment)))
            {
                return false;
            }

            // The highest bits mark what is hidden or temporary (MS-SRVS, 2.2.2.4).
            shares.Add(new SmbShare(name, (BinaryPrimitives.ReadUInt32LittleEndian(row[4..]) & 0x0fffffff) == 0, comment));
        }

        return true;
    }

    // A conformant varying string of NDR: most, offset, actual, text with a NUL, filled up to four bytes (C706, 14.3.4.2).
    private static bool TryText(ref ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        if (bytes.Length < 12)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (length > MaxName || length * 2 > bytes.Length - 12)
        {
            return false;
        }

        text = Encoding.Unicode.GetString(bytes.Slice(12, (int)length * 2)).TrimEnd('\0');
        bytes = bytes[Math.Min(bytes.Length, 12 + ((int)length * 2 + 3) / 4 * 4)..];
        return true;
    }
}
