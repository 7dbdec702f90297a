using System.Collections.Concurrent;
using System.Text;
using DeviceConformance.Probing.CaptureFiles;

namespace DeviceConformance.Probing.Traffic;

/// <summary>
/// Secrets of TLS connections that the laboratory has, from key logs (SSLKEYLOGFILE, the NSS format: label, random of the client hello, secret). They
/// open what was recorded: none is ever shown or written. Bounded; safe for threads.
/// </summary>
internal sealed class KeyLogBook
{
    /// <summary>Secrets kept at the most.</summary>
    public const int MostSecrets = 200_000;

    private const int RandomLength = 32;
    private const int LongestSecret = 64;

    private readonly ConcurrentDictionary<(string Label, string Random), byte[]> _secrets = [];

    /// <summary>Secrets held.</summary>
    public int Count => _secrets.Count;

    /// <summary>Lines that hold neither a secret nor a comment, and secrets beyond the bound.</summary>
    public int Refused { get; private set; }

    /// <summary>Adds the lines of a key log; what is no secret is passed over and counted.</summary>
    public void Add(ReadOnlySpan<char> text)
    {
        foreach (var raw in text.EnumerateLines())
        {
            var line = raw.Trim();
            if (line.IsEmpty || line[0] == '#')
            {
                continue;
            }

            var (first, last) = (line.IndexOf(' '), line.LastIndexOf(' '));
            if (first <= 0 || last <= first || Hex(line[(first + 1)..last].Trim()) is not { Length: RandomLength } random || Hex(line[(last + 1)..]) is not { Length: > 0 and <= LongestSecret } secret || _secrets.Count >= MostSecrets)
            {
                Refused++;
                continue;
            }

            _secrets[(line[..first].ToString(), Convert.ToHexStringLower(random))] = secret;
        }
    }

    /// <summary>Adds a key log file.</summary>
    /// <exception cref="CaptureFileException">It can not be read.</exception>
    public void AddFile(string path)
    {
        try
        {
            foreach (var line in File.ReadLines(path, Encoding.Latin1))
            {
                Add(line);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new CaptureFileException($"The key log {Path.GetFileName(path)} can not be read: {fault.Message}");
        }
    }

    /// <summary>A secret of the connection with a client's random; null when the laboratory has none.</summary>
    public byte[]? Find(string label, ReadOnlySpan<byte> clientRandom) => _secrets.IsEmpty ? null : _secrets.GetValueOrDefault((label, Convert.ToHexStringLower(clientRandom)));

    /// <summary>A remark that a protocol is not opened though there are secrets; empty without any.</summary>
    public string NotFor(string protocol) => _secrets.IsEmpty ? "" : $"; not opened: key logs are used for TLS over TCP, not for {protocol}";

    /// <inheritdoc/>
    public override string ToString() => $"{Count} secrets";

    private static byte[]? Hex(ReadOnlySpan<char> text)
    {
        if (text.Length % 2 != 0 || text.Length > 2 * LongestSecret)
        {
            return null;
        }

        var bytes = new byte[text.Length / 2];
        return Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done ? bytes : null;
    }
}
