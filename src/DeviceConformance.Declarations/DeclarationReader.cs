using System.Collections.Immutable;
using System.Text.RegularExpressions;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Consistency;
using DeviceConformance.Declarations.Identity;
using DeviceConformance.Declarations.Laboratory;
using DeviceConformance.Declarations.Statement;
using DeviceConformance.Declarations.Tables;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Declarations;

/// <summary>What came of reading a declaration.</summary>
/// <param name="Declaration">The declaration; null when something in it could not be taken over as it was written.</param>
/// <param name="Complaints">All complaints, by file and line.</param>
public sealed record DeclarationReading(Declaration? Declaration, ImmutableArray<Complaint> Complaints)
{
    /// <summary>Whether any complaint is an error.</summary>
    public bool HasErrors => Complaints.Any(complaint => complaint.Severity == ComplaintSeverity.Error);
}

/// <summary>Reads a declaration folder: dut.yaml, ics.yaml, ixit/NN-*.yaml and, where there is one, lab.yaml.</summary>
public static partial class DeclarationReader
{
    private const int MostFiles = 200;

    private static readonly string[] KnownFiles = [DutReader.FileName, IcsReader.FileName, LabReader.FileName, "answers.yaml"];

    /// <summary>
    /// Reads a folder and checks it against the catalogue of its edition. Nothing in the folder makes it throw; it never stops at the
    /// first fault.
    /// </summary>
    /// <param name="folder">The declaration's folder.</param>
    /// <param name="catalogue">Gives the catalogue of an edition.</param>
    /// <param name="environment">Gives environment variables for <c>password-env</c>; the process's own when null.</param>
    public static DeclarationReading Read(string folder, Func<StandardEdition, Catalogue> catalogue, Func<string, string?>? environment = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(catalogue);
        var complaints = new ComplaintBook();
        folder = Path.GetFullPath(folder);
        if (!Directory.Exists(folder))
        {
            complaints.Reject("folder-missing", new SourceSpan(folder, 1), "There is no such folder.", "Name the folder that holds dut.yaml.");
            return new DeclarationReading(null, complaints.InOrder());
        }

        var dutFile = SourceFile.Read(folder, DutReader.FileName, complaints);
        var icsFile = SourceFile.Read(folder, IcsReader.FileName, complaints);
        var labFile = File.Exists(Path.Combine(folder, LabReader.FileName)) ? SourceFile.Read(folder, LabReader.FileName, complaints) : null;
        var ixitFiles = IxitFiles(folder, complaints);
        Strays(folder, complaints);

        var dutReader = dutFile is null ? null : new DutReader(dutFile, complaints);
        var labReader = new LabReader(folder, environment ?? Environment.GetEnvironmentVariable, complaints);
        var lab = labFile is null ? LabSetup.Default : labReader.Read(labFile);
        ImmutableHashSet<ProvisionId> unusable = [];
        var ics = icsFile is null ? null : IcsReader.Read(icsFile, complaints, out unusable);
        if (dutReader?.Read() is not ({ } edition, { } dut))
        {
            return new DeclarationReading(null, complaints.InOrder());
        }

        var words = catalogue(edition);
        var ixitReader = new IxitReader(words, complaints);
        var ixit = ixitReader.Read(ixitFiles.Select(file => file.File).OfType<SourceFile>());
        var declaration = new Declaration(edition, dut, ics ?? new Ics([]), ixit, lab, folder);
        var broken = ixitFiles
            .Where(file => !ixit.Tables.Any(sheet => sheet.File == file.Name))
            .Select(file => TableNumber().Match(file.Name))
            .Where(match => match.Success)
            .Select(match => (IxitRole)int.Parse(match.Groups[1].ValueSpan))
            .ToImmutableHashSet();
        ConsistencyRules.Check(new Draft(declaration, words, ics is not null, unusable, broken, dutReader, ixitReader, labReader), complaints);
        return new DeclarationReading(complaints.IsUsable ? declaration : null, complaints.InOrder());
    }

    /// <summary>The edition that a declaration names, without reading the rest of it; null with complaints when it names none.</summary>
    public static (StandardEdition? Edition, ImmutableArray<Complaint> Complaints) PeekEdition(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var complaints = new ComplaintBook();
        var edition = SourceFile.Read(Path.GetFullPath(folder), DutReader.FileName, complaints) is { } file ? DutReader.Edition(file, complaints) : null;
        return (edition, complaints.InOrder());
    }

    private static List<(string Name, SourceFile? File)> IxitFiles(string folder, ComplaintBook complaints)
    {
        var top = new SourceSpan(IxitReader.FolderName, 1);
        var path = Path.Combine(folder, IxitReader.FolderName);
        if (!Directory.Exists(path))
        {
            complaints.Reject("folder-missing", top, "The folder with the IXIT is missing.", "Add 'ixit/' with one file for each table, such as ixit/01-AuthMech.yaml.");
            return [];
        }

        try
        {
            var names = Directory.EnumerateFiles(path).Select(file => Path.GetFileName(file)).Where(IsYaml).Order(StringComparer.Ordinal).Take(MostFiles + 1).ToList();
            if (names.Count > MostFiles)
            {
                complaints.Reject("too-many-files", top, $"The folder holds more than {MostFiles} YAML files.", "Keep one file for each IXIT table in it.");
                return [];
            }

            return [.. names.Select(name => $"{IxitReader.FolderName}/{name}").Select(name => (name, SourceFile.Read(folder, name, complaints)))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            complaints.Reject("folder-unreadable", top, $"The folder can not be read: {exception.Message}", "Check its rights.");
            return [];
        }
    }

    // A file 'lab.yml' or 'isc.yaml' would otherwise be overlooked without a word.
    private static void Strays(string folder, ComplaintBook complaints)
    {
        try
        {
            foreach (var name in Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)).Where(IsYaml).Where(name => !KnownFiles.Contains(name)).Take(MostFiles))
            {
                complaints.Warn("unexpected-file", new SourceSpan(name, 1), "Nothing reads this file.", Nearest.Remedy(name, KnownFiles));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            complaints.Reject("folder-unreadable", new SourceSpan(folder, 1), $"The folder can not be read: {exception.Message}", "Check its rights.");
        }
    }

    private static bool IsYaml(string name) =>
        name.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".yml", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"^ixit/([0-9]{2})-", RegexOptions.CultureInvariant)]
    private static partial Regex TableNumber();
}
