using System.Diagnostics;
using NUnit.Framework;

namespace DeviceConformance.Tests.Traffic;

/// <summary>What tshark reads from the same capture.</summary>
internal static class ContentTshark
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    /// <summary>Values of fields, a line for each frame that passes the filter.</summary>
    public static string[] Fields(byte[] capture, string filter, string[] options, params string[] fields)
    {
        var file = Path.Combine(Path.GetTempPath(), $"dct-content-{Guid.NewGuid():N}.pcap");
        File.WriteAllBytes(file, capture);
        try
        {
            return FieldsOf(file, filter, options, fields);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The same of a capture in a file.</summary>
    public static string[] FieldsOf(string file, string filter, string[] options, params string[] fields)
    {
        if (!File.Exists("/usr/bin/tshark"))
        {
            Assert.Ignore("needs tshark");
        }

        string[] arguments = ["-n", "-r", file, .. options, "-Y", filter, "-T", "fields", "-E", "separator=|", .. fields.SelectMany(field => (string[])["-e", field])];
        using var tshark = Process.Start(new ProcessStartInfo("tshark", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = tshark.StandardError.ReadToEndAsync();
        var text = tshark.StandardOutput.ReadToEndAsync();
        if (!tshark.WaitForExit(_patience))
        {
            tshark.Kill();
            Assert.Fail("tshark does not end");
        }

        Assert.That(tshark.ExitCode, Is.Zero, errors.Result);
        return text.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
