using System.Security.Cryptography;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;

namespace DeviceConformance.Declarations;

/// <summary>A file of the declaration as read: its nodes and its hash.</summary>
/// <param name="Name">Path relative to the declaration's folder, with forward slashes.</param>
/// <param name="Sha256">SHA-256 of its bytes in lower-case hex.</param>
/// <param name="Root">Its outermost node.</param>
internal sealed record SourceFile(string Name, string Sha256, YamlNode Root)
{
    /// <summary>Where the file begins.</summary>
    public SourceSpan Top => new(Name, 1);

    /// <summary>A place in the file as evidence.</summary>
    public EvidenceRef Ref(string address) => new(address, Sha256);

    /// <summary>Reads a file; null with complaints when it can not be read or parsed.</summary>
    /// <param name="folder">The declaration's folder.</param>
    /// <param name="name">Path in it.</param>
    /// <param name="complaints">Where complaints go.</param>
    public static SourceFile? Read(string folder, string name, ComplaintBook complaints)
    {
        var top = new SourceSpan(name, 1);
        try
        {
            // The length is asked before opening: a pipe or device has none, and reading one might never end.
            var file = new FileInfo(Path.Combine(folder, name));
            if (!file.Exists)
            {
                complaints.Reject("file-missing", top, "The file is missing.", "Add it; the folder ixit-templates holds blank forms.");
                return null;
            }

            if (file.Length is 0 or > YamlText.MaxBytes)
            {
                complaints.Reject(
                    file.Length == 0 ? "file-empty" : "file-too-large",
                    top,
                    file.Length == 0 ? "The file is empty." : $"The file has {file.Length} bytes; {YamlText.MaxBytes} are read at the most.",
                    file.Length == 0 ? "Fill it in, or remove it where it is optional." : "Split it, or move what does not belong into it elsewhere.");
                return null;
            }

            var bytes = File.ReadAllBytes(file.FullName);
            return YamlText.Parse(bytes, name, complaints) is { } root ? new SourceFile(name, Convert.ToHexStringLower(SHA256.HashData(bytes)), root) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            complaints.Reject("file-unreadable", top, $"The file can not be read: {exception.Message}", "Check its rights and that it is a plain file.");
            return null;
        }
    }
}
