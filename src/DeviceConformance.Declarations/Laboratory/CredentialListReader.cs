using System.Collections.Immutable;
using System.Text;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;

namespace DeviceConformance.Declarations.Laboratory;

/// <summary>
/// Reads a list of default credentials: <c>user:password</c> on each line, or, in a file ending in <c>.csv</c>, a line of column names
/// (user, password, and if wanted protocols and origin) and one pair a line. No complaint ever quotes a line.
/// </summary>
internal static class CredentialListReader
{
    private const long LongestFile = 8 * 1024 * 1024;
    private const int MostPairs = 100_000;

    private static readonly string[] _families = ["http", "telnet", "ftp", "mqtt", "ssh"];

    /// <summary>Reads a list.</summary>
    /// <param name="folder">The declaration's folder.</param>
    /// <param name="name">Path of the file, as lab.yaml gives it.</param>
    /// <param name="number">Which of the lists it is, from 1.</param>
    /// <param name="at">Where lab.yaml names it.</param>
    /// <param name="complaints">Where complaints go.</param>
    public static ImmutableArray<DefaultPair> Read(string folder, string name, int number, SourceSpan at, ComplaintBook complaints)
    {
        string text;
        try
        {
            var file = new FileInfo(Path.Combine(folder, name));
            if (file is not { Exists: true, Length: > 0 and <= LongestFile })
            {
                complaints.Error("credential-list", at, $"The list {Quotation.Of(name)} is missing, empty or longer than {LongestFile} bytes.", "Name a file with one user:password on each line, or a .csv; its path starts at the declaration's folder.", "", "credential-lists");
                return [];
            }

            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(file.FullName)).TrimStart('\uFEFF');
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            complaints.Error("credential-list", at, $"The list {Quotation.Of(name)} can not be read: {(fault is DecoderFallbackException ? "it is not UTF-8" : fault.Message)}.", "Check its name, rights and encoding.", "", "credential-lists");
            return [];
        }

        var pairs = ImmutableArray.CreateBuilder<DefaultPair>();
        var lines = text.Split('\n').Select((line, index) => (Text: line.TrimEnd('\r'), Number: index + 1));
        var wrong = name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? Table(lines, name, number, pairs) : Lines(lines, name, number, pairs);
        if (wrong is { } fault2)
        {
            complaints.Error("credential-list", new SourceSpan(name, fault2.Line), fault2.What, fault2.Remedy, "", "credential-lists");
            return [];
        }

        return pairs.ToImmutable();
    }

    private static Wrong? Lines(IEnumerable<(string Text, int Number)> lines, string name, int list, ImmutableArray<DefaultPair>.Builder pairs)
    {
        foreach (var (text, number) in lines.Where(line => line.Text.Length > 0 && !line.Text.StartsWith('#')))
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
            {
                return new Wrong(number, "The line has no colon.", "Write user:password; leave the user empty where the login asks for a password only.");
            }

            if (Add(pairs, list, number, text[..colon], text[(colon + 1)..], [], $"list {name}, line {number}") is { } tooMany)
            {
                return tooMany;
            }
        }

        return null;
    }

    private static Wrong? Table(IEnumerable<(string Text, int Number)> lines, string name, int list, ImmutableArray<DefaultPair>.Builder pairs)
    {
        List<string>? columns = null;
        foreach (var (text, number) in lines.Where(line => line.Text.Length > 0 && !line.Text.StartsWith('#')))
        {
            var cells = CsvLine.Cells(text);
            if (columns is null)
            {
                columns = [.. cells.Select(cell => cell.Trim().ToLowerInvariant())];
                if (!columns.Contains("user") || !columns.Contains("password"))
                {
                    return new Wrong(number, "The first line does not name the columns 'user' and 'password'.", "Begin the file with a line such as: user,password,protocols,origin");
                }

                continue;
            }

            if (cells.Count != columns.Count)
            {
                return new Wrong(number, $"The line has {cells.Count} cells, the line of column names {columns.Count}.", "Give each line as many cells; quote a cell that holds a comma.");
            }

            string Cell(string column) => columns.IndexOf(column) is >= 0 and var index ? cells[index] : "";
            ImmutableArray<string> protocols = [.. Cell("protocols").Split([' ', ';'], StringSplitOptions.RemoveEmptyEntries).Select(word => word.ToLowerInvariant())];
            if (protocols.FirstOrDefault(word => !_families.Contains(word)) is not null)
            {
                return new Wrong(number, "The line names a protocol that no login has.", $"Use {string.Join(", ", _families)}, with blanks between them, or leave the cell empty for all.");
            }

            var origin = Cell("origin").Trim();
            if (Add(pairs, list, number, Cell("user"), Cell("password"), protocols, origin.Length > 0 ? origin : $"list {name}, line {number}") is { } tooMany)
            {
                return tooMany;
            }
        }

        return columns is null ? new Wrong(1, "The file holds no line.", "Begin it with a line of column names.") : null;
    }

    private static Wrong? Add(ImmutableArray<DefaultPair>.Builder pairs, int list, int line, string user, string password, ImmutableArray<string> protocols, string origin)
    {
        if (pairs.Count == MostPairs)
        {
            return new Wrong(line, $"The list holds more than {MostPairs} pairs.", "Shorten it; a login is tried with 'credential-attempts' of them at the most.");
        }

        pairs.Add(new DefaultPair($"L{list}-{line}", user, new Secret(password), protocols, origin));
        return null;
    }

    private sealed record Wrong(int Line, string What, string Remedy);
}
