using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace DeviceConformance.Tests.Traffic.Agreement;

/// <summary>Asks tshark about captures.</summary>
internal static class Tshark
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(10);

    /// <summary>What it says of each frame of a capture, as far as it reads it.</summary>
    public static List<TsharkRow> Read(string file) => [.. Lines(file).Select(line => new TsharkRow(line))];

    /// <summary>
    /// The same of several captures by one process, since most of its time is its start. Wireshark's mergecap puts files of pcap behind each other,
    /// an interface for each; files of pcapng are one when they stand behind each other.
    /// </summary>
    /// <param name="files">Captures, all of pcap or all of pcapng, none packed.</param>
    /// <param name="folder">Where the file in between is made.</param>
    public static Dictionary<string, List<TsharkRow>> Read(IReadOnlyList<string> files, string folder)
    {
        var all = Path.Combine(folder, Path.GetRandomFileName());
        var isNg = IsPcapng(files[0]);
        var ends = new List<long>();
        if (isNg)
        {
            using var stream = File.Create(all);
            foreach (var file in files)
            {
                stream.Write(File.ReadAllBytes(file));
                ends.Add(stream.Position);
            }
        }
        else
        {
            var (_, errors, code) = Run("mergecap", ["-a", "-I", "none", "-F", "pcapng", "-w", all, .. files]);
            NUnit.Framework.Assert.That(code, NUnit.Framework.Is.Zero, errors);
        }

        var lines = Lines(all).Select(line => line.Split('\t', 3)).ToLookup(parts => isNg
            ? ends.FindIndex(end => long.Parse(parts[0], CultureInfo.InvariantCulture) < end)
            : int.Parse(parts[1], CultureInfo.InvariantCulture));
        File.Delete(all);
        return files.Index().ToDictionary(file => file.Item, file => Numbered([.. lines[file.Index].Select(parts => new TsharkRow(string.Join('\t', parts)))]));
    }

    /// <summary>Whether a file is one of pcapng.</summary>
    public static bool IsPcapng(string file)
    {
        using var stream = File.OpenRead(file);
        return stream.ReadByte() == 0x0a;
    }

    /// <summary>Runs a program to its end.</summary>
    public static (string Output, string Errors, int Code) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(_patience))
        {
            process.Kill();
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} does not end");
        }

        return (output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult(), process.ExitCode);
    }

    private static List<TsharkRow> Numbered(List<TsharkRow> rows)
    {
        var before = rows.Count == 0 ? 0 : rows[0].Number - 1;
        rows.ForEach(row => row.Number -= before);
        return rows;
    }

    // It ends with a failure where it can not read on; what it read till then counts.
    private static string[] Lines(string file)
    {
        // Checksums in captures from where the network card computes them are wrong: neither side looks at them.
        string[] options = ["-n", "-r", file, "-o", "frame.show_file_off:TRUE", "-o", "ip.defragment:TRUE", "-o", "ipv6.defragment:TRUE", "-o", "tcp.reassemble_out_of_order:TRUE", "-o", "tcp.check_checksum:FALSE", "-o", "udp.check_checksum:FALSE"];
        string[] fields = [.. TsharkRow.Fields.SelectMany(field => (string[])["-e", field])];
        return Run("tshark", [.. options, "-T", "fields", "-E", "occurrence=a", "-E", $"aggregator={TsharkRow.Between}", .. fields]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
