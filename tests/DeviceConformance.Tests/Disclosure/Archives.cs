using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace DeviceConformance.Tests.Disclosure;

/// <summary>Archives as devices give them away.</summary>
internal static class Archives
{
    /// <summary>A copy of settings with a password hash in it.</summary>
    public static byte[] Copy() => Gzip(Tar(("etc/wifi.conf", "ssid=\"Homestead\"\n"), ("etc/shadow", "root:$6$heater$1q2w3e4r5t6z7u8i9o0p:19000:0:99999:7:::\n")));

    public static byte[] Tar(params (string Name, string Text)[] files)
    {
        using var bytes = new MemoryStream();
        using (var archive = new TarWriter(bytes, leaveOpen: true))
        {
            foreach (var (name, text) in files)
            {
                archive.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
            }
        }

        return bytes.ToArray();
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }
}
