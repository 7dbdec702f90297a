using System.Collections.Immutable;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>What a file is, told by its first bytes whatever its name and type say.</summary>
/// <param name="What">In words: squashfs file system.</param>
/// <param name="IsFirmware">Whether software of a device comes in such files.</param>
/// <param name="Names">Names of the files in it, at most <see cref="MaxNames"/>; empty when it holds none that show.</param>
/// <param name="Text">Readable content of an archive, at most <see cref="MaxUnpacked"/> bytes as Latin-1; empty for others.</param>
internal sealed record KnownFile(string What, bool IsFirmware, ImmutableArray<string> Names, string Text)
{
    /// <summary>Names that are kept.</summary>
    public const int MaxNames = 40;

    /// <summary>Bytes that are unpacked; a small archive may hold gigabytes.</summary>
    public const int MaxUnpacked = 1024 * 1024;

    private const int TarMark = 257;

    // Marks from the documents of each format; offset, bytes, name, whether firmware comes so.
    private static readonly ImmutableArray<(int Offset, byte[] Mark, string What, bool IsFirmware)> _marks =
    [
        (0, "hsqs"u8.ToArray(), "squashfs file system", true),
        (0, "sqsh"u8.ToArray(), "squashfs file system", true),
        (0, [0x27, 0x05, 0x19, 0x56], "U-Boot image", true),
        (0, [0xd0, 0x0d, 0xfe, 0xed], "flattened device tree or image", true),
        (0, "HDR0"u8.ToArray(), "TRX firmware image", true),
        (0, "UBI#"u8.ToArray(), "UBI image", true),
        (0, [0x31, 0x18, 0x10, 0x06], "UBIFS file system", true),
        (0, [0x85, 0x19], "JFFS2 file system", true),
        (0, [0x45, 0x3d, 0xcd, 0x28], "cramfs file system", true),
        (0, "ANDROID!"u8.ToArray(), "Android boot image", true),
        (0, [0x7f, (byte)'E', (byte)'L', (byte)'F'], "ELF program", true),
        (0, "SQLite format 3\0"u8.ToArray(), "SQLite database", false),
        (0, "PK\u0003\u0004"u8.ToArray(), "ZIP archive", false),
        (0, [0x1f, 0x8b, 0x08], "gzip archive", false),
        (0, [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], "xz archive", false),
        (0, "BZh"u8.ToArray(), "bzip2 archive", false),
        (0, [0x28, 0xb5, 0x2f, 0xfd], "Zstandard archive", false),
        (0, "7z\u00bc\u00af"u8.ToArray(), "7z archive", false),
        (TarMark, "ustar"u8.ToArray(), "tar archive", false),
        (0, "Salted__"u8.ToArray(), "file encrypted by OpenSSL", false),
        (0, [0xfe, 0xed, 0xfe, 0xed], "Java key store", false),
        (0, [0xd4, 0xc3, 0xb2, 0xa1], "packet capture", false),
        (0, [0x0a, 0x0d, 0x0d, 0x0a], "packet capture", false),
    ];

    /// <summary>Recognises a file; null when its bytes tell nothing.</summary>
    public static KnownFile? Of(ReadOnlyMemory<byte> bytes)
    {
        var mark = _marks.FirstOrDefault(mark => bytes.Length >= mark.Offset + mark.Mark.Length && bytes.Span[mark.Offset..].StartsWith(mark.Mark));
        if (mark.What is null)
        {
            return null;
        }

        var (names, text) = mark.What switch
        {
            "gzip archive" => Gzip(bytes),
            "tar archive" => Tar(new MemoryStream(bytes.ToArray())),
            "ZIP archive" => Zip(bytes),
            _ => ([], ""),
        };
        return new KnownFile(mark.What, mark.IsFirmware, names, text);
    }

    private static (ImmutableArray<string> Names, string Text) Gzip(ReadOnlyMemory<byte> bytes)
    {
        using var packed = new GZipStream(new MemoryStream(bytes.ToArray()), CompressionMode.Decompress);
        var unpacked = Read(packed, MaxUnpacked);
        return unpacked.AsSpan().Length > TarMark + 5 && unpacked.AsSpan(TarMark).StartsWith("ustar"u8)
            ? Tar(new MemoryStream(unpacked))
            : ([], Encoding.Latin1.GetString(unpacked));
    }

    private static (ImmutableArray<string> Names, string Text) Tar(MemoryStream archive)
    {
        var (names, text) = (ImmutableArray.CreateBuilder<string>(), new StringBuilder());
        try
        {
            using var reader = new TarReader(archive);
            while (names.Count < MaxNames && reader.GetNextEntry() is { } entry)
            {
                names.Add(entry.Name);
                if (entry.DataStream is { } data && text.Length < MaxUnpacked)
                {
                    text.Append(Encoding.Latin1.GetString(Read(data, MaxUnpacked - text.Length))).Append('\n');
                }
            }
        }
        catch (Exception broken) when (IsBroken(broken))
        {
            return (names.ToImmutable(), text.ToString());
        }

        return (names.ToImmutable(), text.ToString());
    }

    // The list of a ZIP stands at its end, which may have been cut off; the heads before each file tell the names as well (APPNOTE 4.3.7).
    private static (ImmutableArray<string> Names, string Text) Zip(ReadOnlyMemory<byte> bytes)
    {
        var (names, text) = (ImmutableArray.CreateBuilder<string>(), new StringBuilder());
        var span = bytes.Span;
        for (var at = 0; at >= 0 && at + 30 <= span.Length && names.Count < MaxNames;)
        {
            var length = span[at + 26] | (span[at + 27] << 8);
            names.Add(Encoding.Latin1.GetString(span.Slice(at + 30, Math.Min(length, span.Length - at - 30))));
            var next = span[(at + 30)..].IndexOf("PK\u0003\u0004"u8);
            at = next < 0 ? -1 : at + 30 + next;
        }

        try
        {
            using var archive = new ZipArchive(new MemoryStream(bytes.ToArray()), ZipArchiveMode.Read);
            foreach (var entry in archive.Entries.Take(MaxNames).TakeWhile(_ => text.Length < MaxUnpacked))
            {
                using var data = entry.Open();
                text.Append(Encoding.Latin1.GetString(Read(data, MaxUnpacked - text.Length))).Append('\n');
            }
        }
        catch (Exception broken) when (IsBroken(broken))
        {
            return (names.ToImmutable(), text.ToString());
        }

        return (names.ToImmutable(), text.ToString());
    }

    private static byte[] Read(Stream stream, int limit)
    {
        var taken = new MemoryStream();
        var buffer = new byte[8192];
        try
        {
            int count;
            while (taken.Length < limit && (count = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, limit - taken.Length))) > 0)
            {
                taken.Write(buffer, 0, count);
            }
        }
        // What could be unpacked before the fault, or before a cut, is read.
        catch (Exception broken) when (IsBroken(broken))
        {
            return taken.ToArray();
        }

        return taken.ToArray();
    }

    private static bool IsBroken(Exception fault) =>
        fault is InvalidDataException or IOException or FormatException or ArgumentException or NotSupportedException or InvalidOperationException or OverflowException or IndexOutOfRangeException;
}
