using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace DeviceConformance.Emulator.Web;

/// <summary>The copy of the settings that the fault <see cref="Faults.DeviceFaults.OpenBackup"/> gives away.</summary>
internal static class Backup
{
    /// <summary>Makes it: a tar archive packed with gzip.</summary>
    public static byte[] Make()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var archive = new TarWriter(gzip))
        {
            Add(archive, "etc/thermo.conf", "setPoint=50\necoMode=off\n");
            Add(archive, "etc/wifi.conf", "ssid=\"Homestead\"\nwifi_password=\"lavender-kettle-19\"\n");
            Add(archive, "etc/shadow", "root:$6$heater$1q2w3e4r5t6z7u8i9o0pASDFGHJKL:19000:0:99999:7:::\n");
        }

        return packed.ToArray();
    }

    private static void Add(TarWriter archive, string name, string text) =>
        archive.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
}
