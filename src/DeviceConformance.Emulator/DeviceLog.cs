using System.Text;

namespace DeviceConformance.Emulator;

/// <summary>Lines about what the device does.</summary>
internal sealed class DeviceLog(Action<string> write)
{
    /// <summary>Start of a line that tells of a mistake in the emulator itself.</summary>
    public const string InternalErrorPrefix = "internal error";

    private const int LongestForeignText = 64;

    /// <summary>Something of note.</summary>
    public void Note(string line) => write(line);

    /// <summary>A mistake in the emulator: the connection ends, the device goes on.</summary>
    public void InternalError(string service, Exception bug) => write($"{InternalErrorPrefix} in {service}: {bug}");

    /// <summary>Text from the network, made fit for a line of a log: short, one line, printable ASCII.</summary>
    public static string Foreign(string text)
    {
        var printable = new StringBuilder();
        foreach (var character in text.AsSpan(0, Math.Min(text.Length, LongestForeignText)))
        {
            printable.Append(character is >= ' ' and <= '~' ? character : '?');
        }

        return text.Length > LongestForeignText ? printable.Append("...").ToString() : printable.ToString();
    }
}
